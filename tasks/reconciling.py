"""Finding conversations that ended and that no webhook told of.

How late one is found at most: `poll_seconds` between two looks, and `FRESH` in which the webhook has its time; to that
comes how long the helpdesk takes to list what ended. With the default of 300 seconds that makes six minutes and the
helpdesk's own delay, which may be nine minutes (Zendesk says "a few", Intercom seconds) for 15 in all. What is listed
later still is found as long as that takes no longer than `OVERLAP`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice

import structlog
from sqlalchemy.orm import Session

from connectors.base import Ended
from service.store import conversations, installations, late, notices
from service.store.models import Conversation, Installation, State
from service.store.notices import Kind
from tasks.runtime import Runtime

FRESH = timedelta(seconds=60)
"""What ended so recently is left to its webhook."""
OVERLAP = timedelta(minutes=20)
"""Helpdesks list what ended with a delay: each look goes back so far before the last one."""
ECHO = timedelta(seconds=5)
"""A change so soon after we wrote is our own write."""
AT_ONCE = 100
FEWEST = 3
"""Missed conversations in a day that can make a trouble of it."""
QUIET = timedelta(hours=2)
"""Without a missed one for so long, webhooks come again."""
FINAL = frozenset({State.DEAD, State.DROPPED, State.GONE, State.MERGED, State.OPTED_OUT, State.ERASED})
"""Nothing is to be read of these unless a webhook or a person says so."""
log = structlog.get_logger(__name__)


def find_ended(runtime: Runtime, row: Installation, still_ours: Callable[[], bool]) -> int:
    """Ask for conversations that ended since the last time, and judge those found before; how many were found.

    The time moves on only when the whole list was read.
    """
    now = runtime.clock()
    since = (row.polled_until or row.created_at) - OVERLAP
    ended = runtime.client(row).ended_since(since)
    found = 0
    while (some := list(islice(ended, AT_ONCE))) and still_ours():
        found += _announce(runtime, row, some)
    with runtime.database.begin() as session:
        installations.change(session, row.id, polled_until=now)
        missed = late.judge(session, row.id, now=now)
        _tell(runtime, session, row.id, now)
    if missed:
        log.warning("webhooks_missed", installation=row.id, missed=missed)
    return found


def _announce(runtime: Runtime, row: Installation, some: Sequence[Ended]) -> int:
    """Ask for those that no webhook told us of; how many."""
    now, found, settle = runtime.clock(), 0, runtime.settings.settle
    ids = {conversations.conversation_id(row.connector, row.account, each.id): each for each in some}
    with runtime.database.begin() as session:
        for row_id in sorted(ids):
            each = ids[row_id]
            if not _is_news(session.get(Conversation, row_id), each, now):
                continue
            at = max(now, (each.at or now) + settle)
            conversations.announce(session, row, each.id, at=at, now=now)
            session.flush()
            late.found(session, row.id, row_id, announced=each.announced, now=now)
            found += 1
    return found


def _is_news(known: Conversation | None, ended: Ended, now: datetime) -> bool:
    """Whether it has to be read: not waiting already, and ended or changed since it was read."""
    if ended.at is not None and ended.at > now - FRESH:
        return False
    if known is None:
        return True
    if known.due_at is not None or known.state in FINAL:
        return False
    if known.state == State.OPEN or known.read_at is None:
        return True
    if ended.at is None or ended.at <= known.read_at:
        return False
    return known.written_at is None or abs(ended.at - known.written_at) > ECHO


def _tell(runtime: Runtime, session: Session, installation_id: str, now: datetime) -> None:
    """Tell admins when so many are missed that the webhook itself must be broken."""
    share = late.share(session, installation_id, now=now)
    recent = share.last_at is not None and share.last_at > now - QUIET
    if recent and share.missed >= FEWEST and share.part >= runtime.settings.alert_missed_share:
        text = (
            f"{share.missed} of {share.ended} conversations of the last day came without their webhook and were found "
            "by asking. The webhook is probably broken or switched off: look at it in the helpdesk, and run the "
            "self-test on the helpdesk's page."
        )
        notices.raised(session, Kind.WEBHOOKS_MISSED, text, now=now, installation_id=installation_id)
    elif not recent:
        notices.close(session, Kind.WEBHOOKS_MISSED, now=now, installation_id=installation_id)
