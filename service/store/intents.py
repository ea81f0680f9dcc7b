"""Intent catalogs of installations: examples, and the fitted catalog that workers load. Reads and fits nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import Session, undefer

from service.language.intents import Example
from service.scoring.intent import NOVEL
from service.store.intent_models import IntentCatalogRow, IntentExample, Source
from service.store.models import Conversation, Scorecard
from service.store.opinions import verdict_of
from service.store.statements import insert

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Learned:
    """An example and the conversation (our id) that it comes from."""

    example: Example
    conversation_id: str


def add(session: Session, installation_id: str, examples: Iterable[Example], *, now: datetime) -> int:
    """Add imported examples; those that are there already are left as they are. How many are new."""
    return _add(session, installation_id, [(example, Source.IMPORTED, None) for example in examples], now)


def learn(session: Session, installation_id: str, learned: Iterable[Learned], *, now: datetime) -> int:
    """Add examples learned from conversations; those that are there already are left as they are. How many are new."""
    rows = [(each.example, Source.LEARNED, each.conversation_id) for each in learned]
    return _add(session, installation_id, rows, now)


def replace(session: Session, installation_id: str, examples: Iterable[Example], *, now: datetime) -> int:
    """Make these the whole catalog, learned examples included. How many there are."""
    session.execute(delete(IntentExample).where(IntentExample.installation_id == installation_id))
    _changed(session, installation_id, now)
    return add(session, installation_id, examples, now=now)


def remove(session: Session, installation_id: str, intent: str, *, now: datetime) -> int:
    """Remove an intent with all its examples. How many there were."""
    whose = (IntentExample.installation_id == installation_id, IntentExample.intent == intent)
    removed: Any = session.execute(delete(IntentExample).where(*whose))
    if removed.rowcount:
        _changed(session, installation_id, now)
    return int(removed.rowcount)


def remove_some(session: Session, installation_id: str, which: Iterable[ColumnElement[bool]], *, now: datetime) -> int:
    """Remove the examples that these conditions pick. How many there were."""
    mine = IntentExample.installation_id == installation_id
    removed: Any = session.execute(delete(IntentExample).where(mine, *which))
    if removed.rowcount:
        _changed(session, installation_id, now)
    return int(removed.rowcount)


def forget(session: Session, conversation_id: str, *, now: datetime) -> None:
    """Remove what was learned from a conversation whose content is removed, and the catalog fitted with it."""
    learned = IntentExample.conversation_id == conversation_id
    installation_id = session.scalar(select(IntentExample.installation_id).where(learned).limit(1))
    if installation_id is not None:
        session.execute(delete(IntentExample).where(learned))
        _changed(session, installation_id, now)


def examples(session: Session, installation_id: str) -> list[Example]:
    """Every example, in the order in which they were added."""
    statement = select(IntentExample.intent, IntentExample.text).where(IntentExample.installation_id == installation_id)
    return [Example(intent, text) for intent, text in session.execute(statement.order_by(IntentExample.id))]


def counts(session: Session, installation_id: str) -> Mapping[str, Mapping[str, int]]:
    """How many examples each intent has, by their source; intents by name."""
    columns = (IntentExample.intent, IntentExample.source)
    statement = select(*columns, func.count()).where(IntentExample.installation_id == installation_id)
    found: dict[str, dict[str, int]] = {}
    for intent, source, count in session.execute(statement.group_by(*columns).order_by(*columns)):
        found.setdefault(intent, {})[source] = count
    return found


def revision(session: Session, installation_id: str) -> str | None:
    """What the catalog is called in its present state; `None` where there never was one."""
    return session.scalar(select(IntentCatalogRow.revision).where(IntentCatalogRow.installation_id == installation_id))


def fitted(session: Session, installation_id: str, *, fitted_by: str) -> bytes | None:
    """The fitted catalog; `None` when it is not fitted, or by other code or another model."""
    statement = select(IntentCatalogRow.fitted).where(
        IntentCatalogRow.installation_id == installation_id, IntentCatalogRow.fitted_by == fitted_by
    )
    return session.scalar(statement)


def keep_fitted(session: Session, installation_id: str, *, revision: str, fitted_by: str, fitted: bytes) -> None:
    """Keep the fitted catalog, unless the examples have changed since `revision`."""
    statement = update(IntentCatalogRow).where(
        IntentCatalogRow.installation_id == installation_id, IntentCatalogRow.revision == revision
    )
    session.execute(statement.values(fitted_by=fitted_by, fitted=fitted))


def documents(session: Session, installation_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Our id and the document of every stored conversation, oldest first; a few at a time."""
    statement = (
        select(Conversation)
        .where(Conversation.installation_id == installation_id, Conversation.document.is_not(None))
        .order_by(Conversation.created_at, Conversation.id)
        .options(undefer(Conversation.document))
        .execution_options(yield_per=_AT_ONCE)
    )
    for row in session.scalars(statement):
        if row.document is not None:
            yield row.id, row.document
            session.expunge(row)


def last_ended(session: Session, installation_id: str) -> datetime | None:
    """When the installation's latest conversation ended; `None` when none has."""
    latest = select(func.max(Conversation.ended_at)).where(Conversation.installation_id == installation_id)
    return session.scalar(latest)


def novel_documents(
    session: Session, installation_id: str, *, since: datetime, limit: int | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Our id and the document of every conversation that ended since then and whose intent is novel, latest first."""
    statement = (
        select(Conversation)
        .join(Scorecard, and_(Scorecard.conversation_id == Conversation.id, Scorecard.latest))
        .where(
            Conversation.installation_id == installation_id,
            Conversation.document.is_not(None),
            Conversation.ended_at >= since,
            verdict_of("intent") == NOVEL,
        )
        .order_by(Conversation.ended_at.desc(), Conversation.id)
        .limit(limit)
        .options(undefer(Conversation.document))
        .execution_options(yield_per=_AT_ONCE)
    )
    for row in session.scalars(statement):
        if row.document is not None:
            yield row.id, row.document
            session.expunge(row)


def _add(
    session: Session,
    installation_id: str,
    rows: Sequence[tuple[Example, Source, str | None]],
    now: datetime,
) -> int:
    many = select(func.count()).where(IntentExample.installation_id == installation_id)
    before = session.scalar(many) or 0
    values = [
        {
            "installation_id": installation_id,
            "intent": example.intent,
            "text": example.text,
            "digest": sha256(f"{example.intent}\0{example.text}".encode(errors="surrogatepass")).digest(),
            "source": source,
            "conversation_id": conversation_id,
            "created_at": now,
        }
        for example, source, conversation_id in rows
    ]
    unique = [IntentExample.installation_id, IntentExample.digest]
    for start in range(0, len(values), _AT_ONCE):
        statement = insert(session, IntentExample).values(values[start : start + _AT_ONCE])
        session.execute(statement.on_conflict_do_nothing(index_elements=unique))
    added = (session.scalar(many) or 0) - before
    if added:
        _changed(session, installation_id, now)
    return added


def _changed(session: Session, installation_id: str, now: datetime) -> None:
    """Another revision; what was fitted is no longer what the examples say."""
    values = {"revision": token_hex(8), "changed_at": now, "fitted_by": None, "fitted": None}
    statement = insert(session, IntentCatalogRow).values(installation_id=installation_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[IntentCatalogRow.installation_id], set_=values))
