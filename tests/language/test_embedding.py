"""The vector cache: each distinct text is read once, and what is forgotten is read again."""

import numpy as np
import pytest

from service.language.embedding import CachedEmbedder, MemoryCache, Vectors, cache_key


class Letters:
    """A model that counts letters, and keeps what it was asked."""

    id = "letters-1"
    issue_id = "letters-1+issues"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def vectors(self, texts: list[str]) -> Vectors:
        self.asked += texts
        rows = np.array([[text.count("a"), text.count("b"), 1] for text in texts], dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def issue_vectors(self, texts: list[str]) -> Vectors:
        return -self.vectors(texts)


@pytest.fixture
def model() -> Letters:
    return Letters()


def test_a_text_is_read_once_and_rows_keep_the_order_asked(model: Letters) -> None:
    cached = CachedEmbedder(model, MemoryCache())
    first = cached.vectors(["aa", "b", "aa"])
    second = cached.vectors(["b", "aa", "c"])
    assert model.asked == ["aa", "b", "c"]
    assert np.array_equal(first[0], first[2])
    assert np.array_equal(second[0], first[1])
    assert np.array_equal(second[1], first[0])
    assert (cached.embedded, cached.cached, cached.id) == (3, 2, "letters-1")


def test_nothing_asked_is_nothing_read(model: Letters) -> None:
    assert CachedEmbedder(model, MemoryCache()).vectors([]).shape == (0, 384)
    assert model.asked == []


def test_the_least_recently_used_is_forgotten_first(model: Letters) -> None:
    cache = MemoryCache(capacity=2)
    cached = CachedEmbedder(model, cache)
    cached.vectors(["a", "b"])
    cached.vectors(["a"])
    cached.vectors(["ab"])
    model.asked.clear()
    cached.vectors(["a", "b"])
    assert model.asked == ["b"]
    assert len(cache) == 2


def test_a_cached_vector_does_not_keep_its_batch_alive(model: Letters) -> None:
    cache = MemoryCache()
    CachedEmbedder(model, cache).vectors(["a", "b"])
    kept = cache.get_many([cache_key("letters-1", "a")])
    assert all(vector.base is None for vector in kept.values())


def test_keys_differ_by_model_and_by_text() -> None:
    keys = {cache_key("m", "x"), cache_key("n", "x"), cache_key("m", "y"), cache_key("m", "x")}
    assert len(keys) == 3
    assert all(len(key) == 32 for key in keys)
    assert len(cache_key("m", "\ud800")) == 32


def test_issue_vectors_are_kept_apart_from_the_others(model: Letters) -> None:
    cached = CachedEmbedder(model, MemoryCache())
    plain, issue = cached.vectors(["ab"]), cached.issue_vectors(["ab"])
    assert np.array_equal(issue, -plain)
    assert np.array_equal(cached.issue_vectors(["ab"]), issue)
    assert model.asked == ["ab", "ab"]
