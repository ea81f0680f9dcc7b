"""The account's policy as a JSON object: windows, thresholds, business hours, bot authors.

Pydantic checks the shape at this border and nowhere else; a key that it does not know is an error.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field, ValidationError, model_validator

from service.document import DocumentError, Shape, why
from service.schedule_document import ScheduleDocument
from service.scoring.score import Policy


class PolicyDocument(Shape):
    """The account's settings as `deskmark score --policy FILE` reads them; every key may be absent."""

    model_config = ConfigDict(extra="forbid", title="Deskmark policy")

    repeat_window_hours: Annotated[float, Field(gt=0)] = 24
    same_issue_threshold: Annotated[float, Field(ge=0, le=1)] = Policy().same_issue_threshold
    repeated_context_threshold: Annotated[float, Field(ge=0, le=1)] = Policy().repeated_context_threshold
    avoidable_threshold: Annotated[float, Field(ge=0, le=1)] = Policy().avoidable_threshold
    review_confidence: Annotated[float, Field(ge=0, le=1)] = Policy().review_confidence
    high_effort: Annotated[float, Field(ge=1, le=7)] = Policy().high_effort
    low_effort: Annotated[float, Field(ge=1, le=7)] = Policy().low_effort
    high_confidence: Annotated[float, Field(ge=0, le=1)] = Policy().high_confidence
    low_confidence: Annotated[float, Field(ge=0, le=1)] = Policy().low_confidence
    gap_confidence: Annotated[float, Field(ge=0, le=1)] = Policy().gap_confidence
    confidence_attribute: Annotated[str, Field(min_length=1)] = Policy().confidence_attribute
    schedule: ScheduleDocument | None = None
    human_only_topics: list[str] = Field(default=[])
    bot_authors: list[str] = Field(default=[])

    @model_validator(mode="after")
    def _thresholds_are_in_order(self) -> PolicyDocument:
        if self.low_confidence > self.high_confidence:
            raise ValueError("low_confidence is above high_confidence")
        if self.high_effort > self.low_effort:
            raise ValueError("high_effort is above low_effort: on the scale of effort 7 is easy")
        return self


def policy_from_json(text: str | bytes) -> Policy:
    """The policy that a JSON object holds; raises `DocumentError`, also on a key it does not know."""
    try:
        shape = PolicyDocument.model_validate_json(text)
    except ValidationError as error:
        raise DocumentError(why(error)) from error
    settings = shape.model_dump(exclude={"repeat_window_hours", "schedule", "human_only_topics", "bot_authors"})
    return Policy(
        **settings,
        repeat_window=timedelta(hours=shape.repeat_window_hours),
        schedule=shape.schedule.schedule() if shape.schedule else None,
        human_only_topics=tuple(shape.human_only_topics),
        bot_authors=tuple(shape.bot_authors),
    )
