"""Intercom's part of the self-test: who we are, in which region, what we may, our attributes. Nothing is written.

Intercom has no way to ask for a test notification over its API: an admin presses a button in the Developer Hub.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Protocol, cast

from connectors.addresses import on_this_machine
from connectors.base import Client, Installation
from connectors.errors import ConnectorError, CredentialsRefused, Rejected
from connectors.http import ApiRequest, ApiResponse
from connectors.intercom import actions
from connectors.intercom.install import ATTRIBUTES
from connectors.intercom.payloads import DataAttribute, Me, rows
from connectors.intercom.regions import REGIONS
from connectors.names import Kind, Needs
from connectors.self_test import Asked, Outcome, SelfTest, Step, StepName, clock, failed, passed, refused
from service.writeback import OUTCOMES

TOLERANCE = 300.0
"""Seconds; nothing of Intercom's is signed with a time, so a wrong clock refuses nothing. It makes wrong times."""

CREDENTIALS = (
    "In the Developer Hub open your app > Configure > Authentication, copy the access token, and enter it under "
    "Change. If the workspace is hosted in Europe or Australia, the API address must be that region's."
)
PRESS = (
    "In the Developer Hub open your app > Configure > Webhooks, press Send test request, and look at this page again."
)
SIGNATURE_REFUSED = (
    "In the Developer Hub open your app > Configure > Basic information, copy the client secret, and enter it under "
    "Change."
)
SEARCH = {"query": {"field": "state", "operator": "=", "value": "closed"}, "pagination": {"per_page": 1}}
NEEDED = (
    (
        "Read conversations",
        "to read what was said",
        ApiRequest("POST", "/conversations/search", json=SEARCH),
    ),
    (
        "Read and list users and companies",
        "to know a returning customer and an opt-out",
        ApiRequest("GET", "/contacts"),
    ),
    ("Read tags", "to know our tags", actions.tags()),
    ("Read admins", "to tell teammates from bots", actions.admins()),
)
"""The permission, why it is needed, and the cheapest request that tells whether it was given. Those to write show with
the test tag only: Intercom does not tell which permissions a token has."""


_TICK = 'In the Developer Hub open your app > Configure > Authentication, tick "Read admins", and save.'
NAMES: Needs = MappingProxyType({Kind.GROUP: _TICK, Kind.BOT: _TICK})
"""Intercom lists no permission of its own for teams; its conversations name no brand."""


class Workplace(Protocol):
    """What is needed of an `IntercomClient`."""

    def send(self, request: ApiRequest) -> ApiResponse:
        """Send one request."""
        ...


class IntercomSelfTest:
    """Implements `connectors.self_test.SelfTest` over the client of one installation."""

    def __init__(self, client: Workplace, installation: Installation) -> None:
        self._client = client
        self._installation = installation

    def access(self, *, now: datetime) -> tuple[Step, ...]:
        """Credentials, region and clock, from one request."""
        try:
            answer = self._client.send(actions.me())
        except Rejected as error:
            # A workspace asked at another region's address answers with a redirect, which is not followed.
            seen = f"Intercom does not answer this token here ({error})."
            return (failed(StepName.CREDENTIALS, seen, CREDENTIALS),)
        except ConnectorError as error:
            return (self._refused(StepName.CREDENTIALS, error),)
        me = Me.model_validate(answer.body)
        told = clock(answer.headers.get("Date", ""), now=now, tolerance=TOLERANCE, signed=False)
        return (self._who(me), self._region(me), told)

    def scopes(self) -> Step:
        """One cheap request for each permission to read."""
        for permission, why, request in NEEDED:
            try:
                self._client.send(request)
            except (CredentialsRefused, Rejected) as error:
                # The token was good a moment ago: a 401 here speaks of this permission, as a 403 does.
                give = "In the Developer Hub open your app > Configure > Authentication, tick"
                return failed(
                    StepName.SCOPES,
                    f'The permission "{permission}" is missing ({error}). It is needed {why}.',
                    f'{give} "{permission}", save, and test again.',
                )
            except ConnectorError as error:
                return self._refused(StepName.SCOPES, error)
        return passed(
            StepName.SCOPES,
            "Conversations, contacts, tags and teammates may be read; whether we may write shows with the test tag.",
        )

    def fields(self) -> Step:
        """Whether our conversation attributes are there, with types and options that hold our values."""
        try:
            found = rows(self._client.send(actions.conversation_attributes()).body, "data", DataAttribute)
        except ConnectorError as error:
            return self._refused(StepName.FIELDS, error)
        there = {each.name: each for each in found if each.name and not each.archived}
        faults = [fault for name, types in ATTRIBUTES.items() if (fault := _fault(name, types, there))]
        if faults:
            where = "In Intercom open Settings > Data > Conversations and create"
            make = f"{where} or correct {'it' if len(faults) == 1 else 'them'} with exactly this name and format."
            return Step(StepName.FIELDS, Outcome.OPEN, f"Not written until then: {'; '.join(faults)}.", make)
        return passed(StepName.FIELDS, f"All {len(ATTRIBUTES)} conversation attributes are there.")

    def provoke(self, address: str, *, nonce: str) -> Asked | Step:  # noqa: ARG002 - the interface's
        """Only an admin can have Intercom send a test notification."""
        here = address.partition("/webhooks/")[0]
        near = on_this_machine(self._installation.base_url) and on_this_machine(here)
        if address.startswith("http://") and not near:
            return failed(
                StepName.SIGNATURE,
                f"Intercom calls https addresses only, not {address}.",
                "Set PUBLIC_URL to the https address of Deskmark and start it again.",
            )
        return Step(StepName.SIGNATURE, Outcome.OPEN, "Waiting for a notification from Intercom.", PRESS)

    def _who(self, me: Me) -> Step:
        chosen = self._installation.options.get("admin_id")
        if me.id is None and not chosen:
            return failed(
                StepName.CREDENTIALS,
                "The token belongs to no teammate, and somebody has to sign notes and tags.",
                "Enter a teammate's id under Change; it stands in the address of the teammate's page in Intercom.",
            )
        return passed(
            StepName.CREDENTIALS, f"We write as teammate {chosen or me.id} of workspace {me.app.id_code or 'unknown'}."
        )

    def _region(self, me: Me) -> Step:
        base_url = self._installation.base_url
        expected = REGIONS.get(me.app.region)
        if expected is None or expected == base_url or base_url not in REGIONS.values():
            hosted = f"The workspace is hosted in {me.app.region}" if me.app.region else "The region is not told"
            return passed(StepName.REGION, f"{hosted}; the API address is {base_url}.")
        return failed(
            StepName.REGION,
            f"The workspace is hosted in {me.app.region}, and {base_url} is another region's address.",
            f"Set the API address to {expected} under Change.",
        )

    def _refused(self, name: StepName, error: ConnectorError) -> Step:
        base_url = self._installation.base_url
        return refused(name, error, helpdesk="Intercom", base_url=base_url, credentials=CREDENTIALS)


def self_test(client: Client, installation: Installation) -> SelfTest:
    """The self-test over a client that this connector made."""
    return IntercomSelfTest(cast(Workplace, client), installation)


def _fault(name: str, types: frozenset[str], there: Mapping[str, DataAttribute]) -> str:
    """What is wrong with one attribute; empty when nothing is."""
    wanted = " or ".join(sorted(types))
    found = there.get(name)
    if found is None:
        return f"{name} ({wanted}) does not exist"
    if found.data_type not in types:
        return f"{name} is {found.data_type}, not {wanted}"
    missing = [outcome for outcome in OUTCOMES if found.options and outcome not in found.options]
    return f"{name} lacks the options {', '.join(missing)}" if name == "dm_outcome" and missing else ""
