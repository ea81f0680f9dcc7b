"""Versions of the definitions: what each knows, on whole scorecards and in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.card_document import card_document, score_document
from service.conversation import Author, Conversation, Message, Role
from service.language.embedding import CachedEmbedder, Embedder, MemoryCache
from service.language.model import MiniLM
from service.scoring.definitions import VERSIONS, UnknownDefinitions, age, definitions, not_defined
from service.scoring.score import DEFINITIONS, History, Policy
from service.scoring.scorecard import NOT_COMPUTED, SCORERS, score_conversation

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def embedder() -> CachedEmbedder:
    return CachedEmbedder(MiniLM(), MemoryCache())


TOLD = Conversation(
    "1",
    (
        Message("m0", Author(Role.CUSTOMER), "When does the shop open on Sundays?"),
        Message("m1", Author(Role.BOT), "The shop opens at ten on Sundays."),
        Message("m2", Author(Role.CUSTOMER), "Great, that helped. Thanks!"),
    ),
)


def test_the_last_version_is_the_current_one_and_knows_every_score() -> None:
    assert list(VERSIONS)[-1] == DEFINITIONS == max(VERSIONS, key=age)
    assert definitions(DEFINITIONS).scores == {name for name, _ in SCORERS} | set(NOT_COMPUTED)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_card_names_its_version_and_holds_every_score(version: str, embedder: Embedder) -> None:
    (card,) = score_conversation(TOLD, History(), Policy(), embedder, version=version)
    document = card_document(card)
    assert document["definitions"] == version
    assert set(document["scores"]) == definitions(DEFINITIONS).scores
    defined = definitions(version).scores
    said = {name for name, score in document["scores"].items() if score["verdict"] is not None}
    assert said <= defined
    assert "containment" in said
    for name in set(document["scores"]) - defined:
        assert document["scores"][name] == score_document(not_defined(name, version))
        assert document["scores"][name]["reason"] == f"Not part of definitions {version}."


def test_readers_find_the_keys_they_rely_on_also_where_nothing_is_defined() -> None:
    assert not_defined("answer_relevance", "1").details["answers"] == ()
    assert not_defined("intent", "1").details["novelty"] is None


def test_an_unknown_version_is_refused_by_name(embedder: Embedder) -> None:
    with pytest.raises(UnknownDefinitions, match=r"no definitions '7'; known are 1, 2"):
        score_conversation(TOLD, History(), Policy(), embedder, version="7")


def test_every_version_is_explained() -> None:
    text = (ROOT / "docs" / "definitions.md").read_text()
    for version, known in VERSIONS.items():
        assert f"## Version {version}" in text
        assert all(f"`{name}`" in text for name in known.scores)
