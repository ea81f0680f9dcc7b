"""Intercom's panel: requests signed with the client secret, and canvases that the Canvas Kit takes."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest
from canvas_kit import components, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import Installation
from connectors.errors import InvalidSignature
from connectors.intercom import canvas
from connectors.intercom.canvas import MOST_BYTES, Draft, NotAsked, asked, choosing, saying, verdicts, verify
from service.panel import LABELS, Choice, Panel, Proof, Shown
from service.translation.languages import Language

SECRET = "i-signing-secret"
PLACE = Installation("x", "intercom", "ws1", "https://api.intercom.io", secrets={"client_secret": SECRET})


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Body-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def test_a_signed_body_is_taken() -> None:
    verify(PLACE, signed(b"{}"), b"{}")
    verify(PLACE, {"x-body-signature": signed(b"{}")["X-Body-Signature"]}, b"{}")


@pytest.mark.parametrize(
    ("place", "headers", "body"),
    [
        (PLACE, {}, b"{}"),
        (PLACE, signed(b"{}"), b"{} "),
        (PLACE, signed(b"{}", "another"), b"{}"),
        (PLACE, {"X-Body-Signature": "ü"}, b"{}"),
        (PLACE, {"X-Hub-Signature": "sha1=" + hmac.new(SECRET.encode(), b"{}", hashlib.sha1).hexdigest()}, b"{}"),
        (replace(PLACE, secrets={}), signed(b"{}", "no secret"), b"{}"),
        (replace(PLACE, secrets={"client_secret": ""}), signed(b"{}", ""), b"{}"),
    ],
)
def test_anything_else_is_refused(place: Installation, headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(InvalidSignature):
        verify(place, headers, body)


REQUEST: dict[str, Any] = {
    "workspace_id": "ws1",
    "workspace_region": "US",
    "admin": {"type": "admin", "id": "31", "name": "Ada"},
    "conversation": {"type": "conversation", "id": 4711, "source": {"body": "<p>hi</p>"}},
    "contact": {"id": "c"},
    "context": {"location": "conversation_details"},
}


def body(**more: Any) -> bytes:
    return json.dumps({**REQUEST, **more}).encode()


def test_what_is_asked() -> None:
    first = asked(body())
    assert (first.workspace, first.agent, first.conversation, first.pressed) == ("ws1", "31", "4711", "")
    sent = asked(
        body(component_id="send:2:containment", input_values={"verdict": "likely", "why": "saw it", "more": None})
    )
    assert (sent.pressed, sent.episode, sent.score) == ("send", 2, "containment")
    assert (sent.verdict, sent.why) == ("likely", "saw it")
    assert asked(body(component_id="send:²:x")).episode == 0


@pytest.mark.parametrize(
    "wrong", [b"", b"[]", b"{}", b"\xff", body(admin=None), body(conversation={}), body(input_values=[])]
)
def test_what_is_no_request(wrong: bytes) -> None:
    with pytest.raises(NotAsked):
        asked(wrong)


WORDS = st.text(min_size=1, max_size=200).filter(str.strip)
SCORES = list(LABELS)


@st.composite
def panels(draw: st.DrawFn) -> Panel:
    def shown(score: str) -> Shown:
        proofs = draw(st.lists(st.builds(Proof, WORDS, st.just("09:05"), st.text(), st.just("message-1")), max_size=4))
        return Shown(
            score, draw(WORDS), draw(st.sampled_from(sorted(LABELS[score]))), draw(WORDS),
            draw(st.sampled_from(["good", "bad", "neutral"])), draw(st.booleans()), draw(WORDS), "92%", tuple(proofs),
            tuple(Choice(verdict, draw(WORDS)) for verdict in sorted(LABELS[score])),
            draw(st.sampled_from(["", "Gap"])),
        )  # fmt: skip

    scores = draw(st.lists(st.sampled_from(SCORES), unique=True))
    link = draw(st.sampled_from(["", "https://d.example/c/row"]))
    return Panel("row", draw(st.integers(1, 9)), draw(st.sampled_from(Language)), tuple(map(shown, scores)), link)


@settings(max_examples=40)
@given(panels(), st.sampled_from(["", "Thank you"]))
def test_every_canvas_is_one(panel: Panel, notice: str) -> None:
    found = components(verdicts(panel, notice=notice))
    pressed = {each["id"] for each in found if each["type"] == "button" and each["action"]["type"] == "submit"}
    for each in panel.shown:
        assert f"disagree:{panel.episode}:{each.score}" in pressed
        assert (f"agree:{panel.episode}:{each.score}" in pressed) == (each.verdict != "pending")
        assert asked(body(component_id=f"send:{panel.episode}:{each.score}")).episode == panel.episode
        components(choosing(panel, each, most=2000))
        draft = Draft("odd", "日" * 90_000, "Too long.")
        assert len(json.dumps(choosing(panel, each, most=2000, draft=draft))) < MOST_BYTES
    assert bool(panel.link) == any(each.get("id") == "page" for each in found)


def test_a_canvas_is_never_too_large() -> None:
    proofs = tuple(Proof("Customer", "09:05", "日" * 4000, "message-1") for _ in range(4))
    shown = tuple(
        Shown(score, "Outcome", "unclear", "Unclear", "bad", False, "Why not.", "9%", proofs, (), "")
        for score in SCORES
    )
    made = verdicts(Panel("row", 1, Language.JA, shown, "https://d.example/c/row"))
    kinds = [each["type"] for each in components(made)]
    assert 0 < kinds.count("list") < len(SCORES)
    assert len(json.dumps(made, ensure_ascii=False).encode()) <= MOST_BYTES


def test_one_sentence() -> None:
    assert "No verdict yet" in texts(saying("No verdict yet"))
    assert canvas.SIGNATURE == "x-body-signature"
