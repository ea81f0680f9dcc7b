"""From a delivery to a due conversation: what a webhook asks for, and which ones ask for nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from connectors.base import Signal
from service.store import backfills, conversations, deliveries, failures, improvements
from service.store.failure_models import Happened
from service.store.gap_models import ImprovementKind
from service.store.models import Conversation, Delivery, DeliveryState, Installation, State, WriteState
from service.telemetry.trace import traced
from service.telemetry.unforeseen import told
from tasks import changing
from tasks.runtime import Runtime

OF_CONTACTS = (Signal.CONTACT_MERGED, Signal.CONTACT_DELETED)
ECHO = timedelta(seconds=5)
"""An event of nobody we know, this soon after we wrote, is what our own write caused."""
log = structlog.get_logger(__name__)


def take_in(runtime: Runtime, delivery_id: int) -> None:
    """Look at one delivery: make its conversation due, or say why not. A second time does nothing."""
    with runtime.database.read() as session:
        delivery = session.get(Delivery, delivery_id)
    if delivery is None:
        return
    with traced(failures.INGEST, delivery.trace, delivery=delivery_id, installation=delivery.installation_id):
        try:
            _take_in(runtime, delivery_id)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            seen = told(error)
            wrong = failures.Wrong(Happened.PUT_OFF, failures.INGEST, str(seen), delivery.attempts, seen.frames)
            with runtime.database.begin() as session:
                failures.of_deliveries(session, [delivery_id], wrong, now=runtime.clock())
            raise


def _take_in(runtime: Runtime, delivery_id: int) -> None:
    with runtime.database.begin() as session:
        delivery = deliveries.take(session, delivery_id)
        if delivery is None:
            return
        settled = _of_contacts if delivery.signal in OF_CONTACTS else _of_conversation
        announce = settled(session, runtime, delivery)
    if announce is not None:
        announce()


def _of_conversation(session: Session, runtime: Runtime, delivery: Delivery) -> Callable[[], None] | None:
    """One conversation ended or changed; what is to be told once that is committed."""
    now = runtime.clock()
    if delivery.signal == Signal.IMPROVED and delivery.external_id is not None:
        _improved(session, delivery, now)
        return None
    installation = session.get_one(Installation, delivery.installation_id)
    if delivery.external_id is not None:
        backfills.outdate(session, installation.id, delivery.external_id)
    due_at, why_not = _when(session, runtime, installation, delivery, now)
    if due_at is None or delivery.external_id is None:
        _ignored(session, delivery, why_not)
        return None
    row_id = conversations.announce(
        session, installation, delivery.external_id, at=due_at, now=now, trace=delivery.trace,
        asked_at=delivery.received_at,
    )  # fmt: skip
    deliveries.settle(session, delivery.id, DeliveryState.ACCEPTED, f"conversation {row_id}")

    def announce() -> None:
        log.info("taken_in", conversation=row_id, due_at=due_at.isoformat())
        if due_at <= now:
            runtime.queue.score([row_id])

    return announce


def _left(installation: Installation) -> str | None:
    """Why nothing is taken in any more; `None` while it is, also for one that is paused or switched off: it waits."""
    return None if installation.disconnected_at is None else "the helpdesk was disconnected"


def _ignored(session: Session, delivery: Delivery, why: str) -> None:
    deliveries.settle(session, delivery.id, DeliveryState.IGNORED, why)
    log.info("taken_in", ignored=why)


def _of_contacts(session: Session, runtime: Runtime, delivery: Delivery) -> Callable[[], None] | None:
    """Customers were merged or deleted: kept as work for whoever asks the helpdesk, who is called at once."""
    installation = session.get_one(Installation, delivery.installation_id)
    if (why_not := _left(installation)) is not None:
        _ignored(session, delivery, why_not)
        return None
    ids = changing.contacts_of(delivery.external_id or "")
    changing.told_of_contacts(session, installation.id, Signal(delivery.signal), ids, now=runtime.clock())
    deliveries.settle(session, delivery.id, DeliveryState.ACCEPTED, f"{delivery.signal} {', '.join(ids)}")
    return partial(runtime.queue.ask, [installation.id])


def _improved(session: Session, delivery: Delivery, now: datetime) -> None:
    """An article was published: the gaps that wait for it are answered."""
    assert delivery.external_id is not None
    at = delivery.occurred_at or delivery.received_at
    kind = ImprovementKind.ARTICLE_PUBLISHED
    number = improvements.improved(session, delivery.installation_id, kind, delivery.external_id, at=at, now=now)
    deliveries.settle(session, delivery.id, DeliveryState.ACCEPTED, f"improvement {number}")


def _when(
    session: Session, runtime: Runtime, installation: Installation, delivery: Delivery, now: datetime
) -> tuple[datetime | None, str]:
    """When the delivery's conversation is due; `None` with the reason when it asks for nothing."""
    if (why_not := _left(installation)) is not None:
        return None, why_not
    if delivery.external_id is None or delivery.signal in (Signal.PING, Signal.IGNORED):
        return None, "names no conversation to look at"
    row_id = conversations.conversation_id(installation.connector, installation.account, delivery.external_id)
    known = session.get(Conversation, row_id)
    if delivery.signal == Signal.DELETED:
        return (now, "") if known else (None, "deleted, and never seen before")
    if delivery.signal == Signal.REDACTED:
        if known is None or not changing.concerns(known, Signal.REDACTED):
            return None, "redacted, and nothing is kept of it"
        changing.redacted(session, known, Signal.REDACTED, now)
        return now, ""
    if _is_echo(installation, delivery, known):
        return None, "our own write"
    if delivery.signal == Signal.ACTIVITY and not _worth_another_look(known):
        return None, "has not ended yet"
    return now + runtime.settings.settle, ""


def _is_echo(installation: Installation, delivery: Delivery, known: Conversation | None) -> bool:
    if delivery.actor_id is not None:
        return delivery.actor_id in (installation.actor_ids or ())
    if known is None or known.written_at is None:
        return False
    return abs((delivery.occurred_at or delivery.received_at) - known.written_at) < ECHO


def _worth_another_look(known: Conversation | None) -> bool:
    """Something happened on a conversation we have judged: a rating came, it was reopened, it can be written now."""
    return known is not None and (known.state == State.SCORED or known.write_state == WriteState.NOT_WRITABLE)
