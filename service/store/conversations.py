"""Conversations: announcing them, and saving what was read."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session, undefer

from service.store.installations import is_imported
from service.store.models import Conversation, Installation, State
from service.store.statements import insert
from service.store.work import SCORING, Claim, asked
from service.telemetry.trace import new_trace


def conversation_id(connector: str, account: str, external_id: str) -> str:
    """Our id of a helpdesk's conversation: 12 letters and digits, always the same for the same conversation."""
    name = "".join(f"{len(part)}:{part}" for part in (connector, account, external_id))
    return b32encode(blake2b(name.encode(), digest_size=10).digest())[:12].decode().lower()


def announce(
    session: Session,
    installation: Installation,
    external_id: str,
    *,
    at: datetime,
    now: datetime,
    reread: bool = True,
    trace: str | None = None,
    asked_at: datetime | None = None,
) -> str:
    """Ask for a conversation to be scored, not before `at`; its id. Many requests make one piece of work.

    The latest request sets the due time. One that was given up starts anew. `trace` is that of who asks, a webhook's
    for instance, and `asked_at` when that came; without them the conversation keeps its own or gets one.
    """
    reread = reread and not is_imported(installation)
    row_id = conversation_id(installation.connector, installation.account, external_id)
    statement = insert(session, Conversation).values(
        id=row_id, installation_id=installation.id, external_id=external_id, created_at=now, due_at=at, reread=reread,
        wanted=1, state=State.NEW, trace=trace or new_trace(), asked_at=asked_at,
    )  # fmt: skip
    again = {column.key: value for column, value in asked(SCORING, at).items()}
    again["state"] = case((Conversation.state.in_((State.DEAD, State.DROPPED)), State.NEW), else_=Conversation.state)
    if reread:
        again["reread"] = True
    if trace is not None:
        again["trace"] = trace
    if asked_at is not None:
        again["asked_at"] = asked_at
    session.execute(statement.on_conflict_do_update(index_elements=[Conversation.id], set_=again))
    return row_id


def keep(
    session: Session, installation: Installation, external_id: str, read: ReadConversation, *, now: datetime
) -> str:
    """Store a conversation that no helpdesk has to be asked for, due for scoring at once; its id."""
    row_id = announce(session, installation, external_id, at=now, now=now, reread=False)
    values = {**_read_values(read), "reread": False}
    session.execute(update(Conversation).where(Conversation.id == row_id).values(values))
    return row_id


def read_again(session: Session, row_id: str, *, at: datetime) -> None:
    """Ask for a known conversation to be read from its helpdesk again."""
    values: dict[Any, Any] = {**asked(SCORING, at), Conversation.reread: True}
    session.execute(update(Conversation).where(Conversation.id == row_id).values(values))


def get(session: Session, row_id: str) -> Conversation | None:
    """The conversation with everything that is stored in its row."""
    statement = select(Conversation).where(Conversation.id == row_id)
    return session.scalars(statement.options(undefer(Conversation.document), undefer(Conversation.there))).one_or_none()


@dataclass(frozen=True, slots=True)
class ReadConversation:
    """A conversation as it was just read: document, what of ours stands on it, and what lists and windows need.

    `news` says that it holds something which the customer's other conversations have to be judged by.
    """

    document: Mapping[str, Any]
    there: Mapping[str, Any]
    channel: str
    opened_at: datetime | None
    ended_at: datetime
    read_at: datetime
    news: bool


def save_reading(session: Session, held: Claim, read: ReadConversation) -> None:
    """Keep a conversation as it was read: no need to read it again, unless somebody asked since it was claimed."""
    reread = case((Conversation.wanted == held.wanted, False), else_=Conversation.reread)
    values = {**_read_values(read), "reread": reread}
    if read.news:
        # Something new was said in it: from now on it is a conversation like any other.
        values["backfilled"] = False
    session.execute(update(Conversation).where(Conversation.id == held.id).values(values))


def _read_values(read: ReadConversation) -> dict[str, Any]:
    return {
        "document": dict(read.document), "there": dict(read.there), "channel": read.channel,
        "opened_at": read.opened_at, "ended_at": read.ended_at, "read_at": read.read_at, "news": read.news,
        "forgotten_at": None,
    }  # fmt: skip


def answered(session: Session, held: Claim) -> None:
    """Nothing more is to come of what was asked, unless somebody asked again since it was claimed."""
    now_nobody = Conversation.wanted == held.wanted
    session.execute(update(Conversation).where(Conversation.id == held.id, now_nobody).values(asked_at=None))


def cannot_write(session: Session, row_id: str, *, error: str, again_at: datetime | None) -> None:
    """Show why a verdict could not be written, and look again at `again_at` after reading it anew."""
    values = {"there": None, "write_error": error, "write_due_at": again_at}
    session.execute(update(Conversation).where(Conversation.id == row_id).values(values))


def windows_passed(session: Session, *, now: datetime, limit: int = 500) -> list[str]:
    """Conversations whose repeat window has passed are asked for again, from what is stored; their ids."""
    passed = select(Conversation.id).where(Conversation.final_at <= now).order_by(Conversation.final_at).limit(limit)
    ids = list(session.scalars(passed.with_for_update(skip_locked=True)))
    if ids:
        values: dict[Any, Any] = {**asked(SCORING, now), Conversation.final_at: None}
        session.execute(update(Conversation).where(Conversation.id.in_(ids)).values(values))
    return ids


def keep_history(
    session: Session, installation: Installation, external_id: str, read: ReadConversation, *, now: datetime
) -> tuple[str, bool]:
    """Store a conversation out of the helpdesk's history, due for scoring; its id, and whether it was stored.

    One that is known already stays as it is: what was read live is newer than what was exported.
    """
    row_id = conversation_id(installation.connector, installation.account, external_id)
    values = {
        "id": row_id, "installation_id": installation.id, "external_id": external_id, "created_at": now, "due_at": now,
        "wanted": 1, "state": State.NEW, "backfilled": True, "reread": False, "trace": new_trace(),
        **_read_values(read),
    }  # fmt: skip
    statement = insert(session, Conversation).values(values).on_conflict_do_nothing(index_elements=[Conversation.id])
    return row_id, session.execute(statement.returning(Conversation.id)).scalar_one_or_none() is not None


def replace_history(session: Session, row_id: str, read: ReadConversation, *, now: datetime) -> None:
    """Store a backfilled conversation again, which nobody has read live since, due for scoring."""
    values = {**_read_values(read), "reread": False, **{c.key: v for c, v in asked(SCORING, now).items()}}
    session.execute(update(Conversation).where(Conversation.id == row_id).values(values))
