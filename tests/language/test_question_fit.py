"""The form of an answer, and what is said beyond shared words."""

from __future__ import annotations

import pytest

from service.language.question_fit import NOTHING, form_fit, unshared


@pytest.mark.parametrize(
    ("question", "answer", "marks"),
    [
        ("Can I wash the cover?", "Yes, at 30 degrees.", (1, 0, 0, 0)),
        ("can i wash the cover", "The cover is made of linen.", (0, 1, 0, 0)),
        ("How much is a cover?", "A cover is 20 euros.", (0, 0, 1, 0)),
        ("How much is a cover?", "A cover is made of linen.", (0, 0, 0, 1)),
        ("When and where do I get the cover?", "In the shop.", (0, 0, 0, 0)),
        ("the zip is stuck", "Please rub some wax on it.", (0, 0, 1, 0)),
        ("the cover", "It is made of linen.", (0, 0, 0, 0)),
    ],
)
def test_form_fit(question: str, answer: str, marks: tuple[int, ...]) -> None:
    assert form_fit(question, answer) == marks


def test_unshared() -> None:
    assert unshared("Can I wash the linen?", "The linen is made in Bern.") == ("Can I wash the", "The is made in Bern")
    assert unshared("linen?", "Linen.") == (NOTHING, NOTHING)
