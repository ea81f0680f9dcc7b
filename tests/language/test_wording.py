"""Content words, values and how alike two sets of them are."""

from hypothesis import given
from hypothesis import strategies as st

from service.language.wording import alike, content, stem, values


def test_forms_of_a_word_meet() -> None:
    assert content("two invoices were charged") == content("The invoice: charging 2")
    assert stem("us") == "us"
    assert stem("ended") == "end"
    assert stem("being") == "being"


def test_common_words_carry_nothing() -> None:
    assert content("Hi, could you please help me with that?") == frozenset()


def test_values_in_one_spelling() -> None:
    text = 'Go to Settings > Billing, press "Add card" and pay 12.00 or see https://www.example.com/a.'
    assert values(text) == {"settings", "billing", "add card", "12", "example.com/a"}
    assert values("In Settings > Billing seven days") == {"settings", "billing", "7"}
    assert values("mail jo@example.com at 0:00") == {"jo@example.com", "0"}


def test_alike() -> None:
    assert alike(frozenset(), frozenset("a")) == 0
    assert alike(frozenset("ab"), frozenset("ab")) == 1
    assert 0 < alike(frozenset("ab"), frozenset("bcd")) < 0.5


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    assert all(content(text))
    assert values(text) == values(text)
