"""Forgetting what customers wrote: the one place that knows every column with a text of a conversation.

Two degrees. `drop_texts` leaves what tells nothing of anybody: verdicts and numbers without a quote, facts, reviews,
counts. `drop_all` leaves the row that says the conversation is not to be kept, and nothing that is counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import case, delete, select, update
from sqlalchemy.orm import Session

from service.language.redaction import redact
from service.store import disputes, facts, gaps, intents, reviews
from service.store.backfill_models import BackfillPart
from service.store.intent_models import IntentExample
from service.store.models import ContactKey, Conversation, Scorecard, Writeback, WriteState
from service.store.results import content_hash

TEXTS: Mapping[str, str] = {
    "conversation.document": "what was said, by whom",
    "conversation.there": "what of ours stood on the helpdesk, notes with quotes included",
    "conversation.plan": "what would be written, notes with quotes included",
    "conversation.error": "why the last attempt failed",
    "conversation.write_error": "why the last write-back failed",
    "scorecard.card": "verdicts with quotes as evidence: the quotes go, the verdicts stay",
    "scorecard.corrected": "the same of the scores that reviewers judged",
    "review.why": "why a reviewer says so, in their own words; the verdict stays",
    "dispute.why": "why an agent disagrees, in their own words; that they do stays",
    "backfill_part.body": "what a backfill has read of it so far",
    "writeback.actions": "what was written, notes with quotes included",
    "contact_key.key": "hashes by which a customer's conversations are found",
    "intent_example.text": "examples that were learned from the conversation",
    "gap_message.message": "which message asked; the one that waits for its group goes, a grouped one is counted",
}
"""Every column that holds a customer's text, or leads to one. A test looks for a planted text in all other columns."""

NO_TEXT = "The text of this conversation was removed; the verdict stays."
"""The reason of a score that gave none, once the text is gone."""

_WORDS = frozenset(
    """
    basis claimed kind kinds language reason same_customer_by source timing trigger unclear verdict intent
    repeat_of repeat_of_key key disputed
    """.split()
)
"""Keys of a score's details whose texts are words of ours, names of intents, or ids of conversations."""
_WINDOWS = "windows"
_OURS = frozenset({"add_tags", "remove_tags", "fields"})
"""What of a write-back is our own words: needed to take our tags and fields off a helpdesk again."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)")
_QUOTED = re.compile(r"(?<!\w)'[^']*'(?!\w)|\"[^\"]*\"|\u201c[^\u201d]*\u201d")


def drop_texts(session: Session, row_id: str, *, now: datetime, keep_history: bool = False) -> None:
    """Remove every text of a conversation; verdicts, facts, reviews and counts stay. Safe to do again.

    The caller holds the conversation's row. `keep_history`: the hashed keys stay, so that the customer's later
    conversations are still told to be of the same customer.
    """
    drop_texts_of(session, [row_id], now=now, keep_history=keep_history)


def drop_texts_of(session: Session, row_ids: Sequence[str], *, now: datetime, keep_history: bool = False) -> None:
    """The same for some conversations at once, a few hundred at most."""
    for card in session.scalars(select(Scorecard).where(Scorecard.conversation_id.in_(row_ids))):
        card.card = without_texts(card.card)
        if card.corrected is not None:
            card.corrected = {name: _score_without_texts(score) for name, score in card.corrected.items()}
        card.content_hash = content_hash(card.card)
    for sent in session.scalars(select(Writeback).where(Writeback.conversation_id.in_(row_ids))):
        sent.actions = {name: value for name, value in sent.actions.items() if name in _OURS}
    session.flush()
    learned = select(IntentExample.conversation_id).where(IntentExample.conversation_id.in_(row_ids)).distinct()
    for row_id in session.scalars(learned).all():
        if row_id is not None:
            intents.forget(session, row_id, now=now)
    gaps.forget_questions(session, row_ids)
    reviews.drop_words(session, row_ids)
    _drop_asides(session, row_ids)
    nothing: dict[str, Any] = {
        "document": None, "there": None, "plan": None, "planned_at": None, "news": False, "error": None,
        "write_error": None, "write_due_at": None, "forgotten_at": now,
        "write_state": case(
            (Conversation.write_state == WriteState.PENDING, WriteState.NONE), else_=Conversation.write_state
        ),
    }  # fmt: skip
    if not keep_history:
        session.execute(delete(ContactKey).where(ContactKey.conversation_id.in_(row_ids)))
        nothing["final_at"] = None
    session.execute(update(Conversation).where(Conversation.id.in_(row_ids)).values(nothing))


def drop_all(session: Session, row_id: str, *, now: datetime) -> None:
    """Remove every text of a conversation and all that is counted of it; only that it exists is still known.

    The caller holds the conversation's row, and this is the last thing its transaction does, as `facts.drop`.
    """
    drop_texts(session, row_id, now=now)
    installation_id = session.scalar(select(Conversation.installation_id).where(Conversation.id == row_id))
    if installation_id is not None:
        gaps.keep_questions(session, installation_id, row_id, ())
    for table in (Scorecard, Writeback):
        session.execute(delete(table).where(table.conversation_id == row_id))
    session.execute(update(Conversation).where(Conversation.id == row_id).values(channel=None))
    reviews.drop(session, row_id)
    disputes.drop(session, row_id)
    facts.drop(session, row_id, now=now)


def without_texts(card: Mapping[str, Any]) -> dict[str, Any]:
    """A stored scorecard without a word of a customer: verdicts, numbers and our own words stay.

    >>> quoted = {"verdict": "x", "reason": "Rated 'so bad'.", "evidence": [{"quote": "hi"}], "details": {"n": 1}}
    >>> without_texts({"episode": 1, "scores": {"effort": quoted}})["scores"]["effort"]
    {'verdict': 'x', 'reason': 'Rated (removed).', 'evidence': [], 'details': {'n': 1}}
    """
    return {**card, "scores": {name: _score_without_texts(score) for name, score in card["scores"].items()}}


def _drop_asides(session: Session, row_ids: Sequence[str]) -> None:
    """What a backfill has put aside of the conversations until they are whole."""
    mine = select(Conversation.id).where(
        Conversation.id.in_(row_ids),
        Conversation.installation_id == BackfillPart.installation_id,
        Conversation.external_id == BackfillPart.external_id,
    )
    session.execute(delete(BackfillPart).where(mine.exists()).execution_options(synchronize_session=False))


def _score_without_texts(score: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **score,
        "reason": without_quotes(score.get("reason") or NO_TEXT),
        "evidence": [],
        "details": _details(score.get("details") or {}),
    }


@lru_cache(maxsize=4096)
def without_quotes(text: str) -> str:
    """A reason without what it quotes. Most are sentences of our own, so they are looked at once.

    >>> without_quotes("Rated 'so bad'.")
    'Rated (removed).'
    """
    return redact(_QUOTED.sub("(removed)", text))


def _details(value: Any, key: str = "") -> Any:
    """Numbers, times and our own words; any other text is left out, and what held it stays readable."""
    if isinstance(value, Mapping):
        return {name: _details(item, _WINDOWS if key == _WINDOWS else name) for name, item in value.items()}
    if isinstance(value, list):
        return [kept for item in value if (kept := _details(item, key)) is not None]
    if not isinstance(value, str) or key in _WORDS or key == _WINDOWS or _TIME.fullmatch(value):
        return value
    return None
