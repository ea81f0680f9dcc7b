"""Telling the alert channel of notices: one JSON message each, as Slack and Teams take it. Never a customer's words.

A channel that does not answer holds nothing up: this is a task of its own, what could not be told is tried again
later and ever more seldom, and the pages show that the channel is dead.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import requests
import structlog
from sqlalchemy.orm import Session

from service.store import alerts, notices
from service.store.models import Installation
from service.store.notices import Kind
from service.store.upkeep_models import Notice
from tasks.runtime import Runtime

TIMEOUT = (3.05, 5.0)
TITLES: Mapping[str, str] = MappingProxyType(
    {
        Kind.CREDENTIALS_REFUSED: "Paused: credentials refused",
        Kind.QUOTA_GONE: "Paused: API quota used up",
        Kind.WEBHOOKS_MISSED: "Webhooks do not arrive",
        Kind.WEBHOOKS_REFUSED: "Webhooks refused",
        Kind.POLL_FAILING: "Helpdesk cannot be asked",
        Kind.SECRETS_UNREADABLE: "Credentials unreadable",
        Kind.DEAD_WORK: "Work was given up",
        Kind.WORK_TOO_OLD: "Work waits too long",
        Kind.STANDSTILL: "Nothing was done for a while",
        Kind.ALERTS_FAILING: "Alerts cannot be sent",
    }
)
log = structlog.get_logger(__name__)


def alert(runtime: Runtime) -> int:
    """Tell what is due; how many messages were taken. After the first failure the others wait too."""
    channel = runtime.settings.alert_webhook
    now = runtime.clock()
    if channel is None:
        with runtime.database.begin() as session:
            alerts.discard(session)
            notices.close(session, Kind.ALERTS_FAILING, now=now)
        return 0
    with runtime.database.begin() as session:
        due = alerts.due(session, now=now)
    for number, (notice, installation) in enumerate(due):
        over = notice.closed_at is not None
        error = _post(channel.get_secret_value(), message(notice, installation, runtime.settings.public_url))
        with runtime.database.begin() as session:
            if error is not None:
                alerts.failed(session, notice.id, error)
                _dead_channel(runtime, session, error)
                log.warning("alert_not_sent", notice=notice.id, error=error)
                return number
            alerts.told(session, notice.id, over=over, now=runtime.clock())
            notices.close(session, Kind.ALERTS_FAILING, now=runtime.clock())
    return len(due)


def message(notice: Notice, installation: Installation | None, public_url: str) -> dict[str, str]:
    """What is sent: whether it began or is over, what it is, whose it is, and where to look."""
    state = "Over" if notice.closed_at is not None else "Trouble"
    whose = f" ({installation.connector} {installation.account})" if installation is not None else ""
    lines = [f"Deskmark. {state}: {TITLES[notice.kind]}{whose}."]
    if notice.closed_at is None:
        lines.append(notice.text)
    else:
        lines.append(f"It lasted from {notice.first_at:%Y-%m-%d %H:%M} to {notice.closed_at:%Y-%m-%d %H:%M} UTC.")
    if public_url:
        lines.append(f"{public_url}/installations/{installation.id}" if installation is not None else public_url)
    return {"text": "\n".join(lines)}


def _post(url: str, content: Mapping[str, str]) -> str | None:
    """What went wrong, in words without the address, which is a secret; `None` when the channel took it."""
    try:
        response = requests.post(url, json=content, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        return type(error).__name__
    return None if 200 <= response.status_code < 300 else f"HTTP {response.status_code}"


def _dead_channel(runtime: Runtime, session: Session, error: str) -> None:
    text = (
        f"The alert channel did not take a message ({error}). Notices are shown on the pages only until it does: check "
        "DESKMARK_ALERT_WEBHOOK."
    )
    notices.raised(session, Kind.ALERTS_FAILING, text, now=runtime.clock(), send=False)
