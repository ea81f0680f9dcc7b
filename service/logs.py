"""Logs: one event a line, as JSON or for people, with ids and never with a customer's words."""

from __future__ import annotations

import logging
import sys

import structlog

from service.telemetry.frames import frames

NOISY = ("urllib3", "alembic")


def configure_logs(level: str, form: str = "json") -> None:
    """Send our events and the libraries' log records to standard error, in one form. Safe to call again.

    `form` is `json` or `console`. Libraries that had handlers of their own (gunicorn) lose them.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(form)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _rendering(form: str) -> list[structlog.typing.Processor]:
    if form == "console":
        return [_without_words, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    return [_without_words, structlog.processors.JSONRenderer()]


def _without_words(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """An exception by its type and where it was raised: its message may quote what a customer wrote."""
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    error = raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        event["error"], event["frames"] = type(error).__name__, frames(error)
        if cause := error.__cause__ or error.__context__:
            event["because"] = type(cause).__name__
    event.pop("stack_info", None)
    return event
