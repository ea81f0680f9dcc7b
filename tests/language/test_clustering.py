"""Groups of messages: found without knowing how many, kept from run to run, whatever order messages come in."""

from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.language import clustering
from service.language.cluster_state import ClusterState, from_json, to_json
from service.language.clustering import digest, grow
from service.language.embedding import CachedEmbedder, MemoryCache, Vectors
from service.language.model import MiniLM

TOPICS = {
    "parcel": (
        "Where is my parcel?", "My package has not arrived yet", "The delivery is late, where is it",
        "Parcel still not delivered", "I am waiting for my package since Monday", "tracking says delivered, no parcel",
        "When will my delivery come?", "hello, my parcel never arrived",
    ),
    "password": (
        "I forgot my password", "How do I reset my password?", "The password reset link does not work",
        "I can't log in, my password is wrong", "please send me a new password", "reset password please",
        "Hi there, I need to change my password", "my password was rejected at login",
    ),
    "refund": (
        "I want my money back", "When do I get my refund?", "Please refund my order", "My refund has not been paid",
        "How long does a refund take?", "I returned the shoes and want a refund", "refund please",
        "You have not refunded me the money",
    ),
    "cancel": (
        "I want to cancel my subscription", "How can I cancel my membership?", "Please cancel my monthly plan",
        "cancel the subscription today", "I would like to end my subscription", "stop my subscription please",
        "can you cancel my membership plan", "Good morning, cancel my subscription plan please",
    ),
}  # fmt: skip
TEXTS = [text for texts in TOPICS.values() for text in texts]
TOPIC = {text: topic for topic, texts in TOPICS.items() for text in texts}
INVOICE = (
    "Where can I download my invoice?", "I need an invoice for my company", "The invoice has the wrong address",
    "please send me the invoice again", "my invoice shows the wrong VAT number", "download invoice as PDF",
)  # fmt: skip


@cache
def model() -> CachedEmbedder:
    return CachedEmbedder(MiniLM(), MemoryCache())


class Even:
    """Vectors at random from the text: nothing to find in them."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        rows = [np.random.default_rng(int(digest(text)[:8], 16)).normal(size=384) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows], dtype=np.float32).reshape(-1, 384)

    issue_vectors = vectors


def groups(texts: Sequence[str], state: ClusterState | None = None) -> list[int]:
    return list(grow(state or ClusterState("m"), texts, model()).assignments)


def test_topics_are_found_without_saying_how_many() -> None:
    found = groups(TEXTS)
    agreeing = Counter(zip(found, (TOPIC[text] for text in TEXTS), strict=True))
    assert 4 <= len(set(found)) <= 6
    best = sum(max(agreeing[group, topic] for topic in TOPICS) for group in set(found))
    assert best >= 0.85 * len(TEXTS)


def test_the_largest_group_is_the_first() -> None:
    sizes = Counter(groups(TEXTS))
    assert sizes[1] == max(sizes.values())
    assert set(sizes) == set(range(1, len(sizes) + 1))


@settings(max_examples=15)
@given(st.permutations(TEXTS))
def test_the_order_of_messages_changes_nothing(shuffled: list[str]) -> None:
    assert dict(zip(shuffled, groups(shuffled), strict=True)) == dict(zip(TEXTS, groups(TEXTS), strict=True))


@settings(max_examples=15)
@given(st.lists(st.sampled_from(TEXTS), max_size=12), st.lists(st.sampled_from([*TEXTS, *INVOICE]), max_size=12))
def test_a_message_keeps_its_group_and_ids_are_never_given_twice(first: list[str], second: list[str]) -> None:
    one = grow(ClusterState("m"), first, model())
    again = grow(one.state, first, model())
    assert again.assignments == one.assignments
    assert to_json(again.state) == to_json(one.state)
    two = grow(one.state, second, model())
    before = {group.id: group.label for group in one.state.groups}
    after = {group.id: group.label for group in two.state.groups}
    assert all(after[two.state.current(id_)] == before.get(two.state.current(id_), "") for id_ in before)
    assert all(id_ >= one.state.next_id for id_ in after.keys() - before.keys())
    assert two.state.next_id >= one.state.next_id
    assert set(two.assignments) <= set(after)


def test_messages_said_often_do_not_weigh_more() -> None:
    assert groups([*TEXTS, *["Where is my parcel?"] * 50])[: len(TEXTS)] == groups(TEXTS)
    assert groups(["refund please", "  Refund   please"]) == [1, 1]


def test_a_new_topic_founds_a_group_and_leaves_the_others_alone() -> None:
    first = grow(ClusterState("m"), TEXTS, model())
    second = grow(first.state, [*INVOICE, "where is the parcel I ordered", "I forgot the password again"], model())
    new = set(second.assignments) - set(first.assignments)
    assert Counter(second.assignments[: len(INVOICE)]).most_common(1)[0][0] in new
    place = dict(zip(TEXTS, first.assignments, strict=True))
    assert second.assignments[-2] == place["Where is my parcel?"]
    assert second.assignments[-1] == place["I forgot my password"]
    assert groups(TEXTS, second.state) == list(first.assignments)
    assert "invoice" in next(group.label for group in second.state.groups if group.id in new)


def test_a_topic_that_comes_one_message_at_a_time_founds_its_group_when_there_are_enough() -> None:
    state, counts = grow(ClusterState("m"), TEXTS, model()).state, []
    for text in INVOICE:
        state = grow(state, [text], model()).state
        counts.append(len(state.groups))
    assert counts[0] == counts[1] < counts[-1]
    new = state.groups[-1]
    assert "invoice" in new.label
    assert Counter(groups(INVOICE, state))[new.id] >= 3


def test_a_message_unlike_all_is_told_the_nearest_group_and_said_to_be_loose() -> None:
    state = grow(ClusterState("m"), TEXTS, model()).state
    grown = grow(state, ["The weather in Lisbon is lovely in May"], model())
    assert grown.loose == {0}
    assert grown.state.groups == state.groups
    assert grow(grown.state, ["The weather in Lisbon is lovely in May"], model()).loose == {0}


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_messages(count: int) -> None:
    grown = grow(ClusterState("m"), TEXTS[:: len(TEXTS) // 4][:count], model())
    assert len(grown.assignments) == count
    assert set(grown.assignments) == set(range(1, count + 1))


def test_equal_messages_are_one_group() -> None:
    assert groups(["Where is my parcel?"] * 40) == [1] * 40


def test_messages_with_nothing_in_common_still_get_a_group_each() -> None:
    texts = [f"{i} {chr(97 + i % 26)}" for i in range(60)]
    grown = grow(ClusterState("m"), texts, Even())
    assert len(grown.assignments) == 60
    assert set(grown.assignments) == {group.id for group in grown.state.groups}


def test_more_messages_than_are_compared_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "AT_ONCE", 20)
    found = groups(TEXTS)
    agreeing = Counter(zip(found, (TOPIC[text] for text in TEXTS), strict=True))
    best = sum(max(agreeing[group, topic] for topic in TOPICS) for group in set(found))
    assert best >= 0.75 * len(TEXTS)
    assert groups(TEXTS[::-1]) == found[::-1]


def test_groups_that_have_become_one_are_merged_and_the_older_id_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    first = grow(ClusterState("m"), TEXTS, model())
    monkeypatch.setattr(clustering, "SAME_GROUP", -1.0)
    second = grow(first.state, ["where is the parcel I ordered"], model())
    assert [group.id for group in second.state.groups] == [1]
    assert set(second.state.merged) == set(first.assignments) - {1}
    assert groups(TEXTS, second.state) == [1] * len(TEXTS)
    monkeypatch.undo()
    third = grow(from_json(to_json(second.state), "m"), INVOICE, model())
    assert all(id_ == 1 or id_ >= second.state.next_id for id_ in third.assignments)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "KEPT_SEEN", 5)
    monkeypatch.setattr(clustering, "KEPT_LOOSE", 1)
    state = grow(ClusterState("m"), TEXTS, model()).state
    state = grow(state, ["The weather in Lisbon is lovely", "Do penguins fly?"], model()).state
    assert len(state.seen) == 5
    assert len(state.loose) <= 1


def test_a_lone_surrogate_is_no_reason_to_fail() -> None:
    assert groups(["broken \ud800 text", "Where is my parcel?"])
