"""Facts from files: conversation documents, scored here or already, and scorecards with their conversations beside."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.shelf import Shelf
from service.card_document import card_from_document
from service.conversation import Conversation
from service.document import DocumentError, from_document
from service.figures.fact import Fact
from service.figures.facts import fact_of
from service.files.scores import BadLine
from service.files.spool import DuplicateConversation, Spool
from service.language.embedding import Embedder
from service.scoring.score import History, Policy, Scorecard
from service.scoring.scorecard import judged_episodes, score_conversation

NO_CONVERSATION = "is a scorecard: name the file of its conversation with --conversations"
OTHER_EPISODES = "the scorecard does not fit the conversation: it tells of other episodes"


class FactFile:
    """Takes lines of JSON in any order, then gives the facts of every conversation, one an episode."""

    def __init__(self, spool: Spool, shelf: Shelf, policy: Policy, definitions: str, tell: Callable[[BadLine], None]):
        """`tell` is given every line that cannot be used."""
        self._spool = spool
        self._shelf = shelf
        self._policy = policy
        self._definitions = definitions
        self._tell = tell
        self.bad = 0

    def read(self, lines: Iterable[bytes]) -> None:
        """Put every usable line aside."""
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                self._take(number, json.loads(line))
            except (ValueError, RecursionError, DuplicateConversation) as error:
                # A JSON error quotes nothing of the line; a document's names places only.
                self._refuse(number, str(error))

    def finish(self) -> None:
        """Call once, after the last line."""
        self._spool.finish()

    def _take(self, number: int, document: Any) -> None:
        if not isinstance(document, Mapping):
            raise DocumentError("is no JSON object")
        if "scores" in document and "messages" not in document:
            self._shelf.put("card", _name(document), {**document, "line": number})
            return
        self._spool.add(number, from_document(document))
        if isinstance(document.get("scorecard"), Mapping):
            self._shelf.put("card", _name(document), {**document["scorecard"], "line": number})

    def _refuse(self, number: int, reason: str) -> None:
        self.bad += 1
        self._tell(BadLine(number, reason))

    @property
    def count(self) -> int:
        """How many conversations there are."""
        return self._spool.count

    def facts(self, embedder: Embedder, as_of: datetime | None = None) -> Iterator[list[Fact]]:
        """The facts of each conversation. What has no scorecard yet is scored; a scorecard left over is told."""
        used = set()
        for conversation in self._spool.conversations():
            name = "\0".join(conversation.key)
            document = self._shelf.get("card", name)
            used.add(name)
            if document is None:
                history = History(as_of=as_of or self._spool.latest, others=self._spool.others(conversation))
                cards = score_conversation(conversation, history, self._policy, embedder, version=self._definitions)
                yield self._facts(conversation, cards)
                continue
            try:
                yield self._facts(conversation, _cards(document))
            except (ValueError, KeyError, TypeError):
                self._refuse(document["line"], OTHER_EPISODES)
                yield []
        for name, document in self._shelf.all("card"):
            if name not in used:
                self._refuse(document["line"], NO_CONVERSATION)

    def _facts(self, conversation: Conversation, cards: tuple[Scorecard, ...]) -> list[Fact]:
        pieces = judged_episodes(conversation, self._policy)
        return [
            fact_of(card, piece)
            for card, piece in zip(cards, pieces, strict=True)
            if card.definitions == self._definitions
        ]


def _name(document: Mapping[str, Any]) -> str:
    return "\0".join(str(document.get(key) or other) for key, other in
                     (("helpdesk", "unknown"), ("account", "default"), ("id", "")))  # fmt: skip


def _cards(document: Mapping[str, Any]) -> tuple[Scorecard, ...]:
    return tuple(card_from_document(card) for card in (*document.get("episodes", ()), document))
