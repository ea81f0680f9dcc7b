"""New intents as the messages that fit none suggest them: grouped, labelled, with examples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from service.document import from_document
from service.language.cluster_state import ClusterState
from service.language.clustering import grow
from service.language.embedding import Named
from service.language.known_names import NOBODY, NameFinder
from service.language.redaction import redact
from service.scoring.intent import stating
from service.scoring.score import Policy
from service.scoring.scorecard import judged_episodes

FEWEST = 3
"""Messages that suggest an intent; fewer may be chance."""
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Proposed:
    """A possible intent: its telling words, how many conversations state it, and some of them, redacted."""

    label: str
    size: int
    examples: tuple[str, ...]
    conversations: tuple[str, ...]


def proposed(
    documents: Iterable[tuple[str, Mapping[str, Any]]], embedder: Named, names: NameFinder = NOBODY
) -> list[Proposed]:
    """Groups of what customers wrote in these conversations (our id, document), the largest first."""
    texts = dict(_stated(documents))
    grown = grow(ClusterState(embedder.issue_id), list(texts.values()), embedder)
    members: dict[int, list[str]] = defaultdict(list)
    for row_id, group in zip(texts, grown.assignments, strict=True):
        members[group].append(row_id)
    labels = {group.id: group.label for group in grown.state.groups}
    found = [
        Proposed(labels[group], len(ids), tuple(redact(texts[one], names=names) for one in ids[:EXAMPLES]), tuple(ids))
        for group, ids in members.items()
        if len(ids) >= FEWEST
    ]
    return sorted(found, key=lambda one: (-one.size, one.label))


def _stated(documents: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterable[tuple[str, str]]:
    """What the customer wanted, by our id; the last episode speaks."""
    for row_id, document in documents:
        text = stated(document)
        if text:
            yield row_id, text


def stated(document: Mapping[str, Any]) -> str:
    """What the customer of a stored conversation wanted, in their words; the last episode speaks. Empty: nothing."""
    episode = judged_episodes(from_document(document), Policy())[-1]
    return "\n".join(message.text.strip() for message in stating(episode))
