"""What commands have in common on a terminal: a progress bar, and times and days as people type them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def progress(console: Console) -> Progress:
    """A bar on a terminal, nothing anywhere else."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


class Moment(click.ParamType[datetime]):
    """An ISO 8601 time with an offset."""

    name = "time"
    wanted = "ISO 8601 time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """`value` in UTC; a usage error when it has no offset."""
        try:
            moment = datetime.fromisoformat(str(value))
            if moment.tzinfo is None:
                self.fail(f"{value!r} has no offset; write 2026-01-22T10:39:00Z or ...+01:00", param, ctx)
            return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no {self.wanted} such as 2026-01-22T10:39:00Z", param, ctx)


YEARS = range(1970, 3000)
"""Of conversations. Beyond them days cannot be counted on from or back."""


class Day(click.ParamType[date]):
    """A date in UTC such as 2026-01-22."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """`value` as a date; a usage error when it is none."""
        try:
            day = value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no date such as 2026-01-22", param, ctx)
        if day.year not in YEARS:
            self.fail(f"{value!r} is not between {YEARS[0]} and {YEARS[-1]}", param, ctx)
        return day


class DayOrMoment(Moment):
    """A date, which is the start of that day in UTC, or an ISO 8601 time with an offset."""

    name = "date or time"
    wanted = "date such as 2026-01-22 or ISO 8601 time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """`value` in UTC; a usage error when it is neither."""
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            return Moment.convert(self, value, param, ctx)
        return datetime.combine(day, time(), UTC)
