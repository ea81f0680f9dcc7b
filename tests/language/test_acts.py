"""What bot messages do: on our own held-out support turns, and what must hold for any text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.conversation import Author, Message, Role
from service.language.acts import LABELS, BotAct, first_of, last_claim, read_bot_turns
from service.language.shapes import SHAPES, normal, shape

HELD_OUT = Path(__file__).parents[2] / "benchmarks" / "training" / "acts_own_held_out.jsonl"


def say(*turns: tuple[Role, str]) -> tuple[Message, ...]:
    return tuple(Message(f"m{i}", Author(role), text) for i, (role, text) in enumerate(turns))


def one(text: str, asked: str = "Can you help me?") -> BotAct:
    return read_bot_turns(say((Role.CUSTOMER, asked), (Role.BOT, text)))[0]


def test_answers_are_useful_and_non_answers_are_not() -> None:
    assert one("You can change the language under Settings > Region.").useful > 0.5
    assert one("Our help line is open from 8 am to 6 pm.").useful > 0.5
    for text in ("Sorry, I didn't get that. Could you rephrase?", "I don't have any information about that."):
        act = one(text)
        assert act.useful < 0.5
        assert act.no_answer > 0.5


def test_claims_of_success_and_failure() -> None:
    assert one("Your order has been cancelled and the money is on its way.", "cancel it").success > 0.5
    failed = one("I'm sorry, the booking could not be made.", "book it please")
    assert failed.failure > 0.5
    assert failed.success < 0.5


def test_asking_for_something_is_not_offering_more_help() -> None:
    assert one("What is your order number?").asks > 0.5
    assert one("Is there anything else I can help you with?").asks < 0.5


def test_one_act_for_each_public_bot_message() -> None:
    hidden = Message("n", Author(Role.BOT), "note to the team", internal=True)
    messages = (*say((Role.CUSTOMER, "hi"), (Role.BOT, "Hello!"), (Role.AGENT, "hi"), (Role.BOT, "Bye!")), hidden)
    assert [act.message_id for act in read_bot_turns(messages)] == ["m1", "m3"]
    assert read_bot_turns(()) == ()


def test_the_turn_before_matters() -> None:
    text = "The table for two at seven."
    asked = say((Role.BOT, "Shall I book it?"), (Role.CUSTOMER, "yes"), (Role.BOT, text))
    assert read_bot_turns(asked)[1] != one(text)


def test_own_held_out_turns() -> None:
    """Support turns of domains that were not trained on; the printed figures are in the training script."""
    hits = dict.fromkeys(LABELS, 0)
    total = 0
    for line in HELD_OUT.read_text(encoding="utf-8").splitlines():
        turns = json.loads(line)["turns"]
        acts = iter(read_bot_turns(say(*((Role(t["role"]), t["text"]) for t in turns))))
        for turn in turns:
            if turn["role"] == "bot":
                act = next(acts)
                total += 1
                for label in LABELS:
                    hits[label] += (getattr(act, label) >= 0.5) == (label in turn["acts"])
    assert total > 60
    assert {label: count / total >= 0.88 for label, count in hits.items()} == dict.fromkeys(LABELS, True)


@given(st.lists(st.tuples(st.sampled_from([Role.CUSTOMER, Role.BOT, Role.AGENT]), st.text(max_size=200)), max_size=6))
def test_any_text_gives_probabilities_and_always_the_same(turns: list[tuple[Role, str]]) -> None:
    acts = read_bot_turns(say(*turns))
    assert acts == read_bot_turns(say(*turns))
    assert len(acts) == sum(role is Role.BOT for role, _ in turns)
    assert all(0 <= getattr(act, label) <= 1 for act in acts for label in LABELS)


@given(st.text(max_size=200))
def test_a_later_customer_message_changes_no_earlier_act(text: str) -> None:
    start = say((Role.CUSTOMER, "refund me"), (Role.BOT, "Done, your refund is on its way."))
    longer = (*start, Message("x", Author(Role.CUSTOMER), text))
    assert read_bot_turns(longer) == read_bot_turns(start)


def test_shape_is_of_fixed_length_and_hides_numbers_and_links() -> None:
    assert len(shape("")) == len(shape("See https://example.com/a1, order 42.")) == SHAPES
    assert normal("See https://example.com/a1, order 42\u2019s") == "see  link  order ##'s"


@pytest.mark.parametrize(
    ("useful", "counts", "expected"),
    [
        ([], [], None),
        ([0.1, 0.2], [1, 2], None),
        ([0.1, 0.9], [1, 2], 2),
        ([0.4, 0.4, 0.1], [1, 1, 2], 1),
        ([1.0, 1.0], [1, 2], 1),
    ],
)
def test_first_of_takes_the_most_probable_count(useful: list[float], counts: list[int], expected: int | None) -> None:
    assert first_of(useful, counts) == expected


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ([], "none"),
        ([(0.9, 0.05), (0.0, 0.0)], "success"),
        ([(0.9, 0.0), (0.0, 0.9)], "failure"),
        ([(0.1, 0.1)], "none"),
        ([(0.9, 0.9)], "success"),
    ],
)
def test_last_claim_reads_from_the_end(turns: list[tuple[float, float]], expected: str) -> None:
    claim = last_claim(turns)
    assert claim.verdict == expected
    assert claim.success + claim.failure + claim.none == pytest.approx(1)
    assert claim.probability == max(claim.success, claim.failure, claim.none)
