"""The same question on several helpdesks of one account group is found once their questions are grouped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations

import structlog
from sqlalchemy.orm import Session

from service.language.cluster_state import ClusterState, StateUnreadable, from_json
from service.language.same_groups import same_groups
from service.store import gap_topics, gaps, installations
from tasks.runtime import Runtime

log = structlog.get_logger(__name__)


def find_same_questions(runtime: Runtime) -> int:
    """Put equal questions of the helpdesks of each account group under one number; how many gaps changed theirs."""
    with runtime.database.read() as session:
        rows = installations.all_of(session)
        groups: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            if row.account_group:
                groups[row.account_group].append(row.id)
        topics: dict[int, int] = {}
        for ids in groups.values():
            if len(ids) > 1:
                topics |= _topics(session, ids, runtime.embedder.issue_id)
    with runtime.database.begin() as session:
        changed = gap_topics.keep(session, [row.id for row in rows], topics)
    if changed:
        log.info("same_questions_found", gaps=changed)
    return changed


def _topics(session: Session, ids: Iterable[str], model: str) -> Mapping[int, int]:
    """The lowest number of the gaps that ask the same, for each of them."""
    states = {name: state for name in ids if (state := _state(session, name, model)) is not None}
    gap_of = {name: gap_topics.of_groups(session, name) for name in states}
    topic: dict[int, int] = {}
    for one, other in combinations(sorted(states), 2):
        for mine, theirs in same_groups(states[one], states[other]):
            pair = gap_of[one].get(mine), gap_of[other].get(theirs)
            if pair[0] is not None and pair[1] is not None:
                _join(topic, pair[0], pair[1])
    return topic


def _join(topic: dict[int, int], one: int, other: int) -> None:
    known = {topic.get(one, one), topic.get(other, other)}
    lowest = min(known)
    for gap_id in [each for each, number in topic.items() if number in known]:
        topic[gap_id] = lowest
    topic[one] = topic[other] = lowest


def _state(session: Session, installation_id: str, model: str) -> ClusterState | None:
    stored = gaps.groups(session, installation_id)
    try:
        return None if stored is None else from_json(stored, model)
    except StateUnreadable:
        # Told where its own questions are grouped.
        return None
