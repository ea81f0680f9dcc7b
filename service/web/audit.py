"""The audit log: who did what and who looked at which transcript, to read and to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime

from flask import Blueprint, Response, render_template, request

from service.files.export_writing import harmless
from service.store import audit as store
from service.store import installations
from service.store.people_models import AuditEntry
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Right, needs

blueprint = Blueprint("audit", __name__, url_prefix="/people/audit")

COLUMNS = ("at", "actor", "action", "target", "installation", "details")


@blueprint.get("")
@needs(Right.ADMINISTER)
def listing() -> str:
    """Everything that was done, the latest first, filtered."""
    asked, p = _asked(), parts()
    with p.database.read() as db:
        page = store.page(db, _sought(asked), number=request.args.get("page", 1, type=int))
        actions = store.actions(db)
        helpdesks = [(row.id, f"{row.connector.title()} {row.account}") for row in installations.all_of(db)]
    return render_template(
        "audit.html",
        page=page,
        asked=asked,
        filters={name: value for name, value in asked.items() if value},
        actions=actions,
        helpdesks=helpdesks,
        names=dict(helpdesks),
    )


@blueprint.get("/log.csv")
@needs(Right.ADMINISTER)
def download() -> Response:
    """The same as a CSV file, all pages. No cell can be taken for a formula. Taking it away is written down as well."""
    asked = _asked()
    with parts().database.begin() as db:
        audited(db, "export audit log", "csv", **{name: value for name, value in asked.items() if value})
    headers = {"Content-Disposition": 'attachment; filename="deskmark-audit.csv"'}
    return Response(_lines(_sought(asked)), headers=headers, content_type="text/csv; charset=utf-8")


def _lines(sought: store.Sought) -> Iterator[str]:
    database = parts().database

    def lines() -> Iterator[str]:
        yield _line(COLUMNS)
        with database.read() as db:
            for entry in store.every(db, sought):
                yield _line(_cells(entry))

    return lines()


def _cells(entry: AuditEntry) -> tuple[str, ...]:
    at = entry.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    details = "; ".join(f"{name}: {value}" for name, value in entry.details.items())
    return at, entry.actor, entry.action, entry.target, entry.installation_id or "", details


def _line(cells: tuple[str, ...]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([harmless(cell) for cell in cells])
    return written.getvalue()


def _asked() -> dict[str, str]:
    return {name: request.args.get(name, "").strip() for name in ("actor", "action", "helpdesk", "since", "until")}


def _sought(asked: dict[str, str]) -> store.Sought:
    return store.Sought(
        actor=asked["actor"],
        action=asked["action"],
        installation_id=asked["helpdesk"],
        since=_day(asked["since"]),
        until=_day(asked["until"]),
    )


def _day(text: str) -> date | None:
    """A day as the browser's field gives it; what is none is no filter."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
    return day if 1970 <= day.year < 3000 else None
