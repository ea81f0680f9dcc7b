"""The work: workers alive, the beat ticking, nothing waiting for long or given up, each helpdesk as it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from connectors.self_test import Outcome
from service.doctor.findings import Finding, fail, ok, warn
from service.store import installations, operations, queries, self_tests
from service.store.database import Database
from service.store.models import Installation
from service.store.operations import Standing, Waiting
from service.store.secrets import SecretBox, SecretsUnreadable
from service.telemetry.board import Board, BoardDown
from service.telemetry.holding import living
from tasks.celery_app import HISTORY, QUEUES, SCORE
from tasks.self_testing import steps_of
from tasks.telling import BEAT

SILENT = 30.0
"""Seconds after which a worker or the beat that was not heard is missed."""
QUIET = timedelta(hours=24)
"""How long no webhook may come before somebody should look."""
SLOW, STUCK = timedelta(minutes=5), timedelta(minutes=30)
LONG = 10_000
"""Messages in one queue that a healthy service never has waiting."""


def processes(url: str) -> Iterator[Finding]:
    """A worker for each queue, and the beat, by the signs of life they leave in the broker."""
    try:
        heard = Board(url).heard()
    except BoardDown as error:
        yield fail("workers", f"The broker does not answer ({error}).", "Mend the broker first.")
        return
    for name in (*QUEUES, BEAT):
        ages = [age for each, age in heard.items() if each.split("/")[0] == name]
        alive = sum(age <= SILENT for age in ages)
        what = "The beat" if name == BEAT else f"A worker for the queue {name}"
        if alive:
            many = f"{alive} process{'' if alive == 1 else 'es'}"
            yield ok("workers", f"{what} is alive ({many}).")
            continue
        last = f"was last heard {min(ages):.0f} seconds ago" if ages else "was not heard within the hour"
        process = SCORE if name == HISTORY else name
        start = f"Start it (deskmark up starts all; else the Procfile's process {process}), and read its log."
        # What is only slower without it is no failure of the service.
        tell = warn if name == HISTORY else fail
        yield tell("workers", f"{what} {last}.", start)


def key_holders(url: str, box: SecretBox) -> Iterator[Finding]:
    """Whether all that runs can read what is encrypted under the first key."""
    try:
        found = living(Board(url))
    except BoardDown:
        return  # Said already.
    lack = [each.name for each in found if box.fingerprints[0] not in each.keys]
    if lack:
        seen = f"The first secret key is unknown to running processes: {'; '.join(lack)}."
        restart = "Restart them with the keys that are set here, and only then run: deskmark secrets rotate"
        yield fail("keys", seen, restart)
    elif found:
        many = "process knows" if len(found) == 1 else "processes know"
        yield ok("keys", f"{len(found)} running {many} the first key.")


def queues(lengths: Callable[[], Mapping[str, int]]) -> Iterator[Finding]:
    """How many messages wait. `lengths` raises `RuntimeError` when the broker is away."""
    try:
        found = lengths()
    except RuntimeError:
        return
    long = {name: many for name, many in found.items() if many > LONG}
    for name, many in long.items():
        yield warn("queues", f"{many} messages wait in {name}.", f"Start more processes for {name}, or see its log.")
    if not long:
        yield ok("queues", f"{sum(found.values())} messages wait.")


def waiting(database: Database, *, now: datetime) -> Iterator[Finding]:
    """Due work that waits for long, and what was given up."""
    with database.read() as session:
        kinds = operations.overview(session, now=now).waiting
    for kind, each in kinds.items():
        yield _waits(kind, each, now)
        if each.dead:
            look = "Look at them on the page Operations or with deskmark dead; replay or drop them."
            yield warn("dead letters", f"{each.dead} of {kind} were given up.", look)
    if not any(each.dead for each in kinds.values()):
        yield ok("dead letters", "Nothing was given up.")


def _waits(kind: str, each: Waiting, now: datetime) -> Finding:
    if not each.due or each.oldest is None:
        return ok("due work", f"{kind}: nothing is due.")
    age = now - each.oldest
    seen = f"{kind}: {each.due} due, the oldest for {round(age.total_seconds())} seconds."
    look = "See that the workers are alive and the helpdesks answer (above and below); start more workers."
    if age > STUCK:
        return fail("due work", seen, look)
    return warn("due work", seen, look) if age > SLOW else ok("due work", seen)


def helpdesks(database: Database, box: SecretBox | None, *, now: datetime) -> Iterator[Finding]:
    """Each connected helpdesk."""
    with database.read() as session:
        last = queries.last_deliveries(session)
        rows = installations.all_of(session)
        for row in rows:
            yield from _helpdesk(session, row, box, last.get(row.id), now)
    if not rows:
        connect = "Connect one: deskmark installations connect zendesk, or on the page Helpdesks"
        yield warn("helpdesks", "No helpdesk is connected.", connect)


def _helpdesk(
    session: Session, row: Installation, box: SecretBox | None, heard: datetime | None, now: datetime
) -> Iterator[Finding]:
    part, standing = f"{row.connector} {row.account}", operations.standing(row, now)
    if standing in (Standing.FROM_FILE, Standing.DISCONNECTED, Standing.SWITCHED_OFF):
        yield ok(part, f"It is {standing.replace('_', ' ')}: nothing is read from it.")
        return
    test = f"Run: deskmark installations test {row.id}"
    faults = [*_unreadable(part, row, box), *_refused(part, row, heard, test)]
    if standing is Standing.PAUSED:
        since = f"since {row.paused_at:%Y-%m-%d %H:%M} UTC" if row.paused_at else ""
        why = (row.paused_reason or "").replace("_", " ").rstrip(".")
        faults.append(fail(part, f"It is paused {since}: {why or 'no reason is kept'}.", test))
    if heard is None or heard < now - QUIET:
        came = f"The last webhook came {heard:%Y-%m-%d %H:%M} UTC." if heard else "No webhook has come yet."
        faults.append(warn(part, came, test))
    faults = [*_tested(part, session, row, "" if any(each.action == test for each in faults) else test), *faults]
    yield from faults or [ok(part, f"Webhooks come, the last at {heard:%Y-%m-%d %H:%M} UTC.")]


def _unreadable(part: str, row: Installation, box: SecretBox | None) -> Iterator[Finding]:
    try:
        if box is not None:
            box.unlock(row.secrets)
    except SecretsUnreadable:
        back = "Put the key that encrypted them back into DESKMARK_SECRET_KEY (behind a comma), or enter them anew."
        yield fail(part, "Its stored credentials cannot be read with this DESKMARK_SECRET_KEY.", back)


def _refused(part: str, row: Installation, heard: datetime | None, test: str) -> Iterator[Finding]:
    if refused_at := installations.refused_since(row, heard):
        seen = f"{row.refused_count} webhooks were refused, the last {refused_at:%Y-%m-%d %H:%M} UTC: wrong signature."
        yield fail(part, seen, test)


def _tested(part: str, session: Session, row: Installation, test: str) -> Iterator[Finding]:
    """What the last self-test found. `test` follows the last; empty where it is said otherwise."""
    last = self_tests.last(session, row.id)
    steps = [step for step in (steps_of(last) if last else ()) if step.outcome is Outcome.FAILED]
    for step in steps:
        then = f"{step.action} Then: {test}" if test and step is steps[-1] else step.action
        yield warn(part, f"The last self-test failed at {step.name}: {step.seen}", then)
