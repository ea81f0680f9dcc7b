"""Routes: to whom reports and alerts go, by which way, and about what. Addresses are encrypted."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.gap_models import Audience
from service.store.report_models import ReportRoute, Sends, Way
from service.store.secrets import SecretBox

_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?", re.ASCII)
LONGEST_NAME = 80
MOST_INTENTS = 50


class NotAccepted(ValueError):
    """A route cannot be so. The message says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A route as somebody wants it. `address`: of mail, or of a chat's webhook, already looked at
    (`connectors.chat_addresses`); empty when an existing one stays."""

    name: str
    way: Way
    address: str
    sends: tuple[Sends, ...]
    audience: Audience | None = None
    installation_id: str | None = None
    intents: tuple[str, ...] = ()
    texts: bool = False
    images: bool = True
    enabled: bool = True


def add(session: Session, box: SecretBox, wanted: Wanted, *, by: str, now: datetime) -> ReportRoute:
    """Keep a new route. Raises `NotAccepted`."""
    _check(wanted)
    row = ReportRoute(
        created_by=by[:255], created_at=now, address=_locked(box, wanted), shown=shown(wanted.way, wanted.address),
        **_columns(wanted),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def change(session: Session, box: SecretBox, row: ReportRoute, wanted: Wanted) -> None:
    """Say anew what a route is; with an empty address and the same way its address stays. Raises `NotAccepted`."""
    keeps = not wanted.address and wanted.way == row.way
    _check(wanted, keeps=keeps)
    if not keeps:
        row.address, row.shown = _locked(box, wanted), shown(wanted.way, wanted.address)
    for name, value in _columns(wanted).items():
        setattr(row, name, value)
    session.flush()


def remove(session: Session, row: ReportRoute) -> None:
    """Forget a route and what was sent by it."""
    session.delete(row)


def all_of(session: Session, *, enabled: bool = False) -> Sequence[ReportRoute]:
    """Every route by name; with `enabled` only those that are switched on."""
    statement = select(ReportRoute).order_by(ReportRoute.name, ReportRoute.id)
    return session.scalars(statement.where(ReportRoute.enabled) if enabled else statement).all()


def get(session: Session, route_id: int) -> ReportRoute | None:
    """One route."""
    return session.get(ReportRoute, route_id)


def address(box: SecretBox, row: ReportRoute) -> str:
    """Where it goes, readable. Raises `SecretsUnreadable`."""
    return box.unlock(row.address)["address"]


def shown(way: Way, address: str) -> str:
    """What pages and logs show of an address: of mail its first letter and the domain, of a webhook its host.

    >>> shown(Way.MAIL, "content@acme.example"), shown(Way.SLACK, "https://hooks.slack.com/services/T0/B0/xyz")
    ('c…@acme.example', 'hooks.slack.com')
    """
    if way is Way.MAIL:
        name, _, domain = address.partition("@")
        return f"{name[:1]}…@{domain}"[:120]
    return address.split("/", 3)[2][:120]


def _locked(box: SecretBox, wanted: Wanted) -> bytes:
    return box.lock({"address": wanted.address})


def _columns(wanted: Wanted) -> dict[str, object]:
    return {
        "name": wanted.name.strip(),
        "way": wanted.way.value,
        "sends": [each.value for each in wanted.sends],
        "audience": wanted.audience.value if wanted.audience else None,
        "installation_id": wanted.installation_id,
        "intents": list(wanted.intents),
        "texts": wanted.texts,
        "images": wanted.images,
        "enabled": wanted.enabled,
    }


def _check(wanted: Wanted, *, keeps: bool = False) -> None:
    name = wanted.name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise NotAccepted(f"Give it a name of at most {LONGEST_NAME} letters.")
    if not keeps and not wanted.address:
        raise NotAccepted("Say where it goes.")
    if not keeps and wanted.way is Way.MAIL and not _MAIL.fullmatch(wanted.address):
        raise NotAccepted("That is no e-mail address. Write one, as content@acme.com.")
    if not wanted.sends:
        raise NotAccepted("Choose at least one thing that it sends.")
    if len(wanted.intents) > MOST_INTENTS or any(len(each) > 200 for each in wanted.intents):
        raise NotAccepted(f"Name at most {MOST_INTENTS} intents.")


def carries(row: ReportRoute, sends: Collection[Sends]) -> bool:
    """Whether the route sends any of these."""
    return any(each.value in row.sends for each in sends)
