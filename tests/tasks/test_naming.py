"""When helpdesks are asked for names: once a day, sooner for what is new, and never so that anything depends on it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sandboxed import Rig
from sqlalchemy import select

from connectors.errors import CredentialsRefused, RetryLater
from connectors.names import Kind
from service.reports.naming import labels
from service.store import cursors, dimension_names
from service.store.figure_models import Rollup
from service.store.models import Installation
from service.store.people_models import AuditEntry
from tasks import asking, naming, recounting


def row(shop: Any) -> Installation:
    with shop.runtime.database.read() as session:
        found: Installation = session.get_one(Installation, "i1")
        return found


def counted(shop: Any, dimension: str, value: str) -> None:
    """A day in which something had this value."""
    with shop.runtime.database.begin() as session:
        session.add(
            Rollup(
                installation_id="i1", definitions=dimension_names.DEFINITIONS, dimension=dimension, value=value,
                day=shop.clock().date(), cells=b"", large=b"",
            )
        )  # fmt: skip


def known(shop: Any) -> dict[tuple[str, str], str]:
    with shop.runtime.database.read() as session:
        return {(each.dimension, each.value): each.name for each in dimension_names.known(session, ["i1"])}


def asked(shop: Any) -> int:
    return len(shop.desk.asked_names)


def test_names_are_learned_with_the_first_poll_and_then_once_a_day(shop: Any) -> None:
    shop.desk.told_names = {Kind.BRAND: {"7": "Shop"}}
    shop.work()
    asking.ask(shop.runtime, "i1")
    assert known(shop) == {("brand", "7"): "Shop"}
    shop.desk.told_names = {Kind.BRAND: {"7": "Store"}}
    for _ in range(3):
        asking.ask(shop.runtime, "i1")
        shop.clock.forward(hours=7)
    assert (asked(shop), known(shop)) == (1, {("brand", "7"): "Shop"})
    shop.clock.forward(hours=4)
    asking.ask(shop.runtime, "i1")
    assert (asked(shop), known(shop)) == (2, {("brand", "7"): "Store"})


def test_a_new_value_is_asked_for_within_the_hour_and_once(shop: Any) -> None:
    assert naming.refresh(shop.runtime, row(shop))
    counted(shop, "bot", "4711")
    counted(shop, "group", "by its name already")
    shop.clock.forward(minutes=50)
    assert not naming.refresh(shop.runtime, row(shop))
    shop.clock.forward(minutes=10)
    assert naming.refresh(shop.runtime, row(shop))
    assert shop.desk.asked_names == [frozenset(), frozenset({"4711"})]
    shop.clock.forward(hours=2)
    assert not naming.refresh(shop.runtime, row(shop)), "the helpdesk told no name for it: it is asked again tomorrow"
    assert known(shop) == {}


@pytest.mark.parametrize("error", [CredentialsRefused("no"), RetryLater("later", after=5)])
def test_a_failure_leaves_what_is_known_and_is_tried_again_an_hour_later(
    shop: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    shop.desk.told_names = {Kind.BOT: {"3": "Fern"}}
    assert naming.refresh(shop.runtime, row(shop))
    told = type(shop.desk).names

    def fail(desk: Any, bots: Any) -> Any:
        told(desk, bots)
        raise error

    monkeypatch.setattr(type(shop.desk), "names", fail)
    shop.clock.forward(hours=25)
    assert not naming.refresh(shop.runtime, row(shop))
    assert known(shop) == {("bot", "3"): "Fern"}
    shop.clock.forward(minutes=59)
    assert not naming.refresh(shop.runtime, row(shop))
    assert asked(shop) == 2
    monkeypatch.setattr(type(shop.desk), "names", told)
    shop.clock.forward(minutes=1)
    assert naming.refresh(shop.runtime, row(shop))
    with shop.runtime.database.read() as session:
        kept = cursors.get(session, "i1", naming.CURSOR)
    assert kept is not None and kept[0] == "bot"


def groups(shop: Any) -> dict[str, str]:
    """Teams, as they are shown."""
    with shop.runtime.database.read() as session:
        return dict(labels(session, ["i1"]).words.items())


def tell_teams(shop: Any, **names: str) -> None:
    """The helpdesk tells these teams when it is asked a day later."""
    shop.desk.told_names = {Kind.GROUP: {number.removeprefix("t"): name for number, name in names.items()}}
    shop.clock.forward(hours=25)
    assert naming.refresh(shop.runtime, row(shop))


def test_a_renamed_team_is_known_by_both_names(shop: Any) -> None:
    """Conversations carry a team's name: those of before the former one, which is told along with the new one."""
    tell_teams(shop, t71="Billing", t72="Care")
    tell_teams(shop, t71="Payments", t72="Care")
    assert groups(shop) == {
        ("group", "71"): "Payments", ("group", "72"): "Care", ("group", "Billing"): "Payments (formerly Billing)",
    }  # fmt: skip
    tell_teams(shop, t71="Money", t72="Care")
    assert groups(shop)["group", "Billing"] == "Money (formerly Billing)"
    assert groups(shop)["group", "Payments"] == "Money (formerly Payments)"
    counted(shop, "group", "Billing")
    shop.clock.forward(hours=2)
    assert not naming.refresh(shop.runtime, row(shop)), "a former name is no id that has to be asked for"


def test_a_name_that_a_team_has_is_nobodys_former_one(shop: Any) -> None:
    tell_teams(shop, t71="Billing", t72="Care")
    tell_teams(shop, t71="Care", t72="Billing")
    assert sorted(groups(shop).values()) == ["Billing", "Care"], "two teams changed names: neither word tells which"
    tell_teams(shop, t71="Payments", t72="Care")
    assert groups(shop)["group", "Billing"] == "Care (formerly Billing)"
    tell_teams(shop, t71="Payments", t72="Billing")
    assert ("group", "Billing") not in groups(shop)


def rules_of(shop: Any) -> Any:
    return row(shop).write_rules


def test_a_renamed_team_is_written_to_as_before(shop: Any) -> None:
    tell_teams(shop, t71="Billing", t72="Care")
    with shop.runtime.database.begin() as session:
        session.get_one(Installation, "i1").write_rules = {"groups": ["billing"], "sample": 50}
    tell_teams(shop, t71="Billing", t72="Help")
    assert rules_of(shop)["groups"] == ["billing"], "another team was renamed"
    tell_teams(shop, t71="Payments", t72="Help")
    assert rules_of(shop) == {"groups": ["billing", "Payments"], "sample": 50}
    with shop.runtime.database.read() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "change write rules"))
        assert (entry.actor, entry.details["why"]) == ("deskmark", "renamed in the helpdesk")
    tell_teams(shop, t71="Payments", t72="Help")
    assert rules_of(shop)["groups"] == ["billing", "Payments"]


def refused(shop: Any) -> tuple[Kind, ...]:
    with shop.runtime.database.read() as session:
        return naming.unnamed(session, row(shop))


def test_what_the_helpdesk_refused_to_name_is_known(shop: Any) -> None:
    assert refused(shop) == ()
    tell_teams(shop, t71="Billing")
    assert refused(shop) == (Kind.BRAND, Kind.BOT)
    shop.desk.told_names = {kind: {} for kind in Kind}
    shop.clock.forward(hours=25)
    assert naming.refresh(shop.runtime, row(shop))
    assert refused(shop) == ()


def test_what_is_read_from_a_helpdesk_is_shown_by_name(either: Rig) -> None:
    """The whole way: played in, read, scored, added up, asked, and called by its name."""
    rig = either
    rig.arrive(rig.seed(1))
    rig.errands(2)
    while recounting.recount(rig.runtime).left:
        continue
    assert naming.learn(rig.runtime.database, rig.client, rig.name, now=rig.clock())
    with rig.runtime.database.read() as session:
        words = labels(session, [rig.name])
        seen = dimension_names.seen(session, rig.name, since=date(2020, 1, 1))
    found = {(dimension, words.of(dimension, value)) for dimension, value in seen}
    assert found == {
        "zendesk": {("bot", "Zendesk AI agent"), ("brand", "Main brand")}, "intercom": {("bot", "Fin")},
    }[rig.name]  # fmt: skip
