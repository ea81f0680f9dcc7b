"""Looking every minute whether something is amiss that an admin has to know, and whether it is over.

What each kind means and what to do stands in docs/operations.md; here are the conditions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.settings import Settings
from service.store import cursors, installations, notices, queries, troubles
from service.store.models import Installation
from service.store.notices import Kind
from service.store.secrets import SecretBox
from service.store.troubles import Dead
from service.telemetry.board import Board, BoardDown
from service.telemetry.holding import blind
from tasks.runtime import Runtime

WATCH = "watch"
REFUSED_FOR = timedelta(hours=1)
"""A refused webhook is a trouble for so long, unless a genuine one comes."""
NAMED = 3
"""Processes that are named in a notice."""
POLLS = 3
"""Looks at a helpdesk that may fail one after the other."""


def watch(runtime: Runtime) -> None:
    """Open notices of what is amiss, close those of what is over."""
    now, settings = runtime.clock(), runtime.settings
    with runtime.database.begin() as session:
        _standstill(session, settings, now)
        rows = installations.all_of(session)
        heard = queries.last_deliveries(session)
        dead, due = troubles.dead(session), troubles.oldest_due(session, now=now)
        for row in rows:
            _given_up(session, row, dead.get(row.id, Dead()), settings, now)
            _too_old(session, row, due.get(row.id), settings, now)
            _refused(session, row, heard.get(row.id), settings, now)
            _not_polled(session, row, settings, now)
            _unreadable(session, row, runtime.secrets, now)
    _read_by_all(runtime, rows, now)


def _standstill(session: Session, settings: Settings, now: datetime) -> None:
    """Told once it is over: while nothing runs, nobody can tell it but the pages, which look at the time themselves."""
    before = cursors.beat(session, WATCH, now=now)
    if before is not None and now - before > settings.standstill:
        text = (
            f"Nothing was done between {before:%Y-%m-%d %H:%M} and {now:%Y-%m-%d %H:%M} UTC: workers, beat, the broker "
            "or the database were away. What came in meanwhile is done now. See the logs of that time."
        )
        notices.raised(session, Kind.STANDSTILL, text, now=now)
    else:
        notices.close(session, Kind.STANDSTILL, now=now)


def _given_up(session: Session, row: Installation, found: Dead, settings: Settings, now: datetime) -> None:
    if found.all < settings.alert_dead:
        notices.close(session, Kind.DEAD_WORK, now=now, installation_id=row.id)
        return
    text = (
        f"Given up, as it was refused for good or failed {settings.max_attempts} times: {_listed(found)}. Look at why "
        "on the operations page, and replay or drop it."
    )
    notices.raised(session, Kind.DEAD_WORK, text, now=now, installation_id=row.id)


def _listed(found: Dead) -> str:
    counted = ((found.conversations, "conversation"), (found.writes, "write-back"), (found.deliveries, "webhook"))
    return ", ".join(_many(count, what) for count, what in counted if count)


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _too_old(session: Session, row: Installation, due: datetime | None, settings: Settings, now: datetime) -> None:
    if due is None or now - due <= settings.too_old:
        notices.close(session, Kind.WORK_TOO_OLD, now=now, installation_id=row.id)
        return
    text = (
        f"Work has been waiting since {due:%Y-%m-%d %H:%M} UTC. Are enough workers running for every queue, and does "
        "the helpdesk let us read as fast as conversations come? See queues and limits on the operations page."
    )
    notices.raised(session, Kind.WORK_TOO_OLD, text, now=now, installation_id=row.id)


def _refused(session: Session, row: Installation, heard: datetime | None, settings: Settings, now: datetime) -> None:
    at = installations.refused_since(row, heard)
    if at is None or at < now - REFUSED_FOR:
        notices.close(session, Kind.WEBHOOKS_REFUSED, now=now, installation_id=row.id)
    elif row.refused_count >= settings.alert_refused:
        text = (
            f"Webhooks are refused, the last one at {at:%Y-%m-%d %H:%M} UTC: their signature does not match the stored "
            "secret. Copy the signing secret from the helpdesk to the helpdesk's page here; conversations are found by "
            "asking meanwhile. If the secret is right, somebody else is sending."
        )
        notices.raised(session, Kind.WEBHOOKS_REFUSED, text, now=now, installation_id=row.id)


def _not_polled(session: Session, row: Installation, settings: Settings, now: datetime) -> None:
    """A paused installation has a notice of its own; one that is switched off is not asked."""
    asked = row.polled_until or row.created_at
    idle = installations.is_imported(row) or not installations.working(row, now)
    if idle or now - asked <= POLLS * settings.poll:
        notices.close(session, Kind.POLL_FAILING, now=now, installation_id=row.id)
        return
    text = (
        f"The helpdesk could not be asked for ended conversations since {asked:%Y-%m-%d %H:%M} UTC, so what no webhook "
        "told is not found. Run the self-test on the helpdesk's page; it says what fails."
    )
    notices.raised(session, Kind.POLL_FAILING, text, now=now, installation_id=row.id)


def _unreadable(session: Session, row: Installation, box: SecretBox, now: datetime) -> None:
    """Its webhooks are not taken and it cannot be asked: no signature can be checked, no call made."""
    left = installations.is_imported(row) or row.disconnected_at is not None
    if left or box.opens(row.secrets):
        notices.close(session, Kind.SECRETS_UNREADABLE, now=now, installation_id=row.id)
        return
    text = (
        "The stored credentials cannot be read with the keys that the workers were started with: webhooks are answered "
        "with 503 and the helpdesk is not asked. Restart Deskmark if its keys were changed; else put the missing key "
        "back into DESKMARK_SECRET_KEY (behind a comma), or enter the credentials anew."
    )
    notices.raised(session, Kind.SECRETS_UNREADABLE, text, now=now, installation_id=row.id)


def _read_by_all(runtime: Runtime, rows: Sequence[Installation], now: datetime) -> None:
    """Whether a process that runs lacks a key which this one has: maybe a web, which refuses webhooks without it."""
    needed = {key for row in rows if (key := runtime.secrets.key_of(row.secrets)) is not None}
    try:
        names = blind(Board(runtime.settings.broker), needed)
    except (BoardDown, ValueError):  # Nobody can be asked: what is known stands.
        return
    with runtime.database.begin() as session:
        if not names:
            notices.close(session, Kind.SECRETS_UNREADABLE, now=now)
            return
        text = (
            f"Stored credentials cannot be read by {'; '.join(names[:NAMED])}{' and more' if names[NAMED:] else ''}: "
            "started with other keys. A web that lacks one answers webhooks with 503. Restart it with the same "
            "DESKMARK_SECRET_KEY as all others."
        )
        notices.raised(session, Kind.SECRETS_UNREADABLE, text, now=now)
