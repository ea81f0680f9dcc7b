"""What is remembered of groups of messages from run to run, and its JSON. No text of a message is in it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

VERSION = 1
Row = NDArray[np.float32]


class StateUnreadable(ValueError):
    """This is no state of groups, or one that another version or another text model wrote."""


@dataclass(frozen=True, slots=True)
class Group:
    """One group: `centroid` is the mean of its messages' issue vectors, `size` how many distinct ones there were.

    `closeness` is the mean cosine of its messages to its centre when they joined; `words` is how many of them hold each
    of its most frequent terms.
    """

    id: int
    centroid: Row
    size: int
    closeness: float
    label: str
    words: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Loose:
    """A message that no group fitted well; it can found a group with later ones. `digest` stands for its text."""

    digest: str
    vector: Row


@dataclass(frozen=True, slots=True)
class ClusterState:
    """All groups so far. Ids are never given twice: `next_id` is above every id that ever was.

    `seen` says by digest in which group a message went; `merged` which group took a former one in.
    """

    model: str
    groups: tuple[Group, ...] = ()
    next_id: int = 1
    seen: Mapping[str, int] = field(default_factory=dict)
    loose: tuple[Loose, ...] = ()
    merged: Mapping[int, int] = field(default_factory=dict)

    def current(self, group: int) -> int:
        """The id under which a group is known today."""
        while group in self.merged:
            group = self.merged[group]
        return group


def to_json(state: ClusterState) -> str:
    """The state as one JSON object."""
    document = {
        "version": VERSION,
        "model": state.model,
        "next_id": state.next_id,
        "groups": [
            {
                "id": g.id,
                "label": g.label,
                "size": g.size,
                "closeness": round(g.closeness, 6),
                "words": dict(g.words),
                "centroid": _packed(g.centroid),
            }
            for g in state.groups
        ],
        "merged": {str(old): new for old, new in state.merged.items()},
        "loose": [{"digest": row.digest, "vector": _packed(row.vector)} for row in state.loose],
        "seen": dict(state.seen),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def from_json(text: str | bytes, model: str) -> ClusterState:
    """The state that `to_json` wrote. Raises `StateUnreadable`, also when it is of another text model than `model`."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StateUnreadable(f"it is not JSON: {error}") from error
    if not isinstance(document, dict) or "version" not in document:
        raise StateUnreadable("it is not a state of groups")
    if document["version"] != VERSION:
        raise StateUnreadable(f"it has version {document['version']!r}, this program reads {VERSION}")
    if document.get("model") != model:
        raise StateUnreadable(f"its groups were made with the text model {document.get('model')!r}, not {model!r}")
    try:
        state = _state(document, model)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError, binascii.Error) as error:
        raise StateUnreadable(f"it is damaged ({type(error).__name__}: {error})") from error
    _check(state)
    return state


def _state(document: dict[str, Any], model: str) -> ClusterState:
    return ClusterState(
        model=model,
        groups=tuple(
            Group(
                int(g["id"]), _unpacked(g["centroid"]), int(g["size"]), float(g["closeness"]), str(g["label"]),
                {str(word): int(count) for word, count in g["words"].items()},
            )
            for g in document["groups"]
        ),
        next_id=int(document["next_id"]),
        seen={str(digest): int(group) for digest, group in document["seen"].items()},
        loose=tuple(Loose(str(row["digest"]), _unpacked(row["vector"])) for row in document["loose"]),
        merged={int(old): int(new) for old, new in document["merged"].items()},
    )  # fmt: skip


def _check(state: ClusterState) -> None:
    """Raises `StateUnreadable` where groups named, ids given and vectors do not go together."""
    ids = [group.id for group in state.groups]
    if len(set(ids)) != len(ids) or any(not 0 < id_ < state.next_id for id_ in [*ids, *state.merged]):
        raise StateUnreadable("it is damaged (ids of groups are given twice or out of range)")
    if any(new <= 0 or new >= old for old, new in state.merged.items()):
        raise StateUnreadable("it is damaged (a group is merged into a younger one)")
    if not {state.current(group) for group in [*state.seen.values(), *state.merged]} <= set(ids):
        raise StateUnreadable("it is damaged (a message is in a group that is not there)")
    vectors = [*(group.centroid for group in state.groups), *(row.vector for row in state.loose)]
    if len({len(vector) for vector in vectors}) > 1 or not all(np.isfinite(vector).all() for vector in vectors):
        raise StateUnreadable("it is damaged (vectors of different length)")


def _packed(vector: Row) -> str:
    return base64.b64encode(np.asarray(vector, dtype="<f4").tobytes()).decode()


def _unpacked(text: str) -> Row:
    return np.frombuffer(base64.b64decode(text, validate=True), dtype="<f4").astype(np.float32)
