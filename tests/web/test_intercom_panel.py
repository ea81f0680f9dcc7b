"""Intercom's inbox panel over HTTP: signed requests in, canvases out, opinions kept."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from canvas_kit import components, texts
from sqlalchemy import select, update

from service.store.figure_models import Review
from service.store.models import Installation
from service.web.ticket_panels import PER_AGENT

SECRET = "i-signing-secret"


@pytest.fixture
def workspace(web: Any, seed: Any, shapes: Any) -> str:
    """An Intercom installation with one scored conversation; its id."""
    seed(shapes.told("4711", helpdesk="intercom"))
    return str(seed.installations["intercom"])


def send(web: Any, installation: str, what: str = "initialize", *, secret: str = SECRET, **changed: Any) -> Any:
    body = json.dumps(
        {
            "workspace_id": "acme",
            "workspace_region": "US",
            "admin": {"type": "admin", "id": "31", "name": "Ada Lovelace"},
            "conversation": {"type": "conversation", "id": "4711"},
            "contact": {"id": "c-1"},
            **changed,
        }
    ).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Body-Signature": signature, "Content-Type": "application/json"}
    return web.client().post(f"/apps/intercom/{installation}/{what}", data=body, headers=headers)


def press(web: Any, installation: str, button: str, **values: str) -> Any:
    return send(web, installation, "submit", component_id=button, input_values=values)


def reviews(web: Any) -> list[Review]:
    with web.parts.database.read() as session:
        return list(session.scalars(select(Review)))


def test_a_teammate_sees_the_verdicts(web: Any, workspace: str) -> None:
    answer = send(web, workspace)
    assert answer.status_code == 200
    shown = texts(answer.json)
    assert "Outcome: Escalated" in shown
    assert "Context: Asked again" in shown
    assert "my order is" in shown
    assert "still nothing" not in shown
    assert "asked twice, sorry" not in shown


@pytest.mark.parametrize("language", ["de", "fr", "es", "pt", "ja"])
def test_it_is_in_the_language_of_the_installation(web: Any, workspace: str, language: str) -> None:
    english = texts(send(web, workspace).json)
    with web.parts.database.begin() as session:
        session.execute(update(Installation).values(language=language))
    shown = texts(send(web, workspace).json)
    assert "Disagree" in english
    assert "Disagree" not in shown


def test_agreeing(web: Any, workspace: str) -> None:
    shown = texts(press(web, workspace, "agree:1:containment").json)
    assert "Thank you" in shown
    assert "You said: Escalated" in shown
    (kept,) = reviews(web)
    assert (kept.score, kept.verdict, kept.source) == ("containment", "escalated", "panel")
    assert kept.reviewer.startswith("agent-")
    assert web.audited()[-1][1] == "give opinion"
    assert "Lovelace" not in str(web.audited())


def test_disagreeing(web: Any, workspace: str) -> None:
    form = components(press(web, workspace, "disagree:1:context_repeat").json)
    dropdown = next(each for each in form if each["type"] == "dropdown")
    assert [option["id"] for option in dropdown["options"]] == ["repeated", "preserved", "unclear"]
    send_id = next(each["id"] for each in form if each["type"] == "button" and each["id"].startswith("send"))
    assert reviews(web) == []
    shown = texts(press(web, workspace, send_id, verdict="preserved", why="it was another order").json)
    assert "Context: Preserved" in shown
    assert "A person who read it decided so" in shown
    (kept,) = reviews(web)
    assert (kept.verdict, kept.why) == ("preserved", "it was another order")
    assert "Context: Preserved" in texts(press(web, workspace, "back").json)


def test_a_reason_that_is_too_long_comes_back(web: Any, workspace: str) -> None:
    why = "日" * 2001
    form = components(press(web, workspace, "send:1:context_repeat", verdict="preserved", why=why).json)
    (dropdown,) = [each for each in form if each["type"] == "dropdown"]
    (reason,) = [each for each in form if each["type"] == "textarea"]
    assert (dropdown["value"], reason["value"], reason["error"]) == ("preserved", why, True)
    (fault,) = [each["text"] for each in form if each.get("style") == "error"]
    assert fault.startswith("Your reason has 2001 characters and at most 2000 can be kept")
    assert reviews(web) == []
    odd = components(press(web, workspace, "send:1:context_repeat", verdict="odd", why="x" * 60_000).json)
    assert [each.get("value") for each in odd if each["type"] == "dropdown"] == [None]
    press(web, workspace, "send:1:context_repeat", verdict="preserved", why=why[1:])
    assert [row.why for row in reviews(web)] == [why[1:]]


@pytest.mark.parametrize(
    ("button", "values"),
    [("send:1:containment", {}), ("send:1:containment", {"verdict": "odd"}),
     ("send:2:containment", {"verdict": "likely"}),
     ("agree:1:intent", {}), ("agree:1:nothing", {}), ("send:1:repeat_contact", {"verdict": "pending"})],
)  # fmt: skip
def test_nonsense_is_not_kept(web: Any, workspace: str, button: str, values: dict[str, str]) -> None:
    assert "Nothing was saved" in texts(press(web, workspace, button, **values).json)
    assert reviews(web) == []


@pytest.mark.parametrize("button", ["", "odd", "disagree:2:containment", "disagree:1:odd", "proof-containment-0"])
def test_other_buttons_show_the_verdicts(web: Any, workspace: str, button: str) -> None:
    assert "Outcome: Escalated" in texts(press(web, workspace, button).json)


def test_a_conversation_without_verdict(web: Any, workspace: str) -> None:
    answer = send(web, workspace, conversation={"id": "1"})
    assert "no verdict on this conversation yet" in texts(answer.json)


def test_what_intercom_did_not_sign_is_refused(web: Any, workspace: str) -> None:
    forged, unknown = send(web, workspace, secret="x"), send(web, "unknown")
    assert (forged.status_code, unknown.status_code) == (401, 401)
    assert forged.get_data() == unknown.get_data()
    assert send(web, web.installation("zendesk")).status_code == 401


def test_a_signed_body_that_asks_nothing(web: Any, workspace: str) -> None:
    assert send(web, workspace, admin=None).status_code == 400


def test_another_workspace_of_the_same_app_is_not_this_one(web: Any, workspace: str) -> None:
    assert send(web, workspace, workspace_id="other").status_code == 404


def test_a_foreign_conversation_is_not_shown(web: Any, workspace: str, seed: Any, shapes: Any) -> None:
    seed.installations.clear()
    seed(shapes.told("9120", helpdesk="intercom", account="other"))
    assert "no verdict on this conversation yet" in texts(send(web, workspace, conversation={"id": "9120"}).json)


def test_a_large_conversation_may_be_sent(web: Any, workspace: str) -> None:
    assert send(web, workspace, more="x" * 200_000).status_code == 200


def test_too_many_requests_are_said_on_the_panel(web: Any, workspace: str) -> None:
    answers = [send(web, workspace) for _ in range(PER_AGENT.amount + 1)]
    assert "Too many requests" in texts(answers[-1].json)
    assert "Too many requests" not in texts(answers[-2].json)
