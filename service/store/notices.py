"""What admins are told: one open notice of a kind and installation, told once when it begins and once when it is over.

A trouble that comes and goes is one notice: only when it has stayed away for `QUIET` is it over for good, and then that
is told. What was over before anybody was told of it is shown on the pages and not sent at all. Texts name ids, counts
and what to do, never a word of a customer, a token or an address.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from service.store.statements import insert
from service.store.upkeep_models import Kind, Notice

QUIET = timedelta(minutes=5)
"""How long a trouble must have stayed away before its end is told; coming back sooner, it is still the same one."""
TEXT = 500
__all__ = ["QUIET", "Kind", "between", "close", "forget", "latest", "opened", "raised"]


def raised(
    session: Session,
    kind: Kind,
    text: str,
    *,
    now: datetime,
    installation_id: str | None = None,
    send: bool = True,
) -> int:
    """A trouble is there: open its notice, or count it once more and say how it stands now; the notice's number.

    `text` says in plain words what is wrong and what to do, at most 500 characters. Call it as often as it is seen.
    Without `send` it is for the pages only.
    """
    key = _key(kind, installation_id)
    past = update(Notice).where(Notice.open_key == key, Notice.closed_at <= now - QUIET)
    session.execute(past.values(open_key=None))
    new = insert(session, Notice).values(
        installation_id=installation_id, kind=kind, open_key=key, text=text[:TEXT], first_at=now, last_at=now,
        count=1, closed_at=None, send_due_at=now if send else None, send_attempts=0,
    )  # fmt: skip
    again = {
        "text": text[:TEXT],
        "last_at": now,
        "count": Notice.count + 1,
        "closed_at": None,
        # The end that was about to be told has not come.
        "send_due_at": case((Notice.told_at.is_not(None), None), else_=func.coalesce(Notice.send_due_at, now))
        if send
        else None,
    }
    statement = new.on_conflict_do_update(index_elements=[Notice.open_key], set_=again).returning(Notice.id)
    return int(session.execute(statement).scalar_one())


def close(session: Session, kind: Kind, *, now: datetime, installation_id: str | None = None) -> bool:
    """The trouble is over, as far as can be seen; whether it was open. Its end is told when it stays away."""
    statement = update(Notice).where(Notice.open_key == _key(kind, installation_id), Notice.closed_at.is_(None))
    told = Notice.told_at.is_not(None)
    values = {"closed_at": now, "send_due_at": case((told, now + QUIET), else_=None), "send_attempts": 0}
    return session.execute(statement.values(values).returning(Notice.id)).first() is not None


def opened(session: Session, installation_ids: Collection[str] | None = None) -> Sequence[Notice]:
    """The notices that stand, the oldest first. `installation_ids`: theirs and those of no installation only."""
    statement = select(Notice).where(Notice.closed_at.is_(None)).order_by(Notice.first_at, Notice.id)
    return session.scalars(_seen_by(statement, installation_ids)).all()


def between(session: Session, since: datetime, until: datetime, installation_ids: Collection[str]) -> Sequence[Notice]:
    """Those that stand, and those that were over from `since` up to but without `until`; theirs and nobody's."""
    standing = or_(Notice.closed_at.is_(None), and_(Notice.closed_at >= since, Notice.closed_at < until))
    statement = select(Notice).where(standing).order_by(Notice.closed_at.is_not(None), Notice.first_at, Notice.id)
    return session.scalars(_seen_by(statement, installation_ids)).all()


def latest(session: Session, installation_id: str, *, limit: int = 10) -> Sequence[Notice]:
    """An installation's latest notices, also those that are over."""
    statement = select(Notice).where(Notice.installation_id == installation_id)
    return session.scalars(statement.order_by(Notice.first_at.desc(), Notice.id.desc()).limit(limit)).all()


def forget(session: Session, *, before: datetime) -> None:
    """Remove notices that were over before that time and need no telling."""
    session.execute(delete(Notice).where(Notice.closed_at < before, Notice.send_due_at.is_(None)))


def _seen_by(statement: Select[Notice], installation_ids: Collection[str] | None) -> Select[Notice]:
    if installation_ids is None:
        return statement
    return statement.where(or_(Notice.installation_id.is_(None), Notice.installation_id.in_(installation_ids)))


def _key(kind: Kind, installation_id: str | None) -> str:
    return f"{kind}/{installation_id or ''}"
