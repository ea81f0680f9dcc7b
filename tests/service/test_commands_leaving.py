"""Writing rules, plans and leaving, as an admin types them, against a stand-in Zendesk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from meanwhile import ctrl_c_after
from sqlalchemy import select, update

from connectors.zendesk.sandbox import Sandbox
from service.commands import installations
from service.embedded import own_settings
from service.store import conversations
from service.store import installations as store
from service.store.database import Database, migrate
from service.store.errand_models import Errand
from service.store.models import Conversation, Installation, State, WriteState
from service.store.people_models import AuditEntry
from service.store.secrets import SecretBox
from tasks import clearing
from tasks.runtime import utc_now

PLAN = {
    "add_tags": ["dm__gap"],
    "remove_tags": ["dm__effort__high"],
    "fields": {"dm_effort": 3, "dm_outcome": None, "dm_scored_at": "x"},
    "was": {"dm_effort": None, "dm_outcome": "likely"},
    "note": {"reference": "0123abcd-1", "text": "Deskmark: knowledge gap\nref 0123abcd-1"},
    "reason": "writing is switched off",
    "counts": {"tags": 2, "fields": 2, "notes": 1},
}


@dataclass
class Place:
    """A data folder with an installation that is connected to a stand-in, and the command line on it."""

    run: Callable[..., Result]
    desk: Sandbox
    database: Database
    box: SecretBox

    def row(self) -> Installation:
        with self.database.read() as session:
            return session.get_one(Installation, "z")

    def seed(self, external_id: str, **columns: Any) -> str:
        with self.database.begin() as session:
            row = session.get_one(Installation, "z")
            row_id = conversations.announce(session, row, external_id, at=utc_now(), now=utc_now())
            values = {"state": State.SCORED, "due_at": None, **columns}
            session.execute(update(Conversation).where(Conversation.id == row_id).values(values))
        return row_id


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(clearing, "LOOK_AGAIN", timedelta(0))  # The stand-in's jobs are done when they are looked at.
    settings = own_settings(data_dir=tmp_path)
    migrate(settings.database)
    database, box = Database(settings.database), SecretBox(settings.secret_key.get_secret_value())
    desk = Sandbox().start()
    new = store.NewInstallation(
        connector="zendesk", account="acme", base_url=desk.base_url, secrets=box.lock(dict(desk.secrets)),
        options=desk.options, prefix="dm__", id="z",
    )  # fmt: skip
    with database.begin() as session:
        store.add(session, new, now=utc_now())
    group = click.Group(commands={"installations": installations.COMMANDS[0]})

    def run(*arguments: str, typed: str = "") -> Result:
        known = {"DESKMARK_DATA_DIR": str(tmp_path), "DESKMARK_SANDBOX": "true"}
        return CliRunner(env=known).invoke(group, ["installations", *arguments], input=typed)

    yield Place(run, desk, database, box)
    database.close()
    desk.stop()


def test_rules_are_shown_and_changed(place: Place) -> None:
    assert place.run("writing", "z").output == "Writing is off.\n  parts: tags, fields, notes\n"
    changed = place.run(
        "writing", "z", "on", "--no-notes", "--group", "Billing", "--group", "Sales", "--channel", "email",
        "--sample", "20",
    )  # fmt: skip
    assert changed.exit_code == 0, changed.output
    assert changed.output.splitlines() == [
        "Writing is on.", "  parts: tags, fields", "  only groups: Billing, Sales", "  only channels: email",
        "  sample: 20 %",
    ]  # fmt: skip
    assert place.row().writing is True
    place.run("writing", "z", "--notes", "--everywhere")
    rules = place.row().write_rules or {}
    assert (rules["groups"], rules["sample"], rules["notes"]) == ([], 100, True)
    place.run("writing", "z", "off", "--no-tags", "--no-fields", "--no-notes")
    assert "parts: none" in place.run("writing", "z").output
    with place.database.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [entry.action for entry in entries] == ["change writing"] * 3
    assert entries[0].details["groups"] == "['Billing', 'Sales']"


def test_rules_that_cannot_be(place: Place) -> None:
    refused = place.run("writing", "z", "--group", "")
    assert refused.exit_code == 2
    assert "groups" in refused.output
    pigeon = place.run("writing", "z", "--channel", "pigeon")
    assert pigeon.exit_code == 2
    assert "there is no pigeon; there are messaging, email, web, phone, social, api, unknown" in pigeon.output
    assert place.row().write_rules is None
    assert place.run("writing", "z", "--sample", "101").exit_code == 2
    assert place.run("writing", "nobody", "on").exit_code == 1


def test_plans_as_differences_and_as_json(place: Place) -> None:
    place.seed("7", plan=PLAN, planned_at=utc_now(), write_state=WriteState.OFF)
    place.seed("8", plan=PLAN, planned_at=utc_now(), write_state=WriteState.OFF)
    shown = place.run("plans", "z", "--limit", "1")
    assert shown.exit_code == 0, shown.output
    lines = shown.output.splitlines()
    assert lines[0] == "2 conversations: 4 tags, 4 fields, 2 notes."
    assert "  - dm__effort__high" in lines
    assert "  + dm__gap" in lines
    assert "  dm_effort: empty -> 3" in lines
    assert "  dm_outcome: likely -> empty" in lines
    assert "  | Deskmark: knowledge gap" in lines
    assert lines[-1] == "... and 1 more (--limit)"
    found = [json.loads(line) for line in place.run("plans", "z", "--json").output.splitlines()]
    assert {each["conversation"] for each in found} == {"7", "8"}
    assert found[0]["counts"] == {"tags": 2, "fields": 2, "notes": 1}
    assert "2 planned and not written" in place.run("writing", "z").output


def test_what_is_planned_is_written_only_when_writing_is_on(place: Place) -> None:
    assert "writing is off" in place.run("write-planned", "z").output
    place.run("writing", "z", "on")
    done = place.run("write-planned", "z", "--bulk")
    assert done.exit_code == 0, done.output
    assert "finished" in done.output
    assert "0 asked to be written" in done.output
    queued = place.run("write-planned", "z", "--background")
    assert "the running service does it" in queued.output
    refused = place.run("write-planned", "z")
    assert refused.exit_code == 1
    assert "is not finished" in refused.output


def test_one_at_a_time_where_a_helpdesk_knows_no_bulk(place: Place) -> None:
    with place.database.begin() as session:
        row = session.get_one(Installation, "z")
        row.connector, row.writing = "intercom", True
    done = place.run("write-planned", "z", "--bulk")
    assert "takes one conversation at a time" in done.output
    assert "one by one from now on" in done.output


def test_leaving_asks_for_the_name_and_leaves_no_trace(place: Place) -> None:
    ticket = place.desk.account.create_ticket(
        place.desk.account.add_user("end-user"), "x", {"channel": "api"}, utc_now(), ["vip", "dm__gap"]
    )
    number = str(ticket["id"])
    place.seed(number, written_at=utc_now())
    assert place.run("leave", "z", "--remove-ours").exit_code == 2, "what becomes of the scores has to be said"
    wrong = place.run("leave", "z", "--remove-ours", "--delete", typed="something\n")
    assert wrong.exit_code == 1
    assert "nothing was done" in wrong.output
    done = place.run("leave", "z", "--remove-ours", "--revoke", "--delete", typed="acme\n")
    assert done.exit_code == 0, done.output
    assert "1 cleared" in done.output
    assert "deleted: 1 conversation" in done.output
    assert "Notes cannot be removed" in done.output
    assert place.desk.snapshot(number).tags == ("vip",)
    assert place.desk.account.fields == {}
    with place.database.read() as session:
        assert session.get(Installation, "z") is None
    listed = place.run("errands", "z").output
    assert "leave zendesk acme: finished" in listed
    assert "no errand" in place.run("errands", "other").output


def test_deleting_and_keeping_at_once_is_refused(place: Place) -> None:
    for given in (("--delete", "--disconnect"), ("--disconnect", "--delete")):
        refused = place.run("leave", "z", *given, "--confirm", "acme")
        assert refused.exit_code == 2
        assert "both at once cannot be" in refused.output
    assert place.row().enabled is True


def test_what_could_not_be_cleared(place: Place) -> None:
    ticket = place.desk.account.create_ticket(
        place.desk.account.add_user("end-user"), "x", {"channel": "api"}, utc_now(), ["dm__gap"]
    )
    place.desk.account.read_only.add(ticket["id"])
    stopped = place.run("leave", "z", "--remove-ours", "--disconnect", "--confirm", "acme")
    assert stopped.exit_code == 1
    with place.database.read() as session:
        number = str(session.scalars(select(Errand.id)).one())
    assert f"go-on {number}" in stopped.output
    assert f"not changed: {ticket['id']} (TicketUpdateFailed)" in place.run("errands", "z").output
    assert place.run("go-on", number).exit_code == 1, "it fails again"
    done = place.run("go-on", number, "--anyway")
    assert done.exit_code == 0, done.output
    assert "1 not cleared" in done.output
    assert place.run("go-on", "99").exit_code == 1


def test_disconnecting_and_coming_back(place: Place) -> None:
    kept = place.seed("7")
    secrets = place.row().secrets
    assert "it is connected" in place.run("reconnect", "z").output
    done = place.run("leave", "z", "--disconnect", "--confirm", "acme")
    assert done.exit_code == 0, done.output
    assert place.row().disconnected_at is not None
    with place.database.read() as session:
        assert session.get(Conversation, kept) is not None
    assert "it is disconnected" in place.run("writing", "z", "on").output
    refused = place.run("reconnect", "z")
    assert refused.exit_code == 1
    assert "credentials were dropped" in refused.output
    with place.database.begin() as session:
        session.get_one(Installation, "z").secrets = secrets
    back = place.run("reconnect", "z")
    assert back.exit_code == 0, back.output
    assert place.row().enabled is True
    assert place.row().writing is False


def test_in_the_background(place: Place) -> None:
    done = place.run("leave", "z", "--disconnect", "--confirm", "acme", "--background")
    assert "the running service does it" in done.output
    assert place.row().enabled is False
    again = place.run("leave", "z", "--disconnect", "--confirm", "acme")
    assert again.exit_code == 1
    assert "installations errands z" in again.output


def test_imported_files_can_only_be_deleted(place: Place) -> None:
    with place.database.begin() as session:
        session.get_one(Installation, "z").options = {"imported": True}
    assert "can only be deleted" in place.run("leave", "z", "--disconnect", "--confirm", "acme").output
    assert place.run("leave", "z", "--delete", "--confirm", "acme").exit_code == 0
    assert place.desk.requests_log == []


def test_interrupted_it_goes_on_later(place: Place) -> None:
    with ctrl_c_after("UPDATE errand"):
        broken = place.run("leave", "z", "--disconnect", "--confirm", "acme")
    assert broken.exit_code == 130
    assert "installations go-on 1" in broken.output
    assert place.run("go-on", "1").exit_code == 0
    assert place.row().disconnected_at is not None


def test_going_on_without_a_helpdesk_that_lets_nobody_in(place: Place) -> None:
    place.seed("7", written_at=utc_now())
    begun = place.run("leave", "z", "--remove-ours", "--revoke", "--delete", "--confirm", "acme", "--background")
    assert begun.exit_code == 0, begun.output
    place.desk.access.client_secret = "another"
    done = place.run("go-on", "1", "--without-helpdesk")
    assert done.exit_code == 0, done.output
    assert "have to be removed by hand" in done.output
    assert "deleted: 1 conversation" in done.output
