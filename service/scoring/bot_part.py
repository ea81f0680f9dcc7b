"""The part of a conversation in which the bot was in charge, read once: what each message signals, and how messages
relate (asked again, accepted, settled, repeated). Weighs nothing; `service.scoring.human_needed` does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.conversation import Message, Role
from service.language.acts import BotAct, read_bot_turns
from service.language.embedding import Embedder, Vector
from service.language.signal_patterns import Signal
from service.language.signals import PRESENT, Reading, has, read_bot, read_customer
from service.language.wording import alike, content

SAME_WORDS = 0.6
SAME_ANSWER = 0.8
SAME_VECTOR = 0.8
NEAR_WORDS, NEAR_VECTOR = 0.35, 0.65
"""Two questions are the same by their words, by their vectors, or by a bit of both."""

FEWEST_WORDS = 2
"""Content words below which a message asks or answers nothing ("ok", "and now?")."""

LOOK_BACK = 200
"""Messages before one in which it is looked for whether it was said already."""

SHORT_REPLY = 7
"""Words of a reply that can be a bare yes or no."""

UNHAPPY = (
    Signal.FRUSTRATED,
    Signal.UNSOLVED,
    Signal.NOT_WHAT_I_ASKED,
    Signal.ALREADY_TOLD,
    Signal.GIVES_UP,
    Signal.ASKS_FOR_HUMAN,
)
REJECTS = (Signal.NOT_WHAT_I_ASKED, Signal.UNSOLVED, Signal.ALREADY_TOLD)
FAILURES = (
    Signal.NO_ANSWER,
    Signal.CANNOT_DO,
    Signal.MISUNDERSTOOD,
    Signal.TOOL_FAILURE,
    Signal.RESTRICTED,
)

_YES = re.compile(
    r"^\W*(?:yes|yeah|yep|yup|ya|y|sure|ok|okay|please|pls|plz|do|definitely|absolutely|of course|go ahead|alright|fine"
    r"|that would be|that'd be|correct)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^\W*(?:no|nope|nah|not? (?:now|needed|necessary)|i'?m (?:ok|good|fine)|it'?s (?:ok|okay|fine))\b", re.IGNORECASE
)
_HELPED_OR = re.compile(r"(?:^|[.!])(?>[^.!]*?\b(?:help|solve|answer|resolve|useful)\w*\b)[^.!]*?\bor\b", re.IGNORECASE)
_DID_IT_HELP = re.compile(
    r"(?:^|[?.!])(?>[^?.!]*?\b(?:did|does|do|has|have|is|was|were|are)\b)"
    r"(?>[^?.!]*?\b(?:help|solv|work|fix|answer|resolv)\w*\b)[^?.!]*+\?\W*+$",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[A-Za-z]")


@dataclass(frozen=True, slots=True)
class BotPart:
    """Messages by index; customer messages without a letter, and what the bot says before the customer, are not read.

    `customer`, `vectors`: by index of the customer's messages. `bot`, `acts`: by index of the bot's.
    """

    messages: tuple[Message, ...]
    customer: Mapping[int, Reading]
    vectors: Mapping[int, Vector]
    bot: Mapping[int, Reading]
    acts: Mapping[int, BotAct]

    def turn_before(self, position: int) -> tuple[int, ...]:
        """The bot messages since the customer spoke before `position`, the latest first."""
        turn: list[int] = []
        for i in range(position - 1, -1, -1):
            if self.messages[i].role is Role.CUSTOMER:
                break
            if i in self.bot:
                turn.append(i)
        return tuple(turn)

    def says(self, positions: Sequence[int], *signals: Signal) -> bool:
        """Whether one of these bot messages carries one of `signals`."""
        return any(has(self.bot[i], signal) for i in positions for signal in signals)

    def solved(self, position: int) -> bool:
        """Whether the customer says that it is solved, and nothing unhappy more strongly."""
        reading = self.customer[position]
        return has(reading, Signal.SOLVED) and reading[Signal.SOLVED] > max(reading[s] for s in UNHAPPY)

    def settles(self, position: int) -> bool:
        """Whether the customer says that it is solved, thanks for a real answer, or turns an offered person down."""
        reading = self.customer.get(position)
        if reading is None:
            return False
        turn = self.turn_before(position)
        if self._declines(position, turn) or self.solved(position):
            return True
        served = turn and not self.says(turn[:1], *FAILURES) and not self.says(turn, Signal.ANNOUNCES_HANDOFF)
        return bool(served) and has(reading, Signal.THANKS) and not any(has(reading, s) for s in UNHAPPY)

    def accepts(self, position: int) -> bool:
        """Whether the customer says a bare yes to an offered person."""
        text = self.messages[position].text
        return (
            self._offered(self.turn_before(position)) and len(text.split()) <= SHORT_REPLY and bool(_YES.search(text))
        )

    def _declines(self, position: int, turn: Sequence[int]) -> bool:
        reading, text = self.customer[position], self.messages[position].text
        no = len(text.split()) <= SHORT_REPLY and bool(_NO.search(text)) and not has(reading, Signal.UNSOLVED)
        return self._offered(turn) and (has(reading, Signal.DECLINES_HUMAN) or no)

    def _offered(self, turn: Sequence[int]) -> bool:
        """Whether a person was offered so that yes means yes; not in "did that help, or do you want a person?".

        Nor when the turn ends in "did that help?": then yes and no speak of the answer.
        """
        offers = [i for i in turn if has(self.bot[i], Signal.OFFERS_HANDOFF)]
        if not offers or _DID_IT_HELP.search(self.messages[turn[0]].text):
            return False
        return not any(_HELPED_OR.search(self.messages[i].text) for i in offers)

    def recovers(self, position: int) -> bool:
        """Whether the bot goes on to a useful answer in the same turn, before anybody else speaks."""
        for i in range(position + 1, len(self.messages)):
            if self.messages[i].role is not Role.BOT:
                return False
            if i in self.acts and self.acts[i].useful >= PRESENT and not self.says((i,), *FAILURES):
                return True
        return False

    def rejected(self, position: int) -> bool:
        """Whether the customer's message before the bot's at `position` rejects an answer."""
        before = next((i for i in range(position - 1, -1, -1) if i in self.customer), -1)
        return before >= 0 and any(has(self.customer[before], signal) for signal in REJECTS)

    def asked_again(self, position: int) -> bool:
        """Whether the customer asks the same as in an earlier message, unprompted.

        The reply to "please say it in other words" or to any question of the bot is prompted.
        """
        turn = self.turn_before(position)
        prompted = self.says(turn, Signal.MISUNDERSTOOD) or any(self.acts[i].asks >= PRESENT for i in turn)
        if not turn or prompted:
            return False
        earlier = range(max(0, position - LOOK_BACK), position)
        return any(self._same_question(position, i) for i in earlier if i in self.customer)

    def _same_question(self, one: int, other: int) -> bool:
        mine, earlier = content(self.messages[one].text), content(self.messages[other].text)
        if not any(word.isalpha() for word in mine & earlier):
            return bool(mine and earlier) and self._cosine(one, other) >= SAME_VECTOR
        if mine == earlier:
            return True
        words, near = alike(mine, earlier), self._cosine(one, other)
        if near >= SAME_VECTOR:
            return True
        return len(mine & earlier) >= FEWEST_WORDS and (
            words >= SAME_WORDS or (words >= NEAR_WORDS and near >= NEAR_VECTOR)
        )

    def _cosine(self, one: int, other: int) -> float:
        return float(self.vectors[one] @ self.vectors[other])

    def repeats(self, position: int) -> int:
        """How many bot messages before the customer last spoke say nearly the same as the one at `position`."""
        mine = content(self.messages[position].text)
        if len(mine) < FEWEST_WORDS:
            return 0
        spoken = next((i for i in range(position - 1, -1, -1) if self.messages[i].role is Role.CUSTOMER), -1)
        earlier = (i for i in range(max(0, spoken - LOOK_BACK), spoken) if i in self.bot)
        return sum(alike(mine, content(self.messages[i].text)) >= SAME_ANSWER for i in earlier)

    def solved_last(self) -> int | None:
        """The customer's last message if it says that it is solved; else `None`."""
        last = max(self.customer, default=-1)
        return last if last >= 0 and self.solved(last) else None

    def left_unanswered(self) -> int | None:
        """The customer's last message, if it asks on after an answer of the bot and got none; else `None`."""
        last = max(self.customer, default=-1)
        answers = [i for i in self.bot if self.acts[i].useful >= PRESENT]
        if not any(i < last for i in answers) or any(i > last for i in answers) or self.settles(last):
            return None
        return last if len(content(self.messages[last].text)) >= FEWEST_WORDS else None


def read_bot_part(messages: tuple[Message, ...], embedder: Embedder) -> BotPart:
    """Read the public messages up to the handoff. Only the author's kind decides how a message is read."""
    customers = [i for i, m in enumerate(messages) if m.role is Role.CUSTOMER and _LETTER.search(m.text)]
    first = next((i for i, m in enumerate(messages) if m.role is Role.CUSTOMER), len(messages))
    # What a bot says before the customer has spoken is a greeting: it cannot fail to answer yet.
    bots = [i for i, m in enumerate(messages) if m.role is Role.BOT and i > first]
    acts = [act for act, m in zip(read_bot_turns(messages), _bot_messages(messages), strict=True) if m > first]
    heard = read_customer([messages[i].text for i in customers], embedder)
    return BotPart(
        messages=messages,
        customer={i: h.signals for i, h in zip(customers, heard, strict=True)},
        vectors={i: h.vector for i, h in zip(customers, heard, strict=True)},
        bot=dict(zip(bots, read_bot([messages[i].text for i in bots]), strict=True)),
        acts=dict(zip(bots, acts, strict=True)),
    )


def _bot_messages(messages: Sequence[Message]) -> list[int]:
    return [i for i, m in enumerate(messages) if m.role is Role.BOT and not m.internal]
