"""The board of knowledge gaps and a gap's page: what they show to whom, and everything that can be done there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from browsing import LOOKS, signed_in

from service.figures.fact import Fact
from service.reports.gap_names import called, questions
from service.scoring.score import DEFINITIONS, Evidence, Score
from service.store import gaps, improvements, installations
from service.store.facts import Judged, save
from service.store.gap_models import Audience, GapMessage, ImprovementKind, KnowledgeGap
from service.store.gaps import Assignment, Question
from service.store.models import Conversation

DAY = timedelta(days=1)
ARTICLE = ImprovementKind.ARTICLE_PUBLISHED


@dataclass
class Board:
    """An account with two gaps: `paddle` is asked daily, `plug` twice."""

    web: Any
    installation_id: str
    paddle: int
    plug: int
    conversation: str

    def fix(self, gap_id: int, at: datetime, **given: Any) -> None:
        with self.web.parts.database.begin() as session:
            improvements.improved(
                session, self.installation_id, ARTICLE, given.get("reference", "article:7"), at=at, now=at,
                title=given.get("title", ""), gaps=[gap_id],
            )  # fmt: skip

    def page(self, client: Any, path: str) -> str:
        answer = client.get(path)
        assert answer.status_code == 200, path
        return str(answer.get_data(as_text=True))

    def act(self, client: Any, gap_id: int, what: str, **fields: str) -> str:
        path = f"/gaps/{gap_id}"
        answer = self.web.post(client, path, form_on=path, what=what, **fields)
        assert answer.status_code == 302
        return self.page(client, answer.headers["Location"])

    def get(self, gap_id: int) -> Any:
        with self.web.parts.database.read() as session:
            return gaps.get(session, gap_id)


@pytest.fixture
def web(make_web: Callable[..., Any], sqlite_url: str) -> Any:
    return make_web(sqlite_url, price_bot_conversation=0.5, price_human_conversation=4.0, price_currency="EUR")


@pytest.fixture
def told(web: Any, seed: Any, shapes: Any) -> str:
    """A conversation whose question the bot had no answer for, and a person answered; our id of it."""
    conversation = replace(shapes.told("500"), closed_at=web.clock() - timedelta(hours=1))
    shown = (Evidence("m0", "my order", "the bot could not serve this"), Evidence("m1", "five days", "has no answer"))
    proof = (Evidence("m0", "my order", "the question"), Evidence("m4", "Hello!", "the answer, verified by human"))
    card = shapes.scored(
        conversation,
        knowledge_gap=Score("gap", None, 0.8, "No answer.", shown, {"reason": "no_answer", "question": "m0"}),
        training_example=Score("unfit", None, 0.8, "Not fit.", proof),
    )
    return str(seed(conversation, card))


@pytest.fixture
def board(web: Any, seed: Any, shapes: Any, told: str) -> Board:
    start = web.clock() - 60 * DAY
    ids = [seed(shapes.told(str(n))) for n in range(40)]
    installation_id = seed.installations["zendesk"]
    with web.parts.database.begin() as session:
        for number, row_id in enumerate(ids):
            at = start + number * DAY
            people, returned = (2 if number % 4 == 0 else 0), number % 10 == 0
            reason = "negative_feedback" if number % 5 == 0 else "no_answer"
            question = Question(1, "m0", reason, number % 5 == 0, at, people, returned)
            gaps.keep_questions(session, installation_id, row_id, [question])
        late = Question(1, "m0", "no_answer", False, web.clock() - timedelta(hours=2), 1)
        gaps.keep_questions(session, installation_id, told, [late])
        labels = {1: "carbon paddle, repair", 2: "travel <plug>"}
        assigned = [Assignment(row_id, 1, 2 if n < 2 else 1) for n, row_id in enumerate(ids)]
        gaps.save_groups(
            session, installation_id, "{}", labels=labels, merged={}, assigned=[*assigned, Assignment(told, 1, 1)],
            now=web.clock(),
        )  # fmt: skip
        paddle, plug = (gap.row.id for gap in gaps.listed(session))
        _talked(session, web, installation_id, ids[0])
    return Board(web, installation_id, paddle, plug, told)


def _talked(session: Any, web: Any, installation_id: str, row_id: str) -> None:
    """Ten conversations of the bot a day: what gaps are compared with."""
    facts = []
    for number in range(700):
        day = (web.clock() - 70 * DAY).date() + (number // 10) * DAY
        facts.append(
            Fact(helpdesk="zendesk", account="acme", conversation="x", episode=number + 1, definitions="2",
                 day=day.isoformat(), bot_took_part=True, gap="none")
        )  # fmt: skip
    save(session, [Judged(row_id, installation_id, "2", facts, web.clock().date())], now=web.clock())


def test_the_board_says_size_trend_cost_age_and_state(web: Any, board: Board) -> None:
    page = board.page(web.admin(), "/gaps?days=90")
    rows = re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", page, re.DOTALL)
    assert len(rows) == 2
    assert "carbon paddle, repair" in rows[0], "what cost most stands first"
    assert "travel &lt;plug&gt;" in rows[1]
    # The days shown end on the latest that is counted, yesterday: without the question of today.
    assert "<strong>38</strong>" in rows[0]
    assert "of 39 in all" in rows[0]
    assert f"{38 * 0.5 + 9 * 4:.2f} EUR" in rows[0]
    assert "58 days" in rows[0]
    assert rows[0].count("<svg") == 1
    assert "New" in rows[0]
    assert re.search("Cost = asked . 0.5", page)


def test_filters_states_and_orders(web: Any, board: Board) -> None:
    client = web.admin()
    with web.parts.database.begin() as session:
        gaps.acknowledge(session, board.plug, at=web.clock())
        gaps.change(session, board.plug, reference=None, audience=Audience.PRODUCT)
    paddle, plug = ">carbon paddle, repair<", ">travel &lt;plug&gt;<"

    def shows(path: str) -> tuple[bool, bool]:
        page = board.page(client, path)
        return paddle in page, plug in page

    assert shows("/gaps?state=assigned") == (False, True)
    assert shows("/gaps?state=new") == (True, False)
    assert shows("/gaps?audience=product") == (False, True)
    assert shows("/gaps?audience=nobody") == (True, False)
    assert shows(f"/gaps?installation={board.installation_id}") == (True, True)
    assert shows("/gaps?helpdesk=zendesk&days=7") == (True, True)
    page = board.page(client, "/gaps?sort=age")
    assert page.index(plug) < page.index(paddle)
    page = board.page(client, "/gaps?sort=latest")
    assert page.index(paddle) < page.index(plug)
    page = board.page(client, "/gaps?state=verified")
    assert "None of the 2 gaps is like that" in page
    page = board.page(client, "/gaps?state=odd&audience=odd&sort=odd&page=x")
    assert "There is no state “odd”" in page
    assert paddle in page


def test_many_gaps_have_pages(web: Any, board: Board) -> None:
    with web.parts.database.begin() as session:
        messages = session.query(GapMessage).filter_by(gap_id=board.paddle).limit(30).all()
        for number, message in enumerate(messages):
            gap = KnowledgeGap(installation_id=board.installation_id, group=10 + number, label=f"gap {number}",
                               created_at=web.clock())  # fmt: skip
            session.add(gap)
            session.flush()
            message.gap_id = gap.id
    client = web.admin()
    first, second = (board.page(client, f"/gaps?page={number}") for number in (1, 2))
    assert first.count('<th scope="row">') == 25
    assert second.count('<th scope="row">') == 7
    assert "page=2" in first
    assert "Page 2 of 2" in second


def test_without_prices_there_is_no_cost(make_web: Callable[..., Any], web: Any, board: Board) -> None:
    other = make_web(str(web.parts.settings.database_url))
    page = board.page(other.admin(), "/gaps")
    assert "EUR" not in page
    assert "has stated no prices" in page
    assert "has stated no prices" in board.page(other.admin(), f"/gaps/{board.paddle}")


def test_no_gaps_yet_teaches(web: Any, seed: Any) -> None:
    page = web.admin().get("/gaps").get_data(as_text=True)
    assert "No knowledge gaps" in page
    assert "the first scored conversation" in page
    row_id = seed()
    with web.parts.database.begin() as session:
        question = Question(1, "m0", "no_answer", False, web.clock())
        gaps.keep_questions(session, seed.installations["zendesk"], row_id, [question])
    assert "1 question waits for others" in web.admin().get("/gaps").get_data(as_text=True)


def test_words_of_customers_are_for_those_who_may_read_them(web: Any, board: Board, shapes: Any) -> None:
    viewer = web.signed_in(web.person("viewer"))
    page = board.page(viewer, f"/gaps/{board.paddle}")
    assert "carbon paddle, repair" in page
    assert "my order is" not in page
    assert "Your role sees counts" in page
    assert "csrf_token" not in page.split("<main", 1)[1]
    assert all(entry[1] != "look at texts" for entry in web.audited())

    reader = web.signed_in(web.person("reviewer", email="reader@example.com"))
    page = board.page(reader, f"/gaps/{board.paddle}")
    assert "&lt;script&gt;" in page
    assert "ORD-4821" not in page, "masked"
    assert f'href="/c/{board.conversation}#message-1"' in page
    assert "Orders take five days." in page
    assert "A person, and it helped:" in page
    assert "Hello! What is your order number?" in page
    assert "What to do about it" not in page
    assert web.audited()[-1][1:3] == ("look at texts", f"gap {board.paddle}")
    assert reader.post(f"/gaps/{board.paddle}", data={"what": "acknowledge"}).status_code == 403


def fits(web: Any, board: Board, conversation: str, fit: float) -> None:
    with web.parts.database.begin() as session:
        session.query(GapMessage).filter_by(conversation_id=conversation).update({"fit": fit})


def test_the_question_that_speaks_best_names_a_gap_for_readers(web: Any, board: Board, seed: Any, shapes: Any) -> None:
    fits(web, board, board.conversation, 0.4)
    said = shapes.told("600")
    question = replace(said.messages[0], text="Hello! Can jo@example.com repair my carbon paddle? Thanks")
    central = seed(replace(said, messages=(question, *said.messages[1:])))
    with web.parts.database.begin() as session:
        asked = Question(1, "m0", "no_answer", False, web.clock() - 70 * DAY)
        gaps.keep_questions(session, board.installation_id, central, [asked])
        session.query(GapMessage).filter_by(conversation_id=central).update({"gap_id": board.paddle, "fit": 0.9})

    client, name = web.admin(), "Can (email) repair my carbon paddle?"
    page = board.page(client, "/gaps")
    assert f">{name}</a>" in page
    assert '<span class="gap-terms">carbon paddle, repair</span>' in page
    assert [entry[1:3] for entry in web.audited()[-1:]] == [("look at texts", "gaps")]
    page = board.page(client, f"/gaps/{board.paddle}")
    assert f"<h1>{name}</h1>" in page
    assert f"Knowledge gap {board.paddle}: {name}" in page

    viewer = web.signed_in(web.person("viewer"))
    for path in ("/gaps", f"/gaps/{board.paddle}"):
        assert name not in board.page(viewer, path)
        assert "carbon paddle, repair" in board.page(viewer, path)

    with web.parts.database.begin() as session:
        session.get_one(Conversation, central).document = None
    assert name not in board.page(client, "/gaps"), "it goes with its conversation"
    with web.parts.database.begin() as session:
        session.query(Conversation).update({"document": None})
    assert "<h1>carbon paddle, repair</h1>" in board.page(client, f"/gaps/{board.paddle}")


def test_a_document_that_nobody_reads_any_more_gives_no_name(web: Any, board: Board) -> None:
    with web.parts.database.begin() as session:
        session.query(KnowledgeGap).filter_by(id=board.plug).update({"label": "(no words)"})
        for row in session.query(Conversation):
            row.document = {"odd": 1}
        rows = session.query(KnowledgeGap).all()
        assert questions(session, rows) == {}
        assert questions(session, []) == {}
        assert {row.id: called(row) for row in rows}[board.plug] == f"Gap {board.plug}"


def test_the_brief_is_ready_to_copy(web: Any, board: Board) -> None:
    client = web.admin()
    board.act(client, board.paddle, "assign", audience="content")
    brief = board.page(client, f"/gaps/{board.paddle}").split('rows="14">', 1)[1].split("</textarea>", 1)[0]
    for words in ("Knowledge gap", "carbon paddle, repair", "For: content", "Asked 39 times", "the bot had no answer",
                  "What customers ask (masked):", "What the bot answered (masked):", "the customer said that it helped",
                  "Orders take five days."):  # fmt: skip
        assert words in brief, words
    assert "ORD-4821" not in brief


def test_acknowledging_and_assigning_and_back(web: Any, board: Board) -> None:
    client = web.admin()
    page = board.act(client, board.plug, "acknowledge", words="  Ada\n looks at it ")
    assert "Ada looks at it" in page
    assert ">Acknowledged</span>" in page
    page = board.act(client, board.plug, "assign", audience="engineering", reference="77")
    assert "It is the work of engineering now. Once Deskmark hears that article:77" in page
    assert (board.get(board.plug).row.audience, board.get(board.plug).row.reference) == ("engineering", "article:77")
    page = board.act(client, board.plug, "withdraw_assignment")
    assert board.get(board.plug).row.audience is None
    note = re.search(r'name="note" value="(\d+)"', page)
    assert note is not None
    page = board.act(client, board.plug, "withdraw_note", note=note[1])
    assert "The note is taken back." in page
    assert "gone already" in board.act(client, board.plug, "withdraw_note", note=note[1])
    assert [entry[1] for entry in web.audited() if entry[1].endswith("gap")] == [
        "acknowledge gap", "assign gap", "withdraw assignment gap", "withdraw note gap",
    ]  # fmt: skip
    assert web.post(client, f"/gaps/{board.plug}", form_on=f"/gaps/{board.plug}", what="odd").status_code == 400
    for fields in ({"what": "assign", "audience": "x"}, {"what": "fix", "kind": "x"}):
        assert web.post(client, f"/gaps/{board.plug}", form_on=f"/gaps/{board.plug}", **fields).status_code == 400


def test_a_fix_is_linked_measured_and_withdrawn(web: Any, board: Board) -> None:
    client, day = web.admin(), (web.clock() - 20 * DAY).date()
    page = board.act(client, board.paddle, "fix", kind="article_published", reference="131", day=day.isoformat(),
                     title="Carbon paddles")  # fmt: skip
    assert "Linked. Deskmark compares" in page
    assert "Article published" in page
    assert "Carbon paddles (article:131)" in page
    assert "Did it work?" in page
    assert "28 days before" in page
    fixed = board.get(board.paddle).facts.fixes
    assert fixed == [datetime.combine(day, time(12), UTC)]
    fix = re.search(r'name="fix" value="(\d+)"', page)
    assert fix is not None
    assert "no fix of this gap any more" in board.act(client, board.paddle, "withdraw_fix", fix=fix[1])
    assert board.get(board.paddle).facts.fixes == []
    assert "was no fix" in board.act(client, board.paddle, "withdraw_fix", fix="9" * 40)
    with web.parts.database.read() as session:
        assert len(improvements.listed(session, board.installation_id)) == 1, "that it was deployed stays known"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"reference": " "}, "Say what was done"),
        ({"reference": "x", "day": "soon"}, "is no day"),
        ({"reference": "x", "day": "2999-01-01"}, "lies ahead"),
        ({"reference": "x", "day": "2001-01-01"}, "cannot have answered it"),
    ],
)
def test_what_cannot_be_a_fix_is_told(web: Any, board: Board, fields: dict[str, str], says: str) -> None:
    assert says in board.act(web.admin(), board.paddle, "fix", kind="other", **fields)
    assert board.get(board.paddle).facts.fixes == []


def test_a_fix_of_today_counts_from_now(web: Any, board: Board) -> None:
    board.act(web.admin(), board.paddle, "fix", kind="bot_released", reference="bot 2.3", day="")
    assert board.get(board.paddle).facts.fixes == [web.clock()]


@pytest.mark.parametrize(
    ("ago", "word", "says"),
    [(20, "It worked", "more than chance explains"), (50, "Came back", "It did not work at first"),
     (1, "Too early to tell", "Deskmark looks on")],
)  # fmt: skip
def test_whether_it_worked_is_said_by_the_data(web: Any, board: Board, ago: int, word: str, says: str) -> None:
    with web.parts.database.begin() as session:  # Nothing was asked in the last 20 days but for one question.
        session.get_one(GapMessage, (board.conversation, 1)).loose = True
    board.fix(board.paddle, web.clock() - ago * DAY)
    page = board.page(web.admin(), f"/gaps/{board.paddle}")
    assert word in page
    assert says in page
    assert "95 % interval" in page


def test_gaps_are_merged_for_good(web: Any, board: Board) -> None:
    client = web.admin()
    assert "Choose another gap" in board.act(client, board.plug, "merge", into=str(board.plug))
    page = board.act(client, board.plug, "merge", into=str(board.paddle))
    assert "is part of this one now" in page
    assert board.get(board.plug).row.id == board.paddle
    assert client.get(f"/gaps/{board.plug}").headers["Location"] == f"/gaps/{board.paddle}"
    with web.parts.database.begin() as session:  # The clustering knows nothing of it: the next question of that group.
        gaps.keep_questions(session, board.installation_id, board.conversation,
                            [Question(1, "m9", "no_answer", False, web.clock())])  # fmt: skip
        gaps.save_groups(session, board.installation_id, "{}", labels={}, merged={},
                         assigned=[Assignment(board.conversation, 1, 2)], now=web.clock())  # fmt: skip
    assert board.get(board.paddle).messages == 41
    assert client.get("/gaps/999").status_code == 404


def test_a_conversation_whose_text_is_gone_is_still_counted(web: Any, board: Board) -> None:
    with web.parts.database.begin() as session:
        session.get_one(Conversation, board.conversation).document = None
    page = board.page(web.admin(), f"/gaps/{board.paddle}")
    assert "is no longer stored" in page
    assert "No person&#39;s answer is known to have helped yet." in page


def test_others_gaps_are_foreign(web: Any, board: Board) -> None:
    foreign = web.installation("intercom", account="other")
    client = web.signed_in(web.person("manager", only=[foreign]))
    assert client.get(f"/gaps/{board.paddle}").status_code == 404
    assert "carbon" not in board.page(client, "/gaps")


@pytest.mark.parametrize("look", LOOKS, ids="-".join)
def test_in_a_browser(chromium: Any, web: Any, board: Board, look: tuple[str, str]) -> None:
    board.fix(board.paddle, web.clock() - 20 * DAY)
    with signed_in(chromium, web, look, scripts=True) as (page, address):
        page.goto(f"{address}/gaps")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.click("tr:has-text('travel <plug>') a.row-title")
        page.fill("[name=words]", "On it.")
        page.press("[name=words]", "Enter")
        page.wait_for_selector("text=Noted. Others see")
        page.goto(f"{address}/gaps/{board.paddle}")
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.locator("svg.chart").count() >= 2
        page.click(f'a[href="/c/{board.conversation}#message-1"]')
        page.wait_for_selector("#message-1:target")


def test_dimensions_filter_what_is_counted(web: Any, board: Board) -> None:
    client = web.admin()
    with web.parts.database.begin() as session:
        mine = session.query(GapMessage).filter_by(gap_id=board.paddle).order_by(GapMessage.at).limit(3).all()
        for message in mine:
            fact = Fact(helpdesk="zendesk", account="acme", conversation="x", episode=1, definitions=DEFINITIONS,
                        day=message.at.date().isoformat(), bot_took_part=True, gap="gap", brand="Fern & Co",
                        channel="email" if message is mine[0] else "chat")  # fmt: skip
            judged = Judged(message.conversation_id, board.installation_id, DEFINITIONS, [fact], web.clock().date())
            save(session, [judged], now=web.clock())
    whole = board.page(client, "/gaps?brand=Fern+%26+Co")
    assert whole.count('<th scope="row">') == 1, "what nobody of the brand asked is not there"
    assert "<strong>3</strong>" in whole
    assert "in all</span>" not in whole
    assert "Fern &amp; Co" in whole
    assert "<strong>1</strong>" in board.page(client, "/gaps?brand=Fern+%26+Co&channel=email")
    assert "nothing that passes the filter was a knowledge gap" in board.page(client, "/gaps?brand=other")
    assert board.page(client, "/gaps?intent=%28none%29").count('<th scope="row">') == 2
    page = board.page(client, f"/gaps/{board.paddle}?brand=Fern+%26+Co")
    assert "brand Fern &amp; Co" in page
    assert "brand=Fern" in page.split("<h1>")[0], "the way back keeps the filter"


@pytest.fixture
def twin(web: Any, board: Board, seed: Any, shapes: Any) -> int:
    """The question of `paddle` on the Intercom of the same people."""
    other = [seed(replace(shapes.told(f"i{n}"), helpdesk="intercom")) for n in range(3)]
    house = seed.installations["intercom"]
    with web.parts.database.begin() as session:
        for name in (board.installation_id, house):
            installations.change(session, name, account_group="acme")
        for row_id in other:
            at = web.clock() - 5 * DAY
            gaps.keep_questions(session, house, row_id, [Question(1, "m0", "no_answer", False, at)])
        gaps.save_groups(session, house, "{}", labels={1: "paddle repair"}, merged={}, now=web.clock(),
                         assigned=[Assignment(row_id, 1, 1) for row_id in other])  # fmt: skip
        number = gaps.listed(session, installation_ids=[house])[0].row.id
        for gap_id in (board.paddle, number):
            session.get_one(KnowledgeGap, gap_id).topic = board.paddle
    return int(number)


def test_a_question_of_two_helpdesks_is_one_row_and_one_piece_of_work(web: Any, board: Board, twin: int) -> None:
    client = web.admin()
    page = board.page(client, "/gaps")
    rows = re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", page, re.DOTALL)
    assert len(rows) == 2
    assert "<strong>41</strong>" in rows[0]
    assert f"Intercom, gap {twin}</a>: 3" in rows[0]
    assert "is one row here" in page
    assert "Also on Intercom" in board.page(client, f"/gaps/{board.paddle}")
    board.act(client, board.paddle, "acknowledge", words="Ada looks", also=str(twin))
    board.act(client, board.paddle, "assign", audience="content", also=str(twin))
    assert (board.get(twin).row.audience, len(board.get(twin).facts.acknowledged)) == ("content", 1)
    page = board.act(client, board.paddle, "fix", kind="other", reference="x", also=str(twin),
                     day=(web.clock() - 9 * DAY).date().isoformat())  # fmt: skip
    assert "Not on the other helpdesk: The question was first asked on" in page
    assert board.get(twin).facts.fixes == []
    page = board.page(client, "/gaps")
    assert re.search(r"Intercom, gap \d+</a>: 3(, assigned)?", page)
    done = [entry[1:3] for entry in web.audited() if entry[1] in ("acknowledge gap", "assign gap", "fix gap")]
    assert sorted(done) == sorted([(f"{what} gap", str(gap)) for what in ("acknowledge", "assign")
                                   for gap in (board.paddle, twin)] + [("fix gap", str(board.paddle))])  # fmt: skip


def test_what_is_not_ticked_or_not_the_same_is_left_alone(web: Any, board: Board, twin: int) -> None:
    client = web.admin()
    board.act(client, board.paddle, "acknowledge")
    board.act(client, board.paddle, "acknowledge", also=str(board.plug))
    board.act(client, board.paddle, "withdraw_assignment", also=str(twin))
    assert board.get(twin).facts.acknowledged == []
    assert board.get(board.plug).facts.acknowledged == []


def test_a_helpdesk_that_is_not_ones_own_is_neither_shown_nor_touched(web: Any, board: Board, twin: int) -> None:
    manager = web.signed_in(web.person("manager", only=[board.installation_id]))
    page = board.page(manager, f"/gaps/{board.paddle}")
    assert "Also on" not in page
    assert "Intercom" not in board.page(manager, "/gaps")
    board.act(manager, board.paddle, "acknowledge", also=str(twin))
    assert board.get(twin).facts.acknowledged == []


def test_the_life_is_a_row_of_steps(web: Any, board: Board) -> None:
    client = web.admin()
    board.act(client, board.paddle, "assign", audience="content", reference="131")
    page = board.page(client, f"/gaps/{board.paddle}")
    assert "<dt>Waits for</dt><dd>article:131</dd>" in page
    assert re.search(r'aria-current="step"><strong>Assigned</strong>', page)
    board.fix(board.paddle, web.clock() - 20 * DAY, reference="article:131")
    with web.parts.database.begin() as session:
        session.get_one(GapMessage, (board.conversation, 1)).loose = True
        session.get_one(KnowledgeGap, board.paddle).assigned_at = web.clock() - 30 * DAY
    page = board.page(client, f"/gaps/{board.paddle}")
    assert "Waits for" not in page
    life = page.split('aria-label="Its life">')[1].split("</ol>")[0]
    assert re.findall(r"<strong>(\w+)</strong>", life) == ["New", "Assigned", "Fixed", "Verified"]


def test_too_long_a_note_is_refused(web: Any, board: Board) -> None:
    assert "The note has 2,001 characters" in board.act(web.admin(), board.plug, "acknowledge", words="x" * 2001)
    assert board.get(board.plug).facts.acknowledged == []
