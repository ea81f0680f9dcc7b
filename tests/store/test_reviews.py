"""Opinions of reviewers: kept once, set against Deskmark's verdicts and against one another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from service.figures.agreement import agreement
from service.store import conversations, results, reviews
from service.store.database import Database
from service.store.figure_models import Review
from service.store.models import Installation
from service.store.reviews import Said, Which

MINUTE = timedelta(minutes=1)


def card(verdict: str | None, definitions: str = "2", episode: int = 1) -> dict[str, Any]:
    return {"episode": episode, "definitions": definitions, "scores": {"effort": {"verdict": verdict}}}


@pytest.fixture
def said(database: Database, installation: Installation, now: datetime) -> Said:
    """An opinion on a conversation whose effort was scored as high."""
    with database.begin() as session:
        key = conversations.announce(session, installation, "4711", at=now, now=now)
        results.save_cards(session, key, [card("medium"), card("high", episode=2)], now=now)
        results.save_cards(session, key, [card("low", "1")], now=now)
    return Said("i1", key, 2, "effort", "high", "r1", now)


def found(database: Database, now: datetime, **more: Any) -> tuple[Any, Any]:
    with database.read() as session:
        asked = {"since": now - MINUTE, "until": now + MINUTE}
        theirs = reviews.between_reviewers(session, **asked)
        return dict(reviews.against_deskmark(session, **asked, **more)), dict(theirs)


def test_opinions_are_set_against_the_verdict_of_the_same_episode_and_version(
    database: Database, said: Said, now: datetime
) -> None:
    first = replace(said, episode=1)
    with database.begin() as session:
        reviews.save(session, [said, first, replace(said, reviewer="r2", verdict="low"), replace(said, score="intent")])
    ours, theirs = found(database, now)
    assert ours == {("effort", "high", "high"): 1, ("effort", "medium", "high"): 1, ("effort", "high", "low"): 1}
    assert theirs == {("effort", "high", "low"): 1}
    assert found(database, now, definitions="1")[0] == {("effort", "low", "high"): 1}
    assert found(database, now, installation_ids=["i2"])[0] == {}
    assert found(database, now + 2 * MINUTE) == ({}, {})
    assert agreement({(one, other): n for (_, one, other), n in ours.items()}).rate.hits == 1


def test_a_later_opinion_replaces_an_earlier_one_and_never_the_other_way(
    database: Database, said: Said, now: datetime
) -> None:
    for verdict, at in (("low", now), ("high", now - MINUTE / 2), ("medium", now + MINUTE / 2)):
        with database.begin() as session:
            reviews.save(session, [replace(said, verdict=verdict, at=at)])
        kept = {"low": "low", "high": "low", "medium": "medium"}[verdict]
        assert found(database, now)[0] == {("effort", "high", kept): 1}


def test_the_latest_episode(database: Database, said: Said) -> None:
    with database.read() as session:
        assert reviews.latest_episode(session, said.conversation_id) == 2
        assert reviews.latest_episode(session, "unknown") is None


def test_dropped_opinions_are_gone(database: Database, said: Said, now: datetime) -> None:
    with database.begin() as session:
        reviews.save(session, [said])
        reviews.drop(session, said.conversation_id)
    assert found(database, now) == ({}, {})


def test_several_choices_at_once_are_each_by_itself(database: Database, said: Said, now: datetime) -> None:
    with database.begin() as session:
        drawn = replace(said, source="queue", drawn="random")
        blind = replace(drawn, reviewer="r2", blind=True, verdict="low")
        risky = replace(drawn, reviewer="r3", drawn="risky")
        # Deskmark's verdict is not kept beside the last one: an earlier release kept none.
        old = replace(said, reviewer="r4", verdict="medium", episode=1)
        reviews.save(session, [drawn, blind, risky, old])
        session.execute(update(Review).where(Review.reviewer != "r4").values(own="high"))
        session.execute(update(Review).where(Review.reviewer == "r4").values(own=None))
    with database.read() as session:
        asked = reviews.Asked(now - MINUTE, now + MINUTE)
        at_once = reviews.against_deskmark_by(session, asked, list(Which))
        by_themselves = {
            which: reviews.against_deskmark(session, since=asked.since, until=asked.until, which=which)
            for which in Which
        }
    assert at_once == by_themselves
    assert at_once[Which.RANDOM] == {("effort", "high", "high"): 1, ("effort", "high", "low"): 1}
    assert at_once[Which.BLIND] == {("effort", "high", "low"): 1}
    assert at_once[Which.OTHER] == {("effort", "high", "high"): 1, ("effort", "medium", "medium"): 1}
