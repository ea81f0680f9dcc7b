"""The words of the internal note an agent reads: verdict first, at most three reasons with time and a masked quote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from service.conversation import Conversation, Message
from service.language.known_names import NOBODY, NameFinder
from service.language.masking import mask
from service.scoring.score import Evidence, Policy, Score, Scorecard, short
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
    names: NameFinder = NOBODY,
) -> Desired:
    """What the scorecard of `conversation` (the whole one, or its episode) wants to see on the helpdesk.

    `link` is the address of the conversation's page, without which the note only names the dispute tag. `names` finds
    names in free prose, which quotes then mask.
    """
    where = f" or open {link}" if link else ""
    return Desired(
        tags=desired_tags(card.scores, prefix=prefix, review_confidence=policy.review_confidence),
        fields=desired_fields(card.scores, card.definitions),
        headline=headline(card.scores),
        actionable=is_actionable(card.scores),
        lines=(
            *reasons(card.scores, conversation, names),
            f"Not right? Add the tag {prefix}dispute{where}",
        ),
        definitions=card.definitions,
    )


def reasons(scores: Mapping[str, Score], conversation: Conversation, names: NameFinder = NOBODY) -> tuple[str, ...]:
    """At most three lines, the most important verdict's first; each says what happened, when, in whose words."""
    by_id = {message.id: message for message in conversation.messages}
    lines = dict.fromkeys(line for score in _to_explain(scores) for line in _lines(score, by_id, names))
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


def _lines(score: Score, by_id: Mapping[str, Message], names: NameFinder) -> Iterator[str]:
    """One line for a re-ask (the pair), else the score's reason with its first quoted message."""
    pairs = [item for item in score.evidence if item.answered_in in by_id and item.message in by_id]
    if score.verdict == "repeated" and pairs:
        yield from (_pair(item, by_id, names) for item in pairs[:REASONS])
        return
    elsewhere = dict.fromkeys(_id(item.conversation) for item in score.evidence if item.conversation)
    where = f" (conversation {', '.join(elsewhere)})" if elsewhere else ""
    quoted = next((item for item in score.evidence if item.message in by_id and item.conversation is None), None)
    reason = mask(score.reason, names).rstrip(".")
    yield f"{reason}{where}: {_quoted(by_id[quoted.message or ''], names)}" if quoted else f"{reason}{where}."


def _id(external: str) -> str:
    """A helpdesk's id, which is shown as it is: whatever an id cannot hold is left out, as files may name anything."""
    return re.sub(r"[^A-Za-z0-9-]", "", external)[:QUOTE]


def _pair(item: Evidence, by_id: Mapping[str, Message], names: NameFinder) -> str:
    given, asked = by_id[item.answered_in or ""], by_id[item.message or ""]
    return f"The customer had written {_quoted(given, names)}; it was asked for again {_quoted(asked, names)}."


def _quoted(message: Message, names: NameFinder) -> str:
    at = f"at {message.at:%H:%M} " if message.at else ""
    return f'{at}"{short(mask(message.text, names), QUOTE)}"'
