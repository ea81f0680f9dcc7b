"""Whether the helpdesk's webhooks come and are signed with the secret that is stored: by its own test delivery."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

from connectors.base import Client, Installation
from connectors.registry import self_tests
from connectors.self_test import Asked, Outcome, SelfTest, Step, StepName, failed, passed
from service.store import self_tests as store
from service.store.database import Database
from service.store.self_tests import Heard

WAIT = 10.0
"""Seconds in which a test delivery that the helpdesk says it sent must have been recorded."""
LOOK = 0.25
CLOCKS = timedelta(seconds=10)
"""By how much the clocks of a web process and of a worker may differ."""
FRESH = timedelta(days=1)
"""A genuine webhook that came so lately shows that signatures fit."""


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


def signature(bench: Bench, *, clock: Step | None) -> Step:
    """Have the helpdesk send its test delivery, and see it come. `clock` is the step that looked at the clock."""
    began = bench.clock()
    asked = bench.probe.provoke(bench.address, nonce=token_hex(8))
    if isinstance(asked, Step):
        if asked.action == self_tests()[bench.installation.connector].refused and not _refused_here(bench, began):
            compare = "Compare PUBLIC_URL with the address at which Deskmark's own pages are open, and test again."
            return failed(StepName.SIGNATURE, "The test delivery was refused elsewhere: it did not come here.", compare)
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


def _refused_here(bench: Bench, began: datetime) -> bool:
    """Whether our own web process refused a webhook since; it counts them with some delay."""
    until = time.monotonic() + bench.wait
    while (refused := _heard(bench).refused_at) is None or refused < began - CLOCKS:
        if time.monotonic() >= until:
            return False
        time.sleep(LOOK)
    return True


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
