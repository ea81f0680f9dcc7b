"""Identifiers and contact details: how agents ask for them and how customers give them, kind by kind."""

import pytest

from service.language.information.exchange import Exchange
from service.language.information.names import given_names
from service.language.information.reask import assess
from service.language.information.seeking import seeks
from service.language.information.values import codes, phones, plain


def chance(question: str, said: str, bot: str = "") -> float:
    return assess(question, [Exchange("m0", bot, said)], None).probability


@pytest.mark.parametrize(
    "question",
    [
        "order number pls",
        "Have you got the order number to hand?",
        "Let me have your order number and I'll check.",
        "Pop your order ref in the chat for me.",
        "Just your order number and I'm on it.",
        "Any chance you have the order number?",
        "The order number would help me find it.",
        "Please type in your order number.",
        "and the order number this is for?",
        "In order to assist you further, kindly share the order number of your purchase.",
        "Could you let me know the order number so I can arrange a replacement?",
        "Which order is this about?",
    ],
)
def test_ways_to_ask(question: str) -> None:
    assert chance(question, "my order number is 88213") > 0.55
    assert chance(question, "my invoice number is 88213") < 0.55
    assert chance(question, "it broke") < 0.55


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What's your order number?", "I ordered shoes, 88213, and got none"),
        ("What's your order number?", "no shoes so far, it's 88213"),
        ("What's your customer number?", "customer no. 3340018"),
        ("What's your case reference?", "case reference that I got is 88213"),
        ("Can I have the reference?", "hello (your ref 2024/SF/0193) it has a tear"),
        ("Could you share your seller ID?", "seller ID S-20931-X"),
        ("What's your booking code?", "my reservation code is LMQRTZ"),
        ("What's your booking code?", "reservation under Wu, code 7XPLQ2"),
        ("What's your gamertag?", "gamertag: DriftKing"),
        ("Username?", "logged in as tonya.reyes"),
        ("What's the registration of the vehicle?", "my reg is LK19 VXD"),
        ("Which store is this about?", "store 114 was closed"),
        ("Which offer is this about?", "offer AN-2025-310"),
        ("What's the number to call you on?", "my nr is 0031 6 1234 5678, call me"),
        ("What's your phone number?", "555-010-9921 is my cell"),
        ("What's the UPS number?", "ups 1Z 999 AA1 01 2345 6784"),
        ("Who am I speaking with?", "Nothing works. Regards, Denise Farrow, 01632 960 118"),
        ("Can you tell me the e-mail you're registered with?", "login r.okoye@heliotek.example fails"),
        ("Please confirm your email so I can find you", "it is r.okoye@heliotek.example"),
        ("Where should we send the new one?", "I live at 22 Quay Road"),
    ],
)
def test_given_in_passing(question: str, said: str) -> None:
    assert chance(question, said) > 0.55


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What's your RMA number?", "I want to return shoes. #A7719 they are too small"),
        ("What's the number on the dongle?", "your ref 2024/SF/0193"),
        ("And the reference of the payout?", "seller ID S-20931-X"),
        ("What was your old IBAN?", "my new IBAN AT022011100000000099"),
        ("And the name of the driver?", "my name is Denise Farrow"),
        ("And your surname?", "Regards, Denise"),
        ("And the billing address, if that's different?", "I live at 22 Quay Road"),
        ("Could you confirm if the order number is right?", "order 88213"),
        ("What's your booking code?", "error code 7XPLQ2"),
    ],
)
def test_near_misses(question: str, said: str) -> None:
    assert chance(question, said) < 0.55


def test_a_prompt_of_any_wording_names_what_comes() -> None:
    assert (
        chance("What's your account number?", "A as in alpha 4 4 2 9 0 1", "Say or key in your account number.") > 0.55
    )
    assert chance("What's your PNR?", "it's LMQRTZ", "Can I have your booking code?") > 0.55
    assert chance("Who am I speaking to?", "Hartmann & Sons", "What's the name on the account?") < 0.55
    assert chance("And your last name?", "Denise", "What's your name?") < 0.55
    assert chance("Your full name?", "Denise Farrow", "What's your name?") > 0.55


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("Mrs Denise Farrow, order 9918277", ["denise farrow"]),
        ("Still waiting.\n\nDenise Farrow", ["denise farrow"]),
        ("Kofi here, it broke", ["kofi"]),
        ("my name's denise", ["denise"]),
        ("the policy is in the name of Denise Farrow", ["denise farrow"]),
        ("It broke. Kind Regards", []),
        ("Please Help", []),
    ],
)
def test_names(raw: str, names: list[str]) -> None:
    assert [given.value for given in given_names(plain(raw), raw, None)] == names


def test_a_detail_for_elsewhere_is_not_sought() -> None:
    assert seeks("drop me your order number")
    assert not seeks("enter your order number on our website")
    assert not seeks("i'll send you the tracking number")


def test_values_of_many_shapes() -> None:
    assert [found.value for found in codes("code 7xplq2")] == ["7xplq2"]
    assert [found.value for found in codes("ref 2024/sf/0193")] == ["2024sf0193"]
    assert codes("wait 10min") == []
    assert [found.value for found in phones("+31 6 1234 5678")] == ["612345678"]
