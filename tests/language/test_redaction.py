"""Personal data is replaced by its kind; what is none, and the lines of the text, stay as they were."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.language.personal_data import names_in, without_names
from service.language.redaction import redact


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("write to jo.roe+x@mail.example.co.uk!", "write to (email)!"),
        ("jo (at) example (dot) com, or jo [at] example.com", "(email), or (email)"),
        ("my card 4111 1111 1111 1111, thanks", "my card (card), thanks"),
        ("card 4111-1111-1111-1111.", "card (card)."),
        ("card 4111 1111 1111 1112", "card (number)"),
        ("IBAN DE89 3704 0044 0532 0130 00, please", "IBAN (iban), please"),
        ("GB82WEST12345698765432 is mine", "(iban) is mine"),
        ("call 555-010-4477 or (555) 010-4477", "call (phone) or (phone)"),
        ("+44 20 7946 0018 / 0049 30 123456", "(phone) / (phone)"),
        ("order #48213, ORD-48213 and FW20417.", "order (number), (number) and (number)."),
        ("order #4821 is late", "order (number) is late"),
        ("line 4711 at 13:41, 12 May 2026, 24h", "line 4711 at 13:41, 12 May 2026, 24h"),
        ("order 4711, account no. 8123, ref: AB12CD34", "order (number), account no. (number), ref: (number)"),
        ("sort code 20-00-00", "sort code (number)"),
        ("ada @ example . org", "(email)"),
        ("my pin's 4821", "my pin's (secret)"),
        ("login: jroe83", "login: (login)"),
        ("2001:0db8:85a3::8a2e:0370:7334 at 14:05:33", "(ip) at 14:05:33"),
        ("Musterstra\u00dfe 12, 10115 Berlin", "(address), (number) Berlin"),
        ("12 rue de la Paix", "(address)"),
        ("Regards\nJ. Roe", "Regards\n(name)"),
        ("on 2026-01-22, 22/01/2026 and 22.1.26", "on 2026-01-22, 22/01/2026 and 22.1.26"),
        ("at 2026-01-22T10:39:00Z", "at 2026-01-22T10:39:00Z"),
        ("1,299.00 EUR, $24000, 24000 dollars, 24000.50 EUR", "1,299.00 EUR, $24000, 24000 dollars, 24000.50 EUR"),
        ("a iPhone 15 Pro with an RTX4090", "a iPhone 15 Pro with an RTX4090"),
        ("born on 22 January 1980; dob: 22.01.1980", "born on (date of birth); dob: (date of birth)"),
        ("my password is hunter2! ok", "my password is (secret) ok"),
        ("PIN: 4821, verification code 482913", "PIN: (secret) verification code (secret)"),
        ("the password reset does not work", "the password reset does not work"),
        ("token sk-abcdefghijkl1234", "token (secret)"),
        ("from 192.168.10.4 today", "from (ip) today"),
        ("I live at 12 Baker Street, SW1A 1AA", "I live at (address), (address)"),
        ("see https://evil.example/x?y=1 or acme.com/help", "see (link) or (link)"),
        (
            "Hi Jane,\nplease send it\n\nKind regards,\nPetra Blaha",
            "Hi (name),\nplease send it\n\nKind regards,\n(name)",
        ),
        ("my name is Jane Roe", "my name is (name)"),
        ("<b>bold</b> {{x}} stays", "<b>bold</b> {{x}} stays"),
    ],
)
def test_redact(text: str, safe: str) -> None:
    assert redact(text) == safe


def test_known_people_are_taken_out_wherever_they_stand() -> None:
    assert redact("so JANE called, and Roe too", ["Jane", "Roe"]) == "so (name) called, and (name) too"
    assert without_names("Janet is somebody else", ["Jane"]) == "Janet is somebody else"
    assert names_in("Hi Team, this is Jane Roe") == {"Jane Roe"}


LEFT = re.compile(r"[\w.+-]+@[\w-]+\.\w")


@given(st.emails(), st.text(max_size=20))
def test_no_address_survives(address: str, before: str) -> None:
    name, _, domain = address.partition("@")
    if re.fullmatch(r"[\w.+%-]+", name, re.ASCII) and re.fullmatch(r"[\w.-]+", domain, re.ASCII):
        assert address not in redact(f"{before} {address} ok")


@given(st.from_regex(r"[0-9]{9,19}", fullmatch=True))
def test_no_long_number_survives(number: str) -> None:
    assert number not in redact(f"it is {number} ok")


@given(st.text(max_size=80))
def test_it_never_raises_and_keeps_the_number_of_lines_of_plain_words(text: str) -> None:
    once = redact(text)
    assert LEFT.search(once) is None or not LEFT.search(text)


@given(st.lists(st.sampled_from(["please", "help", "me", "now"]), max_size=9), st.sampled_from([" ", "\n"]))
def test_plain_words_stay_as_they_are(words: list[str], between: str) -> None:
    assert redact(between.join(words)) == between.join(words)
