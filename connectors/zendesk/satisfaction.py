"""What the customer said of the ticket in a survey: the legacy good or bad, or the newer survey's scale."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connectors.zendesk.changes import is_rating, is_survey_answer
from connectors.zendesk.payloads import AuditEvent, Record, record, records, text
from service.conversation import Rating


def read_rating(events: Sequence[AuditEvent], legacy_rating: Record, survey_answers: Record) -> Rating | None:
    """The newer survey's answer, else the legacy good or bad; a survey that was only offered is no rating."""
    survey = next((e for e in reversed(events) if is_survey_answer(e)), None)
    if survey is not None:
        found = _survey_rating(survey_answers or survey.data, survey.at)
        if found is not None:
            return found
    legacy = next(
        (e for e in reversed(events) if e.kind == "SatisfactionRating" and is_rating(e.data.get("score"))), None
    )
    score = text(legacy_rating.get("score")) or (text(legacy.data.get("score")) if legacy else "")
    if not is_rating(score):
        return None
    comment = text(legacy_rating.get("comment")) or (text(legacy.data.get("body")) if legacy else "")
    word = "good" if score.startswith("good") else "bad"
    return Rating(score=word, scale="good/bad", comment=comment or None, at=legacy.at if legacy else None)


def _survey_rating(data: Record, at: datetime | None) -> Rating | None:
    """Answers of a survey response: a rating on a scale and an open question.

    https://developer.zendesk.com/api-reference/help_center/help-center-api/survey_responses/
    """
    body = record(data.get("survey_response")) or data
    score: float | None = None
    comment = ""
    for answer in records(body.get("answers")):
        rating, kind = answer.get("rating"), text(answer.get("type"))
        if kind.startswith("rating_scale") and isinstance(rating, int | float) and not isinstance(rating, bool):
            score = float(rating)
        elif kind == "open_ended":
            comment = text(answer.get("value")) or comment
    if score is None:
        return None
    return Rating(score=score, scale="1-5" if 1 <= score <= 5 else None, comment=comment or None, at=at)
