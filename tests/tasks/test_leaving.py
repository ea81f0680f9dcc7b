"""Leaving without a trace: after it a helpdesk is what it was before connecting, except for the notes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from sandboxed import ENDPOINT, Rig
from sqlalchemy import func, select

from service.store import errands
from service.store import leaving as store
from service.store.database import Database
from service.store.errand_models import Errand, ErrandItem, ItemState
from service.store.installations import all_of
from service.store.models import Conversation, Installation, Scorecard
from service.store.people_models import AuditEntry
from tasks import clearing, leaving

EVERYTHING = {"remove": True, "revoke": True, "delete": True}


def state(desk: Rig) -> Any:
    """Everything on the helpdesk that could hold a trace, but for notes and for the time of the last change."""
    if desk.name == "zendesk":
        account = desk.desk.account
        tickets = {
            number: {key: value for key, value in ticket.items() if key not in ("updated_at", "fields")}
            for number, ticket in account.tickets.items()
        }
        kept = {"fields": account.fields, "hooks": list(account.hooks), "triggers": account.triggers}
        return copy.deepcopy({"tickets": tickets, **kept, "users": account.users})
    workspace = desk.desk.workspace
    conversations = {
        number: {key: value for key, value in record.items() if key not in ("updated_at", "parts", "statistics")}
        for number, record in workspace.conversations.items()
    }
    return copy.deepcopy({"conversations": conversations, "tags": workspace.tags, "attributes": workspace.attributes})


def leave(desk: Rig, **options: bool) -> int:
    with desk.runtime.database.begin() as session:
        installation = session.get_one(Installation, desk.name)
        return leaving.begin(session, installation, actor="ada", options=options, now=desk.clock()).id


def errand(desk: Rig, number: int) -> Errand:
    with desk.runtime.database.read() as session:
        return session.get_one(Errand, number)


def test_without_a_trace(either: Rig) -> None:
    if either.name == "intercom":
        either.desk.workspace.attributes.clear()
    keys = [either.seed(number) for number in range(4)]
    before = state(either)
    either.make()
    assert state(either) != before
    either.arrive(*keys)
    assert all("dm__resolution__unresolved" in either.desk.snapshot(key).tags for key in keys)
    assert all(len(either.desk.snapshot(key).notes) == 1 for key in keys)
    either.calls()

    number = leave(either, **EVERYTHING)
    either.errands()
    done = errand(either, number)
    assert (done.stage, done.error) == ("finished", None)
    assert state(either) == before
    assert all(len(either.desk.snapshot(key).notes) == 1 for key in keys), "notes cannot be taken away"

    assert (done.counts["cleared"], done.counts["not_cleared"]) == (4, 0)
    assert done.counts["deleted"]["conversation"] == 4
    assert done.counts["deleted"]["scorecard"] == 4
    told = " ".join(line["text"] for line in done.counts["told"])
    assert "Notes cannot be removed" in told
    with either.runtime.database.read() as session:
        assert session.get(Installation, either.name) is None
        assert session.scalar(select(func.count()).where(Conversation.installation_id == either.name)) == 0
        assert session.scalar(select(func.count()).select_from(Scorecard)) == 0
        said = session.execute(select(AuditEntry.actor, AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [tuple(row) for row in said] == [("ada", "leave helpdesk"), ("ada", "delete installation")]


def test_calls_of_clearing_many_tickets(zendesk: Rig) -> None:
    """One request for a hundred tickets, and a look or two at its job."""
    zendesk.make()
    keys = [zendesk.seed(number) for number in range(30)]
    zendesk.arrive(*keys)
    zendesk.calls()
    number = leave(zendesk, remove=True)
    zendesk.errands()
    assert errand(zendesk, number).stage == "finished"
    made = zendesk.calls()
    about_tickets = [each for each in made if "/update_many" in each.path or "/job_statuses" in each.path]
    assert len(about_tickets) <= 4
    assert not [each for each in made if each.path.startswith("/api/v2/tickets/") and "update_many" not in each.path]


def test_the_token_is_revoked(zendesk: Rig) -> None:
    zendesk.make()
    number = leave(zendesk, remove=True, revoke=True)
    zendesk.errands(10)
    told = [line["text"] for line in errand(zendesk, number).counts["told"]]
    assert "The access token is revoked." in told
    assert zendesk.desk.access.tokens == {}
    assert any("OAuth client" in line for line in told)


def test_closed_tickets_lose_their_tags_and_their_fields_with_the_fields(zendesk: Rig) -> None:
    before = state(zendesk)
    del before["tickets"]
    zendesk.make()
    key = zendesk.seed(1)
    tags = zendesk.desk.snapshot(key).tags
    zendesk.arrive(key)
    zendesk.desk.close(key)
    number = leave(zendesk, remove=True)
    zendesk.errands(20)
    assert errand(zendesk, number).counts["cleared"] == 1
    assert errand(zendesk, number).counts["tags_only"] == 1
    assert zendesk.desk.snapshot(key).tags == tags
    after = state(zendesk)
    assert after["tickets"][int(key)]["custom_fields"] == []
    assert {name: after[name] for name in ("fields", "hooks", "triggers")} == {
        name: before[name] for name in ("fields", "hooks", "triggers")
    }


def test_what_we_do_not_remember_is_found_by_its_tags(either: Rig) -> None:
    """Another database wrote these, or this one was lost."""
    either.make()
    keys = [either.seed(number) for number in range(3)]
    for key in keys:
        either.desk.tag(key, "dm__gap")
    either.desk.tag(keys[0], "dm__ignore")
    number = leave(either, remove=True)
    either.errands()
    done = errand(either, number)
    assert (done.counts["found_by_search"], done.counts["cleared"]) == (3, 3)
    assert all("dm__gap" not in either.desk.snapshot(key).tags for key in keys)
    assert "dm__ignore" in either.desk.snapshot(keys[0]).tags, "it belongs to people"


def test_more_than_a_page_is_found(zendesk: Rig, shop: Any) -> None:
    zendesk.make()
    for _ in range(130):
        ticket = zendesk.desk.account.create_ticket(
            zendesk.desk.account.add_user("end-user"), "x", {"channel": "api"}, zendesk.clock(), ["dm__gap"]
        )
        zendesk.keys.append(str(ticket["id"]))
    number = leave(zendesk, remove=True)
    zendesk.errands(30)
    assert errand(zendesk, number).counts["cleared"] == 130
    assert not [t for t in zendesk.desk.account.tickets.values() if "dm__gap" in t["tags"]]


def test_what_cannot_be_cleared_is_listed_and_stops_the_rest(zendesk: Rig) -> None:
    zendesk.make()
    keys = [zendesk.seed(number) for number in range(3)]
    zendesk.arrive(*keys)
    zendesk.desk.account.read_only.add(int(keys[1]))
    number = leave(zendesk, **EVERYTHING)
    zendesk.errands(15)
    stopped = errand(zendesk, number)
    assert (stopped.stage, stopped.due_at, stopped.error) == ("clearing", None, clearing.LEFT_ALONE)
    with zendesk.runtime.database.read() as session:
        assert [(item.external_id, item.error) for item in errands.failures(session, number)] == [
            (keys[1], "TicketUpdateFailed")
        ]
        assert session.get(Installation, "zendesk") is not None, "nothing is deleted before everything is cleared"
    assert zendesk.desk.account.hooks

    with zendesk.runtime.database.begin() as session:
        leaving.go_on(session, session.get_one(Errand, number), anyway=False, now=zendesk.clock())
    zendesk.errands(15)
    assert errand(zendesk, number).due_at is None, "it failed again"

    zendesk.desk.account.read_only.clear()
    with zendesk.runtime.database.begin() as session:
        leaving.go_on(session, session.get_one(Errand, number), anyway=False, now=zendesk.clock())
    zendesk.errands(15)
    assert errand(zendesk, number).stage == "finished"
    assert zendesk.desk.account.hooks == {}


def test_going_on_without_what_cannot_be_cleared(zendesk: Rig) -> None:
    zendesk.make()
    key = zendesk.seed(1)
    zendesk.arrive(key)
    zendesk.desk.account.read_only.add(int(key))
    number = leave(zendesk, remove=True)
    zendesk.errands(10)
    with zendesk.runtime.database.begin() as session:
        leaving.go_on(session, session.get_one(Errand, number), anyway=True, now=zendesk.clock())
    zendesk.errands(10)
    assert errand(zendesk, number).counts["not_cleared"] == 1
    assert errand(zendesk, number).stage == "finished"


def test_disconnected_scores_are_kept_and_it_comes_back(either: Rig) -> None:
    either.make()
    key = either.seed(1)
    either.arrive(key)
    tags = either.desk.snapshot(key).tags
    secrets = either.installation.secrets
    number = leave(either)
    either.errands(3)
    assert errand(either, number).stage == "finished"
    row = either.installation
    box = either.runtime.secrets
    assert (row.enabled, row.writing, row.disconnected_at is not None, dict(box.unlock(row.secrets))) == (
        False, False, True, {},
    )  # fmt: skip
    with either.runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Scorecard)) == 1
    assert either.desk.snapshot(key).tags == tags, "what was written stays unless it is to be removed"
    calls = either.calls()
    either.arrive(key)
    assert either.calls() == [], calls

    needed = {"access_token": "the access token"} if either.name == "intercom" else {"client_id": "the client id"}
    with either.runtime.database.begin() as session:
        with pytest.raises(store.NotDisconnected, match="the"):
            store.reconnect(session.get_one(Installation, either.name), box, needed=needed)
        again = session.get_one(Installation, either.name)
        again.secrets = secrets
        store.reconnect(again, box, needed=needed)
        with pytest.raises(store.NotDisconnected, match="is connected"):
            store.reconnect(again, box, needed=needed)
    either.clock.forward(hours=1)
    either.arrive(key)
    assert either.calls(), "it is asked again"
    assert either.installation.writing is False


def test_imported_files_are_only_deleted(zendesk: Rig) -> None:
    zendesk.change(options={"imported": True})
    number = leave(zendesk, **EVERYTHING)
    zendesk.errands(3)
    assert errand(zendesk, number).stage == "finished"
    assert zendesk.calls() == []
    with zendesk.runtime.database.read() as session:
        assert [row.id for row in all_of(session)] == ["i1"]


def test_two_at_once_are_refused(zendesk: Rig) -> None:
    number = leave(zendesk, remove=True)
    with pytest.raises(errands.AlreadyUnderWay, match=f"errand {number}"):
        leave(zendesk, remove=True)


def test_a_worker_that_is_still_writing_is_waited_for(zendesk: Rig) -> None:
    zendesk.make()
    key = zendesk.seed(1)
    zendesk.arrive(key)
    with zendesk.runtime.database.begin() as session:
        row = session.get_one(Conversation, zendesk.row(key).id)
        row.write_lease_until = zendesk.clock() + zendesk.runtime.settings.lease
    number = leave(zendesk, remove=True)
    zendesk.errands(5)
    assert errand(zendesk, number).stage == "stopping"
    zendesk.clock.forward(minutes=5)
    zendesk.errands(20)
    assert errand(zendesk, number).stage == "finished"


def test_an_error_of_the_helpdesk_is_waited_out_and_at_last_shown(zendesk: Rig) -> None:
    zendesk.make()
    zendesk.desk.refuse_next(1, seconds=30)
    number = leave(zendesk, remove=True)
    zendesk.errands(2)
    assert "429" in str(errand(zendesk, number).error)
    assert errand(zendesk, number).attempts == 0
    zendesk.forget_limits()
    zendesk.errands(20)
    assert errand(zendesk, number).stage == "finished"


def test_search_is_refused_until_it_is_allowed(zendesk: Rig) -> None:
    zendesk.make()
    zendesk.desk.features.refused.add("/search/export")
    number = leave(zendesk, remove=True)
    for _ in range(30):
        zendesk.errands(1)
        zendesk.clock.forward(minutes=20)
    stopped = errand(zendesk, number)
    assert (stopped.due_at, stopped.stage) == (None, "finding")
    assert "403" in str(stopped.error)
    zendesk.desk.features.refused.clear()
    with zendesk.runtime.database.begin() as session:
        leaving.go_on(session, session.get_one(Errand, number), anyway=False, now=zendesk.clock())
    zendesk.errands(20)
    assert errand(zendesk, number).stage == "finished"


def test_a_job_that_is_forgotten_is_done_again(zendesk: Rig, database: Database) -> None:
    zendesk.make()
    key = zendesk.seed(1)
    zendesk.arrive(key)
    number = leave(zendesk, remove=True)
    while True:
        from tasks import errands as work  # noqa: PLC0415

        work.take_step(zendesk.runtime, number)
        with zendesk.runtime.database.read() as session:
            if errands.progress(session, number).sent:
                break
    zendesk.desk.account.jobs.clear()
    zendesk.errands(20)
    assert errand(zendesk, number).stage == "finished"
    assert not [tag for tag in zendesk.desk.snapshot(key).tags if tag.startswith("dm__")]
    with zendesk.runtime.database.read() as session:
        states = session.scalars(select(ErrandItem.state).where(ErrandItem.errand_id == number)).all()
    assert states == [ItemState.DONE]


def test_the_webhook_address(zendesk: Rig) -> None:
    zendesk.make()
    assert [hook.record["endpoint"] for hook in zendesk.desk.account.hooks.values()] == [
        ENDPOINT.format(name="zendesk")
    ]


def test_a_helpdesk_that_lets_nobody_in_is_left_without_asking_it(zendesk: Rig) -> None:
    zendesk.make()
    key = zendesk.seed(1)
    zendesk.arrive(key)
    zendesk.desk.expire_tokens()
    zendesk.desk.access.client_secret = "another"
    zendesk.forget_limits()
    number = leave(zendesk, **EVERYTHING)
    zendesk.errands(3)
    waiting = errand(zendesk, number)
    assert "credentials" in str(waiting.error)
    assert waiting.attempts == 0
    with zendesk.runtime.database.begin() as session:
        leaving.without_helpdesk(session, session.get_one(Errand, number), now=zendesk.clock())
    zendesk.errands(3)
    done = errand(zendesk, number)
    assert done.stage == "finished"
    assert done.counts["deleted"]["conversation"] == 1
    assert "have to be removed by hand" in done.counts["told"][0]["text"]
