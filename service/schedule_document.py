"""The business hours of a policy document, and the `Schedule` they make. Says in words what is wrong with them."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from service.scoring.schedule import DAY, Hours, Schedule

_SPAN = re.compile(r"\s*(\d{1,2}):([0-5]\d)\s*-\s*(\d{1,2}):([0-5]\d)\s*")


def _zone(name: str) -> str:
    """`name` if it is a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        # A name such as ".." or one that is a folder of the database raises one of the latter two.
        raise ValueError("not a time zone of the IANA database, such as Europe/Amsterdam") from error
    return name


def _span(text: str) -> str:
    """`text` if it is a span of hours."""
    _minutes(text)
    return text


def _minutes(text: str) -> tuple[int, int]:
    """Minutes since midnight at which a span starts and ends; an end at or before the start is on the next day."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError("not hours such as 09:00-17:30")
    start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if start >= DAY or end > DAY:
        raise ValueError("a day lasts from 00:00 to 24:00")
    return start, end if end > start else end + DAY


Span = Annotated[str, AfterValidator(_span)]


class WeekDocument(BaseModel):
    """The hours of each day as "09:00-12:30"; a day without hours is closed. "22:00-06:00" ends on the next day."""

    model_config = ConfigDict(extra="forbid")

    monday: list[Span] = []
    tuesday: list[Span] = []
    wednesday: list[Span] = []
    thursday: list[Span] = []
    friday: list[Span] = []
    saturday: list[Span] = []
    sunday: list[Span] = []


class ScheduleDocument(BaseModel):
    """Business hours: an IANA time zone, the week, and dates (YYYY-MM-DD) that are closed."""

    model_config = ConfigDict(extra="forbid")

    time_zone: Annotated[str, AfterValidator(_zone)]
    hours: WeekDocument
    holidays: list[date] = []

    @model_validator(mode="after")
    def _makes_a_schedule(self) -> ScheduleDocument:
        if not any(self.schedule().week):
            raise ValueError("open on no day of the week")
        return self

    def schedule(self) -> Schedule:
        """The schedule; hours of one day that overlap raise `ValueError`."""
        days: list[list[tuple[int, int]]] = [[] for _ in range(7)]
        for number, spans in enumerate(self.hours.model_dump().values()):
            for start, end in map(_minutes, spans):
                days[number].append((start, min(end, DAY)))
                if end > DAY:
                    days[(number + 1) % 7].append((0, end - DAY))
        week = tuple(tuple(Hours(start, end) for start, end in sorted(day)) for day in days)
        return Schedule(self.time_zone, week, frozenset(self.holidays))
