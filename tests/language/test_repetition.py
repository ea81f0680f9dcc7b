"""Overlap of content words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.language.repetition import content, likeness, overlap, shared


def test_the_same_question_in_other_words() -> None:
    assert overlap("My refund has not arrived", "Where is the refund? It hasn't arrived") == 1.0
    assert overlap("refund please", "I want my refund") == 1.0


def test_one_shared_word_of_many_is_not_enough() -> None:
    assert shared("change my delivery address", "cancel the delivery on Monday") == 1
    assert overlap("change my delivery address", "cancel the delivery on Monday") == 0.0
    assert likeness("change my delivery address", "cancel the delivery on Monday") == 0.0


def test_likeness_counts_what_is_new() -> None:
    assert likeness("reset mail missing", "the reset mail is missing again, and so is the invoice") == 0.75
    assert overlap("", "") == 0.0


@given(st.text(max_size=100), st.text(max_size=100))
def test_both_are_symmetric_shares(one: str, other: str) -> None:
    assert overlap(one, other) == overlap(other, one)
    assert 0 <= likeness(one, other) <= overlap(one, other) <= 1
    assert content(one) == content(one)
