"""The words of the internal note an agent reads: verdict first, at most three reasons with time and a masked quote.

The words are in the language of the installation; quotes are the customer's own and stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.conversation import Conversation, Message
from service.language.known_names import NOBODY, NameFinder
from service.language.masking import mask
from service.scoring.score import Evidence, Policy, Score, Scorecard, short
from service.translation.catalogue import Context, say
from service.translation.languages import Language
from service.translation.reasons import reason
from service.writeback import (
    PREFIX,
    Desired,
    desired_fields,
    desired_tags,
    escalation_fault,
    has_gap,
    headline,
    is_actionable,
)

REASONS = 3
"""The note has at most eight lines: headline, three reasons, how to disagree, reference."""
QUOTE = 60


def desired(
    card: Scorecard,
    conversation: Conversation,
    policy: Policy,
    *,
    prefix: str = PREFIX,
    link: str | None = None,
    language: Language = Language.EN,
    names: NameFinder = NOBODY,
) -> Desired:
    """What the scorecard of `conversation` (the whole one, or its episode) wants to see on the helpdesk.

    `link` is the address of the conversation's page, without which the note only names the dispute tag. `names` finds
    names in free prose, which quotes then mask.
    """
    return Desired(
        tags=desired_tags(card.scores, prefix=prefix, review_confidence=policy.review_confidence),
        fields=desired_fields(card.scores, card.definitions),
        headline=headline(card.scores),
        actionable=is_actionable(card.scores),
        lines=(*reasons(card.scores, conversation, language, names), _not_right(f"{prefix}dispute", link, language)),
        definitions=card.definitions,
        language=language,
    )


def _not_right(tag: str, link: str | None, language: Language) -> str:
    if not link:
        return say(language, Context.NOTE, "Not right? Add the tag {tag}", tag=tag)
    return say(language, Context.NOTE, "Not right? Add the tag {tag} or open {link}", tag=tag, link=link)


def reasons(
    scores: Mapping[str, Score],
    conversation: Conversation,
    language: Language = Language.EN,
    names: NameFinder = NOBODY,
) -> tuple[str, ...]:
    """At most three lines, the most important verdict's first; each says what happened, when, in whose words."""
    telling = _Telling({message.id: message for message in conversation.messages}, language, names)
    lines = dict.fromkeys(line for score in _to_explain(scores) for line in telling.lines(score))
    return tuple(f"- {line}" for line in lines)[:REASONS]


def _to_explain(scores: Mapping[str, Score]) -> Iterator[Score]:
    containment = scores["containment"]
    if containment.verdict == "returned":
        yield scores["repeat_contact"]
    elif containment.verdict in ("unresolved", "abandoned"):
        yield containment
    if scores["context_repeat"].verdict == "repeated":
        yield scores["context_repeat"]
    if escalation_fault(scores["escalation"]) is not None:
        yield scores["escalation"]
    if has_gap(scores):
        yield scores["knowledge_gap"]
    if scores["effort"].verdict == "high":
        yield scores["effort"]


@dataclass(frozen=True, slots=True)
class _Telling:
    """What lines are made with: the messages by id, the language, who finds names in quotes."""

    by_id: Mapping[str, Message]
    language: Language
    names: NameFinder

    def lines(self, score: Score) -> Iterator[str]:
        """One line for a re-ask (the pair), else the score's reason with its first quoted message."""
        pairs = [item for item in score.evidence if item.answered_in in self.by_id and item.message in self.by_id]
        if score.verdict == "repeated" and pairs:
            yield from (self._pair(item) for item in pairs[:REASONS])
            return
        line = self._reason(score).rstrip(".。")
        elsewhere = dict.fromkeys(_id(item.conversation) for item in score.evidence if item.conversation)
        if elsewhere:
            line = self._say("{reason} (conversation {ids})", reason=line, ids=", ".join(elsewhere))
        shown = [item for item in score.evidence if item.message in self.by_id and item.conversation is None]
        # A gap's first message is the question; what proves that it was not served comes after it.
        quoted = next(iter(reversed(shown) if score.verdict == "gap" else shown), None)
        if quoted is None:
            yield self._say("{reason}.", reason=line)
        else:
            yield self._say("{reason}: {quote}", reason=line, quote=self._quoted(quoted.message))

    def _reason(self, score: Score) -> str:
        """Other languages have sentences of ours only; an English one may name a thing in the customer's words."""
        if self.language is Language.EN:
            return mask(score.reason, self.names)
        return reason(score.reason, self.language)

    def _pair(self, item: Evidence) -> str:
        sentence = "The customer had written {given}; it was asked for again {asked}."
        return self._say(sentence, given=self._quoted(item.answered_in), asked=self._quoted(item.message))

    def _quoted(self, message_id: str | None) -> str:
        message = self.by_id[message_id or ""]
        quote = short(mask(message.text, self.names), QUOTE)
        if message.at is None:
            return self._say('"{quote}"', quote=quote)
        return self._say('at {time} "{quote}"', time=f"{message.at:%H:%M}", quote=quote)

    def _say(self, sentence: str, **values: object) -> str:
        return say(self.language, Context.NOTE, sentence, **values)


def _id(external: str) -> str:
    """A helpdesk's id, which is shown as it is: whatever an id cannot hold is left out, as files may name anything."""
    return re.sub(r"[^A-Za-z0-9-]", "", external)[:QUOTE]
