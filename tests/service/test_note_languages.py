"""The note in every language: no English left, every number kept, eight lines, heard again, never posted twice."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType

import polib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.intercom.written import parsed_note
from connectors.zendesk.actions import note_html
from service import note
from service.conversation import Author, Conversation, Message, Role
from service.demo.story import stories
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.scoring import sentences
from service.scoring.escalation_verdicts import IN_WORDS
from service.scoring.knowledge_gap import SAYS
from service.scoring.score import Evidence, History, Policy, Score, Scorecard
from service.scoring.scorecard import score_conversation
from service.translation.catalogue import FOLDER
from service.translation.languages import Language
from service.writeback import AlreadyThere, Desired, note_reference, parse_note, plan

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
OTHERS = [language for language in Language if language is not Language.EN]
LINK = "https://deskmark.example/c/0123abcd"
MESSAGES = (
    Message("m0", Author(Role.CUSTOMER), "bestelling QQ", NOW - timedelta(hours=5)),
    Message("m1", Author(Role.BOT), "QQ", None),
    Message("m2", Author(Role.AGENT), "QQ QQ", NOW - timedelta(hours=4)),
)
TALK = Conversation(id="4711", helpdesk="zendesk", account="acme", messages=MESSAGES)


@cache
def vocabulary(language: Language) -> frozenset[str]:
    """Every word that the catalogue of a language knows."""
    catalogue = polib.pofile(str(FOLDER / f"{language}.po"))
    said = " ".join(text for entry in catalogue for text in (entry.msgstr, *entry.msgstr_plural.values()))
    return frozenset(words(re.sub(r"\{\w+\}", " ", said)))


def words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text)


def frame(text: str) -> str:
    """A note without what is nobody's language: quotes, ids, tags, addresses, times."""
    bare = re.sub(r"„[^“]*“|«[^»]*»|「[^」]*」|\"[^\"]*\"", " ", text)
    return re.sub(r"https?://\S+|dm__\w+|\bref [0-9a-f]{8}-[\d.]+|\bDeskmark\b|\bUTC\b|\bconv-\w+", " ", bare)


def english_left(text: str, language: Language) -> set[str]:
    if language is Language.JA:
        return set(re.findall(r"[A-Za-z]{2,}", frame(text))) - {"IMEI", "OS", "ref", "UTC"}
    return set(words(frame(text))) - vocabulary(language) - {"ref"}


def card(scores: dict[str, Score]) -> Scorecard:
    return Scorecard("zendesk", "acme", "4711", 1, MappingProxyType(scores))


def written(scored: Scorecard, talk: Conversation, language: Language, there: AlreadyThere | None = None) -> str | None:
    made = plan(wanted(scored, talk, language), there or AlreadyThere(), reference=note_reference(scored), now=NOW)
    return made.note.text if made.note else None


def wanted(scored: Scorecard, talk: Conversation, language: Language) -> Desired:
    return note.desired(scored, talk, Policy(), link=LINK, language=language)


MANY = st.integers(1, 99)
QUOTED = Evidence("m0", "", "")
RETURNED = st.builds(
    lambda n, percent, ids: Score(
        "returned", 0.9, 0.9, sentences.CAME_BACK(later=sentences.HOURS_LATER(n=n), percent=f"{percent}%"),
        tuple(Evidence("x", "", "", conversation=f"conv-{i}") for i in ids),
    ), MANY, MANY, st.lists(MANY, max_size=2),
)  # fmt: skip
REPEATED = st.builds(
    lambda pair, names: Score(
        "repeated", 1, 0.9, sentences.AFTER_HANDOFF(listed=sentences.listed(names)),
        (Evidence("m2", "", "", answered_in="m0"),) if pair else (QUOTED,),
    ),
    st.booleans(), st.lists(st.sampled_from(["the date", "the order number", "the e-mail address"]), min_size=1),
)  # fmt: skip
FAULT = st.builds(
    lambda verdict, why, n: Score(
        verdict, None, 0.9,
        sentences.LATE(why=why, n=n + 1) if verdict == "warranted" else sentences.MISSED(why=why),
        (QUOTED,), MappingProxyType({"timing": "late"}),
    ), st.sampled_from(["warranted", "missed"]), st.sampled_from(list(IN_WORDS.values())), MANY,
)  # fmt: skip
GAP = st.builds(
    lambda said: Score("gap", confidence=said[2], reason=said[0], evidence=(QUOTED,)),
    st.sampled_from(list(SAYS.values())),
)
EFFORT = st.builds(
    lambda n, again: Score(
        "high", 2.0, 0.8, sentences.AGAIN(first=sentences.NEVER(n=n), n=again), (Evidence("m1", "", ""),)
    ), MANY, MANY,
)  # fmt: skip
OUTCOME = st.sampled_from(["confirmed", "likely", "unclear", "unresolved", "abandoned", "returned", "escalated"])


@st.composite
def cards(draw: st.DrawFn) -> Scorecard:
    def maybe(score: st.SearchStrategy[Score]) -> Score:
        return draw(st.one_of(st.just(Score(None)), score))

    return card(
        {
            "containment": Score(draw(OUTCOME), 0.5, 0.9, "The bot could not do it.", (QUOTED,)),
            "repeat_contact": draw(RETURNED),
            "context_repeat": maybe(REPEATED),
            "escalation": maybe(FAULT),
            "knowledge_gap": maybe(GAP),
            "effort": maybe(EFFORT),
        }
    )


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(cards(), st.sampled_from(OTHERS))
def test_a_note_has_no_english_and_every_number(scored: Scorecard, language: Language) -> None:
    text, english = written(scored, TALK, language), written(scored, TALK, Language.EN)
    assert (text is None) == (english is None)
    if text is None or english is None:
        return
    assert english_left(text, language) == set(), text
    assert sorted(re.findall(r"\d+", text)) == sorted(re.findall(r"\d+", english))
    assert len(text.splitlines()) == len(english.splitlines()) <= 8
    assert text.splitlines()[-1] == english.splitlines()[-1]
    assert "dm__dispute" in text
    assert LINK in text
    assert parse_note(text) == parse_note(english)
    assert parsed_note(" ".join(text.splitlines())) == parse_note(english), "as Intercom may reflow it"


@given(cards(), cards(), st.sampled_from(Language), st.sampled_from(Language))
def test_another_language_posts_nothing_twice(one: Scorecard, two: Scorecard, before: Language, now: Language) -> None:
    first = written(one, TALK, before)
    if first is None:
        return
    mine = parse_note(first)
    assert mine is not None
    there = AlreadyThere(notes=(mine,))
    assert written(one, TALK, now, there) is None
    correction = written(two, TALK, now, there)
    same = wanted(one, TALK, now).headline == wanted(two, TALK, now).headline
    assert (correction is None) == same
    if correction is not None:
        corrected = parse_note(correction)
        assert corrected is not None
        assert (corrected.reference, corrected.headline) == (f"{mine.reference}.2", wanted(two, TALK, now).headline)
        assert mine.reference in correction.splitlines()[0]
        assert now is Language.EN or english_left(correction, now) == set()
        assert parsed_note(" ".join(correction.splitlines())) == corrected


@pytest.mark.parametrize("language", Language)
def test_a_note_survives_zendesks_html(language: Language) -> None:
    scored = card(
        {
            **{name: Score(None) for name in ("repeat_contact", "context_repeat", "escalation", "effort")},
            "containment": Score("unresolved", 0.1, 0.9, "The bot had no answer.", (QUOTED,)),
        }
    )
    text = written(scored, TALK, language)
    assert text is not None
    shown = re.sub(r"<[^>]+>", "", re.sub(r"<br\s*/?>", "\n", note_html(text)))
    assert parse_note(shown) is not None


def test_notes_of_before_are_still_ours() -> None:
    text = "Deskmark: outcome returned, effort high (definitions 1, times UTC)\n- x\nref 9f3a0000-1"
    found = parse_note(text)
    assert found is not None
    assert (found.reference, found.headline) == ("9f3a0000-1", "outcome returned, effort high")
    corrected = (
        "Deskmark correction of ref 9f3a0000-1: outcome likely (definitions 2, times UTC)\n- x\nref 9f3a0000-1.2"
    )
    assert parsed_note(corrected.replace("\n", " ")) == parse_note(corrected)


def test_the_demos_notes_are_in_the_language_of_the_house() -> None:
    embedder = CachedEmbedder(MiniLM(None), MemoryCache())
    told = [story for story in stories(NOW) if not story.expects_nothing]
    posted = 0
    for story in told:
        email = story.conversation.contact.email
        others = tuple(o.conversation for o in told if o is not story and o.conversation.contact.email == email)
        scored = score_conversation(story.conversation, History(NOW, others), Policy(), embedder)[-1]
        english = written(scored, story.conversation, Language.EN)
        for language in OTHERS:
            text = written(scored, story.conversation, language)
            assert (text is None) == (english is None)
            if text and english:
                posted += 1
                ids = {word for other in others for word in words(other.id)}
                assert english_left(text, language) <= ids, text
                assert parse_note(text) == parse_note(english)
    assert posted > 5 * 5
