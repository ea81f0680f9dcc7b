"""Avoidable handoffs by the answer that was already there, against going through the facts one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from random import Random

import pytest
from fact_samples import fact
from kept_facts import NOW, Kept
from sqlalchemy import select, update

from service.figures.cells import FORM
from service.figures.fact import Fact
from service.store import facts as store
from service.store import had_answers
from service.store.database import Database
from service.store.figure_models import FactRow
from service.store.had_answers import Asked

SINCE, UNTIL = date(2026, 3, 1), date(2026, 3, 21)
ANSWERS = ("article:a", "article:b", "text:c", "solved", None)


@pytest.fixture
def kept(database: Database) -> Kept:
    return Kept(database)


def some(number: int, random: Random) -> Fact:
    verdict = random.choice(("avoidable", "avoidable", "warranted"))
    return fact(
        number, day=f"2026-03-{random.randrange(1, 25):02}", escalation=verdict, intent=random.choice(("x", "y", None)),
        channel=random.choice(("email", "web", None)), had_answer=random.choice(ANSWERS),
    )  # fmt: skip


@pytest.fixture
def full(kept: Kept) -> Kept:
    random = Random(5)
    kept.save(*(kept.judged(number, [some(number, random) for _ in range(1 + number % 2)]) for number in range(160)))
    return kept


def asked(kept: Kept, filters: Mapping[str, str | None] = {}, ids: list[str] | None = None) -> Asked:
    return Asked(SINCE, UNTIL, kept.ids if ids is None else ids, filters, "2")


def spared(kept: Kept, filters: Mapping[str, str | None] = {}) -> Iterator[tuple[str, int, Fact]]:
    """(our id, episode, fact) of what counts."""
    for (row_id, _), facts in kept.truth.items():
        for each in facts:
            fits = all(getattr(each, name) == value for name, value in filters.items())
            shown = SINCE <= date.fromisoformat(each.day or "") < UNTIL
            if each.escalation == "avoidable" and each.had_answer and fits and shown:
                yield row_id, each.episode, each


@pytest.mark.parametrize(
    "filters",
    [{}, {"channel": "email"}, {"channel": None}, {"intent": "x", "channel": "web"}, {"helpdesk": "intercom"}],
)
def test_groups_and_lists_are_what_going_through_them_gives(full: Kept, filters: Mapping[str, str | None]) -> None:
    truth = list(spared(full, filters))
    counts = Counter(each.had_answer for _, _, each in truth)
    with full.database.read() as session:
        found = had_answers.groups(session, asked(full, filters), limit=10)
        newest = had_answers.newest(session, asked(full, filters), list(map(str, counts)), each=3)
        assert {each.answer: each.n for each in found.items} == counts
        assert (found.n, found.answers) == (counts.total(), len(counts))
        assert [each.n for each in found.items] == sorted(counts.values(), reverse=True)
        for group in found.items:
            own = [(row_id, episode, each) for row_id, episode, each in truth if each.had_answer == group.answer]
            intents = {each.intent for _, _, each in own} - {None}
            assert group.latest.isoformat() == max(str(each.day) for _, _, each in own)
            assert (group.intents, group.intent) == (len(intents), min(map(str, intents), default=None))
            listed = had_answers.listed(session, asked(full, filters), group.answer, after=None, limit=500)
            order = sorted(((str(each.day), row_id, episode) for row_id, episode, each in own), reverse=True)
            assert [(each.day.isoformat(), each.conversation, each.episode) for each in listed] == order
            assert newest[group.answer] == listed[:3]


def test_pages_of_the_list_leave_nothing_out(full: Kept) -> None:
    with full.database.read() as session:
        whole = had_answers.listed(session, asked(full), "article:a", after=None, limit=500)
        pages, after = [], None
        while page := had_answers.listed(session, asked(full), "article:a", after=after, limit=3):
            pages += page
            after = (page[-1].day, page[-1].conversation, page[-1].episode)
    assert pages == whole
    assert len(whole) > 9


def test_few_are_shown_and_the_rest_is_counted(full: Kept) -> None:
    with full.database.read() as session:
        everything = had_answers.groups(session, asked(full), limit=10)
        first = had_answers.groups(session, asked(full), limit=1)
        assert first.items == everything.items[:1]
        assert (first.n, first.answers) == (everything.n, everything.answers)


def test_foreign_installations_stay_hidden(full: Kept) -> None:
    with full.database.read() as session:
        assert had_answers.groups(session, asked(full, ids=[]), limit=10).items == ()
        own = had_answers.groups(session, asked(full, ids=full.ids[:1]), limit=10).n
        assert 0 < own < had_answers.groups(session, asked(full), limit=10).n


def test_a_reviewers_word_takes_it_out_and_brings_it_back(kept: Kept) -> None:
    one = fact(0, escalation="avoidable", had_answer="article:a")
    judged = kept.judged(0, [one])

    def answers() -> list[str | None]:
        with kept.database.read() as session:
            return list(session.scalars(select(FactRow.had_answer).where(FactRow.installation_id.in_(kept.ids))))

    kept.save(judged)
    assert answers() == ["article:a"]
    kept.save(replace(judged, facts=[replace(each, escalation="warranted") for each in judged.facts]))
    assert answers() == [None]
    kept.save(judged)
    assert answers() == ["article:a"]


def test_rows_of_an_older_form_are_counted_anew(kept: Kept) -> None:
    """Those that an older version wrote have neither the answer nor what called for a human."""
    kept.save(kept.judged(0, [fact(0, escalation="avoidable", had_answer="article:a")]),
              kept.judged(2, [fact(2, escalation="missed", reason="loop")]))  # fmt: skip
    kept.recount()
    with kept.database.begin() as session:
        session.execute(update(FactRow).values(form=FORM - 1, had_answer=None, cells=b"", large=b""))
    with kept.database.begin() as session:
        assert store.count_anew(session, now=NOW) == 2
    kept.check()
    answer = kept.answer()
    (cells,) = answer.values()
    assert cells["escalation.why"] == {"missed\tloop": 1}
    with kept.database.read() as session:
        assert had_answers.groups(session, asked(kept), limit=5).n == 1


def test_a_fact_without_the_answer_is_an_older_one(kept: Kept) -> None:
    document = fact(0, escalation="avoidable").to_json()
    assert "had_answer" not in document
    kept.save(kept.judged(0, [Fact.from_json(document)]))
    with kept.database.read() as session:
        assert had_answers.groups(session, asked(kept), limit=5).items == ()


def test_everybody_sees_all(full: Kept) -> None:
    with full.database.read() as session:
        everything = Asked(SINCE, UNTIL, None, {}, "2")
        found: dict[str, int] = defaultdict(int)
        for each in had_answers.groups(session, everything, limit=1000).items:
            found[each.answer] += each.n
    assert found["article:a"] >= Counter(each.had_answer for _, _, each in spared(full))["article:a"]
