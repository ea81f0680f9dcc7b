"""Writing what was planned, only when asked: one by one without haste, or in bulk with each ticket's own outcome."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from meanwhile import ctrl_c_after
from sandboxed import Rig, rig
from sqlalchemy import select

from service.commands.installations.errands import described
from service.conversation import Author, Message, Role
from service.store import errands, plans
from service.store import leaving as leaving_store
from service.store.errand_models import Errand, ErrandKind
from service.store.models import Conversation, Installation, Writeback, WriteState
from service.writeback import parse_note
from tasks import errands as work
from tasks import leaving, writing_planned


def planned(desk: Rig, many: int) -> list[str]:
    """Conversations that were scored while writing was off."""
    desk.make()
    desk.change(writing=False)
    keys = [desk.seed(number) for number in range(many)]
    desk.arrive(*keys)
    desk.change(writing=True)
    desk.calls()
    return keys


def ask(desk: Rig, *, bulk: bool = False) -> int:
    with desk.runtime.database.begin() as session:
        row = session.get_one(Installation, desk.name)
        made = errands.begin(
            session, row, ErrandKind.WRITE, actor="ada", stage=writing_planned.GATHER, options={"bulk": bulk},
            now=desk.clock(),
        )  # fmt: skip
        return made.id


def errand(desk: Rig, number: int) -> Errand:
    with desk.runtime.database.read() as session:
        return session.get_one(Errand, number)


def stands(desk: Rig, key: str) -> tuple[bool, int]:
    """Whether our verdict is there beside the others' tags, and how many notes of ours there are."""
    seen = desk.desk.snapshot(key)
    ours = "dm__resolution__unresolved" in seen.tags and "vip" in seen.tags
    return ours and seen.fields["dm_outcome"] == "unresolved", len([n for n in seen.notes if parse_note(n)])


def counts(desk: Rig) -> plans.Counts:
    with desk.runtime.database.read() as session:
        return plans.counts(session, desk.name)


def test_nothing_is_written_before_it_is_asked_for(either: Rig) -> None:
    keys = planned(either, 2)
    either.errands(3)
    assert [stands(either, key) for key in keys] == [(False, 0)] * 2
    assert (counts(either).conversations, counts(either).notes) == (2, 2)
    assert counts(either).fields >= 6


def test_one_by_one_without_haste(either: Rig) -> None:
    keys = planned(either, 3)
    number = ask(either)
    work.work(either.runtime)
    assert errand(either, number).stage == "finished"
    assert errand(either, number).counts == {"asked": 3, "left_out": 0}
    due = sorted(either.row(key).write_due_at for key in keys)
    pace = writing_planned.PACE[either.name]
    assert [moment - due[0] for moment in due] == [timedelta(0), pace, 2 * pace]
    either.errands(5)
    assert [stands(either, key) for key in keys] == [(True, 1)] * 3
    assert counts(either) == plans.Counts(0, 0, 0, 0)


def test_in_bulk_calls_per_ticket(zendesk: Rig) -> None:
    keys = planned(zendesk, 60)
    number = ask(zendesk, bulk=True)
    zendesk.errands(10)
    assert errand(zendesk, number).stage == "finished"
    assert all(stands(zendesk, key) == (True, 1) for key in keys)
    made = [each for each in zendesk.calls() if not each.path.endswith("/users/me")]
    assert zendesk.installation.actor_ids, "our own writes are known when they come back"
    assert len(made) == errand(zendesk, number).calls
    assert len(made) <= 4, "one request for up to a hundred tickets, and looks at its job"
    row = zendesk.row(keys[0])
    assert (row.write_state, row.write_error) == (WriteState.WRITTEN, None)
    with zendesk.runtime.database.read() as session:
        sent = session.scalars(select(Writeback)).all()
        assert len(sent) == 60
        assert session.get_one(Conversation, row.id).plan is None
    zendesk.arrive(keys[0])
    assert stands(zendesk, keys[0]) == (True, 1), "read again, nothing is left to write"


def test_each_ticket_has_its_own_outcome(zendesk: Rig, kit: Any) -> None:
    keys = planned(zendesk, 6)
    changed, closed, gone, held, ok, said = keys
    zendesk.clock.forward(minutes=1)
    zendesk.desk.tag(changed, "urgent")
    zendesk.desk.close(closed)
    del zendesk.desk.account.tickets[int(gone)]
    zendesk.desk.account.read_only.add(int(held))
    late = Message("late", Author(Role.CUSTOMER, f"zendesk-{keys.index(said)}"), "Still broken!", zendesk.clock())
    zendesk.desk.continue_(said, [late])

    number = ask(zendesk, bulk=True)
    zendesk.errands(20)
    done = errand(zendesk, number)
    assert done.stage == "finished"
    assert stands(zendesk, ok) == (True, 1)
    assert stands(zendesk, changed) == (True, 1), "read again, then written"
    assert "urgent" in zendesk.desk.snapshot(changed).tags
    assert stands(zendesk, closed) == (True, 0), "tags only"
    assert "Still broken!" in str(zendesk.row(said).document), "judged again, then written"
    assert "dm__repeat__of" in zendesk.desk.snapshot(said).tags
    assert zendesk.row(gone).state == "gone"
    with zendesk.runtime.database.read() as session:
        assert [item.external_id for item in errands.failures(session, number)] == [held]
        assert errands.progress(session, number) == errands.Progress(done=5, failed=1)
    assert zendesk.row(held).write_error == "TicketUpdateFailed"
    assert done.counts == {"asked": 6, "left_out": 0, "in_bulk": 1, "one_by_one": 4, "refused": 1}
    summary = list(described(done))
    assert "  1 written in bulk" in summary
    assert "  4 read again as they may have changed, then written one by one" in summary
    assert "  1 refused by the helpdesk" in summary


def test_closed_tickets_that_were_read_closed_go_together(zendesk: Rig) -> None:
    zendesk.make()
    zendesk.change(writing=False)
    keys = [zendesk.seed(number, closed=True) for number in range(5)]
    zendesk.arrive(*keys)
    zendesk.change(writing=True)
    zendesk.calls()
    number = ask(zendesk, bulk=True)
    zendesk.errands(10)
    assert errand(zendesk, number).stage == "finished"
    assert all(stands(zendesk, key) == (True, 0) for key in keys)
    assert len([each for each in zendesk.calls() if "update_many" in each.path]) == 1


def test_too_many_jobs_waits_and_stops_nobody_else(zendesk: Rig) -> None:
    keys = planned(zendesk, 2)
    jobs = zendesk.desk.account.jobs
    jobs.update({f"other {number}": {"status": "queued"} for number in range(30)})
    number = ask(zendesk, bulk=True)
    zendesk.errands(2)
    waiting = errand(zendesk, number)
    assert "429" in str(waiting.error)
    assert (waiting.stage, waiting.attempts) == ("writing", 0)
    live = zendesk.seed(99)
    zendesk.arrive(live)
    assert stands(zendesk, live) == (True, 1), "live traffic is written meanwhile"
    jobs.clear()
    zendesk.forget_limits()
    zendesk.errands(30)
    assert errand(zendesk, number).stage == "finished"
    assert all(stands(zendesk, key) == (True, 1) for key in keys)


def test_killed_between_sending_and_saying_so(zendesk: Rig) -> None:
    """Zendesk has it, we do not know: sent again it is a conflict, read again it is true already; no second note."""
    keys = planned(zendesk, 3)
    number = ask(zendesk, bulk=True)
    work.take_step(zendesk.runtime, number)  # gathered
    work.take_step(zendesk.runtime, number)
    with ctrl_c_after("UPDATE errand_item"), pytest.raises(KeyboardInterrupt):
        work.take_step(zendesk.runtime, number)
    zendesk.clock.forward(minutes=5)
    zendesk.errands(20)
    assert errand(zendesk, number).stage == "finished"
    assert all(stands(zendesk, key) == (True, 1) for key in keys)


def test_rules_hold_when_asked_as_well(zendesk: Rig) -> None:
    keys = planned(zendesk, 2)
    zendesk.change(write_rules={"notes": False})
    number = ask(zendesk, bulk=True)
    zendesk.errands(10)
    assert [stands(zendesk, key) for key in keys] == [(True, 0)] * 2
    assert counts(zendesk) == plans.Counts(2, 0, 0, 2)
    zendesk.calls()
    again = ask(zendesk, bulk=True)
    zendesk.errands(3)
    assert errand(zendesk, again).counts == {"asked": 0, "left_out": 2}
    assert zendesk.calls() == []
    zendesk.change(write_rules={"channels": ["phone"]})
    assert errand(zendesk, number).finished_at is not None


def test_in_bulk_where_a_helpdesk_takes_one_at_a_time(shop: Any, clock: Any, kit: Any) -> None:
    desk = rig("intercom", shop, clock, kit)
    keys = planned(desk, 2)
    number = ask(desk, bulk=True)
    desk.errands(6)
    assert errand(desk, number).stage == "finished"
    assert [stands(desk, key) for key in keys] == [(True, 1)] * 2
    desk.desk.stop()


def test_scored_again_while_the_job_ran(zendesk: Rig) -> None:
    """What was sent is not what is wanted any more: the ordinary way corrects it."""
    (key,) = planned(zendesk, 1)
    number = ask(zendesk, bulk=True)
    while errand(zendesk, number).calls == 0:
        work.take_step(zendesk.runtime, number)
    with zendesk.runtime.database.begin() as session:
        row = session.get_one(Conversation, zendesk.row(key).id)
        document = dict(row.document or {})
        last = {**document["messages"][-1], "id": "m9", "text": "Great, that solves it. Thank you!"}
        last["author"] = {**last["author"], "role": "customer"}
        row.document = {**document, "messages": [*document["messages"], last]}
        from service.card_document import card_document  # noqa: PLC0415
        from service.document import from_document  # noqa: PLC0415
        from service.store.results import save_cards  # noqa: PLC0415
        from tasks import scoring  # noqa: PLC0415

        cards = scoring.judge(
            zendesk.runtime, session.get_one(Installation, "zendesk"), from_document(row.document), row.id
        )
        save_cards(session, row.id, [card_document(card) for card in cards], now=zendesk.clock())
    zendesk.errands(10)
    assert errand(zendesk, number).counts["one_by_one"] == 1
    assert errand(zendesk, number).stage == "finished"


def test_switched_off_while_the_job_ran(zendesk: Rig) -> None:
    """What was sent cannot be called back: it is known to stand there, so that leaving finds it without our tags."""
    (key,) = planned(zendesk, 1)
    number = ask(zendesk, bulk=True)
    while errand(zendesk, number).calls == 0:
        work.take_step(zendesk.runtime, number)
    zendesk.change(writing=False)
    zendesk.errands(10)
    assert stands(zendesk, key) == (True, 1)
    row = zendesk.row(key)
    assert (row.write_state, row.planned_at) == (WriteState.OFF, None)
    with zendesk.runtime.database.read() as session:
        assert leaving_store.written(session, "zendesk", after="") == [(row.id, row.external_id)]


def test_while_the_installation_is_paused_nothing_is_sent(zendesk: Rig) -> None:
    keys = planned(zendesk, 1)
    number = ask(zendesk, bulk=True)
    zendesk.change(paused_at=zendesk.clock(), paused_reason="the token was refused")
    zendesk.errands(2)
    assert (errand(zendesk, number).stage, zendesk.calls()) == ("gathering", [])
    zendesk.change(paused_at=None, paused_reason=None)
    zendesk.errands(25)
    assert stands(zendesk, keys[0]) == (True, 1)


def test_the_rest_is_given_up(zendesk: Rig) -> None:
    keys = planned(zendesk, 2)
    number = ask(zendesk, bulk=True)
    work.take_step(zendesk.runtime, number)
    with zendesk.runtime.database.begin() as session:
        leaving.without_helpdesk(session, session.get_one(Errand, number), now=zendesk.clock())
    zendesk.errands(5)
    given_up = errand(zendesk, number)
    assert (given_up.stage, given_up.finished_at is not None) == (errands.GIVEN_UP, True)
    assert stands(zendesk, keys[0]) == (False, 0)
    assert ask(zendesk) != number, "another one may be begun"


def test_one_that_killed_its_worker_each_time_stops(zendesk: Rig) -> None:
    planned(zendesk, 1)
    number = ask(zendesk, bulk=True)
    with zendesk.runtime.database.begin() as session:
        session.get_one(Errand, number).attempts = 99
    zendesk.errands(1)
    stopped = errand(zendesk, number)
    assert (stopped.due_at, stopped.error) == (None, "the worker died each time")


def test_what_nobody_foresaw_is_told_by_its_name_only(zendesk: Rig) -> None:
    (key,) = planned(zendesk, 1)
    number = ask(zendesk, bulk=True)
    with zendesk.runtime.database.begin() as session:
        session.get_one(Conversation, zendesk.row(key).id).plan = {"note": "a customer's words"}
    with pytest.raises(KeyError):
        work.take_step(zendesk.runtime, number)
    assert errand(zendesk, number).error == "unforeseen: KeyError"
    assert work.take_step(zendesk.runtime, 99) is False
