"""Names of people in free prose, by short lists of our own: what counts, what does not, and what is left as it is."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.language.known_names import NOBODY, KnownNames, folded, hide_found
from service.language.masking import mask
from service.language.redaction import redact

NAMES = KnownNames(
    given=frozenset({"Deborah", "Raj", "Mark", "Florence", "Olive", "Sander", "Lena", "Al", "Santiago", "Sie"}),
    surnames=frozenset({"Patel", "Twain", "Boer", "Nightingale", "Bridge", "Green"}),
    words=folded({"Mark", "olive", "GREEN", "sie", "rechnung"}),
    places=folded({"Florence", "Santiago"}),
)


def hidden(text: str) -> str:
    return hide_found(text, NAMES, lambda name: "_" * len(name.split()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("my colleague Deborah placed it", "my colleague _ placed it"),
        ("ask Raj Patel", "ask __"),
        ("it lies with Sander de Boer now", "it lies with ___ now"),
        ("Deborah's order and Raj\u2019s too", "_ order and _ too"),
        ("Raj, Patel", "_, Patel"),
        ("tell Raj Unheard of it", "tell __ of it"),
        ("Raj Rechnung fehlt", "_ Rechnung fehlt"),
        ("Mark Twain said so", "__ said so"),
        ("Mark the ticket as solved", "Mark the ticket as solved"),
        ("Florence Nightingale lives in Florence", "__ lives in Florence"),
        ("the Florence office", "the Florence office"),
        ("in Raj", "in Raj"),
        ("the Olive Green one", "the Olive Green one"),
        ("Können Sie Lena freischalten", "Können Sie _ freischalten"),
        ("Florence Bridge is closed", "Florence Bridge is closed"),
        ("de Santiago", "de Santiago"),
        ("San Deborah", "San Deborah"),
        ("raj and DEBORAH", "raj and DEBORAH"),
        ("Al came", "Al came"),
        ("Raj\nPatel", "_\nPatel"),
        ("Raj van der", "_ van der"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_counts_as_a_name(text: str, shown: str) -> None:
    assert hidden(text) == shown


@given(
    st.lists(st.sampled_from(["Raj", "Patel", "Mark", "de", "the", "(name)", "x", ",", "\n", "Ünver", "7"])), st.text()
)
def test_any_text_is_taken_and_what_is_found_stands_there(words: list[str], more: str) -> None:
    text = " ".join(words) + more
    spans = NAMES.spans(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert hide_found(text, NAMES, lambda name: name) == text
    assert hide_found(text, NOBODY, lambda _: "?") == text


def test_notes_keep_an_initial_and_exports_say_what_it_was() -> None:
    text = "Hi Kofi, Deborah Patel took {{it}}, mail raj@example.com"
    assert redact(text, names=NAMES) == "Hi (name), (name) took {{it}}, mail (email)"
    assert mask(text, NAMES) == "Hi K***, D*** took it , mail r***@***"
    assert "Deborah" in mask(text)
    assert "Deborah" in redact(text)
