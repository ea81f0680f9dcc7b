"""Unforeseen errors, told to Sentry: off unless `DESKMARK_SENTRY_DSN` is set and the extra `sentry` is installed.

Told are the error's type, where it was raised (file, line, function) and our ids. Not its message, which may quote a
customer, no local variables, no source lines, no request, no breadcrumbs: what is not on the list here is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from structlog.contextvars import get_contextvars

IDS = frozenset({"trace", "conversation", "delivery", "installation", "task", "connector", "route"})
KEPT = frozenset({"event_id", "timestamp", "level", "platform", "release", "environment", "exception", "tags", "sdk"})
KEPT_OF_FRAMES = frozenset({"filename", "function", "lineno", "module", "in_app"})
_REPORTED = "deskmark_reported"


class _Kept:
    on: bool = False


def start_faults(dsn: str, *, transport: Any = None) -> bool:
    """Tell Sentry of unforeseen errors from now on, if there is a `dsn`; whether there is. Once a process.

    `transport` takes the envelopes instead of the network.
    """
    if not dsn:
        return False
    import sentry_sdk  # noqa: PLC0415

    sentry_sdk.init(
        dsn=dsn,
        release=f"deskmark@{version('deskmark')}",
        transport=transport,
        before_send=scrubbed,
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        send_client_reports=False,
        auto_session_tracking=False,
        server_name="",
    )
    _Kept.on = True
    return True


def stop_faults() -> None:
    """Send what waits, then tell nobody any more."""
    if not _Kept.on:
        return
    import sentry_sdk  # noqa: PLC0415

    sentry_sdk.flush(timeout=2)
    _Kept.on = False


def report(error: BaseException, **ids: str) -> None:
    """Tell of an unforeseen error, with the ids that log lines carry here; nothing when it was told before."""
    if not _Kept.on or getattr(error, _REPORTED, False):
        return
    import sentry_sdk  # noqa: PLC0415

    setattr(error, _REPORTED, True)
    with sentry_sdk.new_scope() as scope:
        scope.set_tags({name: str(value) for name, value in {**get_contextvars(), **ids}.items() if name in IDS})
        scope.capture_exception(error)


def scrubbed(event: Mapping[str, Any], _hint: Mapping[str, Any]) -> Any:
    """What of an event is sent: names and places."""
    sent = {key: value for key, value in event.items() if key in KEPT}
    if "exception" in sent:
        sent["exception"] = {"values": [_exception(each) for each in sent["exception"].get("values", ())]}
    sent["tags"] = {name: value for name, value in dict(sent.get("tags") or {}).items() if name in IDS}
    return sent


def _exception(told: Mapping[str, Any]) -> dict[str, Any]:
    found = (told.get("stacktrace") or {}).get("frames", ())
    frames = [{key: value for key, value in frame.items() if key in KEPT_OF_FRAMES} for frame in found]
    return {"type": told.get("type"), "module": told.get("module"), "stacktrace": {"frames": frames}}
