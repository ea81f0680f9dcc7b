"""How simple the bot's part was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.scoring.complexity import LIMIT, simplicity

PLAIN = ["The shop is open until six.", "You are welcome."]
BUSY = [
    "Your total for AB1234 and CD9876 is $120.50:\n- seat $20\n- bag $35\n",
    "I will now charge $75.50, one moment.",
]


def test_values_lists_promises_and_claims_make_it_less_simple() -> None:
    assert simplicity(PLAIN, claims_success=True) > simplicity(BUSY, claims_success=True)
    usual = [BUSY[0], "You are welcome."]
    assert simplicity(usual, claims_success=False) > simplicity(usual, claims_success=True)


def test_nothing_written_is_average() -> None:
    assert simplicity([], claims_success=False) == 0.0


@given(st.lists(st.text(max_size=200), max_size=5), st.booleans())
def test_it_stays_within_its_limits(texts: list[str], claims: bool) -> None:
    assert -LIMIT <= simplicity(texts, claims_success=claims) <= LIMIT
