"""A masked document names nobody, is still a valid document, and its proof still points at the messages."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from service.document import from_document
from service.masked import Pseudonyms, masked

KEY = Pseudonyms(b"a key")
PRIVATE = ("Marlow", "marlow", "Quinn", "4111", "48213", "555-010", "jo.marlow", "u-77", "c-1", "agent-9", "hunter2")


def document(**more: Any) -> dict[str, Any]:
    return {
        "helpdesk": "zendesk",
        "account": "acme",
        "id": "4711001",
        "contact": {"id": "c-1", "external_id": "u-77", "email": "jo.marlow@example.com", "email_verified": True},
        "channel": "messaging",
        "inbox": "Parcels",
        "subject": "Order 48213 of Jo Marlow",
        "messages": [
            {"id": "m0", "author": {"role": "customer", "id": "c-1"}, "text": "My name is Quinn Marlow, order 48213"},
            {"id": "m1", "author": {"role": "bot", "id": "b-1"}, "text": "Thank you Quinn.\nParcels take five days."},
            {"id": "m2", "author": {"role": "agent", "id": "agent-9", "group": "Parcels"},
             "text": "so marlow, call 555-010-4477?", "attachments": ["quinn marlow.pdf"]},
        ],
        "events": [
            {"id": "e0", "kind": "handoff", "from": "bot", "to": "Parcels"},
            {"id": "e1", "kind": "assigned", "from": "Parcels", "to": "agent-9"},
            {"id": "e2", "kind": "channel_changed", "from": "web", "to": "email"},
        ],
        "rating": {"score": "good", "scale": "good/bad", "comment": "thanks, jo.marlow@example.com"},
        "tags": ["vip", "u.quinn@example.com"],
        "attributes": {"field:3": "Quinn Marlow", "ai_agent.resolution_state": "escalated"},
        **more,
    }  # fmt: skip


def card(**details: Any) -> dict[str, Any]:
    score = {
        "verdict": "repeated", "value": 1, "confidence": 0.9, "reason": "Quinn Marlow was asked again.",
        "evidence": [{"message": "m2", "quote": "order 48213?", "shows": "asks again", "answered_in": "m0",
                      "conversation": "9120001"}],
        "details": {"repeat_of": "9120001", "repeat_of_key": ["zendesk", "acme", "9120001"], "agent": "agent-9",
                    "queue": "Parcels", "candidates": [{"message": "m2", "probability": 0.9}],
                    "at": "2026-01-22T10:00:00Z",
                    "question": "where is 48213", **details},
    }  # fmt: skip
    return {"helpdesk": "zendesk", "account": "acme", "id": "4711001", "episode": 1, "definitions": "2",
            "scores": {"context_repeat": score, "intent": {"verdict": None, "reason": "", "evidence": [],
                                                          "details": {}}}}  # fmt: skip


def both() -> tuple[dict[str, Any], dict[str, Any]]:
    shown, scores = masked(document(), card(), KEY)
    assert scores is not None
    return shown, scores


def test_nobody_is_named_anywhere() -> None:
    text = json.dumps(both())
    assert [word for word in PRIVATE if word in text] == []


def test_the_document_stays_valid_and_what_is_no_person_stays() -> None:
    shown, _ = both()
    conversation = from_document(shown)
    assert conversation.key == ("zendesk", "acme", "4711001")
    assert [m.author.role for m in conversation.messages] == ["customer", "bot", "agent"]
    assert conversation.messages[0].text == "My name is (name), order (number)"
    assert conversation.messages[1].text == "Thank you (name).\nParcels take five days."
    assert conversation.messages[1].author.id == "b-1"
    assert conversation.messages[2].author.group == "Parcels"
    assert conversation.messages[2].attachments == ("file.pdf",)
    assert shown["tags"] == ["vip", "(email)"]
    assert shown["attributes"] == {"ai_agent.resolution_state": "escalated"}
    assert [(e["from"], e["to"]) for e in shown["events"]][2] == ("web", "email")
    assert shown["events"][0]["to"] == "Parcels"
    assert shown["events"][1]["to"] == shown["messages"][2]["author"]["id"]


def test_pseudonyms_are_the_same_wherever_a_person_stands() -> None:
    shown, _ = both()
    assert shown["contact"]["id"] == shown["messages"][0]["author"]["id"]
    assert shown["contact"]["id"] == masked(document(id="2"), None, KEY)[0]["contact"]["id"]
    assert shown["contact"]["id"] != masked(document(), None, Pseudonyms(b"other"))[0]["contact"]["id"]
    assert masked(document(contact={}), None, KEY)[0]["contact"]["id"] is None


def test_the_proof_still_points_at_the_messages() -> None:
    shown, scores = both()
    score = scores["scores"]["context_repeat"]
    (proof,) = score["evidence"]
    assert (proof["message"], proof["answered_in"], proof["conversation"]) == ("m2", "m0", "9120001")
    assert proof["quote"] == "order (number)?"
    details = score["details"]
    assert details["repeat_of_key"] == ["zendesk", "acme", "9120001"]
    assert details["agent"] == shown["messages"][2]["author"]["id"]
    assert (details["queue"], details["at"]) == ("Parcels", "2026-01-22T10:00:00Z")
    assert details["candidates"] == [{"message": "m2", "probability": 0.9}]
    assert details["question"] == "where is (number)"
    assert (score["verdict"], score["value"]) == ("repeated", 1)


def test_earlier_episodes_are_masked_too() -> None:
    _, scores = masked(document(), {**card(), "episodes": [card()]}, KEY)
    assert scores is not None
    assert scores["episodes"] == [{k: v for k, v in scores.items() if k != "episodes"}]


@pytest.mark.parametrize("missing", ["rating", "events", "tags", "attributes", "subject", "contact"])
def test_what_is_absent_does_no_harm(missing: str) -> None:
    given = document(**{missing: None})
    before = copy.deepcopy(given)
    shown, _ = masked(given, None, KEY)
    from_document(shown)
    assert given == before
