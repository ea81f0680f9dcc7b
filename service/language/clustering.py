"""Messages grouped by what they are about. How many groups there are is decided here; groups keep their identity.

The first messages are grouped by themselves. Later ones join the group that they fit; those that fit none found new
groups as soon as there are enough of a kind. An id is never given to another group, and a message that was seen before
is told the group it went to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.language import labels
from service.language.cluster_state import ClusterState, Group, Loose
from service.language.embedding import Embedder
from service.language.grouping import SMALLEST_SHARE, Labels, group
from service.language.topics import Rows, centred, general_mean, unit, word_rows

FITS_WITHIN = 0.2
"""A message belongs to a group without a doubt when its cosine to the centre is at most this much below the group's
closeness."""
APART = 0.65
"""Cosine of a new group's centre to an older one's from which the older one takes it in."""
SAME_GROUP = 0.85
"""Cosine of two groups' centres from which they are one group."""
AT_ONCE = 4000
"""Messages grouped together; every pair of them is compared. More come in portions."""
NEW_GROUP = 3
"""Messages of a kind that found a group beside others."""
KEPT_SEEN = 200_000
KEPT_LOOSE = 500
PRIOR_MESSAGES = 100
"""How many messages the general mean stands for beside those at hand, whose own mean is also what they are about while
they are few."""


@dataclass(frozen=True, slots=True)
class Grown:
    """The id of the group of each text, in order, and what to remember.

    `loose` are the positions of texts that fit no group well and are told the nearest one: they do not shape it, and
    found a group of their own when enough of a kind have come.
    """

    assignments: tuple[int, ...]
    loose: frozenset[int]
    state: ClusterState


def grow(state: ClusterState, texts: Sequence[str], embedder: Embedder) -> Grown:
    """Group `texts` on top of `state`. Neither the order of texts nor how often one comes changes the groups."""
    digests = [digest(text) for text in texts]
    fresh = {d: text for d, text in sorted(zip(digests, texts, strict=True)) if d not in state.seen}
    waiting = list(fresh.items())
    for start in range(0, len(waiting), AT_ONCE):
        state = _portion(state, dict(waiting[start : start + AT_ONCE]), embedder)
    unfit = {row.digest for row in state.loose}
    return Grown(
        assignments=tuple(state.current(state.seen[d]) for d in digests),
        loose=frozenset(place for place, d in enumerate(digests) if d in unfit),
        state=replace(state, seen=dict(list(state.seen.items())[-KEPT_SEEN:]), loose=state.loose[-KEPT_LOOSE:]),
    )


def nearness(state: ClusterState, texts: Sequence[str], groups: Sequence[int], embedder: Embedder) -> list[float]:
    """The cosine of each text to the centre of its group (ids of today), -1..1: who is nearest speaks for the group."""
    if not texts:
        return []
    vectors = embedder.issue_vectors(texts)
    mean = _mean(state, vectors[:0])
    centres = dict(zip((known.id for known in state.groups), _centres(state.groups, mean), strict=True))
    return [float(row @ centres[group]) for row, group in zip(centred(vectors, mean), groups, strict=True)]


def digest(text: str) -> str:
    """What stands for a text in the state; case and spacing make no difference."""
    plain = " ".join(text.split()).casefold()
    return hashlib.blake2b(plain.encode(errors="surrogatepass"), digest_size=9).hexdigest()


def _portion(state: ClusterState, fresh: Mapping[str, str], embedder: Embedder) -> ClusterState:
    """`state` with messages that it has not seen, text by digest."""
    digests, texts = [*fresh, *(row.digest for row in state.loose)], list(fresh.values())
    vectors = np.concatenate([embedder.issue_vectors(texts), *(row.vector[None] for row in state.loose)])
    mean = _mean(state, vectors[: len(texts)])
    rows = centred(vectors, mean)
    members = _fitting(state, rows, mean)
    members[len(texts) :] = -1
    unfit = np.flatnonzero(members < 0)
    nearest = members.copy()
    if (unfit < len(texts)).any():
        found = group(rows[unfit], word_rows([texts[int(i)] if i < len(texts) else "" for i in unfit]))
        nearest[unfit] = found.labels
        members[unfit] = _founded(state, np.where(found.settled, found.labels, -1), rows[unfit], mean)
    groups = _joined(state, members, vectors, texts, mean)
    if state.groups:
        nearest = (rows @ _centres(groups, mean).T).argmax(1)
    places = np.where(members < 0, nearest, members)
    # A loose message that stays loose stays where it was put.
    told = [i for i in range(len(digests)) if i < len(texts) or members[i] >= 0]
    grown = replace(
        state,
        groups=groups,
        next_id=max(state.next_id, max(known.id for known in groups) + 1),
        seen={**state.seen, **{digests[i]: groups[places[i]].id for i in told}},
        loose=tuple(Loose(digests[i], vectors[i]) for i in np.flatnonzero(members < 0)),
    )
    return _merged(grown, mean)


def _fitting(state: ClusterState, rows: Rows, mean: Rows) -> Labels:
    """The place of the group that each row belongs to without a doubt; -1 for the others."""
    if not state.groups:
        return np.full(len(rows), -1, dtype=np.intp)
    likeness = rows @ _centres(state.groups, mean).T
    nearest = likeness.argmax(1)
    least = np.array([known.closeness for known in state.groups]) - FITS_WITHIN
    fits = likeness[np.arange(len(rows)), nearest] >= least[nearest]
    return np.where(fits, nearest, -1)


def _mean(state: ClusterState, vectors: Rows) -> Rows:
    """The mean of all messages so far and of `vectors`, held to the general mean while they are few."""
    summed = PRIOR_MESSAGES * general_mean() + vectors.sum(0)
    for known in state.groups:
        summed = summed + known.size * known.centroid
    count = PRIOR_MESSAGES + len(vectors) + sum(known.size for known in state.groups)
    mean: Rows = (summed / count).astype(np.float32)
    return mean


def _centres(groups: Sequence[Group], mean: Rows) -> Rows:
    return centred(np.stack([known.centroid for known in groups]), mean)


def _founded(state: ClusterState, found: Labels, rows: Rows, mean: Rows) -> Labels:
    """The place of the group of each row, of which `found` are groups by themselves; -1 where none.

    The first groups are what was found. Later only what is large enough founds a group, at a place after the known
    ones; and what is too near to a known one joins it.
    """
    if not state.groups:
        return found
    known = _centres(state.groups, mean)
    least = max(NEW_GROUP, int(SMALLEST_SHARE * sum(group.size for group in state.groups)))
    places = np.full(len(found), -1, dtype=np.intp)
    free = len(known)
    for name in range(int(found.max(initial=-1)) + 1):
        mine = found == name
        if mine.sum() < least:
            continue
        likeness = known @ unit(rows[mine].mean(0))
        if likeness.max() >= APART:
            places[mine] = likeness.argmax()
        else:
            places[mine] = free
            free += 1
    return places


def _joined(state: ClusterState, members: Labels, vectors: Rows, texts: Sequence[str], mean: Rows) -> tuple[Group, ...]:
    """The groups with their new members, new groups last, largest first; what is old keeps its label."""

    def said(place: int) -> list[str]:
        return [texts[int(i)] for i in np.flatnonzero(members == place) if i < len(texts)]

    groups = list(state.groups)
    for place, known in enumerate(state.groups):
        groups[place] = _with(known, vectors[members == place], said(place), mean)
    for place in range(len(groups), int(members.max()) + 1):
        empty = Group(state.next_id + place - len(state.groups), np.zeros_like(vectors[0]), 0, 0.0, "", {})
        groups.append(_with(empty, vectors[members == place], said(place), mean))
    return tuple(
        known if known.label else replace(known, label=_label(known, groups[:place] + groups[place + 1 :], said(place)))
        for place, known in enumerate(groups)
    )


def _with(known: Group, vectors: Rows, texts: Sequence[str], mean: Rows) -> Group:
    """A group with more members."""
    if not len(vectors):
        return known
    size = known.size + len(vectors)
    centroid = ((known.size * known.centroid + vectors.sum(0)) / size).astype(np.float32)
    likeness = float((centred(vectors, mean) @ centred(centroid, mean)).sum())
    return replace(
        known,
        centroid=centroid,
        size=size,
        closeness=(known.size * known.closeness + likeness) / size,
        words=labels.combined(known.words, labels.terms(texts)),
    )


def _label(own: Group, others: Sequence[Group], texts: Sequence[str]) -> str:
    return labels.label(own.words, own.size, [(other.words, other.size) for other in others], texts)


def _merged(state: ClusterState, mean: Rows) -> ClusterState:
    """Groups that have become one, the younger taken into the older."""
    while len(state.groups) > 1:
        centres = _centres(state.groups, mean)
        likeness = np.where(np.tri(len(centres), dtype=np.bool_), -np.inf, centres @ centres.T)
        older, younger = np.unravel_index(int(likeness.argmax()), likeness.shape)
        if likeness[older, younger] < SAME_GROUP:
            break
        one, other = state.groups[older], state.groups[younger]
        size = one.size + other.size
        centroid = ((one.size * one.centroid + other.size * other.centroid) / size).astype(np.float32)
        closeness = (one.size * one.closeness + other.size * other.closeness) / size
        both = replace(
            one, centroid=centroid, size=size, closeness=closeness, words=labels.combined(one.words, other.words)
        )
        groups = tuple(both if g is one else g for g in state.groups if g is not other)
        state = replace(state, groups=groups, merged={**state.merged, other.id: one.id})
    return state
