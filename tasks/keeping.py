"""What may not be kept although a helpdesk still has it: customers who were erased, texts whose time is over."""

from __future__ import annotations

from collections.abc import Collection

import structlog
from sqlalchemy.orm import Session

from service.conversation import Conversation
from service.store import models, suppression, work
from service.store.models import State, WriteState
from service.store.work import SCORING, Claim
from tasks.runtime import Runtime

log = structlog.get_logger(__name__)


def nothing_to_judge(runtime: Runtime, held: Claim, row: models.Conversation) -> bool:
    """Whether there is no text to judge and none may be asked for; the claim is given back then.

    So it is with a conversation of somebody who was erased, and with one whose text was dropped and that the helpdesk
    said nothing new of: its verdicts stay as they are.
    """
    erased = _is_suppressed(runtime, row, {suppression.row_name(row.id)})
    gone = row.forgotten_at is not None and row.document is None and not row.reread
    if not erased and not gone:
        return False
    with runtime.database.begin() as session:
        state = State.ERASED if erased else row.state
        work.finish(session, SCORING, held, state=state, reread=False, news=False, final_at=None)
    return True


def may_not_be_kept(runtime: Runtime, held: Claim, row: models.Conversation, conversation: Conversation) -> bool:
    """Whether a conversation that was just read is of a customer who was erased; it is settled then, unsaved."""
    if not _is_suppressed(runtime, row, suppression.names_of(conversation)):
        return False
    with runtime.database.begin() as session:
        work.finish(
            session, SCORING, held,
            state=State.ERASED, reread=False, news=False, final_at=None, write_state=WriteState.NONE,
        )  # fmt: skip
    log.info("not_kept", conversation=held.id, why="erased")
    return True


def _is_suppressed(runtime: Runtime, row: models.Conversation, names: Collection[str]) -> bool:
    with runtime.database.read() as session:
        return suppression.is_suppressed(session, runtime.secrets, row.installation_id, names)


def is_unwanted(runtime: Runtime, session: Session, installation_id: str, conversation: Conversation) -> bool:
    """Whether a conversation of a file is of a customer who was erased."""
    names = suppression.names_of(conversation)
    return suppression.is_suppressed(session, runtime.secrets, installation_id, names)
