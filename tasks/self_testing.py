"""The self-test of one installation: which steps are taken, in which order, and what they mean together.

Whatever a helpdesk answers becomes a step; nothing is written to it but the test tag, and that only to the conversation
that an admin named, when the admin asked for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import structlog

from connectors.base import Reading
from connectors.errors import ConnectorError, NotFound, OptedOut
from connectors.registry import self_tests
from connectors.self_test import Outcome, Step, StepName, failed, names, passed
from service.store import self_tests as store
from service.store.database import Database
from service.store.models import Installation as InstallationRow
from service.store.secrets import SecretBox, SecretsUnreadable
from service.store.self_test_models import Progress
from service.store.self_test_models import SelfTest as Row
from tasks import naming
from tasks.runtime import Clients, Clock, Runtime, connected, stored_tokens, utc_now
from tasks.self_test_roles import roles
from tasks.self_test_signature import Bench, signature
from tasks.test_tag import write_and_remove

PERIODS = (timedelta(days=1), timedelta(days=7), timedelta(days=30))
"""How far back a conversation is looked for that ended, one after the other."""
AT_MOST = 100
NEVER = datetime.min.replace(tzinfo=UTC)
log = structlog.get_logger(__name__)
BROKEN_OFF = "The test broke off before this step."


@dataclass(slots=True)
class Seen:
    """What was seen so far. `unknown`: authors of unknown role, with how many messages and an example each."""

    steps: list[Step] = field(default_factory=list)
    unknown: list[dict[str, Any]] = field(default_factory=list)


def run(bench: Bench, *, external_id: str | None, write: bool, told: Callable[[Step], None] = lambda _: None) -> Seen:
    """Take every step of a test that `store.begin` marked as running, keep each as it is taken, and call `told`."""
    seen = Seen()

    def keep(*steps: Step) -> None:
        for step in steps:
            seen.steps.append(step)
            told(step)
        _keep(bench, state=Progress.RUNNING, steps=[asdict(step) for step in seen.steps], unknown=seen.unknown)

    try:
        _steps(bench, seen, keep, external_id=external_id, write=write)
    finally:
        taken = {step.name for step in seen.steps}
        keep(*(Step(name, Outcome.SKIPPED, BROKEN_OFF) for name in StepName if name not in taken))
        _keep(bench, state=Progress.DONE, finished_at=bench.clock())
    return seen


def run_kept(
    database: Database,
    clients: Clients,
    box: SecretBox,
    installation_id: str,
    *,
    webhook_base: str,
    clock: Clock = utc_now,
    told: Callable[[Step], None] = lambda _: None,
) -> Seen:
    """Run the test that was asked for of an installation, as its row says."""
    with database.read() as session:
        row, asked = session.get_one(InstallationRow, installation_id), session.get_one(Row, installation_id)
    try:
        installation = connected(row, box, stored_tokens(row.id, database, box, clock))
    except SecretsUnreadable:
        back = "Put the key that encrypted them back into DESKMARK_SECRET_KEY, or enter them anew under Change."
        step = failed(
            StepName.CREDENTIALS, "The stored credentials are unreadable with this DESKMARK_SECRET_KEY.", back
        )
        told(step)
        with database.begin() as session:
            store.change(
                session, installation_id, state=Progress.DONE, finished_at=clock(), steps=[asdict(step)], unknown=[]
            )
        return Seen([step])
    address = f"{webhook_base}/webhooks/{row.connector}/{row.id}"
    bench = Bench(database, clients.of(installation), installation, address, clock)
    return run(bench, external_id=asked.external_id, write=asked.write, told=told)


def run_asked(runtime: Runtime) -> None:
    """Run the test that was asked for first, if there is one."""
    with runtime.database.begin() as session:
        found = store.take(session, now=runtime.clock())
    if found is None:
        return
    base = runtime.settings.webhook_base
    run_kept(runtime.database, runtime.clients, runtime.secrets, found, webhook_base=base, clock=runtime.clock)
    log.info("self_test_done", installation=found)


def _steps(bench: Bench, seen: Seen, keep: Callable[..., None], *, external_id: str | None, write: bool) -> None:
    access = bench.probe.access(now=bench.clock())
    keep(*access)
    if access[0].outcome is not Outcome.PASSED:
        taken = {step.name for step in access}
        keep(*(Step(name, Outcome.SKIPPED, "Needs the credentials first.") for name in StepName if name not in taken))
        return
    keep(bench.probe.scopes())
    told = naming.learn(bench.database, bench.client, bench.installation.id, now=bench.clock())
    keep(names(told, self_tests()[bench.installation.connector].names))
    keep(bench.probe.fields())
    keep(signature(bench, clock=next((step for step in access if step.name is StepName.CLOCK), None)))
    step, reading = _conversation(bench, external_id)
    keep(step)
    step, seen.unknown = roles(bench.database, bench.installation.id, reading)
    keep(step)
    keep(_test_tag(bench, reading, write=write and external_id is not None))


def _keep(bench: Bench, **values: Any) -> None:
    with bench.database.begin() as session:
        store.change(session, bench.installation.id, **values)


def _conversation(bench: Bench, named: str | None) -> tuple[Step, Reading | None]:
    name = StepName.CONVERSATION
    try:
        external_id = named or _newest(bench)
        if external_id is None:
            wait = "Name a conversation, or test again when one has ended."
            return Step(name, Outcome.OPEN, "No conversation ended in the last 30 days.", wait), None
        reading = bench.client.read(external_id)
    except NotFound:
        copy = "Copy the id from the conversation's address in the helpdesk, and test again."
        return failed(name, f"There is no conversation {external_id}, or the token may not see it.", copy), None
    except OptedOut:
        other = "Name another conversation, or take the ignore tag off."
        return Step(name, Outcome.OPEN, f"Conversation {external_id} carries the ignore tag.", other), None
    except ConnectorError as error:
        return failed(name, f"Reading failed: {error}.", "Mend what failed above, and test again."), None
    ended = "" if reading.ended else "; it has not ended yet"
    said = f"Conversation {external_id} was read: {len(reading.conversation.messages)} messages{ended}."
    return passed(name, said), reading


def _newest(bench: Bench) -> str | None:
    """The conversation that ended last as far as we know, else one that the helpdesk says ended lately."""
    with bench.database.read() as session:
        known = store.latest_documents(session, bench.installation.id, most=1)
    if known:
        return known[0][0]
    for period in PERIODS:
        found = list(islice(bench.client.ended_since(bench.clock() - period), AT_MOST))
        if found:
            return max(found, key=lambda each: each.at or NEVER).id
    return None


def _test_tag(bench: Bench, reading: Reading | None, *, write: bool) -> Step:
    if not write:
        return Step(StepName.TEST_TAG, Outcome.SKIPPED, "Nothing was written: it was not asked for.")
    if reading is None:
        return Step(StepName.TEST_TAG, Outcome.SKIPPED, "The conversation could not be read.")
    return write_and_remove(bench.client, reading, f"{bench.installation.prefix}test")


def steps_of(row: Row) -> tuple[Step, ...]:
    """The stored steps of a test; those of a version that knew other steps are left out."""
    known = {name.value for name in StepName}
    return tuple(
        Step(StepName(each["name"]), Outcome(each["outcome"]), each["seen"], each["action"])
        for each in row.steps
        if each["name"] in known
    )
