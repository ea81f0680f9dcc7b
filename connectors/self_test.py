"""What a self-test of an installation is made of: its steps, what each saw, and the one next action when it failed.

A helpdesk's own part is in `connectors/<name>/self_test.py`; which steps are taken when is decided by whoever runs it.
Texts are our own words and the helpdesk's names of things, never a customer's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Protocol

from connectors.addresses import ForbiddenAddress
from connectors.base import Client, Installation
from connectors.errors import ConnectorError, CredentialsRefused, NotFound, Rejected, Throttled
from connectors.names import PLURALS, Names, Needs, ids_instead, not_told


class StepName(StrEnum):
    """The steps, in the order in which they are taken and shown."""

    CREDENTIALS = "credentials"
    REGION = "region"
    CLOCK = "clock"
    SCOPES = "scopes"
    NAMES = "names"
    FIELDS = "fields"
    SIGNATURE = "signature"
    CONVERSATION = "conversation"
    ROLES = "roles"
    TEST_TAG = "test tag"


class Outcome(StrEnum):
    """What came of a step. `open`: nothing is wrong, and something is left for the admin to do or to wait for."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what was seen, and what to do next, which every failed and every open one says."""

    name: StepName
    outcome: Outcome
    seen: str
    action: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The helpdesk says that it sent a test delivery. `event` is what the delivery is recorded as where it can say so;
    any other genuine one that comes after the asking will do as well."""

    event: str


class SelfTest(Protocol):
    """A helpdesk's part of the self-test. Nothing raises `ConnectorError`: a failure is a step that says so."""

    def access(self, *, now: datetime) -> tuple[Step, ...]:
        """Credentials, region and clock, from one request. Where the first failed, the others are left out."""
        ...

    def scopes(self) -> Step:
        """Whether everything that Deskmark asks for may be asked for."""
        ...

    def fields(self) -> Step:
        """Whether our fields are there to be written."""
        ...

    def provoke(self, address: str, *, nonce: str) -> Asked | Step:
        """Have the helpdesk send its own test delivery to our webhook's `address`; a step where that was not done."""
        ...


MakeSelfTest = Callable[[Client, Installation], SelfTest]


def passed(name: StepName, seen: str) -> Step:
    """A step that is as it should be."""
    return Step(name, Outcome.PASSED, seen)


def failed(name: StepName, seen: str, action: str) -> Step:
    """A step that is not as it should be."""
    return Step(name, Outcome.FAILED, seen, action)


def names(told: Names | None, needs: Needs) -> Step:
    """Whether brands, teams and bots can be shown by name, which is left to the admin; `None`: it did not answer."""
    if told is None:
        later = "Nothing waits for it: it is asked again within the hour."
        return Step(StepName.NAMES, Outcome.OPEN, "The helpdesk told no names just now.", later)
    missing = not_told(told, needs)
    if missing:
        seen, do = ids_instead(missing, needs)
        return Step(StepName.NAMES, Outcome.OPEN, f"{seen} This is optional: no verdict depends on it.", do)
    counts = ", ".join(f"{PLURALS[kind]} ({len(found)})" for kind, found in told.items())
    return passed(StepName.NAMES, f"The names of {counts} may be read.")


def refused(name: StepName, error: ConnectorError, *, helpdesk: str, base_url: str, credentials: str) -> Step:
    """Why the helpdesk did not answer as hoped, and what to do. `credentials` says what to do about refused ones."""
    match error:
        case ForbiddenAddress():
            return failed(name, f"Nothing was sent to {base_url}.", f"Correct the API address: it {error}.")
        case CredentialsRefused():
            return failed(name, f"{helpdesk} refuses the credentials.", credentials)
        case Throttled():
            return Step(
                name, Outcome.OPEN, f"{helpdesk} asks to wait.", f"Test again in {max(1, round(error.after))} seconds."
            )
        case NotFound():
            return failed(name, f"{base_url} answers, but not as {helpdesk} does.", "Correct the API address.")
        case Rejected():
            give = "Give the token what the step scopes names, or test again when that step passes."
            return failed(name, f"{helpdesk} refuses it ({error}).", give)
    action = f"Check the API address, and that this machine may open https connections to {base_url}."
    return failed(name, f"{helpdesk} did not answer: {error}.", action)


def clock(header: str, *, now: datetime, tolerance: float, signed: bool) -> Step:
    """Our clock beside the helpdesk's, from the `Date` header of an answer (RFC 9110, 6.6.1; whole seconds).

    `tolerance`: seconds by which a webhook's signed time may be off. `signed`: whether its webhooks carry such a time.
    """
    try:
        theirs = parsedate_to_datetime(header)
        skew = (now - theirs).total_seconds()
    except (ValueError, TypeError):
        # An aware and a naive time cannot be compared: a header without a zone says nothing either.
        return Step(StepName.CLOCK, Outcome.SKIPPED, "The answer named no time to compare with.")
    said = f"Our clock is {timedelta(seconds=round(abs(skew)))} {'ahead of' if skew > 0 else 'behind'} the helpdesk's"
    if abs(skew) <= tolerance:
        exact = abs(skew) < 2
        return passed(StepName.CLOCK, "Our clock agrees with the helpdesk's." if exact else f"{said}; that does.")
    why = f"; webhooks may be off by {round(tolerance)} seconds" if signed else ""
    action = "Set the clock of this machine, and keep it right with a time service (NTP, chrony)."
    outcome = Outcome.FAILED if signed else Outcome.OPEN
    return Step(StepName.CLOCK, outcome, f"{said}{why}.", action)
