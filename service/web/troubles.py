"""The banner on every page: what is amiss with the helpdesks that the visitor may see."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import structlog
from flask import current_app, request
from sqlalchemy.exc import SQLAlchemyError

from service.store import cursors, installations, notices
from service.store.notices import Kind
from service.web.parts import parts
from service.web.rights import visible_ids, visitor
from tasks.alarms import WATCH
from tasks.alerting import TITLES

__all__ = ["TITLES", "Trouble", "troubles"]

SECONDS = 2.0
"""How old a banner may be: a page must not ask the database for it each time."""
STANDSTILL = "troubles"
OF_WORK = (Kind.DEAD_WORK, Kind.WORK_TOO_OLD)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One line of the banner; `helpdesk` names whose it is, empty when it is everybody's.

    `of_work`: the operations page shows it, and not the helpdesk's.
    """

    title: str
    text: str
    helpdesk: str = ""
    installation_id: str | None = None
    of_work: bool = False


@dataclass(slots=True)
class _Seen:
    until: float = 0.0
    found: tuple[Trouble, ...] = ()


_lock = Lock()


def troubles() -> Sequence[Trouble]:
    """What stands and is the visitor's to see; nothing for whoever is not signed in, or while the database is away."""
    if visitor() is None:
        return ()
    seen: _Seen = current_app.extensions.setdefault(STANDSTILL, _Seen())
    with _lock:
        # Whoever has just changed an installation looks at its page next, maybe in another process.
        if seen.until < time.monotonic() or request.endpoint == "installation.page":
            try:
                seen.found = _read()
            except SQLAlchemyError as error:
                log.warning("banner not read", error=type(error).__name__)
                seen.found = ()
            seen.until = time.monotonic() + SECONDS
    ids = visible_ids()
    return [each for each in seen.found if ids is None or each.installation_id is None or each.installation_id in ids]


def _read() -> tuple[Trouble, ...]:
    p = parts()
    now = p.now()
    with p.database.read() as session:
        rows = {row.id: f"{row.connector.title()} {row.account}" for row in installations.all_of(session)}
        stand = notices.opened(session)
        beat = cursors.last_beat(session, WATCH)
    found = [
        Trouble(
            TITLES[Kind(each.kind)],
            each.text,
            rows.get(each.installation_id or "", ""),
            each.installation_id,
            of_work=each.kind in OF_WORK or each.installation_id is None,
        )
        for each in stand
    ]
    if beat is not None and now - beat > p.settings.standstill:
        text = (
            f"No worker has looked around since {beat:%Y-%m-%d %H:%M} UTC. Webhooks are still taken. Are the workers, "
            "beat and the broker running? See deskmark doctor."
        )
        found.insert(0, Trouble("Nothing is being done", text, of_work=True))
    return tuple(found)
