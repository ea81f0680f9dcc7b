"""A scorecard as JSON and back: what `deskmark score` prints, and what is stored of a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from service.document import plain
from service.scoring.score import Evidence, Score, Scorecard


def score_document(score: Score) -> dict[str, Any]:
    """One score as JSON types."""
    return {
        "verdict": score.verdict,
        "value": score.value,
        "confidence": round(score.confidence, 4),
        "reason": score.reason,
        "evidence": [_evidence_document(item) for item in score.evidence],
        "details": _json(score.details),
    }


def _evidence_document(item: Evidence) -> dict[str, Any]:
    document: dict[str, Any] = {"message": item.message, "quote": item.quote, "shows": item.shows}
    if item.answered_in is not None:
        document["answered_in"] = item.answered_in
    if item.conversation is not None:
        document["conversation"] = item.conversation
    return document


def _json(value: object) -> Any:
    """`value` with mappings as dicts, sequences as lists and times as text."""
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_json(item) for item in value]
    return plain(value)


def card_document(card: Scorecard) -> dict[str, Any]:
    """A scorecard as JSON types, without its write-back."""
    return {
        "helpdesk": card.helpdesk,
        "account": card.account,
        "id": card.id,
        "episode": card.episode,
        "definitions": card.definitions,
        "scores": {name: score_document(score) for name, score in card.scores.items()},
    }


def card_from_document(document: Mapping[str, Any]) -> Scorecard:
    """The scorecard that `card_document` wrote."""
    return Scorecard(
        helpdesk=document["helpdesk"],
        account=document["account"],
        id=document["id"],
        episode=document["episode"],
        definitions=document["definitions"],
        scores={name: _score(score) for name, score in document["scores"].items()},
    )


def _score(document: Mapping[str, Any]) -> Score:
    return Score(
        verdict=document["verdict"],
        value=document["value"],
        confidence=document["confidence"],
        reason=document["reason"],
        evidence=tuple(Evidence(**item) for item in document["evidence"]),
        details=MappingProxyType(document["details"]),
    )
