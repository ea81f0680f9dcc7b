"""From a plan to the one request that makes it true, and nothing that acts in what it quotes."""

from __future__ import annotations

import html
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Reading
from connectors.zendesk import actions
from connectors.zendesk.options import Options
from service.conversation import Conversation
from service.writeback import AlreadyThere, Note, Plan, Writable, parse_note

OPTIONS = Options.read({"dm_outcome": 11, "dm_resolution": 12, "dm_effort": 13})
NOTE = "Deskmark: outcome likely (definitions 1, times UTC)\n- 09:00 the customer said: {quote}\nref 0123abcd-1"
STAMP = "2026-03-02T10:00:00Z"


def reading(*tags: str, writable: Writable = Writable.FULL, version: str | None = STAMP) -> Reading:
    there = AlreadyThere(tags=tags, writable=writable, version=version)
    return Reading(Conversation("42", ()), ended=True, there=there)


def ticket_of(found: Reading, plan: Plan) -> dict[str, Any]:
    request = actions.write(found, plan, OPTIONS)
    assert request is not None
    assert (request.method, request.path, request.query) == ("PUT", "/api/v2/tickets/42", None)
    assert request.json is not None
    return dict(request.json["ticket"])


def test_tags_fields_note_and_guard_go_in_one_request() -> None:
    plan = Plan(
        ("dm__resolution__returned",),
        ("dm__resolution__likely",),
        {"dm_outcome": "returned", "dm_resolution": 12, "dm_effort": None, "dm_definitions": "1"},
        Note("0123abcd-1", "Deskmark\nref"),
    )

    assert ticket_of(reading("vip", "dm__resolution__likely", "vip2"), plan) == {
        "tags": ["vip", "vip2", "dm__resolution__returned"],
        "custom_fields": [
            {"id": 11, "value": "dm__resolution__returned"},
            {"id": 12, "value": "12"},
            {"id": 13, "value": ""},
        ],
        "comment": {"html_body": "<p>Deskmark<br>ref</p>", "public": False},
        "safe_update": True,
        "updated_stamp": STAMP,
    }


def test_nothing_to_say_sends_nothing() -> None:
    assert actions.write(reading(), Plan(), OPTIONS) is None
    assert actions.write(reading(), Plan(fields={"dm_definitions": "1"}), OPTIONS) is None
    assert actions.write(reading(writable=Writable.NOTHING), Plan(("dm__review",)), OPTIONS) is None


def test_without_a_stamp_there_is_no_guard() -> None:
    assert ticket_of(reading(version=None), Plan(("dm__review",))) == {"tags": ["dm__review"]}


def test_tags_stay_out_when_they_do_not_change() -> None:
    assert "tags" not in ticket_of(reading("vip"), Plan(note=Note("r", "text")))


def test_only_our_prefix_is_ever_touched() -> None:
    plan = Plan(("urgent", "dm__review"), ("vip", "dm__gap"))

    assert ticket_of(reading("vip", "dm__gap"), plan)["tags"] == ["vip", "dm__review"]


def test_one_value_a_key_even_if_the_plan_forgets() -> None:
    plan = Plan(("dm__escalation__late",))

    assert ticket_of(reading("dm__escalation__missed", "dm__review"), plan)["tags"] == [
        "dm__review",
        "dm__escalation__late",
    ]


@pytest.mark.parametrize(
    ("outcome", "tags"),
    [("unresolved", ["dm__review", "dm__resolution__unresolved"]), (None, ["dm__review"]), ("", ["dm__review"])],
)
def test_the_drop_down_and_its_tag_say_the_same(outcome: str | None, tags: list[str]) -> None:
    plan = Plan(("dm__resolution__likely",), (), {"dm_outcome": outcome})

    assert ticket_of(reading("dm__resolution__abandoned", "dm__review"), plan)["tags"] == tags


def test_a_closed_ticket_gets_tags_only() -> None:
    plan = Plan(("dm__resolution__returned",), ("dm__resolution__likely",), {"dm_effort": 3}, Note("r", "text"))
    request = actions.write(reading("vip", "dm__resolution__likely", writable=Writable.TAGS_ONLY), plan, OPTIONS)

    assert request is not None
    assert (request.method, request.path, request.query) == ("PUT", "/api/v2/tickets/update_many", {"ids": "42"})
    assert request.json == {
        "ticket": {"additional_tags": ["dm__resolution__returned"], "remove_tags": ["dm__resolution__likely"]}
    }


def test_a_closed_ticket_with_nothing_but_fields_to_change() -> None:
    closed = reading(writable=Writable.TAGS_ONLY)

    assert actions.write(closed, Plan(fields={"dm_effort": 3}), OPTIONS) is None


def test_closed_tags_may_only_be_removed() -> None:
    closed = reading("dm__review", writable=Writable.TAGS_ONLY)
    request = actions.write(closed, Plan((), ("dm__review",)), OPTIONS)

    assert request is not None
    assert request.json == {"ticket": {"remove_tags": ["dm__review"]}}


@pytest.mark.parametrize(
    "quote",
    [
        "{{ticket.requester.email}}",
        "{{{{x}}}}",
        "{% if a %}",
        "<img src=x onerror=alert(1)>",
        "&#123;&#123;ticket.id}}",
        "http://evil.example/login",
        "www.evil.example",
        "mail me@evil.example",
        "see #12345",
    ],
)
def test_quoted_text_cannot_act(quote: str) -> None:
    markup = actions.note_html(NOTE.format(quote=quote))
    shown = html.unescape(markup.replace("<br>", "\n").removeprefix("<p>").removesuffix("</p>"))

    assert "{{" not in shown
    assert "}}" not in shown
    assert "{%" not in shown
    for live in ("http://", "evil.example", "me@", "#12", "<img"):
        assert live not in markup
    assert shown.replace("\u2060", "") == NOTE.format(quote=quote)
    assert parse_note(shown) is not None


def test_our_own_link_stays_one() -> None:
    line = "Not right? Add the tag dm__dispute or open https://deskmark.example/c/9f3"

    assert actions.note_html(line) == f"<p>{line}</p>"


@given(st.text(alphabet="{}%<>&\"'ab\n\u2060#1.@/:-", max_size=80))
def test_no_note_ever_holds_markup_or_a_placeholder(text: str) -> None:
    inner = actions.note_html(text).removeprefix("<p>").removesuffix("</p>")
    shown = html.unescape(inner.replace("<br>", "\n"))

    assert "<" not in inner.replace("<br>", "")
    assert not {"{{", "}}", "{%", "%}"} & {shown[i : i + 2] for i in range(len(shown))}
    assert shown.replace("\u2060", "") == text.replace("\u2060", "")


def test_a_note_is_cut_by_us_and_not_by_zendesk() -> None:
    assert len(actions.note_html("x" * 100_000)) < 64_000


def test_ids_cannot_leave_their_place_in_a_path() -> None:
    assert actions.show_ticket("../users/1?x").path == "/api/v2/tickets/..%2Fusers%2F1%3Fx"
