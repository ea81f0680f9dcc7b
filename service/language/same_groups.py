"""Which groups of two separate groupings are about the same: each is the other's nearest, and near enough to be one."""

from __future__ import annotations

import numpy as np

from service.language.cluster_state import ClusterState
from service.language.clustering import PRIOR_MESSAGES, SAME_GROUP
from service.language.topics import centred, general_mean


def same_groups(one: ClusterState, other: ClusterState) -> list[tuple[int, int]]:
    """Pairs of ids, one of each grouping; nothing where they were made with different text models.

    A group is in one pair at most, so that three helpdesks never put two questions of one of them together by way of a
    third that lies between.
    """
    if one.model != other.model or not one.groups or not other.groups:
        return []
    known = [*one.groups, *other.groups]
    summed = PRIOR_MESSAGES * general_mean() + sum(group.size * group.centroid for group in known)
    mean = (summed / (PRIOR_MESSAGES + sum(group.size for group in known))).astype(np.float32)
    ours, theirs = (centred(np.stack([group.centroid for group in state.groups]), mean) for state in (one, other))
    likeness = ours @ theirs.T
    nearest = likeness.argmax(1)
    return [
        (one.groups[i].id, other.groups[j].id)
        for i, j in enumerate(nearest)
        if likeness[i, j] >= SAME_GROUP and likeness[:, j].argmax() == i
    ]
