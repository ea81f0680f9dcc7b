"""What an installation's page shows of its connection: address, last webhook, what is missing or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from connectors.errors import CredentialsRefused
from connectors.guide import Step
from connectors.names import ids_instead
from connectors.registry import self_tests
from service.store import cursors, queries
from service.store import installations as store
from service.store.models import Installation
from service.store.secrets import SecretsUnreadable
from service.web import guiding
from service.web.connecting import as_list, missing_secrets, webhook_url
from service.web.kinds import KINDS, Field, Kind
from service.web.parts import parts
from tasks import naming


@dataclass(frozen=True, slots=True)
class Shown:
    """One helpdesk on a page. `missing` names credentials that were not given yet, or `None`: they are unreadable.

    `refused` is what the helpdesk answered, while conversations wait because it refuses the credentials.
    `webhooks_refused_at` is set while the last webhook that came was refused. `imported`: there is only a file.
    """

    row: Installation
    address: str
    heard_at: datetime | None
    missing: tuple[Field, ...] | None
    refused: str | None
    webhooks_refused_at: datetime | None
    imported: bool


def shown(row: Installation, heard_at: datetime | None, refused: str | None) -> Shown:
    """What is shown of one helpdesk that was last heard at `heard_at`."""
    p = parts()
    kind = KINDS.get(row.connector)
    try:
        missing = missing_secrets(kind, p.box.unlock(row.secrets)) if kind else ()
    except SecretsUnreadable:
        missing = None
    address = webhook_url(p.settings, row.connector, row.id)
    refused_at = store.refused_since(row, heard_at)
    return Shown(row, address, heard_at, missing, refused, refused_at, store.is_imported(row))


def connect_page(kind: Kind, given: Mapping[str, str], faults: Mapping[str, str]) -> str:
    """The guided page for connecting a helpdesk. Secrets that were typed are not sent back."""
    p = parts()
    unseen = {f.name for f in kind.fields if f.kept.encrypted}
    return render_template(
        "connect.html",
        kind=kind,
        row=None,
        given={name: value for name, value in given.items() if name not in unseen},
        faults=faults,
        steps=guiding.steps_before(p.settings, kind.connector),
        signs_in=guiding.signs_in(p.settings, kind.connector),
        local=p.settings.local_helpdesks,
    )


def _steps(row: Installation, *, heard: bool, refused: bool) -> tuple[Step, ...]:
    """The guide for this installation; nothing while its secrets cannot be read, which is told beside it."""
    p = parts()
    try:
        return guiding.steps_of(p.settings, row, p.box.unlock(row.secrets), heard=heard, refused=refused)
    except SecretsUnreadable:
        return ()


@dataclass(frozen=True, slots=True)
class NamesShown:
    """Names of brands, teams and bots: when the helpdesk was asked last, what it refused, and what to do about it."""

    asked_at: datetime
    failed: bool
    cost: str
    action: str


def names_facts(session: Session, row: Installation) -> NamesShown | None:
    """What is known of names; `None` before the helpdesk was asked."""
    asked = cursors.get(session, row.id, naming.CURSOR)
    if asked is None:
        return None
    refused = naming.unnamed(session, row)
    cost, action = ids_instead(refused, self_tests()[row.connector].names) if refused else ("", "")
    return NamesShown(asked[1], asked[0] == naming.FAILED, cost, action)


def connecting_facts(session: Session, row: Installation) -> Mapping[str, Any]:
    """The facts of the section."""
    last = queries.last_deliveries(session)
    refused = queries.waiting_errors(session, CredentialsRefused.ADVICE)
    steps = _steps(row, heard=row.id in last, refused=guiding.credentials_refused(session, row))
    secrets = bool(steps) and parts().box.unlock(row.secrets).get("client_id")
    return {
        "shown": shown(row, last.get(row.id), refused.get(row.id)),
        "kind": KINDS.get(row.connector),
        "options": [(name, ", ".join(map(str, as_list(value)))) for name, value in row.options.items()],
        "steps": steps,
        "left": guiding.left(steps),
        "names": names_facts(session, row),
        "signs_in": bool(secrets) or guiding.signs_in(parts().settings, row.connector),
    }
