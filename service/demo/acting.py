"""Plays one scene: which words, which customer, on which helpdesk, and how long everybody takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from service.conversation import (
    Author,
    BotTurn,
    Channel,
    Contact,
    Conversation,
    Event,
    Feedback,
    Initiator,
    Message,
    Rating,
    Role,
)
from service.demo.names import AGENTS, FIRST_NAMES, LAST_NAMES, SLOTS
from service.demo.scenes import Course, Line, Part, Scene, Where
from service.demo.story import EVENTS, GROUP, OUTLET_SHOP, RATINGS, ROLES, SHOP

CHANNELS = {
    Where.CHAT: Channel.MESSAGING,
    Where.MAIL: Channel.EMAIL,
    Where.PHONE: Channel.PHONE,
    Where.WEB: Channel.WEB,
}
SHARES = {Where.CHAT: 6, Where.MAIL: 3, Where.PHONE: 4, Where.WEB: 2}
"""How customers choose where a scene may take several ways."""

PACE = {Where.CHAT: 1.0, Where.MAIL: 15.0, Where.PHONE: 0.3, Where.WEB: 1.5}
"""How much longer people take for an answer than in a chat."""

ONLY_ON = {Course.RELEASE: "intercom", Course.OUTAGE: "zendesk"}
"""The bot of one helpdesk was released, not that of the other; one of them tells of the carrier that is out."""

ONLY_ZENDESK = frozenset({Where.PHONE, Where.WEB})
FIRST_TEAM = "customer care"
OUTLET = 0.22
"""Share of customers of the second brand."""

_CHOICE = re.compile(r"\{([^{}]*)\}")
_SLOT = re.compile(r"<(\w+)>")
_JITTER = 0.09
"""How far the bot's confidence varies."""


class Customer:
    """Somebody a scene happens to. Everything is drawn from `rng`, so the same draws tell the same."""

    def __init__(self, rng: Random, scene: Scene) -> None:
        self._rng = rng
        self._scene = scene
        self._words = _Words(scene, rng.randrange(scene.tellings))
        name = f"{rng.choice(FIRST_NAMES)}.{rng.choice(LAST_NAMES)}.{rng.randrange(10_000)}".lower()
        where = self._where()
        self._helpdesk = "zendesk" if where in ONLY_ZENDESK or rng.random() < 0.5 else "intercom"
        self._helpdesk = ONLY_ON.get(scene.course, self._helpdesk)
        self._contact = Contact(f"past-{name}", None, f"{name}@example.com", True)
        self._brand = OUTLET_SHOP if rng.random() < OUTLET else SHOP
        self._first = where

    def conversations(self, start: datetime) -> Iterator[Conversation]:
        """One conversation for each part of the scene, the first from `start` on."""
        for part in self._scene.parts:
            acted = _Acted(self._rng, self._words, part.where or self._first, start + part.after)
            conversation = acted.conversation(part)
            yield replace(
                conversation, helpdesk=self._helpdesk, account=GROUP, account_group=GROUP, contact=self._contact,
                brand=self._brand,
            )  # fmt: skip
            start = conversation.ended_at or start

    def _where(self) -> Where:
        ways = self._scene.where
        return self._rng.choices(ways, [SHARES[way] for way in ways])[0]


class _Words:
    """One way to tell a scene: which of the wordings, and what is in the slots.

    There are few ways: the text model reads every distinct text once, and that is what takes long.
    """

    def __init__(self, scene: Scene, telling: int) -> None:
        self._rng = Random(f"{scene.name}:{telling}")  # noqa: S311 - a story, not a secret
        self._slots = {name: self._rng.choice(values) for name, values in SLOTS.items()}

    def of(self, text: str) -> str:
        """One of the wordings of a text, with the slots filled."""
        chosen = _CHOICE.sub(lambda found: self._rng.choice(found[1].split("|")), text)
        return _SLOT.sub(lambda found: self._slots[found[1]], chosen)


class _Acted:
    """One conversation while it happens."""

    def __init__(self, rng: Random, words: _Words, where: Where, start: datetime) -> None:
        self._rng, self._words, self._where = rng, words, where
        self._messages: list[Message] = []
        self._events: list[Event] = []
        self._clock = self._start = start.replace(microsecond=0)
        self._team = FIRST_TEAM
        self._subject: str | None = None
        self._rating: Rating | None = None
        self._reported: str | None = None
        self._corrected: str | None = None

    def conversation(self, part: Part) -> Conversation:
        """Everything that happens in `part`."""
        for line in part.lines:
            self._act(line)
        return Conversation(
            id="",
            channel=CHANNELS[self._where],
            subject=self._subject if self._where is not Where.CHAT else None,
            messages=tuple(self._messages),
            events=tuple(self._events),
            opened_at=self._start,
            closed_at=self._clock.replace(microsecond=0),
            rating=self._rating,
            intent_corrected=self._corrected,
        )

    def _act(self, line: Line) -> None:
        match line.kind:
            case "C" | "B" | "A" | "N":
                self._say(line)
            case "H" | "T" | "F" | "K" | "R":
                self._happen(line)
            case "+":
                self._clock += timedelta(minutes=float(line.text))
            case "S":
                self._subject = self._words.of(line.text)
            case ">":
                reported, _, corrected = (text.strip() for text in line.text.partition(">"))
                self._reported, self._corrected = reported, corrected or None
            case "?":
                self._mark(*map(float, line.text.split()))
            case "*":
                self._rate(*map(float, line.text.split()))

    def _say(self, line: Line) -> None:
        role = ROLES[line.kind]
        if self._messages:
            self._clock += self._pause(role)
        who = {Role.CUSTOMER: "customer", Role.BOT: "Fern Mail" if self._where is Where.MAIL else "Fern"}.get(role)
        group = self._team if role is Role.AGENT else None
        author = Author(role, who or self._rng.choice(AGENTS[self._team]), group)
        turn = None if role is not Role.BOT else BotTurn(self._reported, self._sure(line.confidence))
        text = self._words.of(line.text)
        self._messages.append(
            Message(f"m{len(self._messages)}", author, text, self._clock, turn, internal=line.kind == "N")
        )

    def _sure(self, confidence: float | None) -> float | None:
        if confidence is None:
            return None
        return round(min(0.99, max(0.05, self._rng.gauss(confidence, _JITTER))), 2)

    def _pause(self, role: Role) -> timedelta:
        if role is Role.BOT:
            return timedelta(seconds=self._rng.uniform(2, 6))
        median = 35.0 if role is Role.CUSTOMER else 260.0
        return timedelta(seconds=self._rng.lognormvariate(0, 0.7) * median * PACE[self._where])

    def _happen(self, line: Line) -> None:
        if line.kind == "R":
            self._clock += timedelta(hours=float(line.text))
        if line.kind == "T":
            self._team = line.text
        by = Initiator(line.text) if line.kind == "H" and line.text else None
        target = line.text if line.kind == "T" else FIRST_TEAM if line.kind == "H" else None
        self._clock += timedelta(seconds=1)
        self._events.append(Event(f"e{len(self._events)}", EVENTS[line.kind], self._clock, by, target=target))
        self._clock += timedelta(seconds=1)

    def _mark(self, helpful: float, unhelpful: float) -> None:
        """What the customer said of the last answer with a button, if anything."""
        drawn = self._rng.uniform(0, 100)
        if drawn < helpful + unhelpful:
            told = Feedback.HELPFUL if drawn < helpful else Feedback.UNHELPFUL
            self._messages[-1] = replace(self._messages[-1], feedback=told)

    def _rate(self, good: float, bad: float) -> None:
        drawn = self._rng.uniform(0, 100)
        if drawn < good + bad:
            best = RATINGS["good"] if drawn < good else RATINGS["bad"]
            step = self._rng.random() < 0.3
            self._rating = Rating(score=best + (step if best == RATINGS["bad"] else -step), scale="1-5", at=self._clock)
