"""Who is the same customer: contact and own id within an account; verified e-mail across an account group."""

from dataclasses import replace
from typing import Any

import pytest

from service.conversation import Author, Contact, Conversation, Message, Role
from service.scoring.customer import MatchedBy, customer_keys, matched_by, same_customer

BASE = Conversation(
    "1",
    (Message("m0", Author(Role.CUSTOMER), "hello"),),
    helpdesk="zendesk",
    account="lamps",
    contact=Contact(id="c-1"),
)
CHAT = replace(BASE, id="2", helpdesk="intercom", account="x91")


def with_contact(conversation: Conversation, **changes: Any) -> Conversation:
    return replace(conversation, contact=Contact(**changes))


def test_the_contact_id_counts_within_one_account_of_one_helpdesk() -> None:
    assert matched_by(BASE, replace(BASE, id="2")) is MatchedBy.CONTACT
    assert not same_customer(BASE, replace(BASE, account="sofas"))
    assert not same_customer(BASE, replace(BASE, helpdesk="intercom"))


def test_a_group_does_not_make_contact_ids_of_two_accounts_one() -> None:
    assert not same_customer(replace(BASE, account_group="g"), replace(CHAT, account_group="g"))


def test_a_verified_address_counts_across_a_group() -> None:
    mine = with_contact(BASE, id="c-1", email="jo@shop.example", email_verified=True)
    theirs = with_contact(CHAT, id="k-9", email="JO@shop.example ", email_verified=True)
    assert same_customer(replace(mine, account_group="g"), replace(theirs, account_group="g"))
    assert not same_customer(replace(mine, account_group="g"), replace(theirs, account_group="h"))


def test_without_a_group_helpdesks_share_nobody() -> None:
    mine = with_contact(BASE, id="c-1", email="jo@shop.example", email_verified=True, external_id="u7")
    theirs = with_contact(CHAT, id="c-1", email="jo@shop.example", email_verified=True, external_id="u7")
    assert not same_customer(mine, theirs)
    assert not same_customer(mine, replace(theirs, account="lamps"))
    assert not same_customer(replace(mine, account_group="g"), replace(theirs, account="lamps"))


@pytest.mark.parametrize("mine", [True, False])
@pytest.mark.parametrize("theirs", [True, False])
def test_an_unverified_address_joins_nobody_across_a_group(mine: bool, theirs: bool) -> None:
    a = with_contact(replace(BASE, account_group="g"), email="jo@shop.example", email_verified=mine)
    b = with_contact(replace(CHAT, account_group="g"), email="jo@shop.example", email_verified=theirs)
    assert same_customer(a, b) is (mine and theirs)


def test_an_id_of_ones_own_counts_within_one_account_only() -> None:
    mine = with_contact(replace(BASE, account_group="g"), external_id="u7")
    assert matched_by(mine, with_contact(replace(BASE, account_group="g"), external_id=" u7")) is MatchedBy.EXTERNAL_ID
    assert not same_customer(mine, with_contact(replace(CHAT, account_group="g"), external_id="u7"))


def test_an_address_nobody_verified_identifies_no_one() -> None:
    a = with_contact(BASE, email="jo@shop.example", email_verified=True)
    b = with_contact(BASE, email="jo@shop.example", email_verified=False)
    assert customer_keys(b) == frozenset()
    assert matched_by(a, b) is None


def test_within_one_account_a_new_group_parts_nobody() -> None:
    before = with_contact(BASE, email="jo@shop.example", email_verified=True)
    assert matched_by(before, replace(before, id="2", account_group="g")) is MatchedBy.EMAIL


def test_the_strongest_match_is_named() -> None:
    a = with_contact(BASE, id="c-1", external_id="u7", email="jo@shop.example", email_verified=True)
    assert matched_by(a, a) is MatchedBy.CONTACT
    assert matched_by(a, with_contact(BASE, id="c-2", external_id="u7")) is MatchedBy.EXTERNAL_ID


def test_empty_identities_match_nobody() -> None:
    nobody = with_contact(BASE, id="", external_id=" ", email=" ", email_verified=True)
    assert customer_keys(nobody) == frozenset()
    assert not same_customer(nobody, nobody)


def test_keys_show_nothing_and_do_not_run_into_each_other() -> None:
    keys = customer_keys(with_contact(BASE, id="c-1", email="jo@shop.example", email_verified=True))
    assert all("jo" not in key and len(key) < 50 for key in keys)
    a = with_contact(replace(BASE, account="ab"), id="c")
    b = with_contact(replace(BASE, account="a"), id="bc")
    assert not same_customer(a, b)
