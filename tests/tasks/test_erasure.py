"""One person erased everywhere: what is left is looked for in every value of every table, and in the file itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from service.conversation import Author, Contact, Message, Role
from service.language.intents import Example
from service.store import audit, erasure, gaps, intents, suppression, whereabouts
from service.store.figure_models import FactRow
from service.store.gap_models import GapNote, KnowledgeGap
from service.store.mentions import Mention, take_out
from service.store.models import ContactKey, Delivery, Scorecard, State
from service.store.people_models import AuditEntry
from service.store.suppression import Identity, IdentityKind, NoIdentity
from service.store.tables import METADATA
from service.store.whereabouts import Request
from tasks import importing

HOUR = timedelta(hours=1)
PAT = "Pat.Doe@example.com"
PHONE = "+44 (20) 7946-0018"


def email(address: str = PAT, **more: Any) -> Request:
    return Request(Identity.of(IdentityKind.EMAIL, address), by="ada@acme.example", **more)


def put(shop: Any, kit: Any, clock: Any, key: str, contact: Contact, *texts: str, score: bool = True) -> None:
    told = kit.conversation(key, clock() - HOUR, [*kit.unhelpful, *((Role.CUSTOMER, text) for text in texts)])
    shop.desk.tickets[key] = kit.ticket(replace(told, contact=contact))
    if score:
        webhook(shop, key)


def webhook(shop: Any, key: str) -> None:
    shop.webhook(key, actor_id="c1")
    shop.work()


def everything(shop: Any) -> str:
    with shop.runtime.database.read() as session:
        return "\n".join(
            f"{table.name}.{column}={json.dumps(value, default=str)}"
            for table in METADATA.sorted_tables
            for row in session.execute(select(table)).mappings()
            for column, value in row.items()
        )


def count(shop: Any, table: Any) -> int:
    with shop.runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def erase(shop: Any, request: Request) -> erasure.Receipt:
    return erasure.erase(shop.runtime.database, shop.runtime.secrets, request, now=shop.clock())


VERIFIED = Contact(id="c1", email="pat.doe@example.com", email_verified=True)
SOMEBODY = Contact(id="c9", email="kim@example.com", email_verified=True)


def test_a_person_is_gone_and_the_figures_stay(shop: Any, kit: Any, clock: Any) -> None:
    put(shop, kit, clock, "1", VERIFIED, "I am pat.doe@example.com, call me")
    put(shop, kit, clock, "2", SOMEBODY, "My friend PAT.DOE@EXAMPLE.COM told me of this")
    with shop.runtime.database.begin() as session:
        learned = intents.Learned(Example("leak", "write to pat.doe@example.com"), shop.id_of("1"))
        intents.learn(session, "i1", [learned], now=clock())
        intents.add(session, "i1", [Example("leak", f"ask {PAT} again")], now=clock())
        gap = KnowledgeGap(installation_id="i1", group=1, label="kettle", created_at=clock())
        session.add(gap)
        session.flush()
        gaps.acknowledge(session, gap.id, at=clock(), words=f"{PAT} asked twice")
        audit.record(session, actor="a", action="look", target=PAT, now=clock(), details={"q": PAT})
    facts, cards = count(shop, FactRow), count(shop, Scorecard)
    assert "doe@example" in everything(shop).lower()

    receipt = erase(shop, email())

    assert "doe@example" not in everything(shop).lower()
    assert receipt.counts["conversations"] == 1
    assert receipt.counts["mentions"] >= 4
    assert (receipt.kind, receipt.by, receipt.suppressed) == ("email", "ada@acme.example", True)
    assert (count(shop, FactRow), count(shop, Scorecard)) == (facts, cards)
    row, other = shop.row("1"), shop.row("2")
    assert (row.state, row.document, row.due_at) == (State.ERASED, None, None)
    assert "(removed) told me of this" in json.dumps(other.document)
    with shop.runtime.database.read() as session:
        assert session.scalars(select(GapNote.words)).one() == "(removed) asked twice"
        assert session.scalar(select(ContactKey.conversation_id).distinct()) == other.id
        (kept,) = erasure.receipts(session)
        told = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        ids = session.scalars(select(Delivery.actor_id).where(Delivery.external_id == "1")).all()
    assert kept == receipt
    assert told is not None
    assert (told.action, told.target) == ("erase person", f"receipt {receipt.number}")
    assert set(ids) == {None}
    assert len(receipt.identity) == 64


def test_a_later_webhook_poll_or_import_brings_nothing_back(shop: Any, kit: Any, clock: Any) -> None:
    put(shop, kit, clock, "1", VERIFIED)
    erase(shop, email())
    reads = shop.desk.reads
    webhook(shop, "1")
    assert (shop.row("1").state, shop.row("1").document) == (State.ERASED, None)
    assert shop.desk.reads == reads, "what was erased is not even asked for"
    put(shop, kit, clock, "2", replace(VERIFIED, email="other@example.com"))
    put(shop, kit, clock, "3", Contact(id="c2", email=PAT))
    put(shop, kit, clock, "4", SOMEBODY)
    states = [(shop.row(key).state, shop.row(key).document is None) for key in "1234"]
    assert states == [(State.ERASED, True), (State.ERASED, True), (State.ERASED, True), (State.SCORED, False)]
    told = replace(shop.desk.tickets["1"].conversation, helpdesk="file", account="old")
    assert importing.store(shop.runtime, [told]) == []
    assert "doe@example" not in everything(shop).lower()


def test_unless_that_is_asked_for(shop: Any, kit: Any, clock: Any) -> None:
    put(shop, kit, clock, "1", VERIFIED)
    receipt = erase(shop, email(may_come_back=True))
    assert not receipt.suppressed
    webhook(shop, "1")
    assert (shop.row("1").state, shop.row("1").document is None) == (State.SCORED, False)
    erase(shop, email())
    with shop.runtime.database.begin() as session:
        assert erasure.let_back(session, shop.runtime.secrets, email("kim@example.com"), now=clock()) == 0
        assert erasure.let_back(session, shop.runtime.secrets, email(), now=clock()) > 0
        assert {kept.suppressed for kept in erasure.receipts(session)} == {False}
    webhook(shop, "1")
    assert shop.row("1").document is not None


def test_who_shares_a_verified_identity_is_the_same_person_on_every_helpdesk(shop: Any, kit: Any, clock: Any) -> None:
    other = shop.connect("intercom", "acme")
    for installation_id in ("i1", "i2"):
        shop.change(installation_id, account_group="acme")
    put(shop, kit, clock, "1", VERIFIED)
    told = kit.conversation("9", clock() - HOUR, kit.helpful, helpdesk="intercom")
    other.desk.tickets["9"] = kit.ticket(replace(told, contact=replace(VERIFIED, id="u9")))
    webhook(other, "9")
    more = kit.conversation("10", clock() - HOUR, kit.helpful, helpdesk="intercom")
    other.desk.tickets["10"] = kit.ticket(replace(more, contact=Contact(id="u9")))
    webhook(other, "10")
    receipt = erase(shop, Request(Identity.of(IdentityKind.CONTACT, "c1"), by="x"))
    assert (receipt.counts["conversations"], receipt.counts["helpdesks"]) == (3, 2)
    assert [shop.row("1").state, other.row("9").state, other.row("10").state] == [State.ERASED] * 3


def test_one_installation_only(shop: Any, kit: Any, clock: Any) -> None:
    other = shop.connect("intercom", "acme")
    put(shop, kit, clock, "1", VERIFIED)
    told = kit.conversation("9", clock() - HOUR, kit.helpful, helpdesk="intercom")
    other.desk.tickets["9"] = kit.ticket(replace(told, contact=VERIFIED))
    webhook(other, "9")
    receipt = erase(shop, email(scope=("i1",)))
    assert (receipt.scope, receipt.counts["conversations"]) == (("i1",), 1)
    webhook(other, "9")
    assert other.row("9").state == State.SCORED


def test_an_address_that_anybody_can_type_leads_no_further(shop: Any, kit: Any, clock: Any) -> None:
    put(shop, kit, clock, "1", Contact(id="c5", email=PAT, email_verified=False))
    put(shop, kit, clock, "2", Contact(id="c5"))
    assert erase(shop, email()).counts["conversations"] == 1
    assert shop.row("2").document is not None


def test_by_a_telephone_number_however_it_is_written(shop: Any, kit: Any, clock: Any) -> None:
    put(shop, kit, clock, "1", Contact(), "please call 020 7946 0018")
    put(shop, kit, clock, "2", Contact(), "please call 020 7946 0019")
    told = kit.conversation("3", clock() - HOUR, kit.helpful)
    agent = Message(id="a", author=Author(Role.AGENT, "a"), text=f"I called {PHONE}.", at=clock() - HOUR)
    shop.desk.tickets["3"] = kit.ticket(replace(told, messages=(*told.messages, agent), contact=SOMEBODY))
    webhook(shop, "3")
    receipt = erase(shop, Request(Identity.of(IdentityKind.PHONE, PHONE), by="x"))
    assert receipt.counts["conversations"] == 1
    assert shop.row("2").document is not None
    assert "I called (removed)." in json.dumps(shop.row("3").document)
    put(shop, kit, clock, "4", Contact(), "my number is 0044 20 79460018")
    assert shop.row("4").state == State.ERASED


def test_a_worker_that_had_it_already_saves_nothing(shop: Any, kit: Any, clock: Any) -> None:
    """The person is erased between the read and the end of the scoring: the lease is gone by then."""
    put(shop, kit, clock, "1", VERIFIED)
    desk, real = shop.desk, shop.desk.read

    def read(key: str) -> Any:
        reading = real(key)
        erase(shop, email(may_come_back=True))
        return reading

    desk.read = read
    webhook(shop, "1")
    assert (shop.row("1").document, shop.row("1").state) == (None, State.ERASED)


def test_what_there_is_can_be_seen_before(shop: Any, kit: Any, clock: Any) -> None:
    put(shop, kit, clock, "1", VERIFIED)
    before = everything(shop)
    found = whereabouts.find(shop.runtime.database, shop.runtime.secrets, email())
    with shop.runtime.database.read() as session:
        told = whereabouts.counted(session, found)
    assert (told["conversations"], told["texts"], told["helpdesks"]) == (1, 1, 1)
    assert everything(shop) == before


def test_nobody_is_found_and_the_receipt_says_so(shop: Any) -> None:
    receipt = erase(shop, email("nobody@example.com"))
    assert set(receipt.counts.values()) == {0}


def test_sqlite_pages_hold_nothing_either(shop: Any, kit: Any, clock: Any) -> None:
    database = shop.runtime.database
    if not database.is_sqlite:
        pytest.skip("PostgreSQL writes its pages anew by itself")
    put(shop, kit, clock, "1", VERIFIED, "zanzibar quokka")
    path = Path(database.url.removeprefix("sqlite:///"))
    erase(shop, email())
    held = b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
    assert b"zanzibar quokka" not in held
    assert b"doe@example" not in held.lower()


def test_a_mention_that_is_gone_already_is_passed_over(shop: Any) -> None:
    with shop.runtime.database.begin() as session:
        gone = [Mention("gap_note", "words", (7,))]
        assert take_out(session, gone, email().identity) == 0
        assert take_out(session, gone, Identity(IdentityKind.CONTACT, "7")) == 0


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (IdentityKind.EMAIL, "pat"),
        (IdentityKind.EMAIL, "a b@c"),
        (IdentityKind.PHONE, "12345"),
        (IdentityKind.CONTACT, " "),
    ],
)
def test_what_names_nobody_is_refused(kind: IdentityKind, given: str) -> None:
    with pytest.raises(NoIdentity):
        Identity.of(kind, given)


def test_numbers_in_a_text_by_their_last_digits() -> None:
    assert list(suppression.numbers_in("call +44 20 7946 0018 or 555-0199 or 12 34")) == ["079460018", "5550199"]
