"""Names taken out of a question and its answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.language.shared_names import without_names


@pytest.mark.parametrize(
    ("question", "answer", "bare"),
    [
        # A shared name goes, wherever it stands.
        ("Is Blue Heron Lodge quiet?", "Blue Heron Lodge is quiet.", ("Is quiet?", "is quiet.")),
        ("Is there a pool at the Blue Heron Lodge?", "No pool.", ("Is there a pool?", "No pool.")),
        ("Is blue heron lodge quiet?", "The Blue Heron Lodge is quiet.", ("Is quiet?", "is quiet.")),
        ("Does Nordfit's app sync?", "Nordfit syncs.", ("Does app sync?", "syncs.")),
        ("Does the Fox and Hound serve beer?", "The Fox and Hound serves beer.", ("Does serve beer?", "serves beer.")),
        # What is offered stays, also written large.
        ("Do you have Free Parking?", "Free Parking is available.", ("Do you have Free Parking?", None)),
        ("Is there any Takeout option?", "We offer Takeout.", (None, None)),
        ("Which cards?", "We take Visa, Maestro and Girocard.", (None, None)),
        ("Is the VPN included?", "The VPN is included.", (None, None)),
        ("Can I have a Sauna?", "A sauna is in the cellar.", (None, None)),
        # One capital that opens a sentence is grammar; a lower-case twin is no name.
        ("Parking?", "Parking costs 5.", (None, None)),
        ("Is the Wardrobe in oak?", "That wardrobe is oak.", (None, None)),
        # Shouting names nobody; a text of names only stays.
        ("IS THERE A POOL AT YOUR HOTEL", "No, there is none.", (None, None)),
        ("Blue Heron Lodge?", "Blue Heron Lodge is in York.", (None, None)),
    ],
)
def test_names_go_and_what_is_asked_for_stays(question: str, answer: str, bare: tuple[str | None, str | None]) -> None:
    assert without_names(question, answer) == (bare[0] or question, bare[1] or answer)


def test_known_names_go_in_any_spelling() -> None:
    assert without_names("does fern wood repair tents", "Fern Wood repairs tents.", ["Fern Wood", ""]) == (
        "does repair tents",
        "repairs tents.",
    )


@given(st.text(max_size=80), st.text(max_size=80), st.lists(st.text(max_size=10), max_size=2))
def test_any_text_is_taken_and_only_made_shorter(question: str, answer: str, known: list[str]) -> None:
    bare = without_names(question, answer, known)
    assert bare == without_names(question, answer, known)
    assert all(len(short) <= len(text) for short, text in zip(bare, (question, answer), strict=True))
