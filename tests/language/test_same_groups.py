"""Groups of two groupings are one where each is the other's nearest and near enough."""

from __future__ import annotations

from dataclasses import replace

from service.language.cluster_state import ClusterState
from service.language.clustering import grow
from service.language.model import MiniLM
from service.language.same_groups import same_groups

PADDLES = ["Do you repair carbon paddles?", "Can my carbon paddle be repaired?", "Is a broken carbon paddle repaired?"]
INVOICES = ["The invoice is wrong", "My invoice shows the wrong amount", "There is a wrong sum on the invoice"]
PLUGS = ["Which plug do I need in Peru?", "Does the charger fit sockets in Peru?", "Do I need a plug adapter in Peru?"]


def grouped(*texts: str) -> ClusterState:
    return grow(ClusterState(MiniLM().issue_id), texts, MiniLM()).state


def test_the_same_questions_are_paired_and_others_are_not() -> None:
    one, other = grouped(*PADDLES, *INVOICES), grouped(*INVOICES[:2], *PLUGS)
    labels = {group.id: group.label for group in (*one.groups,)}
    pairs = same_groups(one, other)
    assert len(pairs) == 1
    assert "invoice" in labels[pairs[0][0]]
    assert same_groups(other, one) == [(theirs, mine) for mine, theirs in pairs]


def test_nothing_is_compared_across_text_models_or_with_nothing() -> None:
    one = grouped(*PADDLES)
    assert same_groups(one, one) == [(group.id, group.id) for group in one.groups]
    assert same_groups(one, replace(one, model="another")) == []
    assert same_groups(one, ClusterState(one.model)) == []
    assert same_groups(ClusterState(one.model), one) == []
