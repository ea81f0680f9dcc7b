"""Reasons are told in every language: recognised by their form, with the numbers they held."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.language.information.items import Item, Kind
from service.language.information.naming import _ITEMS, name_of
from service.scoring import sentences
from service.scoring.corrected import Opinion, corrected
from service.scoring.definitions import VERDICTS
from service.scoring.escalation_verdicts import IN_WORDS
from service.scoring.score import Score, Scorecard
from service.scoring.sentences import listed
from service.translation.languages import Language
from service.translation.reasons import UNTOLD, reason, recognised

OTHERS = [language for language in Language if language is not Language.EN]
MANY = st.integers(1, 500)


def numbers(text: str) -> list[str]:
    return sorted(re.findall(r"\d+", text))


def told(english: str) -> None:
    """It is recognised, and said in every language with the same numbers in it."""
    assert recognised(english), english
    for language in OTHERS:
        said = reason(english, language)
        assert said != english
        assert numbers(said) == numbers(english), (english, said)
    assert reason(english, Language.EN) == english


@given(MANY, MANY)
def test_effort(n: int, again: int) -> None:
    for first in (sentences.USEFUL(n=n), sentences.NEVER(n=n)):
        told(sentences.ONLY(first=first))
        told(sentences.AGAIN(first=first, n=again))


@given(MANY, st.integers(0, 100), st.sampled_from(["24h", "72h", "7d"]))
def test_coming_back(n: int, percent: int, span: str) -> None:
    for later in (sentences.MINUTES_LATER(n=n), sentences.HOURS_LATER(n=n), sentences.DAYS_LATER(n=n)):
        told(sentences.WROTE_AGAIN(later=later))
        told(sentences.CAME_BACK(later=later, percent=f"{percent}%"))
    for sentence in (sentences.STILL_OPEN, sentences.PASSED):
        told(sentence(span=span))
    for sentence in (sentences.STILL_OPEN_ELSE, sentences.PASSED_ELSE):
        told(sentence(span=span, percent=f"{percent}%"))


@pytest.mark.parametrize("why", IN_WORDS.values())
def test_why_a_person_was_needed(why: str) -> None:
    for sentence in (sentences.MISSED, sentences.LATE, sentences.IN_TIME):
        told(sentence(why=why, n=3))


NAMED = [name_of(item) for item in (None, *_ITEMS, *(Item(kind) for kind in Kind))]
ROLES = [name_of(Item(kind, "serial_thing:x")) for kind in Kind]


@given(st.lists(st.sampled_from([*NAMED, *ROLES]), min_size=1, max_size=4, unique=True))
def test_what_was_asked_for_again(names: list[str]) -> None:
    told(sentences.AFTER_HANDOFF(listed=listed(names)))
    told(sentences.AFTER_TRANSFER(listed=listed(names)))


@pytest.mark.parametrize("name", NAMED)
def test_every_item_has_a_name_of_its_own(name: str) -> None:
    german = {reason(sentences.AFTER_HANDOFF(listed=each), Language.DE) for each in set(NAMED)}
    assert len(german) >= len(set(NAMED)) - 1, "only two words for a date may be one"
    assert "eine Angabe" not in reason(sentences.AFTER_HANDOFF(listed=name), Language.DE)


IN_NOTES = ("containment", "escalation", "context_repeat", "effort", "repeat_contact", "knowledge_gap")


@pytest.mark.parametrize("score", IN_NOTES)
def test_what_people_decided(score: str) -> None:
    words = VERDICTS[score] or ()
    for own in (None, *words):
        card = Scorecard("zendesk", "acme", "1", 1, {score: Score(own, reason="The bot had no answer.")})
        for said in words:
            for many in (1, 2):
                opinions = [Opinion(score, said, f"r{i}") for i in range(many)]
                told(corrected(card, opinions).scores[score].reason)


@pytest.mark.parametrize(
    "english",
    [sentences.NOT_VALIDATED(language="pt"), "Not part of definitions 1.", "Deskmark does not compute this score yet."],
)
def test_what_every_score_may_say(english: str) -> None:
    told(english)


@pytest.mark.parametrize(
    "english", ["", "Something new.", "A person was needed because of rain, but nobody took over."]
)
def test_what_nobody_knows_is_never_shown_among_other_words(english: str) -> None:
    assert not recognised(english)
    assert reason(english, Language.FR) == reason(UNTOLD, Language.FR) != UNTOLD
    assert reason(english, Language.EN) == english
