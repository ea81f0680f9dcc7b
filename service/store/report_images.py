"""Charts that chats fetch: kept for a month under a name that nobody guesses."""

from __future__ import annotations

from datetime import datetime, timedelta
from secrets import token_urlsafe

from sqlalchemy import delete
from sqlalchemy.orm import Session

from service.store.report_models import ReportImage

KEPT = timedelta(days=30)


def keep(session: Session, png: bytes, *, now: datetime) -> str:
    """Keep a picture; its name."""
    name = token_urlsafe(18)
    session.add(ReportImage(id=name, png=png, until=now + KEPT))
    return name


def get(session: Session, name: str, *, now: datetime) -> bytes | None:
    """The picture of this name; `None`: there is none any more."""
    row = session.get(ReportImage, name)
    return row.png if row is not None and row.until > now else None


def forget(session: Session, *, now: datetime) -> None:
    """Remove pictures whose time is over."""
    session.execute(delete(ReportImage).where(ReportImage.until <= now))
