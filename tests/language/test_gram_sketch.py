"""Hashed words: what rows share, and what is not known."""

from __future__ import annotations

import numpy as np
import pytest

from service.language.gram_sketch import COLUMNS, GramSketch

TEXTS = ("cancel my order", "cancel the order please", "how is the weather in Bremen", "will it rain tomorrow")


@pytest.fixture
def sketch() -> GramSketch:
    return GramSketch.fit(TEXTS)


def test_rows_are_alike_where_words_are(sketch: GramSketch) -> None:
    rows = sketch.rows(TEXTS)
    assert rows.shape == (4, COLUMNS)
    alike = rows @ rows.T
    assert alike[0, 1] > 3 * abs(alike[0, 2])
    assert np.diag(alike) == pytest.approx(2, rel=0.25)


def test_a_misspelt_word_keeps_its_pieces(sketch: GramSketch) -> None:
    rows = sketch.rows(["cancell my ordr", *TEXTS])
    assert (rows @ rows[0])[1:].argmax() == 0


def test_nothing_known_is_nothing(sketch: GramSketch) -> None:
    assert not sketch.rows(["", "\u4f60\u597d", "zzz"]).any()
    assert not GramSketch.fit(["", "!"][:1]).rows(["cancel"]).any()
