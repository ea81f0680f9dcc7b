"""A conversation out of a helpdesk's history, stored due for scoring, unless something is known that is newer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from connectors.base import Reading
from connectors.exported import LeftOut, Why
from connectors.history import Whole
from service.conversation import Conversation
from service.document import from_document, to_document
from service.scoring.customer import customer_keys
from service.store import conversations, history, models, suppression, work
from service.store.conversations import ReadConversation
from service.store.history import Span
from service.store.models import State
from service.store.work import SCORING
from tasks import changing, scoring, standing
from tasks.runtime import Runtime

STORED, KNOWN, AGAIN, ERASED = "stored", "known", "again", "erased"
LEFT_OUT, SINGLE = "left out: ", "read singly: "
"""Names of counts; those that end in a colon go on with the reason."""


def settle(
    runtime: Runtime,
    session: Session,
    installation: models.Installation,
    outcome: Whole | LeftOut,
    changed_at: datetime,
) -> Iterator[str]:
    """Store one conversation, or not; the names of what to count. `changed_at`: when it last changed, as was listed."""
    if isinstance(outcome, LeftOut):
        yield f"{LEFT_OUT}{outcome.why}"
        return
    if outcome.single:
        yield f"{SINGLE}{outcome.single}"
    conversation = scoring.ours(outcome.reading.conversation, installation)
    names = suppression.names_of(conversation)
    if suppression.is_suppressed(session, runtime.secrets, installation.id, names):
        yield ERASED
        return
    named = changing.under_its_name(session, installation.id, conversation)
    if named is None:
        yield f"{LEFT_OUT}{Why.DELETED}"
        return
    yield _store(runtime, session, installation, outcome.reading, named, changed_at)


def _store(
    runtime: Runtime,
    session: Session,
    installation: models.Installation,
    reading: Reading,
    conversation: Conversation,
    changed_at: datetime,
) -> str:
    """Store a conversation unless it is known; a known one that was read before it changed is read again, live."""
    now = runtime.clock()
    ended = conversation.ended_at or now
    read = ReadConversation(
        document=to_document(conversation),
        there=standing.to_json(reading.there),
        channel=conversation.channel.value,
        opened_at=conversation.started_at,
        ended_at=ended,
        read_at=now,
        news=False,
    )
    row_id, new = conversations.keep_history(session, installation, conversation.id, read, now=now)
    if not new and not _is_newer(session, row_id, conversation, changed_at):
        return KNOWN
    if not new:
        known = session.get_one(models.Conversation, row_id)
        if not known.backfilled:
            conversations.announce(session, installation, conversation.id, at=now, now=now)
            return AGAIN
        conversations.replace_history(session, row_id, read, now=now)
    span = Span(row_id, customer_keys(conversation), conversation.started_at or ended, ended)
    history.save_keys(session, runtime.secrets, span, now=now)
    _ask_scored(runtime, session, installation, span, now)
    return STORED


def _is_newer(session: Session, row_id: str, conversation: Conversation, changed_at: datetime) -> bool:
    """Whether the history knows more than what was read of a conversation, and nobody is about to read it anyway."""
    known = conversations.get(session, row_id)
    assert known is not None, "the insert found it"
    if known.due_at is not None or known.read_at is None or known.read_at >= changed_at:
        return False
    if known.state == State.OPEN:
        return True
    if known.state != State.SCORED or known.document is None:
        return False
    return standing.differs(from_document(known.document), conversation)


def _ask_scored(
    runtime: Runtime, session: Session, installation: models.Installation, span: Span, now: datetime
) -> None:
    """The customer's conversations near this one that have their scores already are judged once more.

    Those that wait for their scores will see this one anyway: however many come together, each is asked for once.
    """
    window = scoring.longest_window(runtime.policy(installation))
    for other in sorted(history.nearby(session, runtime.secrets, span, window=window)):
        work.ask(session, SCORING, other, at=now, only=State.SCORED)
