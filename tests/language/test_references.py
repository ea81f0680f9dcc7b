"""Numbers and codes that name a matter or an error, and words that point to an earlier contact."""

import pytest

from service.language.references import EARLIER_CONTACT, STILL, Reference, conflicting, references, shared


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("Where is order 55120?", "order", "55120"),
        ("my order number is 55120-DE", "order", "55120DE"),
        ("Booking ref. QX71PL please", "booking", "QX71PL"),
        ("invoice no. 2024-0815", "invoice", "20240815"),
        ("the parcel (#991823) is lost", "parcel", "991823"),
        ("RMA-7731 was accepted", "refund", "7731"),
        ("PO-118822 is late", "order", "118822"),
        ("XQ-118822 is late", "", "118822"),
        ("it's about #77120", "", "77120"),
        ("it says error 5031", "error", "5031"),
        ("error code: AX-2291 at login", "error", "2291"),
        ("ends with 0x80070057", "error", "0X80070057"),
        ("E_TIMEOUT_READ comes up", "error", "ETIMEOUTREAD"),
        ("you took $48.35 twice", "amount", "48.35"),
        ("a fee of 1,048.35 EUR", "amount", "1048.35"),
    ],
)
def test_named_things_are_found(text: str, kind: str, code: str) -> None:
    assert references(text) == {Reference(kind, code)}


@pytest.mark.parametrize(
    "text",
    [
        "I ordered 3 shirts and 2 mugs",
        "my order from 2026-03-01 and the delivery of 12-04-2026",
        "please transfer 2500 dollars",
        "the payment of 1200.50 failed",
        "you took $48.00 twice",
        "my account number is 88120044",
        "order in 2025",
        "the delivery man came at 10",
    ],
)
def test_amounts_dates_and_the_customers_own_numbers_are_not(text: str) -> None:
    assert references(text) == frozenset()


def test_two_sums_of_money_may_be_of_one_matter() -> None:
    first, second = references("the fee was $48.35"), references("you refunded $12.10 only")
    assert conflicting(first, second) == frozenset()


def test_every_number_of_a_list_counts() -> None:
    assert {r.code for r in references("orders 48101, 48102 and 48103 are late")} == {"48101", "48102", "48103"}


def test_the_same_code_is_shared_whatever_it_was_called() -> None:
    assert shared(references("order 48101 is late"), references("ask about #48101")) == {"48101"}
    assert shared(references("order 48101"), references("order 48102")) == frozenset()


@pytest.mark.parametrize(
    ("a", "b", "kinds"),
    [
        ("order 48101", "order 48102", {"order"}),
        ("order 48101 and order 48102", "order 48102", set()),
        ("order 48101", "invoice 48102", set()),
        ("error 5031", "error 5032", set()),
        ("#48101", "#48102", set()),
    ],
)
def test_two_matters_of_one_kind_conflict(a: str, b: str, kinds: set[str]) -> None:
    assert conflicting(references(a), references(b)) == kinds


@pytest.mark.parametrize(
    "text",
    [
        "same problem as before",
        "just following up",
        "is there any news on this?",
        "I already wrote to you about it",
        "nobody ever came back to me",
        "see my previous chat",
        "third time I am asking this",
        "as I said yesterday, it leaks",
        "your bot told me to wait",
    ],
)
def test_an_earlier_contact_is_recognised(text: str) -> None:
    assert EARLIER_CONTACT.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "I wrote the wrong name",
        "I called a taxi yesterday",
        "my first order with you",
        "the seller came back from holiday",
    ],
)
def test_other_past_events_are_no_earlier_contact(text: str) -> None:
    assert not EARLIER_CONTACT.search(text)


def test_not_put_right_is_recognised() -> None:
    assert STILL.search("it still doesn't load")
    assert STILL.search("that didn't help")
    assert not STILL.search("is the offer still open?")
