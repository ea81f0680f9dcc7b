"""What is typed in a form of its own is found by it, in many languages; what only looks like it stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.language.redaction import redact
from service.language.typed_data import hide, is_iban

SAMPLES = Path(__file__).parents[1] / "samples" / "personal_data.jsonl"


def shown(text: str) -> str:
    return hide(text, lambda kind, _: f"<{kind}>")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("o'neil.pat@example.ie and ada @ example . org", "<email> and <email>"),
        ("FR14 2004 1010 0505 0001 3M02 606 danke", "<iban> danke"),
        ("gb29 nwbk 6016 1331 9268 19", "<iban>"),
        ("DE89 3704 0044 0532 0130 01", "DE89 3704 0044 0532 0130 01"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.dozjgNryP4J3 ends", "<secret> ends"),
        ("SG.abcdefghijklmnop.qrstuvwxyz0123", "<secret>"),
        ("contrase\u00f1a: Sommer2024# ok", "contrase\u00f1a: <secret> ok"),
        ("the password reset is broken", "the password reset is broken"),
        ("n\u00e9 le 14/07/1988, n\u00e9e le 3 mai 1990", "n\u00e9 le <birth>, n\u00e9e le <birth>"),
        ("Ich bin am 22.01.1980 geboren", "Ich bin am <birth> geboren"),
        ("born March 7, 1969", "born <birth>"),
        ("Am Alten Markt 7 oder ul. D\u0142uga 7", "<address> oder <address>"),
        ("at 14:05:33 or 16:9, a::b", "at 14:05:33 or 16:9, a::b"),
        ("login: jroe83 from 2001:db8::1", "login: <login> from <network>"),
    ],
)
def test_hide(text: str, safe: str) -> None:
    assert shown(text) == safe


def test_check_digits() -> None:
    assert is_iban("GB82WEST12345698765432")
    assert not is_iban("GB82WEST12345698765433")


@given(st.text(max_size=200))
def test_any_text_is_taken_and_nothing_is_invented(text: str) -> None:
    assert hide(text, lambda _, value: value) == text


@pytest.mark.parametrize("kind", ["card", "iban", "ip", "phone"])
def test_of_the_labelled_sentences_nothing_with_a_form_is_left(kind: str) -> None:
    """The whole set is measured by `make quality`; what has check digits or a form must not get worse unseen."""
    lines = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]
    found = [(value, redact(line["text"])) for line in lines for its, value in line["planted"] if its == kind]
    left = [value for value, safe in found if value in safe]
    assert len(found) >= 10
    assert len(left) <= (kind == "phone"), left
