"""A message as a short question: what of it stands, whatever the language, and never more than fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.language.question import LONGEST, plainness, question

LONG = "I bought the two-person tent in spring and it was fine for two nights at the lake with my brother. "


@pytest.mark.parametrize(
    ("text", "terms", "stands"),
    [
        ("Can I wash the wool blanket?", (), "Can I wash the wool blanket?"),
        ("Hello!\nIt costs 12.50 euros. I want it back.\n\nBest, Jo", (), "It costs 12.50 euros. I want it back"),
        ("Hallo! Wann kommt meine Bestellung an? Danke schön!", (), "Wann kommt meine Bestellung an?"),
        (
            "返品ラベルが届きません。どうすればいいですか\uff1f",
            (),
            "返品ラベルが届きません。 どうすればいいですか\uff1f",
        ),
        (LONG + "The zip broke on day one. Who pays the postage?", ["zip broke"], "The zip broke on day one"),
        (LONG + "Now it leaks badly. Who pays the postage?", (), "Who pays the postage?"),
        ("Hi", (), "Hi"),
        ("12345 !!!", (), ""),
        ("", (), ""),
    ],
)
def test_what_stands(text: str, terms: list[str], stands: str) -> None:
    assert question(text, terms) == stands


def test_a_sentence_without_end_is_cut_at_a_word() -> None:
    cut = question("the paddle broke " * 30)
    assert cut.endswith((" the…", "paddle…", "broke…"))
    assert len(cut) <= LONGEST
    assert len(question("x" * 500)) == LONGEST


def test_short_whole_messages_stand_best() -> None:
    plain = plainness("Can I wash the wool blanket in the machine?")
    assert plain == 1.0
    assert plainness("Any news?") < plain
    assert plainness(LONG * 5) < plain
    assert plainness("Can (name) wash the wool blanket in the machine?") < plain
    assert plainness("?!") == 0.0


@given(
    st.text(alphabet="ab .!?\n返。\uff1f()*", max_size=400), st.lists(st.text(alphabet="ab", max_size=3), max_size=3)
)
def test_short_and_on_one_line(text: str, terms: list[str]) -> None:
    found = question(text, terms)
    assert len(found) <= LONGEST
    assert found == " ".join(found.split())
    assert 0.0 <= plainness(text) <= 1.0
