"""Intercom's inbox panel: what it asks (signed), and what is answered, in the words of its Canvas Kit.

Intercom posts `initialize` when a teammate opens a conversation and `submit` when a button is pressed; the answer is a
canvas of components. Sources: https://developers.intercom.com/docs/canvas-kit (requests, the sizes),
https://developers.intercom.com/docs/references/canvas-kit/ (components: at most 64 kB, 2 to 10 options of a dropdown).
The signature is `X-Body-Signature`, the hex HMAC-SHA256 of the body under the app's client secret; another header and
another hash than the webhooks'. It has no time in it, so a request can be sent again by whoever has seen it; what it
does is the same each time.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.base import Installation
from connectors.errors import InvalidSignature
from service.panel import Panel, Shown

SIGNATURE = "x-body-signature"
MOST_BYTES = 64 * 1024
"""Of an answer."""
LONGEST_DRAFT = 4000
"""Characters of a reason that are given back to be shortened: 48 kB at most, as JSON writes them."""
AGREE, DISAGREE, SEND, BACK = "agree", "disagree", "send", "back"
VERDICT, WHY = "verdict", "why"
MARKS = {"good": "✓", "bad": "✗", "neutral": "•"}
"""Before a verdict, as a canvas knows no colours."""

Component = dict[str, Any]
Canvas = dict[str, Any]


class NotAsked(ValueError):
    """The body is no request of a panel; the message says what is missing."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, frozen=True)


class _Named(_Shape):
    id: str


class _Request(_Shape):
    workspace_id: str
    admin: _Named
    conversation: _Named
    component_id: str = ""
    input_values: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Asked:
    """Who looks at which conversation, and which button was pressed with what filled in; `pressed` is empty at first.

    `score` and `episode` are those that the button belongs to.
    """

    workspace: str
    agent: str
    conversation: str
    pressed: str = ""
    score: str = ""
    episode: int = 0
    verdict: str = ""
    why: str = ""


def verify(installation: Installation, headers: Mapping[str, str], body: bytes) -> None:
    """Raise `InvalidSignature` unless the body was signed with the app's client secret."""
    secret = installation.secrets.get("client_secret", "")
    given = next((value for name, value in headers.items() if name.lower() == SIGNATURE), "")
    # Also without a secret: how long the answer takes says nothing.
    expected = hmac.new((secret or "no secret").encode(), body, hashlib.sha256).hexdigest()
    fits = hmac.compare_digest(given.encode(), expected.encode())
    if not (secret and fits):
        raise InvalidSignature("X-Body-Signature does not match the body")


def asked(body: bytes) -> Asked:
    """What a verified request asks. Raises `NotAsked`."""
    try:
        request = _Request.model_validate_json(body)
    except ValidationError as error:
        raise NotAsked("a panel's request names workspace, admin and conversation") from error
    pressed, _, rest = request.component_id.partition(":")
    episode, _, score = rest.partition(":")
    values = {name: str(value) for name, value in request.input_values.items() if value is not None}
    return Asked(
        workspace=request.workspace_id,
        agent=request.admin.id,
        conversation=request.conversation.id,
        pressed=pressed,
        score=score,
        episode=int(episode) if episode.isascii() and episode.isdecimal() and len(episode) < 6 else 0,
        verdict=values.get(VERDICT, ""),
        why=values.get(WHY, ""),
    )


def verdicts(panel: Panel, *, notice: str = "") -> Canvas:
    """All verdicts with reason, proof and the buttons to agree or not; `notice` stands above them."""
    components: list[Component] = [_text(notice, style="muted")] if notice else []
    for each in panel.shown:
        components += _verdict(panel, each)
    components.append(_text(panel.say(QUOTES), style="muted"))
    if panel.link:
        components.append(_link("page", panel.say("Show in Deskmark"), panel.link))
    return canvas(components)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a teammate filled in and could not be kept, with what is said of that."""

    verdict: str
    why: str
    fault: str


def choosing(panel: Panel, shown: Shown, *, most: int, draft: Draft | None = None) -> Canvas:
    """The form to say what would be right, with a reason of at most `most` characters; `draft` is given back.

    The Canvas Kit has no limit for a text area (`value` and `error` are its own), but 64 kB for a canvas: of a reason
    that is longer than that only the beginning is given back.
    """
    options = [{"type": "option", "id": choice.verdict, "text": choice.label} for choice in shown.choices]
    verdict: Component = {"type": "dropdown", "id": VERDICT, "label": panel.say("What would be right?")}
    why: Component = {"type": "textarea", "id": WHY, "label": panel.say("Why? (may be left empty)")}
    why["placeholder"] = panel.say("At most {most} characters.", most=most)
    if draft is not None:
        why |= {"value": draft.why[:LONGEST_DRAFT], "error": True}
        if any(choice.verdict == draft.verdict for choice in shown.choices):
            verdict["value"] = draft.verdict
    return canvas(
        [
            _text(f"{shown.title}: {shown.label}", style="header"),
            _text(shown.reason),
            *([_text(draft.fault, style="error")] if draft is not None else []),
            {**verdict, "options": options},
            why,
            _button(_named(SEND, panel, shown), panel.say("Send"), style="primary"),
            _button(BACK, panel.say("Back"), style="link"),
        ]
    )


def saying(text: str) -> Canvas:
    """A canvas with one sentence."""
    return canvas([_text(text)])


def canvas(components: list[Component]) -> Canvas:
    """What Intercom is answered; proofs are left out, the last first, when it grew too large."""
    while len(json.dumps(components, ensure_ascii=False).encode()) > MOST_BYTES - 100:
        components.remove(next(each for each in reversed(components) if each["type"] == "list"))
    return {"canvas": {"content": {"components": components}}}


QUOTES = "Quotes are in the customer's own words; numbers and addresses are masked."


def _verdict(panel: Panel, shown: Shown) -> list[Component]:
    components = [
        _text(f"{MARKS[shown.tone]} {shown.title}: {shown.label}", style="header"),
        _text(f"{shown.reason} ({panel.say('Sure: {percent}', percent=shown.sure)})"),
    ]
    if shown.proofs:
        components.append({"type": "list", "items": [_item(panel, shown, n) for n in range(len(shown.proofs))]})
    if shown.said:
        components.append(_text(panel.say("You said: {verdict}", verdict=shown.said), style="muted"))
    if shown.verdict != "pending":
        components.append(_button(_named(AGREE, panel, shown), panel.say("Agree"), style="secondary"))
    components += [
        _button(_named(DISAGREE, panel, shown), panel.say("Disagree"), style="link"),
        {"type": "divider"},
    ]
    return components


def _item(panel: Panel, shown: Shown, number: int) -> Component:
    """A message that shows it; pressed, it opens Deskmark's page at its place."""
    proof = shown.proofs[number]
    item: Component = {
        "type": "item",
        "id": f"proof-{shown.score}-{number}",
        "title": proof.quote or "…",
        "subtitle": f"{proof.at} {proof.who}".strip(),
    }
    address = panel.page(proof)
    return {**item, "action": {"type": "url", "url": address}} if address else item


def _named(what: str, panel: Panel, shown: Shown) -> str:
    return f"{what}:{panel.episode}:{shown.score}"


def _text(text: str, *, style: str = "paragraph") -> Component:
    return {"type": "text", "text": text, "style": style}


def _button(name: str, label: str, *, style: str) -> Component:
    return {"type": "button", "id": name, "label": label, "style": style, "action": {"type": "submit"}}


def _link(name: str, label: str, address: str) -> Component:
    return {"type": "button", "id": name, "label": label, "style": "link", "action": {"type": "url", "url": address}}
