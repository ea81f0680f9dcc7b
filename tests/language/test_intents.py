"""Reading messages against small catalogs of our own: named, novel, and what must hold of any catalog."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.files.intents import examples
from service.language.embedding import CachedEmbedder, MemoryCache, Vectors
from service.language.intent_packing import fitted_by, pack, unpack
from service.language.intents import Example, IntentCatalog, IntentReading
from service.language.model import MiniLM

SAMPLES = Path(__file__).parents[1] / "samples" / "intents.csv"
KNOWN = [example for example in examples(SAMPLES.read_bytes()) if isinstance(example, Example)]
ASKED = {
    "my order still isn't here": "late_parcel",
    "when do I get my cash back": "refund",
    "forgot the password for my login": "reset_password",
    "could you deliver to another address instead": "change_address",
    "I wish to terminate the membership": "cancel_subscription",
}
OTHER = (
    "do you have vegan recipes for a birthday cake",
    "the engine makes a loud noise above 3000 rpm",
    "are dogs allowed in the hotel pool",
    "what is the tallest mountain of Peru",
)


@pytest.fixture(scope="module")
def embedder() -> CachedEmbedder:
    return CachedEmbedder(MiniLM(), MemoryCache())


def fitted(known: Sequence[Example], embedder: CachedEmbedder) -> IntentCatalog:
    return IntentCatalog.fit(known, embedder.vectors([example.text for example in known]))


@pytest.fixture(scope="module")
def catalog(embedder: CachedEmbedder) -> IntentCatalog:
    return fitted(KNOWN, embedder)


@pytest.mark.parametrize(("text", "intent"), ASKED.items())
def test_a_message_is_named_by_meaning(
    catalog: IntentCatalog, embedder: CachedEmbedder, text: str, intent: str
) -> None:
    reading = catalog.read(text, embedder)
    assert reading.candidates[0][0] == intent
    assert reading.candidates[0][1] > max(reading.novelty, 0.5)


def test_what_fits_nothing_is_more_novel_than_anything_that_does(
    catalog: IntentCatalog, embedder: CachedEmbedder
) -> None:
    known = [catalog.read(text, embedder).novelty for text in ASKED]
    other = [catalog.read(text, embedder).novelty for text in OTHER]
    assert max(known) < min(other)
    assert np.mean(other) > 0.5


LONG = (
    "Good morning, I hope this finds you well. I heard of your shop from a friend of mine who plays the cello. "
    "Last spring I bought a lamp, two chairs and a carpet, all of it very nice. How do I set a new password? "
    "Kind regards from rainy Bergen, Ingrid"
)


def test_a_long_message_is_read_by_the_sentence_that_fits(catalog: IntentCatalog, embedder: CachedEmbedder) -> None:
    alone = catalog.readings([LONG], embedder.vectors([LONG]))[0]
    reading = catalog.read(LONG, embedder)
    assert reading.candidates[0][0] == "reset_password"
    assert not reading.novel
    assert reading.novelty <= alone.novelty
    unrelated = "The engine of my boat makes a loud noise. Are dogs allowed in the pool? I like the mountains of Peru."
    assert catalog.read(unrelated, embedder).novel


def whole(reading: IntentReading) -> float:
    return sum(chance for _, chance in reading.candidates) + reading.novelty


def test_probabilities_are_of_one_whole(embedder: CachedEmbedder) -> None:
    three = fitted([e for e in KNOWN if e.intent in ("refund", "late_parcel", "change_address")], embedder)
    for text in (*ASKED, *OTHER, "", "?", "\ud800"):
        reading = three.read(text, embedder)
        assert whole(reading) == pytest.approx(1)
        chances = [chance for _, chance in reading.candidates]
        assert len(chances) == 3
        assert min(chances) >= 0


def test_the_order_of_examples_changes_nothing_but_folds(embedder: CachedEmbedder, catalog: IntentCatalog) -> None:
    shuffled = random.Random(3).sample(KNOWN, len(KNOWN))
    other = fitted(shuffled, embedder)
    for text in ASKED:
        one, two = catalog.read(text, embedder), other.read(text, embedder)
        assert one.candidates[0][0] == two.candidates[0][0]
        assert one.novelty == pytest.approx(two.novelty, abs=0.05)


def test_one_intent_can_only_be_met_or_missed(embedder: CachedEmbedder) -> None:
    refunds = fitted([example for example in KNOWN if example.intent == "refund"], embedder)
    met, missed = refunds.read("I want a refund", embedder), refunds.read(OTHER[0], embedder)
    assert [name for name, _ in met.candidates] == ["refund"]
    assert met.novelty < missed.novelty
    assert whole(met) == pytest.approx(1)


def test_one_example_an_intent_is_enough_to_begin(embedder: CachedEmbedder) -> None:
    first = {example.intent: example for example in reversed(KNOWN)}
    small = fitted(list(first.values()), embedder)
    right = sum(small.read(text, embedder).candidates[0][0] == intent for text, intent in ASKED.items())
    assert right >= 4
    single = fitted(KNOWN[:1], embedder)
    assert single.read(KNOWN[0].text, embedder).novelty < single.read(OTHER[1], embedder).novelty


def test_an_intent_with_few_examples_is_not_drowned(embedder: CachedEmbedder) -> None:
    few = [example for example in KNOWN if example.intent != "refund"] * 3 + [
        example for example in KNOWN if example.intent == "refund"
    ][:1]
    assert fitted(few, embedder).read("money back please", embedder).candidates[0][0] == "refund"


def test_a_catalog_without_examples_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one example"):
        IntentCatalog.fit([], np.zeros((0, 384), dtype=np.float32))


def test_a_packed_catalog_reads_the_same(catalog: IntentCatalog, embedder: CachedEmbedder) -> None:
    packed = pack(catalog)
    again = unpack(packed)
    texts = [*ASKED, *OTHER]
    vectors = embedder.vectors(texts)
    assert again.readings(texts, vectors) == catalog.readings(texts, vectors)
    assert again.names == catalog.names
    assert np.array_equal(again.vectors, catalog.vectors)
    assert KNOWN[0].text.encode() not in packed
    assert fitted_by("one") != fitted_by("other")


def test_many_examples_hold_out_one_fold() -> None:
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(4, 384))
    labels = rng.integers(0, 4, 2600)
    vectors: Vectors = (centres[labels] + 0.4 * rng.normal(size=(2600, 384))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    known = [Example(f"intent {label}", f"word{label} number {i}") for i, label in enumerate(labels.tolist())]
    catalog = IntentCatalog.fit(known, vectors)
    texts = [example.text for example in known[:50]]
    named = [reading.candidates[0][0] for reading in catalog.readings(texts, vectors[:50])]
    assert named == [example.intent for example in known[:50]]


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=12)), min_size=1, max_size=12),
    st.lists(st.text(max_size=20), min_size=1, max_size=4),
)
def test_any_catalog_gives_probabilities(rows: list[tuple[str, str]], texts: list[str]) -> None:
    def vectors(wanted: Sequence[str]) -> Vectors:
        found = np.array([[len(text) + 1, *(text.count(c) for c in "aeiou")] for text in wanted], dtype=np.float32)
        padded = np.hstack([found, np.zeros((len(found), 378), dtype=np.float32)])
        return padded / np.linalg.norm(padded, axis=1, keepdims=True)

    known = [Example(intent, text) for intent, text in rows]
    catalog = IntentCatalog.fit(known, vectors([text for _, text in rows]))
    for reading in catalog.readings(texts, vectors(texts)):
        assert 0 <= reading.novelty <= 1
        assert all(0 <= chance <= 1 for _, chance in reading.candidates)
        assert whole(reading) <= 1 + 1e-9
        assert reading.candidates == tuple(sorted(reading.candidates, key=lambda each: -each[1]))
