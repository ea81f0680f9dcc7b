"""The history on an installation's page: beginning a backfill, pausing it, going on, giving it up. Workers do it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from service.reports.backfill import standing
from service.store import backfills, installations
from service.store.backfill_models import BackfillState
from service.store.backfills import BackfillRefused
from service.store.models import Installation
from service.web.asked import helpdesk, pressed
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Right, needs
from service.web.vocabulary import Tone

blueprint = Blueprint("backfill", __name__, url_prefix="/installations")

USUAL = timedelta(days=30)
LATEST = timedelta(minutes=2)
"""Helpdesks export nothing of the last minute."""
SHARES = (25, 50, 75, 100)
TONES: Mapping[BackfillState, Tone] = {
    BackfillState.RUNNING: Tone.INFO,
    BackfillState.PAUSED: Tone.NEUTRAL,
    BackfillState.FAILED: Tone.BAD,
    BackfillState.DONE: Tone.GOOD,
}
DONE = {"begin": "The history is read from now on.", "pause": "Paused.", "resume": "It goes on.",
        "drop": "The rest of the history was given up; what was stored stays."}  # fmt: skip


def history_facts(session: Session, row: Installation) -> Mapping[str, Any]:
    """What the section shows: how the backfill stands, and what a new one would begin with."""
    now = parts().now()
    return {
        "standing": standing(session, row.id),
        "tones": TONES,
        "usual": (now - USUAL).date(),
        "today": now.date(),
        "shares": SHARES,
        "working": installations.working(row, now),
    }


@blueprint.post("/<installation_id>/backfill")
@needs(Right.ADMINISTER)
def change(installation_id: str) -> AnyResponse:
    """Begin, pause, resume or drop the backfill: what the pressed button says."""
    what = pressed(DONE)
    with parts().database.begin() as session:
        row = helpdesk(session, installation_id)
        try:
            details = _done(session, row, what, parts().now())
            audited(session, f"{what} backfill", row.id, row.id, **details)
            flash(DONE[what], "good")
        except BackfillRefused as error:
            flash(f"Nothing was changed: {error}.", "error")
    return redirect(url_for("installation.page", installation_id=installation_id, _anchor="history"))


def _done(session: Session, row: Installation, what: str, now: datetime) -> Mapping[str, str]:
    if what == "begin":
        return _begun(session, row, now)
    if what == "pause":
        backfills.pause(session, row.id, now=now)
    elif what == "resume":
        backfills.resume(session, row.id, now=now)
    elif not backfills.drop(session, row.id):
        raise BackfillRefused("there is no backfill of it")
    return {}


def _begun(session: Session, row: Installation, now: datetime) -> Mapping[str, str]:
    """Days are whole ones, in UTC; the last one is the one before `until`."""
    since, until = _day("since"), _day("until", days=1)
    if since is None:
        raise BackfillRefused("name the day from which on the history is to be read")
    end = min(now - LATEST, until) if until else now - LATEST
    if since >= end:
        raise BackfillRefused("the first day must lie before the last one, and in the past")
    given = request.form.get("share", "")
    share = int(given) if given in {str(each) for each in SHARES} else 50
    backfills.begin(session, row.id, since=since, until=end, share=share, now=now)
    return {"since": since.isoformat(), "until": end.isoformat(), "share": f"{share}%"}


def _day(name: str, *, days: int = 0) -> datetime | None:
    """The start of a day of the form, or so many days later; `None` when it is left empty. A day that is none is
    refused."""
    given = request.form.get(name, "").strip()
    try:
        day = date.fromisoformat(given) + timedelta(days=days) if given else None
    except (ValueError, OverflowError) as error:
        raise BackfillRefused("a day is written like 2026-01-22") from error
    return datetime.combine(day, time(), UTC) if day else None
