"""The self-test of one installation: which steps are taken, in which order, and what they mean together.

Whatever a helpdesk answers becomes a step; nothing is written to it but the test tag, and that only to the conversation
that an admin named, when the admin asked for it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from secrets import token_hex
from typing import Any

from connectors.base import Client, Installation, Reading
from connectors.errors import ConnectorError, NotFound, OptedOut
from connectors.registry import self_tests
from connectors.self_test import Asked, Outcome, SelfTest, Step, StepName, failed, passed
from service.conversation import Conversation, Role
from service.document import from_document
from service.store import self_tests as store
from service.store.database import Database
from service.store.self_test_models import Progress
from service.store.self_test_models import SelfTest as Row
from service.store.self_tests import Heard
from tasks.test_tag import write_and_remove

WAIT = 10.0
"""Seconds in which a test delivery that the helpdesk says it sent must have been recorded."""
LOOK = 0.25
READ_BACK = 50
"""Conversations whose authors are looked at."""
PERIODS = (timedelta(days=1), timedelta(days=7), timedelta(days=30))
"""How far back a conversation is looked for that ended, one after the other."""
AT_MOST = 100
FRESH = timedelta(days=1)
"""A genuine webhook that came so lately shows that signatures fit."""
BROKEN_OFF = "The test broke off before this step."


@dataclass(frozen=True, slots=True)
class Bench:
    """What one self-test works with. `address` is where our webhook is called, its path alone without PUBLIC_URL."""

    database: Database
    client: Client
    installation: Installation
    address: str
    clock: Callable[[], datetime]
    wait: float = WAIT

    @property
    def probe(self) -> SelfTest:
        """The helpdesk's own part."""
        return self_tests()[self.installation.connector].make(self.client, self.installation)


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


def _steps(bench: Bench, seen: Seen, keep: Callable[..., None], *, external_id: str | None, write: bool) -> None:
    access = bench.probe.access(now=bench.clock())
    keep(*access)
    if access[0].outcome is not Outcome.PASSED:
        taken = {step.name for step in access}
        keep(*(Step(name, Outcome.SKIPPED, "Needs the credentials first.") for name in StepName if name not in taken))
        return
    keep(bench.probe.scopes())
    keep(bench.probe.fields())
    keep(_signature(bench, clock=next((step for step in access if step.name is StepName.CLOCK), None)))
    step, reading = _conversation(bench, external_id)
    keep(step)
    keep(_roles(bench, seen, reading))
    keep(_test_tag(bench, reading, write=write and external_id is not None))


def _keep(bench: Bench, **values: Any) -> None:
    with bench.database.begin() as session:
        store.change(session, bench.installation.id, **values)


def _signature(bench: Bench, *, clock: Step | None) -> Step:
    began = bench.clock()
    asked = bench.probe.provoke(bench.address, nonce=token_hex(8))
    if isinstance(asked, Step):
        if asked.outcome is Outcome.FAILED and clock is not None and clock.outcome is Outcome.FAILED:
            # The signed time is refused before anything else can be said of the secret.
            return failed(StepName.SIGNATURE, asked.seen, "Set the clock right first, and test again.")
        return heard_since(asked, _heard(bench), bench.installation.connector, now=bench.clock())
    until = time.monotonic() + bench.wait
    while not _arrived(bench, asked, began):
        if time.monotonic() >= until:
            return failed(
                StepName.SIGNATURE,
                "The helpdesk's test delivery was answered with 200, and nothing of it arrived in this database.",
                "The address belongs to another Deskmark: compare PUBLIC_URL and DATABASE_URL of the two.",
            )
        time.sleep(LOOK)
    return passed(StepName.SIGNATURE, "The helpdesk's own test delivery came, and its signature is genuine.")


def _heard(bench: Bench) -> Heard:
    with bench.database.read() as session:
        return store.heard(session, bench.installation.id)


def _arrived(bench: Bench, asked: Asked, began: datetime) -> bool:
    with bench.database.read() as session:
        if store.came(session, bench.installation.id, asked.event):
            return True
    genuine = _heard(bench).genuine_at
    return genuine is not None and genuine >= began


def heard_since(step: Step, heard: Heard, connector: str, *, now: datetime) -> Step:
    """An open signature step in the light of what came since: any genuine webhook closes it, a refused one fails it."""
    if step.name is not StepName.SIGNATURE or step.outcome is not Outcome.OPEN:
        return step
    genuine, refused = heard.genuine_at, heard.refused_at
    if refused is not None and refused > now - FRESH and (genuine is None or refused > genuine):
        seen = f"A webhook came at {refused:%Y-%m-%d %H:%M} UTC, and its signature does not fit the stored secret."
        return failed(StepName.SIGNATURE, seen, self_tests()[connector].refused)
    if genuine is not None and genuine > now - FRESH:
        return passed(StepName.SIGNATURE, f"A genuine webhook came at {genuine:%Y-%m-%d %H:%M} UTC.")
    return step


def _conversation(bench: Bench, named: str | None) -> tuple[Step, Reading | None]:
    name = StepName.CONVERSATION
    try:
        external_id = named or _newest(bench)
        if external_id is None:
            wait = "Name a conversation above, or test again when one has ended."
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
            return found[-1]
    return None


def _roles(bench: Bench, seen: Seen, reading: Reading | None) -> Step:
    with bench.database.read() as session:
        kept = store.latest_documents(session, bench.installation.id, most=READ_BACK)
    conversations = [(external_id, from_document(document)) for external_id, document in kept]
    if reading is not None:
        read = reading.conversation
        conversations = [(read.id, read), *(each for each in conversations if each[0] != read.id)]
    if not conversations:
        return Step(StepName.ROLES, Outcome.SKIPPED, "No conversation was read.")
    roles = Counter(message.role for _, each in conversations for message in each.messages)
    seen.unknown = _unknown(conversations)
    counts = ", ".join(f"{roles[role]} {words}" for role, words in WORDS.items() if roles[role])
    many = f"{len(conversations)} conversation{'' if len(conversations) == 1 else 's'}"
    said = f"Messages in {many}: {counts or 'none'}."
    if seen.unknown:
        confirm = "Say on the installation's page which of them are bots; the others stay unknown and are not scored."
        return Step(StepName.ROLES, Outcome.OPEN, f"{said} {len(seen.unknown)} authors are unknown.", confirm)
    if not roles[Role.BOT]:
        enter = "If a bot answers under a teammate's name, enter that teammate's id under Change as a bot author."
        return Step(StepName.ROLES, Outcome.OPEN, f"{said} No bot was found.", enter)
    return passed(StepName.ROLES, said)


WORDS: Mapping[Role, str] = {
    Role.BOT: "by bots",
    Role.AGENT: "by humans",
    Role.CUSTOMER: "by customers",
    Role.SYSTEM: "by rules",
    Role.UNKNOWN: "by unknown authors",
}


def _unknown(conversations: Sequence[tuple[str, Conversation]]) -> list[dict[str, Any]]:
    """Authors with an id whose role nobody knows, the most frequent first."""
    counted: Counter[str] = Counter()
    example: dict[str, str] = {}
    for external_id, conversation in conversations:
        for message in conversation.messages:
            if message.role is Role.UNKNOWN and message.author.id is not None:
                counted[message.author.id] += 1
                example.setdefault(message.author.id, external_id)
    return [{"id": who, "messages": many, "conversation": example[who]} for who, many in counted.most_common()]


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
