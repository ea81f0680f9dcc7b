"""The numbers behind groups: silhouette against its definition, cuts, and what becomes of small groups."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.language.grouping import cut, dissolved, drawn, group, silhouette
from service.language.topics import unit, word_rows


def blobs(sizes: list[int], seed: int = 0, spread: float = 0.25) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = unit(rng.normal(size=(len(sizes), 40)))
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return unit(centres[labels] + spread * unit(rng.normal(size=(len(labels), 40)))), labels


def slow_silhouette(rows: np.ndarray, labels: np.ndarray) -> float:
    distances, scores = 1 - rows @ rows.T, []
    for i, own in enumerate(labels):
        mine = (labels == own) & (np.arange(len(labels)) != i)
        if not mine.any():
            scores.append(0.0)
            continue
        a = distances[i, mine].mean()
        b = min(distances[i, labels == other].mean() for other in set(labels) - {own})
        scores.append((b - a) / max(a, b))
    return float(np.mean(scores))


@given(st.integers(0, 1000), st.integers(2, 5))
def test_silhouette_is_what_its_definition_says(seed: int, groups: int) -> None:
    rows, _ = blobs([7, 3, 5, 2], seed, spread=1.0)
    labels = np.random.default_rng(seed).integers(groups, size=len(rows))
    labels = np.unique(labels, return_inverse=True)[1]
    if labels.max() > 0:
        assert silhouette(rows, labels) == pytest.approx(slow_silhouette(rows, labels), abs=1e-5)


def test_one_group_has_no_silhouette() -> None:
    rows, _ = blobs([4])
    assert silhouette(rows, np.zeros(4, dtype=np.intp)) == -1


@pytest.mark.parametrize("sizes", [[30, 20, 10], [80, 8, 8, 40, 5], [25] * 6])
def test_clear_groups_are_found_whatever_their_sizes(sizes: list[int]) -> None:
    rows, gold = blobs(sizes)
    found = group(rows, np.zeros((len(rows), 0), dtype=np.float32))
    pairs = set(zip(found.labels.tolist(), gold.tolist(), strict=True))
    assert len(pairs) == len(sizes)
    assert found.settled.all()


def test_words_part_what_vectors_do_not() -> None:
    rows, _ = blobs([40], spread=0.6)
    words = np.eye(2, dtype=np.float32)[np.arange(40) % 2]
    found = group(rows, words).labels
    assert len(set(zip(found.tolist(), (np.arange(40) % 2).tolist(), strict=True))) == 2


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare(count: int) -> None:
    rows = np.ones((count, 3), dtype=np.float32)
    assert group(rows, rows).labels.tolist() == [0] * count


def test_a_cut_keeps_the_merges_below_it() -> None:
    merges = np.array([[0, 1, 0.1, 2], [2, 3, 0.2, 2], [4, 5, 0.9, 4]])
    low, high = cut(merges, 4, 0.5), cut(merges, 4, 1.0)
    assert low[0] == low[1] != low[2] == low[3]
    assert len(set(high)) == 1
    assert len(set(cut(merges, 4, 0.05))) == 4


def test_small_groups_go_to_the_nearest_and_are_not_settled() -> None:
    rows, labels = blobs([30, 20])
    labels = np.where(np.arange(50) == 0, 9, labels)
    found = dissolved(labels, rows)
    assert found.labels.tolist() == [0] * 30 + [1] * 20
    assert found.settled.tolist() == [False] + [True] * 49


def test_few_rows_stay_where_they_are() -> None:
    rows, _ = blobs([10])
    assert (drawn(rows) == rows).all()


def test_words_that_all_or_only_one_say_do_not_count() -> None:
    rows = word_rows(["cancel the invoice", "invoice wrong", "cancel parcel", "refund parcel invoice"])
    assert rows.shape == (4, 2)  # cancel and parcel: invoice is in more than half, wrong and refund in one
    assert rows[1].tolist() == [0, 0]
    assert np.linalg.norm(rows[[0, 2, 3]], axis=1) == pytest.approx([1, 1, 1])
    assert word_rows([]).shape == (0, 0)
