"""Zendesk's sidebar app: opened by a signed token once, shows this ticket's verdicts, takes what an agent says."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, update
from ticket_app import HOST, INSTALLED, public_pem, token

from service.scoring.score import Score
from service.store import ticket_apps
from service.store.figure_models import Review
from service.store.models import Conversation, Installation
from service.store.people_models import AuditEntry
from service.web.ticket_panels import PER_AGENT, PER_REFUSED
from service.web.zendesk_panel import LASTS, SDK

QUERY = f"?origin=https%3A%2F%2F{HOST}&app_guid=a1b2-c3"


@pytest.fixture
def app_of(web: Any, seed: Any) -> Any:
    """An installation whose app is known, with a scored conversation; its id."""

    def made(account: str = "acme", **given: Any) -> str:
        row_id = seed(**given)
        with web.parts.database.begin() as session:
            row = session.get_one(Conversation, row_id)
            base = f"https://{account}.zendesk.com"
            session.execute(update(Installation).where(Installation.id == row.installation_id).values(base_url=base))
            ticket_apps.keep(
                session, row.installation_id, external_id=INSTALLED, public_key=public_pem(), now=web.clock()
            )
            return str(row.installation_id)

    return made


def opened(web: Any, installation: str, **changed: Any) -> Any:
    client = web.client()
    answer = client.post(
        f"/apps/zendesk/{installation}{QUERY}", data={"token": token(web.clock(), **changed)},
        headers={"Accept-Language": "en"},
    )  # fmt: skip
    return client, answer


def key_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return str(re.findall(r'name="key" value="([^"]+)"', answer.get_data(as_text=True))[0])


def ask(client: Any, installation: str, what: str = "ticket", **form: str) -> Any:
    given = {"ticket": "4711", "requester": "c-1", "locale": "en-US", **form}
    return client.post(f"/apps/zendesk/{installation}/{what}{QUERY}", data=given)


def reviews(web: Any) -> list[Review]:
    with web.parts.database.read() as session:
        return list(session.scalars(select(Review)))


def test_an_agent_sees_the_verdicts_of_the_ticket(web: Any, app_of: Any) -> None:
    installation = app_of()
    client, first = opened(web, installation)
    assert f"{SDK}/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js" in first.get_data(as_text=True)
    assert "4711" not in first.get_data(as_text=True), "which ticket is open only Zendesk's script knows"
    answer = ask(client, installation, key=key_of(first))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Outcome" in page
    assert "Asked again" in page
    assert "my order is" in page
    assert "<script>alert" not in page
    assert "still nothing" not in page, "nothing of another conversation"
    assert "asked twice, sorry" not in page
    with web.parts.database.read() as session:
        seen = ticket_apps.get(session, installation)
        assert seen is not None
        assert seen.opened_at == web.clock()


def test_only_zendesk_may_frame_it(web: Any, app_of: Any) -> None:
    installation = app_of()
    client, first = opened(web, installation)
    for answer in (first, ask(client, installation, key=key_of(first))):
        policy = answer.headers["Content-Security-Policy"]
        assert f"frame-ancestors https://{HOST}" in policy
        assert "unsafe" not in policy
        assert f"script-src 'self' {SDK}" in policy
        assert "X-Frame-Options" not in answer.headers, "which knows no addresses, and would keep Zendesk out"
        assert answer.headers["Cache-Control"] == "no-store"
        page = answer.get_data(as_text=True)
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", page)


@pytest.mark.parametrize("locale", ["de", "fr-CA", "es", "pt-BR", "ja"])
def test_it_is_in_the_agents_language(web: Any, app_of: Any, locale: str) -> None:
    installation = app_of()
    client, first = opened(web, installation)
    page = ask(client, installation, key=key_of(first), locale=locale).get_data(as_text=True)
    assert f'<html lang="{locale[:2]}">' in page
    assert "What Deskmark found" not in page
    assert "Agree" not in page


def test_an_unknown_language_is_that_of_the_installation(web: Any, app_of: Any) -> None:
    installation = app_of()
    with web.parts.database.begin() as session:
        session.execute(update(Installation).values(language="fr"))
    client, first = opened(web, installation)
    assert '<html lang="fr">' in ask(client, installation, key=key_of(first), locale="nl").get_data(as_text=True)


def test_a_token_opens_it_once(web: Any, app_of: Any) -> None:
    installation = app_of()
    signed = token(web.clock())
    address = f"/apps/zendesk/{installation}{QUERY}"
    answers = [web.client().post(address, data={"token": signed}).status_code for _ in range(3)]
    assert answers == [200, 401, 401]
    assert web.client().post(address, data={"token": token(web.clock(), qsh="else")}).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [{"iss": "other.zendesk.com"}, {"aud": "https://x"}, {"exp": 1}, {"sub": ""}, {"context": {"location": "top_bar"}}],
)
def test_what_zendesk_did_not_sign_for_it_is_refused(web: Any, app_of: Any, changed: dict[str, Any]) -> None:
    _, answer = opened(web, app_of(), **changed)
    assert answer.status_code == 401
    assert 'name="key"' not in answer.get_data(as_text=True)


def test_an_unknown_installation_is_refused_like_a_forgery(web: Any, app_of: Any, seed: Any) -> None:
    installation = app_of()
    forged = web.client().post(
        f"/apps/zendesk/{installation}", data={"token": "x.y.z"}, headers={"Accept-Language": "de"}
    )
    unknown = web.client().post("/apps/zendesk/unknown", data={"token": "x.y.z"}, headers={"Accept-Language": "de"})
    assert (forged.status_code, unknown.status_code) == (401, 401)
    assert forged.get_data() == unknown.get_data()
    assert dict(forged.headers) == dict(unknown.headers)
    assert "frame-ancestors https://*.zendesk.com" in unknown.headers["Content-Security-Policy"], "to be read there"
    intercom = web.installation("intercom")
    assert opened(web, intercom)[1].status_code == 401
    with web.parts.database.begin() as session:
        session.execute(ticket_apps.TicketApp.__table__.delete())
    assert opened(web, installation)[1].status_code == 401, "its key is not known any more"


def test_a_panel_of_one_account_says_nothing_of_another(web: Any, app_of: Any, shapes: Any, seed: Any) -> None:
    own = app_of()
    client, first = opened(web, own)
    seed.installations.clear()
    seed(shapes.told("9120", account="other"))
    foreign = seed.installations["zendesk"]
    assert ask(client, foreign, key=key_of(first), ticket="9120").status_code == 404
    assert ask(client, "unknown", key=key_of(first)).status_code == 404
    elsewhere = ask(client, own, key=key_of(first), ticket="9120")
    assert elsewhere.status_code == 200
    assert "no verdict on this conversation yet" in elsewhere.get_data(as_text=True)
    assert 'class="verdict' not in elsewhere.get_data(as_text=True)


def test_quotes_are_for_whoever_sees_the_ticket(web: Any, app_of: Any) -> None:
    installation = app_of()
    client, first = opened(web, installation)
    for requester in ("", "c-2"):
        page = ask(client, installation, key=key_of(first), requester=requester).get_data(as_text=True)
        assert "Asked again" in page
        assert "my order is" not in page


def test_a_panel_key_is_ours_and_ends(web: Any, app_of: Any) -> None:
    installation = app_of()
    client, first = opened(web, installation)
    key = key_of(first)
    assert ask(client, installation, key="").status_code == 401
    assert ask(client, installation, key=key[:-3] + "xyz").status_code == 401
    assert ask(client, installation, key=key).status_code == 200
    with time_machine.travel(datetime.now().astimezone() + timedelta(seconds=LASTS + 5)):
        assert ask(client, installation, key=key).status_code == 401


def test_agreeing(web: Any, app_of: Any) -> None:
    installation = app_of()
    client, first = opened(web, installation)
    answer = ask(
        client, installation, "opinion", key=key_of(first), score="containment", verdict="escalated", episode="1"
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Thank you. Your opinion counts in the figures." in page
    assert "You said: Escalated" in page
    (kept,) = reviews(web)
    assert (kept.score, kept.verdict, kept.source, kept.blind, kept.why) == (
        "containment",
        "escalated",
        "panel",
        False,
        None,
    )
    assert kept.reviewer.startswith("agent-")
    assert "31" not in kept.reviewer[:8]
    with web.parts.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "give opinion")).one()
        assert (entry.actor, entry.installation_id) == (kept.reviewer, installation)


def test_disagreeing_changes_what_stands(web: Any, app_of: Any) -> None:
    installation = app_of()
    client, first = opened(web, installation)
    key = key_of(first)
    answer = ask(
        client, installation, "opinion", key=key, score="context_repeat", verdict="preserved", episode="1",
        why="  she had \n not given it ",
    )  # fmt: skip
    page = answer.get_data(as_text=True)
    assert "Preserved" in page
    assert "A person who read it decided so" in page
    (kept,) = reviews(web)
    assert (kept.verdict, kept.why) == ("preserved", "she had not given it")
    again = ask(client, installation, "opinion", key=key, score="context_repeat", verdict="repeated", episode="1")
    assert again.status_code == 200
    assert [row.verdict for row in reviews(web)] == ["repeated"], "the same agent's later word replaces the first"
    other, begun = opened(web, installation, sub=f"https://{HOST}/api/v2/users/32.json")
    ask(other, installation, "opinion", key=key_of(begun), score="context_repeat", verdict="preserved", episode="1")
    assert len({row.reviewer for row in reviews(web)}) == 2


@pytest.mark.parametrize(
    "nonsense",
    [
        {"score": "containment", "verdict": "wonderful"},
        {"score": "intent", "verdict": "novel"},
        {"score": "repeat_contact", "verdict": "pending"},
        {"score": "effort", "verdict": "low"},
        {"score": "containment", "verdict": "likely", "episode": "2"},
        {"score": "containment", "verdict": "likely", "episode": "x"},
        {},
    ],
)
def test_nonsense_is_not_kept(web: Any, app_of: Any, nonsense: dict[str, str]) -> None:
    installation = app_of()
    client, first = opened(web, installation)
    answer = ask(client, installation, "opinion", key=key_of(first), **{"episode": "1", **nonsense})
    assert answer.status_code == 422
    assert "Nothing was saved" in answer.get_data(as_text=True)
    assert reviews(web) == []


def test_a_reason_that_is_too_long_is_not_cut(web: Any, app_of: Any) -> None:
    installation = app_of()
    client, first = opened(web, installation)
    said = {"key": key_of(first), "score": "repeat_contact", "verdict": "not_returned", "episode": "1"}
    answer = ask(client, installation, "opinion", **said, why="é" * 2001)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Your reason has 2001 characters and at most 2000 can be kept: nothing was saved." in page
    assert "é" * 2001 in page
    assert '<option value="not_returned" selected>' in page
    assert reviews(web) == []
    ask(client, installation, "opinion", **said | {"score": "containment", "verdict": "likely"}, why="é" * 2000 + " ")
    assert [len(row.why or "") for row in reviews(web)] == [2000]


@pytest.mark.parametrize(("scheme", "worn"), [("dark", True), ("light", True), ("odd", False), ("", False)])
def test_the_colours_of_zendesk_are_kept(web: Any, app_of: Any, scheme: str, worn: bool) -> None:
    installation = app_of()
    client, first = opened(web, installation)
    page = ask(client, installation, key=key_of(first), scheme=scheme).get_data(as_text=True)
    assert (f'data-scheme="{scheme}"' in page) == worn


def test_the_two_palettes_are_those_of_the_pages() -> None:
    def colours(block: str) -> dict[str, str]:
        found = dict(re.findall(r"(--[\w-]+): ([^;]+);", block))
        return {name: value for name, value in found.items() if name not in ("--mono", "--sans")}

    static = Path(__file__).parents[2] / "service/web/static"
    pages = re.findall(r":root \{(.*?)\}", (static / "deskmark.css").read_text(encoding="utf-8"), re.DOTALL)
    panel = re.findall(r":root\[[^]]+\] \{(.*?)\}", (static / "panel.css").read_text(encoding="utf-8"), re.DOTALL)
    assert [colours(block) for block in panel] == [colours(block) for block in pages]
    assert len(panel) == 2


def test_a_conversation_without_text_has_verdicts_and_no_quotes(web: Any, app_of: Any) -> None:
    installation = app_of(document=None)
    client, first = opened(web, installation)
    page = ask(client, installation, key=key_of(first)).get_data(as_text=True)
    assert "Asked again" in page
    assert "my order is" not in page


def test_too_many_requests(web: Any, app_of: Any) -> None:
    installation = app_of()
    client, first = opened(web, installation)
    key = key_of(first)
    statuses = [ask(client, installation, key=key).status_code for _ in range(PER_AGENT.amount + 1)]
    assert statuses[-1] == 429
    assert set(statuses[:-1]) == {200}
    refused = [web.client().post(f"/apps/zendesk/{installation}").status_code for _ in range(PER_REFUSED.amount + 1)]
    assert (refused[0], refused[-1]) == (401, 429)


@pytest.mark.parametrize(
    "query", ["", "?origin=https://evil.example&app_guid=x", f"?origin=https://{HOST}&app_guid=<x>"]
)
def test_zendesks_script_is_told_of_zendesk_only(web: Any, app_of: Any, query: str) -> None:
    installation = app_of()
    answer = web.client().post(f"/apps/zendesk/{installation}{query}", data={"token": token(web.clock())})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "Zendesk did not say which ticket is open" in page, "nothing on the page could go on"
    assert "evil" not in page
    assert "zaf_sdk" not in page


def test_the_script_holds_no_secret_and_calls_nobody_else() -> None:
    script = (Path(__file__).parents[2] / "service/web/static/zendesk_panel.js").read_text(encoding="utf-8")
    assert not re.search(r"https?://|secret[^ ]|token|fetch\(|XMLHttpRequest|eval|innerHTML", script)


def test_a_link_leads_to_the_message_on_our_page(
    seed: Any, make_web: Any, web: Any, app_of: Any, sqlite_url: str
) -> None:
    installation = app_of()
    public = make_web(sqlite_url, public_url="https://deskmark.example.com")
    signed = token(public.clock(), qsh="public")
    first = public.client().post(f"/apps/zendesk/{installation}{QUERY}", data={"token": signed})
    page = ask(public.client(), installation, key=key_of(first)).get_data(as_text=True)
    assert re.search(r'href="https://deskmark\.example\.com/c/\w+#message-1" target="_blank" rel="noopener"', page)


def test_silent_verdicts_come_last(web: Any, app_of: Any, seed: Any, shapes: Any) -> None:
    talk = shapes.told("4712")
    installation = app_of()
    seed(talk, shapes.scored(talk, escalation=Score("not_needed", reason="x"), knowledge_gap=Score("gap", reason="y")))
    client, first = opened(web, installation)
    page = ask(client, installation, key=key_of(first), ticket="4712").get_data(as_text=True)
    assert page.index('id="knowledge_gap"') < page.index("Also looked at") < page.index('id="escalation"')
