"""Writing what was planned, because somebody asked for it: gathered first, then one after the other or in bulk.

One by one they join the ordinary write-back, spread over time so that live traffic never waits for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from connectors.registry import writer
from service.store import errands, installations, models, plans
from service.store.errand_models import Errand, ItemState
from tasks import bulk_writing, planning
from tasks.bulk_writing import ask_one, own_id
from tasks.runtime import Runtime
from tasks.writing import know_ourselves

GATHER, SEND = "gathering", "writing"
CHUNK = 200
ASLEEP = timedelta(seconds=60)
PACE: Mapping[str, timedelta] = {"zendesk": timedelta(seconds=1.2), "intercom": timedelta(seconds=0.2)}
"""Time between two that are written one by one: half of Zendesk's 100 updates a minute is left to live traffic."""
USUAL_PACE = timedelta(seconds=1.2)


def step(runtime: Runtime, errand: Errand) -> None:
    """The next step: gather some of what is planned, or send some and look at what was sent.

    While the installation waits for its helpdesk, so does the errand.
    """
    if not _may_ask(runtime, errand):
        with runtime.database.begin() as session:
            errands.step_done(errands.held(session, errand), due_at=runtime.clock() + ASLEEP)
    elif errand.stage == GATHER:
        _gather(runtime, errand)
    else:
        _send(runtime, errand)


def _may_ask(runtime: Runtime, errand: Errand) -> bool:
    with runtime.database.read() as session:
        installation = session.get_one(models.Installation, errand.installation_id)
    return installations.working(installation, runtime.clock())


def _gather(runtime: Runtime, errand: Errand) -> None:
    """Look at the next planned conversations: what rules leave out stays planned."""
    now = runtime.clock()
    after = str((errand.place or {}).get("after", ""))
    bulk = bool(errand.options.get("bulk"))
    with runtime.database.begin() as session:
        row = errands.held(session, errand)
        installation = session.get_one(models.Installation, errand.installation_id)
        found = plans.following(session, installation, after=after, limit=CHUNK)
        wanted = [each for each in found if _is_wanted(installation, each)]
        counts = {"asked": 0, "left_out": 0, **row.counts}
        if bulk:
            errands.add_items(session, errand.id, [each.external_id for each in wanted])
        else:
            pace = PACE.get(installation.connector, USUAL_PACE)
            for place, each in enumerate(wanted, int(counts["asked"])):
                ask_one(session, each.id, at=max(now, errand.created_at + place * pace))
        counts["asked"] += len(wanted)
        counts["left_out"] += len(found) - len(wanted)
        row.counts = counts
        if found:
            row.place = {"after": found[-1].id}
            errands.step_done(row, due_at=now)
        elif bulk:
            row.stage, row.place = SEND, None
            errands.step_done(row, due_at=now)
        else:
            errands.finish(row, now=now)


def _is_wanted(installation: models.Installation, row: models.Conversation) -> bool:
    """Whether the rules let through anything of what is planned."""
    if row.document is None or row.plan is None:
        return False
    return any(row.plan["counts"][part.value] for part in planning.allowed_for(installation, row).parts)


def _send(runtime: Runtime, errand: Errand) -> None:
    """In bulk where the helpdesk can, else one by one."""
    with runtime.database.read() as session:
        installation = session.get_one(models.Installation, errand.installation_id)
        waiting = errands.items(session, errand.id, ItemState.WAITING, limit=CHUNK)
    client = runtime.client(installation)
    many = writer(client)
    if many is None:
        _one_by_one(runtime, errand, [item.external_id for item in waiting])
    else:
        know_ourselves(runtime, installation, client)
        bulk_writing.send(runtime, errand, installation, many)


def _one_by_one(runtime: Runtime, errand: Errand, names: Sequence[str]) -> None:
    """The helpdesk takes one conversation at a time: these go the ordinary way."""
    with runtime.database.begin() as session:
        row = errands.held(session, errand)
        installation = session.get_one(models.Installation, errand.installation_id)
        done = errands.progress(session, errand.id).done
        for place, name in enumerate(names, done):
            at = errand.created_at + place * PACE.get(installation.connector, USUAL_PACE)
            ask_one(session, own_id(installation, name), at=max(at, runtime.clock()))
        errands.settle(session, errand.id, names, ItemState.DONE)
        if names:
            errands.step_done(row, due_at=runtime.clock())
        else:
            errands.finish(row, now=runtime.clock())
