"""The proof laid over the words: pieces always make up the text again, quotes are found where they stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.conversation import Author, Conversation, Event, EventKind, Message, Role
from service.scoring.score import Evidence, Score, short
from service.web.transcript import Citation, Marker, passages, transcript
from service.web.vocabulary import SCORES, Tone, described, duration, value_in_words, verdict


def citation(quote: str, number: int = 1, tone: Tone = Tone.BAD) -> Citation:
    return Citation(number, "effort", "Effort", tone, Evidence("m0", quote, "shows something"), message="message-1")


@given(st.text(max_size=200), st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60)), max_size=4))
def test_the_pieces_make_up_the_text_again(text: str, cuts: list[tuple[int, int]]) -> None:
    quoted = [citation(text[start : start + length], number) for number, (start, length) in enumerate(cuts)]

    assert "".join(piece.text for piece in passages(text, quoted)) == text


@given(st.text(alphabet="ab \n\t", min_size=1, max_size=300).filter(str.strip))
def test_a_shortened_quote_marks_the_beginning(text: str) -> None:
    marked = [piece for piece in passages(text, [citation(short(text))]) if piece.citations]

    assert marked[0].text.split() == short(text).removesuffix("…").split()


def test_overlapping_quotes_share_a_piece_in_the_gravest_tone() -> None:
    pieces = passages("one two three", [citation("one two", 1, Tone.GOOD), citation("two three", 2, Tone.WARN)])

    assert [(piece.text, [c.number for c in piece.citations]) for piece in pieces] == [
        ("one ", [1]), ("two", [1, 2]), (" three", [2]),
    ]  # fmt: skip
    assert [piece.tone for piece in pieces] == [Tone.GOOD, Tone.WARN, Tone.WARN]
    assert [[c.number for c in piece.opens] for piece in pieces] == [[1], [2], []]


def test_a_quote_that_is_not_there_marks_the_whole_message() -> None:
    (piece,) = passages("my order is 4821", [citation("my order is 48**")])

    assert piece.citations


def test_nothing_cited_is_one_piece_in_a_quiet_tone() -> None:
    (piece,) = passages("hello", [])

    assert (piece.text, piece.tone) == ("hello", Tone.NEUTRAL)
    assert passages("", []) == ()


def test_proof_of_another_conversation_is_not_looked_for_here(shapes: Any) -> None:
    c = shapes.told()
    here = Evidence("m0", "my order", "came back", conversation=c.id)
    elsewhere = Evidence("m0", "my order", "came back", conversation="9")
    card = shapes.scored(c, repeat_contact=Score("returned", evidence=(here, elsewhere)))
    (judged,) = (j for j in transcript(c, [card]).episodes[0].judged if j.name == "repeat_contact")

    assert [citation.message for citation in judged.citations] == ["message-1", None]


def test_markers_stand_between_the_messages_they_happened_between() -> None:
    def at(minute: int) -> datetime:
        return datetime(2026, 3, 1, 10, minute, tzinfo=UTC)

    def say(n: int, minute: int | None) -> Message:
        return Message(f"m{n}", Author(Role.CUSTOMER), f"text {n}", at=None if minute is None else at(minute))

    events = (
        Event("e2", EventKind.CLOSED, at(9), target="nobody"),
        Event("e1", EventKind.HANDOFF, at(2), target="care"),
        Event("e0", EventKind.REOPENED),
        Event("e3", "a new kind", at(1)),
    )
    entries = transcript(Conversation("1", (say(0, 0), say(1, None), say(2, 3)), events=events), []).parts[0].entries

    assert [entry.text if isinstance(entry, Marker) else entry.message.id for entry in entries] == [
        "m0", "m1", "Handed over to a human to care", "m2", "Closed",
    ]  # fmt: skip


def test_a_score_nobody_described_is_shown_by_its_name() -> None:
    assert described("knowledge_gap").title == "Knowledge gap"
    assert verdict("knowledge_gap", "gap").label == "Gap"
    assert verdict("containment", "brand_new").tone is Tone.NEUTRAL


@pytest.mark.parametrize(
    ("name", "score", "words"),
    [
        ("containment", Score("likely", 0.62), "62% likely truly solved"),
        ("repeat_contact", Score("returned", 0.88), "88% likely the same issue"),
        ("effort", Score("high", 2.44), "2.4 of 7 (7 is easiest)"),
        ("context_repeat", Score("repeated", 1), "asked again once"),
        ("context_repeat", Score("repeated", 3), "asked again 3 times"),
        (
            "escalation",
            Score("warranted", 95, details={"timing": "on_time"}),
            "on time: handed over 2 min after it was needed",
        ),
        ("escalation", Score("warranted", 30), "handed over after 30 s"),
        ("satisfaction", Score("satisfied", 4.5), "4.5 of 5"),
        ("handoff_time", Score("answered", 7200.0), "solved 2 h after the handoff"),
        ("resolution_confidence", Score("high", 0.84, details={"source": "reported"}), "84%, as reported"),
        ("resolution_confidence", Score("low", 0.2, details={"source": "estimated"}), "20%, estimated"),
        ("brand_new", Score("seen", 4.5), "4.5"),
        ("effort", Score(None), ""),
    ],
)
def test_values_are_said_with_their_unit(name: str, score: Score, words: str) -> None:
    assert value_in_words(name, score) == words


@pytest.mark.parametrize(("seconds", "words"), [(45, "45 s"), (720, "12 min"), (10_800, "3 h"), (172_800, "2 days")])
def test_durations_take_the_largest_unit_that_says_enough(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_every_verdict_has_a_sentence() -> None:
    assert all(words.meaning.endswith(".") for score in SCORES.values() for words in score.verdicts.values())
