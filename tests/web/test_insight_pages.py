"""Pages of escalations, handoffs and confidence: what they say, that it is their own data, and in a real browser."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from browsing import LOOKS, signed_in
from insight_facts import FIRST, facts, keep
from page_words import read

from service.figures.beside import Prices
from service.figures.fact import Fact
from service.figures.rates import Rate
from service.figures.tally import Tally
from service.figures.what_threshold import Stated
from service.scoring.score import Evidence, Score
from service.store import figures, goals, improvements
from service.store.gap_models import ImprovementKind
from service.store.goals import Costs
from service.store.models import Conversation
from service.web import escalation_page, escalations, handoff_page
from service.web import view as views
from service.web.confidence import change

PAGES = ("/escalations", "/handoffs", "/confidence")


@pytest.fixture
def installation(web: Any) -> str:
    found: str = web.installation("zendesk")
    return found


@pytest.fixture
def given(web: Any, installation: str) -> list[Fact]:
    """Ninety days of a thousand conversations."""
    made = facts(1000)
    keep(web, installation, made)
    return made


@pytest.fixture
def some(web: Any, installation: str) -> list[Fact]:
    """A few of them."""
    made = facts(200)
    keep(web, installation, made)
    return made


@pytest.fixture
def page(web: Any) -> Callable[..., str]:
    """Asks for a page as somebody and gives its text."""

    clients: dict[str, Any] = {}

    def ask(address: str, role: str = "admin", status: int = 200) -> str:
        if role not in clients:
            clients[role] = web.signed_in(web.person(role, email=f"{role}@example.com"))
        answer = clients[role].get(address)
        assert answer.status_code == status, answer.text
        return " ".join(str(answer.text).split())

    return ask


def counted(found: list[Fact], **wanted: object) -> int:
    return sum(all(getattr(each, name) == value for name, value in wanted.items()) for each in found)


def percent(hits: int, n: int) -> str:
    return f"{hits / n:.1%}".replace("%", " %")


@pytest.mark.parametrize("path", PAGES)
def test_before_anything_is_counted_it_teaches(page: Any, path: str) -> None:
    html = page(path)
    assert "Nothing is counted yet" in html
    assert "Connect a helpdesk or read its history" in html
    assert "An admin connects a helpdesk" in page(path, "viewer")


@pytest.mark.parametrize("path", PAGES)
def test_days_without_anything_lead_to_others(page: Any, some: Any, path: str) -> None:
    html = page(f"{path}?since=2020-01-01&until=2020-02-01")
    assert "on these days" in html or "on these days" in html.lower()


@pytest.mark.parametrize("path", PAGES)
def test_few_cases_are_no_numbers(page: Any, web: Any, installation: str, path: str) -> None:
    keep(web, installation, facts(30))
    html = page(path)
    assert re.search(r"not enough data, \d+ of 20", html)
    assert "nan" not in html.lower().replace("finance", "")


@pytest.mark.parametrize("path", PAGES)
def test_filters_travel_through_every_link(page: Any, some: Any, path: str) -> None:
    html = page(f"{path}?days=365&channel=web")
    links = re.findall(r'href="(/(?:figures|escalations|handoffs|confidence)[^"]*)"', html.split("<main")[1])
    carried = [link for link in links if "channel=" in link and "days=365" in link]
    assert len(carried) > 6
    left_out = [link for link in links if "channel=" not in link]
    assert len(left_out) <= 2, left_out


@pytest.mark.parametrize("path", PAGES)
def test_what_the_address_cannot_mean_is_told(page: Any, some: Any, path: str) -> None:
    html = page(f"{path}?since=yesterday&helpdesk=nobody&by=decade&at=never&key=&days=3")
    assert html.count('role="alert"') >= 4


def test_both_sides_of_accuracy_stand_side_by_side(page: Any, given: list[Fact]) -> None:
    html = page("/escalations")
    verdicts = Counter(each.escalation for each in given)
    unclear = counted(given, escalation="unclear", handed_off=True)
    precision = (verdicts["warranted"], verdicts["warranted"] + verdicts["avoidable"])
    recall = (verdicts["warranted"], verdicts["warranted"] + verdicts["missed"])
    shares = (
        (precision, " that could be judged"),
        (recall, " that clearly needed a human"),
        ((unclear, unclear + precision[1]), ""),
    )
    for (hits, n), base in shares:
        assert f">{percent(hits, n)}</a>" in html
        low, high = Rate(hits, n).interval() or (0, 0)
        assert f"95 % interval {low * 100:.1f} to {high * 100:.1f} %, {'of' if base else 'n'} {n:,}" in html
        assert base in html
    assert f">{verdicts['avoidable']:,} handed over for nothing</a>" in html
    assert f">{verdicts['missed']:,} left alone with the bot</a>" in html
    assert html.count("chart-trend") >= 2
    assert html.count("chart-histogram") >= 1


def test_it_is_told_what_is_counted_and_how_it_adds_up(page: Any, given: list[Fact]) -> None:
    handed = [each for each in given if each.handed_off]
    by = Counter(each.escalation for each in given)
    unclear = sum(each.escalation == "unclear" for each in handed)
    told = read(page("/escalations"))
    total = by["warranted"] + by["avoidable"] + unclear
    assert f"in {total:,} conversations the bot called a human at some time" in told
    assert f"needed in {by['warranted']:,}, for nothing it was in {by['avoidable']:,}, and in {unclear:,} it" in told
    assert (
        f"{by['warranted']:,} that got one + {by['missed']:,} left alone = {by['warranted'] + by['missed']:,}" in told
    )

    asked, queue = [each for each in given if each.context], Counter(each.handoff for each in given)
    told, bots = read(page("/handoffs")), queue["answered"] + queue["abandoned_in_queue"]
    assert f"Counted are the {len(asked):,} handoffs after which somebody wrote" in told
    assert f"handoffs: {bots:,}, of which {queue['answered']:,} were answered" in told


def test_sums_of_handoffs_say_where_they_differ() -> None:
    counts = {"escalation": {"warranted": 5, "avoidable": 2, "missed": 3, "unclear": 4},
              "escalation.unclear": {"": 1}, "escalation.timing": {"on_time": 7, "never": 3},
              "containment": {"escalated": 7}}  # fmt: skip
    found = escalation_page.sums(Tally(counts))
    assert (found.handed, found.missed, found.ended, found.timed) == (8, 3, 7, 10)
    counted_ones = handoff_page.counted(Tally({"queue": {"answered": 6, "abandoned_in_queue": 2}, "context": {"x": 9}}))
    assert (counted_ones.by_bot, counted_ones.wrote) == (8, 9)


def test_missed_ones_by_signal_lead_to_their_lists(page: Any, given: list[Fact]) -> None:
    html = page("/escalations")
    for reason, words in (("loop", "had to ask the same again and again"), ("frustration", "anger"),
                          ("other", "a person was promised and never came")):  # fmt: skip
        n = counted(given, escalation="missed", reason=reason)
        found = re.search(rf'href="([^"]+)">{words}&nbsp;\({n}\)</a>', html)
        assert found, words
        listed = page(found[1].replace("&amp;", "&").split("#")[0])
        assert f"Shown are only the {n} that count" in listed


def test_avoidable_ones_by_the_answer_that_was_there(page: Any, given: list[Fact]) -> None:
    html = page("/escalations")
    answers = Counter(each.had_answer for each in given if each.escalation == "avoidable")
    assert f"Of {answers.pop(None)} handoffs the answer is not known" in html
    order = [answer for answer, _ in answers.most_common()]
    titles = re.findall(r'<li class="card insight-answer">.*?<h3>(.*?)</h3>', html)
    assert len(titles) == len(order)
    assert titles[0] == "Article “Where is my order?”"
    for (answer, n), found in zip(
        answers.most_common(),
        re.findall(r'href="(/escalations/answer[^"]+)"><strong>(\d+)</strong>', html),
        strict=True,
    ):
        assert int(found[1]) == n
        numbers: list[str] = []
        address = found[0].replace("&amp;", "&")
        while address:
            listed = page(address)
            numbers += re.findall(r'class="row-title" href="/c/\w+">(\d+)</a>', listed)
            following = re.search(r'rel="next" href="([^"]+)"', listed)
            address = following[1].replace("&amp;", "&") if following else ""
        assert len(set(numbers)) == len(numbers) == n
        assert set(numbers) == {f.conversation for f in given if f.had_answer == answer and f.escalation == "avoidable"}


def test_what_avoidable_ones_cost_at_most(page: Any, web: Any, given: list[Fact]) -> None:
    assert "prices are stated" in page("/escalations")
    with web.parts.database.begin() as session:
        goals.set_costs(session, Costs(Prices(1.0, 5.0, 2.0, "EUR"), 10.0), now=web.clock())
    over = [each for each in given if each.containment == "escalated"]
    each_costs = 5.0 + 2.0 * sum(one.agent_messages for one in over) / len(over)
    assert f"about <strong>{each_costs * counted(given, escalation='avoidable'):,.2f} EUR</strong>" in page(
        "/escalations"
    )


def test_the_bots_words_are_for_those_who_may_read(page: Any, web: Any, seed: Any, shapes: Any) -> None:
    evidence = (
        Evidence("m4", "Five days, as <said>.", "repeats what the bot had already answered", answered_in="m1"),
        Evidence("m1", "Orders take <five> days.", "the bot's earlier answer"),
    )
    card = shapes.scored(shapes.told(), escalation=Score("avoidable", 0.0, 0.9, "Repeated.", evidence))
    row_id = seed(shapes.told(), card)
    one = replace(facts(1)[0], conversation="4711", escalation="avoidable", had_answer="text:1", day="2026-03-01")
    assert list(keep(web, seed.installations["zendesk"], [one])) == [row_id]
    html = page("/escalations", "reviewer")
    assert '<blockquote class="insight-quote">Orders take &lt;five&gt; days.</blockquote>' in html
    assert f'href="/c/{row_id}">4711</a>' in html
    hidden = page("/escalations", "viewer")
    assert "five" not in hidden
    assert "Its words are shown to those who may read conversations" in hidden
    assert row_id not in hidden
    assert row_id not in page("/escalations/answer?key=text:1", "viewer")
    assert "4711" in page("/escalations/answer?key=text:1", "viewer")
    assert "Its words are shown" in page("/escalations/answer?key=text:1", "viewer")
    assert all(entry[1] != "look at texts" for entry in web.audited())

    told = page("/escalations/answer?key=text:1", "reviewer")
    assert "What the bot had answered" in told
    assert "Write an article from this answer" in told
    places = re.findall(rf'href="/c/{row_id}#message-(\d)">“', told)
    assert places == sorted(places)
    assert len(places) == 3, "asked, answered, said again by a person"
    assert "ORD-4821" not in told, "masked"
    assert web.audited()[-1][1:3] == ("look at texts", "an answer that the bot had")


@pytest.mark.parametrize(
    "broken", [{"odd": 1}, None, "no such message"], ids=["odd shape", "no longer stored", "no message"]
)
def test_an_answer_without_its_text_has_no_examples(page: Any, web: Any, seed: Any, shapes: Any, broken: Any) -> None:
    answered = "m99" if isinstance(broken, str) else "m1"
    evidence = (Evidence("m4", "Five days.", "repeats what the bot had already answered", answered_in=answered),)
    row_id = seed(shapes.told(), shapes.scored(shapes.told(), escalation=Score("avoidable", 0.0, 0.9, "", evidence)))
    one = replace(facts(1)[0], conversation="4711", escalation="avoidable", had_answer="article:Returns",
                  day="2026-03-01")  # fmt: skip
    keep(web, seed.installations["zendesk"], [one])
    if not isinstance(broken, str):
        with web.parts.database.begin() as session:
            session.get_one(Conversation, row_id).document = broken
    told = page("/escalations/answer?key=article:Returns", "reviewer")
    assert "Make the article clearer" in told
    assert "What the bot had answered" not in told


@pytest.mark.parametrize("query", ["", "?key=", "?key=" + "x" * 300])
def test_an_answer_that_no_link_names_leads_to_all(web: Any, query: str) -> None:
    answer = web.admin().get(f"/escalations/answer{query}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/escalations#avoidable")


def test_an_answer_without_handoffs_says_so(page: Any) -> None:
    assert "None repeated this answer" in page("/escalations/answer?key=article:x&after=nonsense")


def test_what_was_deployed_is_marked(page: Any, web: Any, installation: str, some: Any) -> None:
    with web.parts.database.begin() as session:
        improvements.improved(session, installation, ImprovementKind.BOT_RELEASED, "bot:2", title="Release <2>",
                              at=datetime(2026, 2, 6, 9, tzinfo=UTC), now=web.clock())  # fmt: skip
    for path in ("/escalations", "/handoffs"):
        assert "6 Feb 2026: bot released: Release &lt;2&gt;" in page(path)


def test_another_filter_shortens_what_is_counted_by_intent(
    page: Any, some: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "ONE_BY_ONE", 60)
    for path in ("/escalations", "/handoffs"):
        assert "shown here are the days since" in page(f"{path}?channel=web")
        assert "shown here are the days since" not in page(path)


def test_what_is_asked_again_and_by_whom(page: Any, given: list[Fact]) -> None:
    html = page("/handoffs")
    kept, again = (counted(given, context=word) for word in ("preserved", "repeated"))
    assert f">{percent(kept, kept + again)}</a>" in html
    kinds = Counter(kind for each in given for kind in each.re_asked)
    for kind, n in kinds.items():
        assert re.search(rf'">{kind}&nbsp;\({n}\)</a>', html)
    assert html.index(f"{kinds.most_common()[0][0]}&nbsp;") < html.index(f"{kinds.most_common()[-1][0]}&nbsp;")
    teams = html.split('id="teams"')[1].split('id="intents"')[0]
    for team in ("Orders", "Billing", "Second level", "not known"):
        assert f">{team}</a></th>" in teams
    gone = counted(given, handoff="abandoned_in_queue")
    answered = counted(given, handoff="answered")
    assert f">{percent(gone, gone + answered)}</a>" in html


def test_escalated_against_direct_within_the_same_intent(page: Any, given: list[Fact]) -> None:
    html = page("/handoffs").split('id="compared"')[1].split('id="teams-')[0]
    assert re.search(r"an escalated conversation takes \d\.\d\d times as long \(\d\.\d\d to \d\.\d\d\)", html)
    assert "A raw comparison lies" in html
    left = sum(each.handoff_seconds is not None and each.intent in (None, "novel") for each in given)
    assert f">{left:,}</strong>" in html
    n = sum(each.handoff_seconds is not None and each.intent == "refund" for each in given)
    direct = sum(each.direct_seconds is not None and each.intent == "refund" for each in given)
    row = html.split("refund</th>")[1].split("</tr>")[0]
    assert f'data-label="n">{n}</td>' in row
    assert f'data-label="n">{direct}</td>' in row


def test_without_direct_ones_nothing_is_compared(page: Any, web: Any, installation: str) -> None:
    keep(web, installation, [each for each in facts(600) if each.bot_took_part])
    html = page("/handoffs")
    assert "Needed are conversations of the same intent on both ways" in html
    assert "times as long" not in html
    assert "all thrown together" not in html


def test_a_threshold_says_what_it_would_have_done(page: Any, given: list[Fact]) -> None:
    html = page("/confidence?at=50")
    told = [each for each in given if each.confidence_source == "reported" and each.confidence_value is not None]
    under = [each for each in told if round((each.confidence_value or 0) * 100) < 50]

    def needed(each: Fact) -> bool | None:
        bad = each.containment in ("unresolved", "abandoned", "returned") or (
            each.containment == "escalated" and each.escalation == "warranted"
        )
        if each.escalation in ("warranted", "missed") or bad:
            return True
        return False if each.escalation in ("avoidable", "not_needed") else None

    yes, known = sum(needed(e) is True for e in under), sum(needed(e) is not None for e in under)
    everyone = sum(needed(e) is True for e in told)
    assert f"in these {len(told):,} conversations" in html
    assert f"{len(under):,} of {len(told):,}" in html
    assert f"{yes:,} of {known:,} of which it is known" in html
    assert f"{yes:,} of {everyone:,}</span>" in html
    assert f">{everyone - yes:,}</strong>" in html
    assert 'name="at" min="1" max="100" step="1" value="50"' in html
    assert "Suggested: hand over <strong>below 0." in html
    assert "Deskmark never sets it" in html


def test_a_threshold_says_what_it_would_change() -> None:
    counted = (Stated(40, 60, 10), Stated(90, 20, 60))
    cells = {"reported\t40\tfailed\tyes": 60, "reported\t90\tfailed\tyes": 20, "reported\t90\tlikely\tno": 70}
    known = {"confidence": cells, "escalation": {"warranted": 20}, "containment": {"escalated": 30, "likely": 120}}
    found = change(Tally(known), counted, 50, 20)
    assert found is not None
    assert found.more.startswith("26.7 more (")
    assert found.fewer.startswith("50.0 fewer (")
    same = change(Tally({**known, "escalation": {"warranted": 58}}), counted, 50, 20)
    assert same is not None
    assert "it may be chance" in same.fewer
    assert change(Tally(known), counted, 50, 1000) is None


@pytest.mark.parametrize("wrong", ["0", "101", "0.5", "x", "²", "9999", "-1"])
def test_no_threshold_is_no_error(page: Any, some: Any, wrong: str) -> None:
    html = page(f"/confidence?at={wrong}")
    assert f"A threshold is a whole number of percent from 1 to 100, not “{wrong}”." in html


def test_calibration_needs_two_hundred_outcomes(page: Any, web: Any, installation: str, given: Any) -> None:
    html = page("/confidence")
    assert re.search(r'<span class="chip tone-neutral">\d+ outcomes, enough to judge</span>', html)
    assert "On average the stated number lies" in html
    assert "more conversations have no reported confidence" in html
    few = page(f"/confidence?since={FIRST}&until=2026-01-25")
    assert re.search(r"Not calibrated yet: \d+ of 200 known outcomes", few)


def test_weak_intents_say_so(page: Any, web: Any, installation: str) -> None:
    told = [replace(each, intent="refund", containment="unresolved", confidence_value=0.95)
            for each in facts(200) if each.confidence_source == "reported"]  # fmt: skip
    keep(web, installation, told)
    html = page("/confidence")
    assert re.search(r'refund</th><td class="num" data-label="Stated">95.0 %</td>.*?0.0 %.*?Weak', html)
    assert "No threshold is suggested" in html


def test_a_bot_that_reports_nothing_learns_how(page: Any, web: Any, installation: str) -> None:
    keep(web, installation, facts(300, reports=False))
    html = page("/confidence")
    assert "The bot does not report its confidence yet" in html
    assert "<code>confidence_attribute</code>" in html
    assert "What would happen?" not in html
    assert "would always look right" in html


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_for_three_tallies_at_most(
    web: Any, some: Any, path: str, monkeypatch: pytest.MonkeyPatch, page: Any
) -> None:
    asked: list[object] = []
    read = figures.read
    monkeypatch.setattr(figures, "read", lambda *args, **kw: asked.append(kw["dimension"]) or read(*args, **kw))
    page(path)
    assert len(asked) <= 3, asked
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("look", LOOKS, ids="-".join)
def test_somebody_looks_behind_numbers_and_tries_thresholds(
    web: Any, given: Any, chromium: Any, look: tuple[str, str]
) -> None:
    with signed_in(chromium, web, look) as (visitor, address):
        for path in PAGES:
            visitor.goto(address + path)
            assert visitor.locator("h1").count() == 1
            visitor.wait_for_load_state()
            assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than its window"
            assert visitor.locator(".chart-figure").count() == visitor.locator(".chart-numbers table").count() > 1
            assert visitor.locator("table").count() == visitor.locator("table caption").count()
            levels = visitor.locator("main :is(h1, h2, h3)").evaluate_all("all => all.map(e => +e.tagName[1])")
            assert all(after <= before + 1 for before, after in pairwise(levels)), levels
        visitor.goto(f"{address}/confidence?channel=web")
        visitor.fill("#at", "40")
        visitor.press("#at", "Enter")
        assert "at=40" in visitor.url
        assert "channel=web" in visitor.url
        assert "Below 0.40" in visitor.inner_text(".insight-what h3")
        assert visitor.inner_text("tr[aria-current] th a") == "0.40"
        visitor.goto(f"{address}/escalations")
        first = visitor.locator(".insight-answer .row-between a").first
        n = int(first.inner_text().split()[0])
        first.click()
        assert visitor.locator("tbody tr").count() == min(n, escalations.LISTED)
        visitor.click("text=← Escalations")
        visitor.wait_for_load_state()
        visitor.emulate_media(media="print")
        assert not visitor.locator(".view-presets").first.is_visible()
        assert visitor.locator(".chart").first.is_visible()
