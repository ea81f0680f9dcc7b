"""Equal questions of several helpdesks: found inside an account group, never across."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from service.language.cluster_state import ClusterState, to_json
from service.language.clustering import grow
from service.store import gap_topics, gaps, installations
from service.store.gap_models import KnowledgeGap
from service.store.installations import NewInstallation
from tasks.same_questions import find_same_questions

PADDLES = ["Do you repair carbon paddles?", "Can my carbon paddle be repaired?", "Is a broken carbon paddle repaired?"]
INVOICES = ["The invoice is wrong", "My invoice shows the wrong amount", "There is a wrong sum on the invoice"]
NAMES = ("one", "two", "three")


@pytest.fixture
def houses(shop: Any) -> Any:
    """Three helpdesks with the same two questions."""
    embedder, now = shop.runtime.embedder, shop.clock()
    grown = grow(ClusterState(embedder.issue_id), [*PADDLES, *INVOICES], embedder).state
    with shop.runtime.database.begin() as session:
        for name in NAMES:
            new = NewInstallation(connector="zendesk", account=name, base_url="https://x.example/", secrets=b"",
                                  prefix="dm__", id=name)  # fmt: skip
            installations.add(session, new, now=now)
            gaps.save_groups(session, name, to_json(grown), labels={g.id: g.label for g in grown.groups}, merged={},
                             assigned=[], now=now)  # fmt: skip
    return shop


def group(shop: Any, **groups: str | None) -> int:
    with shop.runtime.database.begin() as session:
        for name, value in groups.items():
            installations.change(session, name, account_group=value)
    return find_same_questions(shop.runtime)


def topics(shop: Any) -> dict[str, list[int | None]]:
    with shop.runtime.database.read() as session:
        rows = session.scalars(select(KnowledgeGap).order_by(KnowledgeGap.id)).all()
        return {name: [row.topic for row in rows if row.installation_id == name] for name in NAMES}


def test_only_helpdesks_of_one_account_group_are_compared(houses: Any) -> None:
    assert group(houses) == 0
    changed = group(houses, one="acme", two="acme", three="other")
    found = topics(houses)
    assert changed == len(found["one"]) + len(found["two"])
    assert found["one"] == found["two"]
    assert None not in found["one"]
    assert set(found["three"]) == {None}
    assert find_same_questions(houses.runtime) == 0, "nothing changed"
    group(houses, three="acme")
    assert topics(houses)["three"] == topics(houses)["one"] == topics(houses)["two"]
    group(houses, two=None, three="other")
    assert {topic for found in topics(houses).values() for topic in found} == {None}


def test_the_others_are_shown_to_whoever_sees_them_and_to_no_other_group(houses: Any) -> None:
    group(houses, one="acme", two="acme", three="acme")
    with houses.runtime.database.begin() as session:
        row = session.scalars(select(KnowledgeGap).where(KnowledgeGap.installation_id == "one")).first()
        assert row is not None

        def others(visible: list[str] | None) -> list[str]:
            return [gap.row.installation_id for gap in gap_topics.others(session, row, visible)]

        assert others(None) == ["two", "three"]
        assert others(["one", "three"]) == ["three"]
        assert others([]) == []
        # Left the group a moment ago: the number is still the same, and joins nobody.
        installations.change(session, "two", account_group="elsewhere")
        assert others(None) == ["three"]
        installations.change(session, "one", account_group=None)
        assert others(None) == []


def test_what_people_merged_and_what_cannot_be_read(houses: Any) -> None:
    with houses.runtime.database.begin() as session:
        first, second = session.scalars(
            select(KnowledgeGap.id).where(KnowledgeGap.installation_id == "one").order_by(KnowledgeGap.id).limit(2)
        ).all()
        gaps.merge(session, second, first)
        gaps.save_groups(session, "three", "{}", labels={}, merged={}, assigned=[], now=houses.clock())
    group(houses, one="acme", two="acme", three="acme")
    found = topics(houses)
    assert found["one"][:2] == [first, None], "the one that took the other in asks both"
    assert found["two"][:2] == [first, first]
    assert set(found["three"]) == {None}
