"""One id from the webhook to the note: made once, carried by the rows, and on every log line on the way.

It has the form of an OpenTelemetry trace id, so that spans, where they are switched on, go by the same one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from structlog.contextvars import bound_contextvars

from service.telemetry.spans import span


def new_trace() -> str:
    """A fresh trace: 32 hexadecimal digits."""
    return uuid4().hex


@contextmanager
def traced(doing: str, trace: str | None, **ids: str | int | None) -> Iterator[None]:
    """Put `trace` and `ids` on every log line of the body, and a span named `doing` around it. `None` is left out."""
    named = {name: value for name, value in ids.items() if value is not None}
    shown = named if trace is None else {"trace": trace, **named}
    with bound_contextvars(**shown), span(doing, trace, named):
        yield
