"""The self-test against both stand-ins: each thing that can be wrong, and the one next action that is then said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any, cast

import pytest
import responses
from flask import Flask
from sqlalchemy import select, update
from werkzeug.serving import make_server

from connectors.base import Installation
from connectors.intercom.sandbox import Sandbox as Intercom
from connectors.limiter import Limiter
from connectors.registry import connectors, self_tests
from connectors.self_test import Outcome, Step, StepName
from connectors.zendesk.sandbox import Sandbox as Zendesk
from service.app import build
from service.conversation import Author, Contact, Conversation, Message, Role
from service.document import DocumentError, to_document
from service.settings import Settings
from service.store import self_tests as store
from service.store.conversations import ReadConversation, announce, keep
from service.store.database import Database
from service.store.installations import NewInstallation, add
from service.store.models import Conversation as ConversationRow
from service.store.models import Installation as InstallationRow
from service.store.models import State
from service.store.secrets import SecretBox
from service.web.parts import KNOWN, REFUSALS, Parts
from tasks import self_test_signature, self_testing
from tasks.runtime import Clients, Runtime, utc_now
from tasks.self_test_roles import roles, spoken_by

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Silent:
    """A queue that forgets."""

    def ingest(self, delivery_ids: Any) -> None: ...

    def score(self, conversation_ids: Any) -> None: ...

    def score_history(self, conversation_ids: Any) -> None: ...

    def write_back(self, conversation_ids: Any) -> None: ...

    def ask(self, installation_ids: Any) -> None: ...


@dataclass(frozen=True)
class Served:
    """A web process of our own."""

    database: Database
    box: SecretBox
    url: str
    app: Flask


@dataclass
class Room:
    """A stand-in helpdesk, a web process that takes its webhooks, and an installation of it."""

    sandbox: Any
    database: Database
    box: SecretBox
    connector: str
    url: str
    app: Flask
    id: str = "i1"
    base_url: str = ""

    def connect(self, **secrets: str) -> None:
        new = NewInstallation(
            connector=self.connector, account="acme", base_url=self.base_url or self.sandbox.base_url,
            secrets=self.box.lock({**self.sandbox.secrets, **secrets}), prefix="dm__", id=self.id,
            options=self.sandbox.options if self.connector == "zendesk" else {},
        )  # fmt: skip
        with self.database.begin() as session:
            add(session, new, now=utc_now())

    @property
    def address(self) -> str:
        return f"{self.url}/webhooks/{self.connector}/{self.id}"

    def run(self, external_id: str | None = None, *, write: bool = False, **changes: Any) -> dict[StepName, Step]:
        with self.database.begin() as session:
            row = session.get_one(InstallationRow, self.id)
            assert store.ask(session, self.id, external_id=external_id, write=write, now=utc_now())
        with self.database.begin() as session:
            store.begin(session, self.id, now=utc_now())
        installation = Installation(
            self.id, self.connector, "acme", row.base_url, secrets=self.box.unlock(row.secrets), options=row.options
        )
        client = Clients(connectors(), Limiter(), local=True).of(installation)
        bench = self_test_signature.Bench(self.database, client, installation, self.address, utc_now, wait=0.0)
        seen = self_testing.run(replace(bench, **changes), external_id=external_id, write=write)
        with self.database.read() as session:
            kept = store.last(session, self.id)
        assert kept is not None
        assert (kept.state, list(self_testing.steps_of(kept)), kept.unknown) == ("done", seen.steps, seen.unknown)
        assert {step.name for step in seen.steps} == set(StepName)
        for step in seen.steps:
            assert step.seen
            assert bool(step.action) == (step.outcome in (Outcome.FAILED, Outcome.OPEN)), step
            for secret in self.sandbox.secrets.values():
                assert secret == "deskmark" or secret not in json.dumps([step.seen, step.action])
        return {step.name: step for step in seen.steps}


@pytest.fixture
def served(settings: Settings, sqlite_url: str) -> Iterator[Served]:
    """A web process of our own on a free port."""
    own = settings.model_copy(update={"database_url": sqlite_url, "public_url": ""})
    database, box = Database(own.database), SecretBox(own.secret_key.get_secret_value())
    app = build(Parts(own, database, box, connectors(), Silent(), dict))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield Served(database, box, f"http://127.0.0.1:{server.server_port}", app)
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions[REFUSALS].close()
    database.close()


@pytest.fixture
def zendesk(served: Served) -> Iterator[Room]:
    with Zendesk(retry_delay=0.02) as sandbox:
        room = Room(sandbox, served.database, served.box, "zendesk", served.url, served.app)
        sandbox.connect_webhook(room.address)
        yield room


@pytest.fixture
def intercom(served: Served) -> Iterator[Room]:
    with Intercom(retry_delay=0.02) as sandbox:
        yield Room(sandbox, served.database, served.box, "intercom", served.url, served.app)


def story(*lines: tuple[Role, str]) -> Conversation:
    messages = tuple(
        Message(f"m{n}", Author(role, f"{role}-{n}"), text, NOW + timedelta(minutes=n))
        for n, (role, text) in enumerate(lines)
    )
    return Conversation(
        "s", messages, contact=Contact("c1", email="ada@example.com"), opened_at=NOW, closed_at=utc_now()
    )


TOLD = story(
    (Role.CUSTOMER, "Where is my parcel?"),
    (Role.BOT, "It is on its way."),
    (Role.AGENT, "It comes on Monday."),
)


def test_zendesk_all_is_well(zendesk: Room) -> None:
    zendesk.connect()
    ticket = zendesk.sandbox.seed(TOLD)
    zendesk.sandbox.tag(ticket, "vip")
    zendesk.sandbox.flush()

    seen = zendesk.run(ticket, write=True)

    assert {name: step.outcome for name, step in seen.items()} == {
        **dict.fromkeys(StepName, Outcome.PASSED),
        StepName.REGION: Outcome.SKIPPED,
    }, seen
    assert "test delivery came" in seen[StepName.SIGNATURE].seen
    assert "1 by bots, 1 by humans, 1 by customers" in seen[StepName.ROLES].seen
    assert zendesk.sandbox.snapshot(ticket).tags == ("vip",)


def test_zendesk_writes_nothing_unasked(zendesk: Room) -> None:
    zendesk.connect()
    ticket = zendesk.sandbox.seed(TOLD)
    zendesk.sandbox.requests_log.clear()

    seen = zendesk.run(ticket)
    assert seen[StepName.TEST_TAG].outcome is Outcome.SKIPPED
    # Nor is it without a conversation that somebody named.
    assert zendesk.run(write=True)[StepName.TEST_TAG].outcome is Outcome.SKIPPED

    written = {(r.method, r.path) for r in zendesk.sandbox.requests_log if r.method != "GET"}
    assert written == {("POST", "/oauth/tokens"), ("POST", "/api/v2/webhooks/test")}


def says(step: Step, outcome: Outcome, seen: str, action: str) -> None:
    assert step.outcome is outcome, step
    assert seen in step.seen, step
    assert action in step.action, step


def test_zendesk_wrong_credentials(zendesk: Room) -> None:
    zendesk.connect(client_secret="wrong")

    seen = zendesk.run()

    says(seen[StepName.CREDENTIALS], Outcome.FAILED, "refuses the credentials", "OAuth clients")
    others = {step.outcome for name, step in seen.items() if name is not StepName.CREDENTIALS}
    assert others == {Outcome.SKIPPED}


def test_zendesk_not_reachable_and_not_a_zendesk(zendesk: Room) -> None:
    zendesk.base_url = "http://127.0.0.1:9"
    zendesk.connect()
    says(zendesk.run()[StepName.CREDENTIALS], Outcome.FAILED, "did not answer", "https connections")

    with zendesk.database.begin() as session:
        session.get_one(InstallationRow, zendesk.id).base_url = zendesk.sandbox.base_url + "/nothing"
    says(zendesk.run()[StepName.CREDENTIALS], Outcome.FAILED, "", "")


def test_zendesk_an_end_user(zendesk: Room) -> None:
    zendesk.connect()
    zendesk.sandbox.account.users[zendesk.sandbox.own_id]["role"] = "end-user"
    says(zendesk.run()[StepName.CREDENTIALS], Outcome.FAILED, "as an end user", "agent or admin seat")


def test_zendesk_missing_scopes(zendesk: Room) -> None:
    zendesk.connect()
    zendesk.sandbox.seed(TOLD)
    zendesk.sandbox.withhold("write")
    says(zendesk.run()[StepName.SCOPES], Outcome.FAILED, "write is missing", "read and write")

    zendesk.sandbox.access.withheld.clear()
    zendesk.sandbox.expire_tokens()
    zendesk.sandbox.features.refused.add("/audits")
    says(zendesk.run()[StepName.SCOPES], Outcome.FAILED, "ticket audits is refused", "read and write")
    zendesk.sandbox.features.refused.add("/search/export")
    says(zendesk.run()[StepName.SCOPES], Outcome.FAILED, "conversations whose webhook never came", "read and write")


def test_zendesk_refuses_names(zendesk: Room) -> None:
    """An optional thing: nothing is wrong, and it is said what it costs."""
    zendesk.connect()
    zendesk.sandbox.features.refused.add("/brands")
    step = zendesk.run()[StepName.NAMES]
    says(step, Outcome.OPEN, "names of brands may not be read: their ids stand", "scope read")
    assert "optional" in step.seen
    zendesk.sandbox.features.refused |= {"/groups", "/users/show_many"}
    says(zendesk.run()[StepName.NAMES], Outcome.OPEN, "names of brands and teams may not", "role Admin")
    zendesk.sandbox.features.refused.clear()
    says(zendesk.run()[StepName.NAMES], Outcome.PASSED, "names of brands (1), teams (0), bots (1)", "")


def test_intercom_refuses_names(intercom: Room) -> None:
    intercom.connect()
    intercom.sandbox.withheld.add("/teams")
    says(intercom.run()[StepName.NAMES], Outcome.OPEN, "names of teams may not be read", "Read admins")


def test_zendesk_does_not_tell_its_scopes(zendesk: Room) -> None:
    zendesk.connect()
    zendesk.sandbox.features.refused.add("/tokens/current")
    step = zendesk.run()[StepName.SCOPES]
    assert step.outcome is Outcome.PASSED
    assert "shows with the test tag" in step.seen


@pytest.mark.parametrize("by", [timedelta(minutes=7), timedelta(minutes=-7)])
def test_zendesk_skewed_clock(zendesk: Room, by: timedelta) -> None:
    zendesk.connect()
    zendesk.sandbox.set_clock_off(by)

    seen = zendesk.run(wait=self_test_signature.WAIT)

    says(seen[StepName.CLOCK], Outcome.FAILED, "behind" if by > timedelta(0) else "ahead", "time service")
    says(seen[StepName.SIGNATURE], Outcome.FAILED, "does not fit", "clock")


def test_zendesk_a_little_skew_does(zendesk: Room) -> None:
    zendesk.connect()
    zendesk.sandbox.set_clock_off(timedelta(minutes=2))
    seen = zendesk.run()
    assert seen[StepName.CLOCK].outcome is Outcome.PASSED
    assert "0:0" in seen[StepName.CLOCK].seen
    assert seen[StepName.SIGNATURE].outcome is Outcome.PASSED


def test_zendesk_fields(zendesk: Room) -> None:
    zendesk.connect()
    fields = zendesk.sandbox.account.fields
    outcome = zendesk.sandbox.field_ids["dm_outcome"]
    fields[outcome]["custom_field_options"] = []
    says(zendesk.run()[StepName.FIELDS], Outcome.FAILED, "not a drop-down", "prepare")
    del fields[outcome]
    says(zendesk.run()[StepName.FIELDS], Outcome.FAILED, "does not exist", "Activate")
    with zendesk.database.begin() as session:
        session.get_one(InstallationRow, zendesk.id).options = {}
    says(zendesk.run()[StepName.FIELDS], Outcome.OPEN, "0 of 5 fields", "prepare")


def test_zendesk_wrong_webhook_secret(zendesk: Room) -> None:
    zendesk.connect(webhook_secret="not this one")
    step = zendesk.run(wait=self_test_signature.WAIT)[StepName.SIGNATURE]
    says(step, Outcome.FAILED, "does not fit the stored secret", "signing secret")


def test_zendesk_refused_by_another_deskmark(zendesk: Room) -> None:
    """What answers at the address knows no such installation, which it does not say; here nothing was refused."""
    zendesk.connect()
    (hook,) = zendesk.sandbox.account.hooks.values()
    hook.record["endpoint"] = zendesk.address
    with zendesk.database.begin() as session:
        session.get_one(InstallationRow, zendesk.id).disconnected_at = utc_now()
    zendesk.app.extensions[KNOWN].forget()
    zendesk.app.extensions[REFUSALS]._counted.clear()
    elsewhere = zendesk.app.extensions[REFUSALS]
    elsewhere.count = lambda _: None
    says(zendesk.run()[StepName.SIGNATURE], Outcome.FAILED, "refused elsewhere", "PUBLIC_URL")


def test_zendesk_webhook_is_not_delivered(zendesk: Room) -> None:
    zendesk.connect()
    zendesk.sandbox.hooks.unreachable = True
    says(zendesk.run()[StepName.SIGNATURE], Outcome.FAILED, "did not answer", "reachable from the internet")


def test_zendesk_webhook_goes_elsewhere(zendesk: Room) -> None:
    zendesk.connect()
    (hook,) = zendesk.sandbox.account.hooks.values()

    hook.record["endpoint"] = "https://old.example/webhooks/zendesk/i1"
    says(zendesk.run()[StepName.SIGNATURE], Outcome.FAILED, "calls https://old.example", "endpoint URL")
    hook.record["endpoint"] = zendesk.address
    hook.record["status"] = "inactive"
    says(zendesk.run()[StepName.SIGNATURE], Outcome.FAILED, "switched off", "Activate")
    zendesk.sandbox.account.hooks.clear()
    says(zendesk.run()[StepName.SIGNATURE], Outcome.FAILED, "No webhook", "prepare")


def test_zendesk_webhook_of_an_agent_without_rights(zendesk: Room) -> None:
    zendesk.connect()
    zendesk.sandbox.features.refused.add("/webhooks")
    says(zendesk.run()[StepName.SIGNATURE], Outcome.OPEN, "does not let us test", "admins")
    zendesk.sandbox.features.refused.add("/tokens/current")
    says(zendesk.run()[StepName.SIGNATURE], Outcome.OPEN, "does not let us test", "admins")


def test_zendesk_webhook_of_a_token_without_the_scope(zendesk: Room) -> None:
    zendesk.connect()
    zendesk.sandbox.withhold("write")
    zendesk.sandbox.features.refused.add("/webhooks")
    says(zendesk.run()[StepName.SIGNATURE], Outcome.OPEN, "lacks the scope write", "read and write")


def test_zendesk_answered_but_not_here(zendesk: Room, sqlite_template: Any, tmp_path: Any) -> None:
    """The web process that answers keeps its webhooks in another database than the one that is tested."""
    zendesk.connect()
    other = tmp_path / "other.sqlite3"
    other.write_bytes(sqlite_template.read_bytes())
    elsewhere = replace(zendesk, database=Database(f"sqlite:///{other}"))
    elsewhere.connect()
    try:
        says(elsewhere.run()[StepName.SIGNATURE], Outcome.FAILED, "nothing of it arrived", "another Deskmark")
    finally:
        elsewhere.database.close()


@pytest.mark.parametrize(
    ("status", "outcome", "seen", "action"),
    [
        (404, Outcome.FAILED, "knows no such installation", "PUBLIC_URL"),
        (429, Outcome.OPEN, "slow down", "in a minute"),
        (503, Outcome.FAILED, "could not take it", "deskmark doctor"),
        (502, Outcome.FAILED, "answered 502", "reachable"),
    ],
)
def test_zendesk_what_our_endpoint_answered(
    zendesk: Room, monkeypatch: pytest.MonkeyPatch, status: int, outcome: Outcome, seen: str, action: str
) -> None:
    zendesk.connect()
    monkeypatch.setattr(zendesk.sandbox.hooks, "test", lambda *_: status)
    says(zendesk.run()[StepName.SIGNATURE], outcome, seen, action)


def test_the_conversation_to_read(zendesk: Room) -> None:
    zendesk.connect()
    says(zendesk.run()[StepName.CONVERSATION], Outcome.OPEN, "No conversation ended", "Name a conversation")
    says(zendesk.run("999999")[StepName.CONVERSATION], Outcome.FAILED, "no conversation 999999", "Copy the id")
    ticket = zendesk.sandbox.seed(TOLD)
    zendesk.sandbox.end(ticket, utc_now())
    step = zendesk.run()[StepName.CONVERSATION]
    assert step.outcome is Outcome.PASSED
    assert f"Conversation {ticket} was read: 3 messages" in step.seen
    zendesk.sandbox.tag(ticket, "dm__ignore")
    seen = zendesk.run(ticket)
    says(seen[StepName.CONVERSATION], Outcome.OPEN, "ignore tag", "Name another")
    assert seen[StepName.ROLES].outcome is Outcome.SKIPPED
    assert zendesk.run(ticket, write=True)[StepName.TEST_TAG].outcome is Outcome.SKIPPED


def test_roles_unknown_and_none(zendesk: Room) -> None:
    zendesk.connect()
    ticket = zendesk.sandbox.seed(story((Role.CUSTOMER, "Hello?"), (Role.AGENT, "Hi.")))
    says(zendesk.run(ticket)[StepName.ROLES], Outcome.OPEN, "No bot was found", "bot author")
    # Somebody whose user record the token may not see, a colleague of the customer's perhaps.
    audits = zendesk.sandbox.account.audits[int(ticket)]
    said = [event for audit in audits for event in audit["events"] if event["type"] == "Comment"]
    said[-1]["author_id"] = 77_777
    says(zendesk.run(ticket)[StepName.ROLES], Outcome.OPEN, "1 author is unknown", "which of them are bots")
    with zendesk.database.read() as session:
        row = store.last(session, zendesk.id)
    assert row is not None
    assert row.unknown == [{"id": "77777", "messages": 1, "conversation": ticket}]


def test_a_ticket_that_cannot_be_written(zendesk: Room) -> None:
    zendesk.connect()
    ticket = zendesk.sandbox.seed(TOLD, read_only=True)
    step = zendesk.run(ticket, write=True)[StepName.TEST_TAG]
    says(step, Outcome.FAILED, "could not be written", "a human took part")


def test_a_closed_ticket_is_tagged_all_the_same(zendesk: Room) -> None:
    zendesk.connect()
    ticket = zendesk.sandbox.seed(TOLD)
    zendesk.sandbox.close(ticket)
    assert zendesk.run(ticket, write=True)[StepName.TEST_TAG].outcome is Outcome.PASSED
    assert zendesk.sandbox.snapshot(ticket).tags == ()


def test_intercom_as_far_as_it_can_be_seen(intercom: Room) -> None:
    intercom.connect()
    number = intercom.sandbox.seed(TOLD)

    seen = intercom.run(number, write=True)

    waiting = seen.pop(StepName.SIGNATURE)
    says(waiting, Outcome.OPEN, "Waiting", "Send test request")
    assert {step.outcome for step in seen.values()} == {Outcome.PASSED}, seen
    assert intercom.sandbox.snapshot(number).tags == ()


def test_intercom_itself_calls_https_addresses_only(intercom: Room) -> None:
    place = Installation("i1", "intercom", "acme", "https://api.intercom.io", secrets=intercom.sandbox.secrets)
    client = Clients(connectors(), Limiter()).of(place)
    told = self_tests()["intercom"].make(client, place).provoke(intercom.address, nonce="n")
    assert isinstance(told, Step)
    says(told, Outcome.FAILED, "https addresses only", "PUBLIC_URL")


def test_intercom_waits_for_the_button(intercom: Room) -> None:
    intercom.connect()
    public = intercom.url
    intercom.url = "https://desk.example"
    says(intercom.run()[StepName.SIGNATURE], Outcome.OPEN, "Waiting", "Send test request")

    waiting = intercom.run()[StepName.SIGNATURE]
    intercom.sandbox.connect_webhook(f"{public}/webhooks/intercom/i1")
    intercom.sandbox.flush()
    with intercom.database.read() as session:
        heard = store.heard(session, "i1")
    step = self_test_signature.heard_since(waiting, heard, "intercom", now=utc_now())
    assert step.outcome is Outcome.PASSED
    assert intercom.run()[StepName.SIGNATURE].outcome is Outcome.PASSED
    assert self_test_signature.heard_since(waiting, heard, "intercom", now=utc_now() + timedelta(days=2)) == waiting


def test_intercom_wrong_client_secret(intercom: Room) -> None:
    intercom.connect(client_secret="not this one")
    public, intercom.url = intercom.url, "https://desk.example"
    intercom.sandbox.connect_webhook(f"{public}/webhooks/intercom/i1")
    intercom.sandbox.flush()
    intercom.app.extensions[REFUSALS].store()
    says(intercom.run()[StepName.SIGNATURE], Outcome.FAILED, "does not fit", "Basic information")


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("/conversations/search", "Read conversations"),
        ("/contacts", "Read and list users"),
        ("/tags", "Read tags"),
        ("/admins", "Read admins"),
    ],
)
def test_intercom_missing_permission(intercom: Room, path: str, permission: str) -> None:
    intercom.connect()
    intercom.sandbox.withheld.add(path)
    says(intercom.run()[StepName.SCOPES], Outcome.FAILED, permission, permission)


def test_intercom_another_region_and_a_skewed_clock(intercom: Room) -> None:
    intercom.connect()
    intercom.sandbox.skew = timedelta(hours=-1)
    says(intercom.run()[StepName.CLOCK], Outcome.OPEN, "1:00:0", "time service")
    intercom.sandbox.elsewhere = True
    says(intercom.run()[StepName.CREDENTIALS], Outcome.FAILED, "refuses the credentials", "that region's")


def test_intercom_names_its_region(intercom: Room) -> None:
    intercom.base_url = "https://api.intercom.io"
    intercom.connect()
    me = {"type": "admin", "id": "7", "app": {"id_code": "acme", "region": "EU"}}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        wire.get("https://api.intercom.io/me", json=me)
        seen = intercom.run()
    says(seen[StepName.REGION], Outcome.FAILED, "hosted in EU", "https://api.eu.intercom.io")
    assert seen[StepName.CLOCK].outcome is Outcome.SKIPPED
    says(seen[StepName.SCOPES], Outcome.FAILED, "did not answer", "Check the API address")


def test_intercom_redirects_and_names_no_teammate(intercom: Room) -> None:
    intercom.base_url = "https://api.intercom.io"
    intercom.connect()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        wire.get("https://api.intercom.io/me", status=302, headers={"Location": "https://api.eu.intercom.io/me"})
        says(intercom.run()[StepName.CREDENTIALS], Outcome.FAILED, "does not answer this token", "region's")
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        wire.get("https://api.intercom.io/me", json={"type": "admin"})
        says(intercom.run()[StepName.CREDENTIALS], Outcome.FAILED, "belongs to no teammate", "teammate's id")


def test_intercom_attributes(intercom: Room) -> None:
    intercom.connect()
    attributes = intercom.sandbox.workspace.attributes
    del attributes["dm_effort"]
    attributes["dm_scored_at"] = replace(attributes["dm_scored_at"], data_type="integer")
    attributes["dm_outcome"] = replace(attributes["dm_outcome"], options=("confirmed",))
    step = intercom.run()[StepName.FIELDS]
    says(step, Outcome.OPEN, "dm_effort (integer) does not exist", "correct them")
    assert "dm_scored_at is integer, not string" in step.seen
    assert "dm_outcome lacks the options likely" in step.seen


def test_throttled_is_no_failure(intercom: Room) -> None:
    intercom.connect()
    intercom.sandbox.refuse_next(1, seconds=30)
    says(intercom.run()[StepName.CREDENTIALS], Outcome.OPEN, "asks to wait", "Test again in")


def test_a_test_that_breaks_says_so(zendesk: Room) -> None:
    """A stored conversation that cannot be read any more: nobody foresaw that."""
    zendesk.connect()
    with zendesk.database.begin() as session:
        row_id = announce(session, session.get_one(InstallationRow, zendesk.id), "7", at=NOW, now=NOW)
        unreadable = {"document": {"id": 7}, "state": State.SCORED, "ended_at": NOW}
        session.execute(update(ConversationRow).where(ConversationRow.id == row_id).values(unreadable))
    with pytest.raises(DocumentError):
        zendesk.run()
    with zendesk.database.read() as session:
        row = store.last(session, zendesk.id)
    assert row is not None
    steps = {step.name: step for step in self_testing.steps_of(row)}
    assert (row.state, steps[StepName.SCOPES].outcome) == ("done", Outcome.PASSED)
    assert "broke off" in steps[StepName.TEST_TAG].seen


def test_asked_once_at_a_time(database: Database) -> None:
    with database.begin() as session:
        add(session, NewInstallation("zendesk", "acme", "https://acme.zendesk.com", b"", "dm__", id="i1"), now=NOW)
        assert store.ask(session, "i1", now=NOW)
        assert not store.ask(session, "i1", external_id="7", now=NOW)
        assert store.take(session, now=NOW) == "i1"
        assert store.take(session, now=NOW) is None
        assert not store.ask(session, "i1", now=NOW + timedelta(minutes=4))
        assert store.ask(session, "i1", external_id="7", write=True, now=NOW + timedelta(minutes=6))
        row = store.last(session, "i1")
        assert row is not None
        session.refresh(row)
        assert (row.state, row.external_id, row.write, row.started_at) == ("asked", "7", True, None)
    with database.read() as session:
        assert session.scalars(select(InstallationRow)).one().id == "i1"


def test_a_worker_takes_what_was_asked_for(zendesk: Room, settings: Settings) -> None:
    zendesk.connect()
    own = settings.model_copy(update={"database_url": zendesk.database.url, "public_url": zendesk.url})
    runtime = Runtime(
        settings=own,
        database=zendesk.database,
        secrets=zendesk.box,
        clients=Clients(connectors(), Limiter(), local=True),
        embedder=cast(Any, None),
        queue=Silent(),
    )
    self_testing.run_asked(runtime)
    with zendesk.database.begin() as session:
        assert store.last(session, zendesk.id) is None
        store.ask(session, zendesk.id, now=utc_now())
    self_testing.run_asked(runtime)
    with zendesk.database.read() as session:
        row = store.last(session, zendesk.id)
    assert row is not None
    steps = {step.name: step.outcome for step in self_testing.steps_of(row)}
    assert (row.state, steps[StepName.SIGNATURE]) == ("done", Outcome.PASSED)


def test_a_helpdesk_that_fails_half_way(zendesk: Room) -> None:
    zendesk.connect()
    ticket = zendesk.sandbox.seed(TOLD)
    zendesk.sandbox.features.refused |= {"/ticket_fields", "/tokens/current", f"/tickets/{ticket}"}
    seen = zendesk.run(ticket)
    says(seen[StepName.SCOPES], Outcome.FAILED, "ticket_fields is refused", "scopes")
    says(seen[StepName.FIELDS], Outcome.FAILED, "refuses it", "the step scopes")
    says(seen[StepName.CONVERSATION], Outcome.FAILED, "Reading failed", "Mend what failed")


def test_authors_are_found_in_stored_conversations(zendesk: Room) -> None:
    zendesk.connect()
    told = story((Role.CUSTOMER, "Hello?"), (Role.UNKNOWN, "beep"))
    with zendesk.database.begin() as session:
        row = session.get_one(InstallationRow, zendesk.id)
        read = ReadConversation(to_document(told), {}, "web", NOW, NOW, NOW, news=False)
        keep(session, row, "4711", read, now=NOW)
        session.execute(update(ConversationRow).values(state="scored"))
    with zendesk.database.read() as session:
        assert spoken_by(session, zendesk.id, frozenset({"unknown-1"})) == ["4711"]
        assert spoken_by(session, zendesk.id, frozenset({"somebody"})) == []
    step, unknown = roles(zendesk.database, zendesk.id, None)
    assert step.outcome is Outcome.OPEN
    assert unknown == [{"id": "unknown-1", "messages": 1, "conversation": "4711"}]
