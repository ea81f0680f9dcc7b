"""Typed personal data is masked, and nothing that a helpdesk could turn into a link or markup is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.language.masking import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to jo.doe+x@mail.example.com!", "write to j***@***!"),
        ("my card 4111 1111 1111 1111, thanks", "my card 4111***, thanks"),
        ("call +1 (555) 010-4477 please", "call +1 (555)*** please"),
        ("order ORD-48213 and FW20417.", "order ORD-48*** and FW20***."),
        ("order 4711 at 13:41, 12 May 2026, 24h", "order 4711 at 13:41, 12 May 2026, 24h"),
        ("my name is Jane Roe", "my name is J***"),
        ("My name is Jane Roe", "My name is J***"),
        ("I live at 12 Baker Street now", "I live at (address) now"),
        ("see https://evil.example/x?y=1 or evil.com", "see (link) or (link)"),
        ("{{ticket.requester}} <b>bold</b> [a](b)", "ticket.requester b bold /b a (b)"),
        ("two\nlines", "two lines"),
        ("mail petra.blaha [at] example.com or tim (at) example (dot) net", "mail p***@*** or t***@***"),
        ("password: hunter2! and key sk_live_51Habcdefghij0123", "password: (secret) and key (secret)"),
        ("Mein Passwort ist Sommer2024#, geboren am 3.5.1990", "Mein Passwort ist (secret) geboren am (date of birth)"),
        ("from 2001:db8::8a2e:370:7334 and 12 rue de la Paix", "from (ip) and (address)"),
        ("Je m'appelle Ana Lopes, DE89 3704 0044 0532 0130 00", "Je m'appelle A***, (iban)"),
        ("a \ue000 of no script", "a of no script"),
    ],
)
def test_mask(text: str, masked: str) -> None:
    assert mask(text) == masked


@given(st.text(max_size=80))
def test_no_markup_survives_and_masking_twice_adds_no_data(text: str) -> None:
    once = mask(text)
    assert not set(once.replace("***", "")) & set("<>[]{}|`*_~\\")
    assert "\n" not in once


@given(st.from_regex(r"[0-9]{5,19}", fullmatch=True))
def test_no_long_number_survives(number: str) -> None:
    assert number not in mask(f"it is {number} ok")
