"""Leaving a helpdesk, step by step: find what is ours, take it off, remove what was made, revoke, then forget or keep.

Each stage is a function from an errand to its next state. All of it may be done twice, so a worker that dies in the
middle is simply followed by another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from connectors.many import Remover, Told
from connectors.registry import remover
from service.store import audit, errands, installations, models
from service.store import leaving as store
from service.store.errand_models import Errand, ErrandKind, ItemState
from tasks import clearing
from tasks.runtime import Runtime

SETTLE, FIND, CLEAR, UNMAKE, REVOKE, END = "stopping", "finding", "clearing", "unmaking", "revoking", "ending"
NOTES = (
    "Notes cannot be removed over the API: private notes of Deskmark stay on the conversations. They end in a line "
    '"ref ..." by which they can be found; delete or redact them by hand where they must go.'
)
UNASKED = (
    "The helpdesk was not asked any more: tags, fields, webhook, trigger and the access token that are left there have "
    "to be removed by hand."
)
PARTLY = (
    "Of {} closed conversations only the tags could be taken off; the values of our fields go when the fields are "
    "deleted."
)


def begin(
    session: Session,
    installation: models.Installation,
    *,
    actor: str,
    options: Mapping[str, bool],
    now: Any,
) -> Errand:
    """Stop at once, and do the rest step by step. Raises `AlreadyUnderWay`.

    `options`: `remove` takes tags, fields and whatever was made off the helpdesk, `revoke` makes the token worthless,
    `delete` removes everything that is stored; without it scores are kept and the installation is disconnected.
    """
    helpdesk = not installations.is_imported(installation)
    wanted = {
        name: bool(options.get(name)) and (helpdesk or name == "delete") for name in ("remove", "revoke", "delete")
    }
    begun = errands.begin(session, installation, ErrandKind.LEAVE, actor=actor, stage=SETTLE, options=wanted, now=now)
    store.stop(session, installation)
    details = {name: "yes" if value else "no" for name, value in wanted.items()}
    audit.record(
        session, actor=actor, action="leave helpdesk", target=begun.helpdesk, installation_id=installation.id, now=now,
        details=details,
    )  # fmt: skip
    return begun


def go_on(session: Session, errand: Errand, *, anyway: bool, now: Any) -> None:
    """Resume an errand that stopped: what failed is tried again, or with `anyway` left as it is."""
    if anyway:
        errand.options = {**errand.options, "anyway": True}
    else:
        failed = [item.external_id for item in errands.items(session, errand.id, ItemState.FAILED, limit=100_000)]
        errands.settle(session, errand.id, failed, ItemState.WAITING)
    session.flush()
    errands.resume(session, errand.id, now=now)


def without_helpdesk(session: Session, errand: Errand, *, now: Any) -> None:
    """Do not ask the helpdesk any more, as it does not let us in: what is left to do there is told, the rest is done.

    An errand of another kind is given up.
    """
    if errand.kind != ErrandKind.LEAVE:
        errands.give_up(errand, now=now)
        return
    errand.options = {**errand.options, "remove": False, "revoke": False}
    _tell(errand, [Told(False, UNASKED)])
    if errand.options["delete"]:
        errand.counts = {**errand.counts, "deleted": store.counts(session, errand.installation_id)}
    errand.lease = errand.lease_until = None
    errand.stage, errand.place, errand.due_at, errand.attempts, errand.error = END, None, now, 0, None


def step(runtime: Runtime, errand: Errand) -> None:
    """The next step."""
    STAGES[errand.stage](runtime, errand)


def _stop(runtime: Runtime, errand: Errand) -> None:
    """Wait until no worker is writing any more."""
    now = runtime.clock()
    with runtime.database.begin() as session:
        row = errands.held(session, errand)
        if errand.options["remove"] and store.being_worked_on(session, errand.installation_id, now=now):
            errands.step_done(row, due_at=now + clearing.LOOK_AGAIN)
        else:
            _next(row, FIND if errand.options["remove"] else REVOKE, runtime)


def _find(runtime: Runtime, errand: Errand) -> None:
    """First what we remember to have written, then what the helpdesk finds by our tags."""
    place = dict(errand.place or {"after": ""})
    if "after" in place:
        with runtime.database.begin() as session:
            row = errands.held(session, errand)
            known = store.written(session, errand.installation_id, after=place["after"])
            errands.add_items(session, errand.id, [external for _, external in known])
            row.place = {"after": known[-1][0]} if known else {"marked": None}
            errands.step_done(row, due_at=runtime.clock())
        return
    found = _remover(runtime, errand).marked(place["marked"])
    with runtime.database.begin() as session:
        row = errands.held(session, errand)
        row.calls += 1
        added = errands.add_items(session, errand.id, found.ids)
        row.counts = {**row.counts, "found_by_search": int(row.counts.get("found_by_search", 0)) + added}
        if found.place is None:
            _next(row, CLEAR, runtime)
        else:
            row.place = {"marked": dict(found.place)}
            errands.step_done(row, due_at=runtime.clock())


def _clear(runtime: Runtime, errand: Errand) -> None:
    """Clear some more; once nothing is left, say what could not be done and go on."""
    if not clearing.clear(runtime, errand, _remover(runtime, errand)):
        return
    with runtime.database.begin() as session:
        row = errands.held(session, errand)
        left, partly = errands.progress(session, errand.id), errands.tags_only(session, errand.id)
        row.counts = {**row.counts, "cleared": left.done, "not_cleared": left.failed, "tags_only": partly}
        _tell(row, [Told(False, NOTES), *([Told(False, PARTLY.format(partly))] if partly else [])])
        _next(row, UNMAKE, runtime)


def _unmake(runtime: Runtime, errand: Errand) -> None:
    """Take away what was made for us on the account."""
    with runtime.database.read() as session:
        installation = session.get_one(models.Installation, errand.installation_id)
    address = f"{runtime.settings.webhook_base}/webhooks/{installation.connector}/{installation.id}"
    told = _remover(runtime, errand).unmake(address)
    with runtime.database.begin() as session:
        row = errands.held(session, errand)
        _tell(row, told)
        _next(row, REVOKE, runtime)


def _revoke(runtime: Runtime, errand: Errand) -> None:
    """Make the token worthless, where that was asked for."""
    told = _remover(runtime, errand).revoke() if errand.options["revoke"] else ()
    with runtime.database.begin() as session:
        row = errands.held(session, errand)
        _tell(row, told)
        if errand.options["delete"]:
            row.counts = {**row.counts, "deleted": store.counts(session, errand.installation_id)}
        _next(row, END, runtime)


def _end(runtime: Runtime, errand: Errand) -> None:
    """Delete everything in pieces, or drop the secrets and keep the scores."""
    now = runtime.clock()
    with runtime.database.begin() as session:
        row = errands.held(session, errand)
        if errand.options["delete"] and store.delete_some(session, errand.installation_id):
            errands.step_done(row, due_at=now)
            return
        if not errand.options["delete"]:
            installation = session.get_one(models.Installation, errand.installation_id)
            store.disconnect(installation, runtime.secrets, now=now, unmade=bool(errand.options["remove"]))
        errands.finish(row, now=now)
        action = "delete installation" if errand.options["delete"] else "disconnect installation"
        audit.record(
            session, actor=errand.actor, action=action, target=errand.helpdesk, installation_id=errand.installation_id,
            now=now,
        )  # fmt: skip


def _remover(runtime: Runtime, errand: Errand) -> Remover:
    with runtime.database.read() as session:
        installation = session.get_one(models.Installation, errand.installation_id)
    return remover(runtime.client(installation), installation.prefix)


def _next(row: Errand, stage: str, runtime: Runtime) -> None:
    row.stage, row.place = stage, None
    errands.step_done(row, due_at=runtime.clock())


def _tell(row: Errand, told: Iterable[Told]) -> None:
    """Keep what the admin has to know; said once, also when the step is done again."""
    lines = [*row.counts.get("told", []), *({"done": each.done, "text": each.text} for each in told)]
    row.counts = {**row.counts, "told": [line for place, line in enumerate(lines) if line not in lines[:place]]}


STAGES: Mapping[str, Callable[[Runtime, Errand], None]] = MappingProxyType(
    {SETTLE: _stop, FIND: _find, CLEAR: _clear, UNMAKE: _unmake, REVOKE: _revoke, END: _end}
)
