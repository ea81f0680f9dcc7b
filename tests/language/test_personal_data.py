"""What is taken out of a text before it leaves the conversation, and what is still found in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.language.personal_data import Personal, luhn, personal_data, without_names


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Hi Kofi, the tent is ready.", "Hi (name), the tent is ready."),
        ("Dear Mrs. Van Dam, thank you", "Dear Mrs. (name), thank you"),
        ("It works. Kind regards, Petra Blaha", "It works. Kind regards, (name)"),
        ("my name is Ana Lopes and I live here", "my name is (name) and I live here"),
        ("Hello Team, how do I pay?", "Hello Team, how do I pay?"),
        ("thanks again", "thanks again"),
        ("my password is hunter2, why", "my password is (secret) why"),
        ("use sk_live_abcdef123456 please", "use (secret) please"),
    ],
)
def test_people_and_secrets_are_taken_out(text: str, safe: str) -> None:
    assert without_names(text) == safe


def test_names_that_the_helpdesk_knows_are_taken_out_anywhere() -> None:
    assert without_names("the tent of lucia romero is torn", ["Lucia Romero", "", "x"]) == "the tent of (name) is torn"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("write to jo (at) example.com", {Personal.EMAIL}),
        ("card 4111 1111 1111 1111", {Personal.CARD}),
        ("call +44 20 7946 0018", {Personal.PHONE}),
        ("pay to DE89 3704 0044 0532 0130 00", {Personal.IBAN, Personal.PHONE}),
        ("token ghp_abcdefgh12345678", {Personal.SECRET}),
        ("send it to 12 Harbour Road", {Personal.ADDRESS}),
        ("sie wohnt in der Lindenstrasse 12", {Personal.ADDRESS}),
        ("I was born on 3 May 1990", {Personal.BIRTH_DATE}),
        ("this is Bram Kuiper", {Personal.NAME}),
        ("Dr. Ortiz said so", {Personal.NAME}),
        ("Hi there, the parcel has 3 kilos and costs 12.50", set()),
        ("Thanks, on Monday then", set()),
    ],
)
def test_what_is_left_is_told_by_kind(text: str, kinds: set[Personal]) -> None:
    assert personal_data(text) == kinds


@given(st.from_regex(r"[1-9][0-9]{11,17}", fullmatch=True))
def test_one_digit_more_makes_a_number_right(digits: str) -> None:
    assert sum(luhn(digits + str(check)) for check in range(10)) == 1


@given(st.text(max_size=120))
def test_any_text_is_taken(text: str) -> None:
    assert isinstance(without_names(text), str)
    assert personal_data(text) <= set(Personal)
