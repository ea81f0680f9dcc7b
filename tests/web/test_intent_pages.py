"""Intents as a page: the catalog with demand and recognition, and what is made of possible new intents, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from browsing import LOOKS, signed_in

from service.figures.fact import Fact
from service.language.intents import Example
from service.store import intents, proposals
from service.store.facts import Judged, save
from service.store.figure_models import Review
from service.store.models import Conversation
from service.store.proposal_models import IntentProposal, ProposalState
from service.store.proposals import Found

ASKED = ("Do you repair a carbon paddle? My mail is jo@example.com", "Which paddle brands do you repair?",
         "Can you mend <i>my</i> carbon paddle?")  # fmt: skip


@dataclass
class Account:
    """An account with two intents, and five conversations that state what is no intent yet."""

    web: Any
    id: str
    proposal: int
    ids: list[str]

    def act(self, client: Any, what: str, proposal: int = 0, **fields: Any) -> str:
        path = f"/intents/proposals/{proposal or self.proposal}"
        token = self.web.csrf(client, f"/intents?installation={self.id}")
        answer = client.post(path, data={"csrf_token": token, "what": what, **fields})
        assert answer.status_code == 302
        return str(client.get(answer.headers["Location"]).get_data(as_text=True))

    def row(self) -> IntentProposal:
        with self.web.parts.database.read() as session:
            return session.get_one(IntentProposal, self.proposal)

    def counts(self) -> dict[str, dict[str, int]]:
        with self.web.parts.database.read() as session:
            return {name: dict(found) for name, found in intents.counts(session, self.id).items()}


@pytest.fixture
def account(web: Any, seed: Any, shapes: Any) -> Account:
    ids = []
    for number in range(5):
        told = shapes.told(str(number))
        first = replace(told.messages[0], text=ASKED[min(number, 2)])
        ended = web.clock() - timedelta(hours=number + 1)
        ids.append(seed(replace(told, messages=(first, *told.messages[1:]), closed_at=ended)))
    installation_id = seed.installations["zendesk"]
    with web.parts.database.begin() as session:
        intents.add(session, installation_id, [Example("refund", "money back"), Example("stock", "is it in stock")],
                    now=web.clock())  # fmt: skip
        facts = [
            Fact(helpdesk="zendesk", account="acme", conversation="x", episode=n + 1, definitions="2",
                 day=(web.clock() - timedelta(days=1)).date().isoformat(), intent=("refund", "novel")[n % 4 == 0],
                 intent_read="refund" if n < 10 else None, intent_corrected="refund" if n < 8 else "stock")
            for n in range(40)
        ]  # fmt: skip
        save(session, [Judged(ids[0], installation_id, "2", facts, web.clock().date())], now=web.clock())
        proposals.ask_search(session, installation_id, now=web.clock())
        proposals.save(session, installation_id, [Found("carbon paddle", ids)], novel=9, now=web.clock())
        (row,) = proposals.listed(session, installation_id, ProposalState.OPEN)
        return Account(web, installation_id, row.id, ids)


def test_the_catalog_with_demand_and_recognition(web: Any, account: Account, seed: Any) -> None:
    with web.parts.database.begin() as session:
        for n in range(12):
            session.add(Review(installation_id=account.id, conversation_id=account.ids[0], episode=n + 1,
                               score="containment", verdict="likely", reviewer="r", at=web.clock()))  # fmt: skip
    page = web.admin().get("/intents").get_data(as_text=True)
    assert "75.0 %" in page
    assert "30 of 40" in page
    assert "Fits none of these" in page
    assert "25.0 %" in page
    assert "not enough data, 10 of 20" in page, "recognised rightly, from corrections in the helpdesk"
    assert "intent=refund" in page
    assert "among the latest 9 conversations" in page
    assert "1 learned" not in page


def test_words_of_customers_are_for_those_who_may_read_them(web: Any, account: Account) -> None:
    viewer = web.signed_in(web.person("viewer"))
    page = viewer.get("/intents").get_data(as_text=True)
    assert "carbon paddle" in page
    assert "paddle brands" not in page
    assert f"/intents/proposals/{account.proposal}" not in page
    assert viewer.get(f"/intents/proposals/{account.proposal}").status_code == 403

    reviewer = web.signed_in(web.person("reviewer", email="r@example.com"))
    page = reviewer.get("/intents").get_data(as_text=True)
    assert "Which paddle brands do you repair?" in page
    assert "Can you mend &lt;i&gt;my&lt;/i&gt; carbon paddle?" in page
    assert "jo@example.com" not in page
    page = reviewer.get(f"/intents/proposals/{account.proposal}").get_data(as_text=True)
    assert "jo@example.com" not in page
    assert "and 2 more" in page, "each wording once"
    assert "Dismiss" not in page
    assert [entry[1:3] for entry in web.audited()][-2:] == [
        ("look at texts", "intents"), ("look at texts", f"proposal {account.proposal}"),
    ]  # fmt: skip
    assert reviewer.post(f"/intents/proposals/{account.proposal}", data={"what": "dismiss"}).status_code == 403


def test_a_new_intent_is_accepted_and_taken_back(web: Any, account: Account) -> None:
    client = web.admin()
    with web.parts.database.read() as session:
        before = intents.revision(session, account.id)
    page = account.act(client, "accept", name=" paddle\trepair ", example=account.ids[:3])
    assert "3 examples are in the catalog as “paddle repair”. Its 5 conversations are judged" in page
    assert account.counts()["paddle repair"] == {"learned": 3}
    assert sorted(web.queue.conversations) == sorted(account.ids)
    with web.parts.database.read() as session:
        assert intents.revision(session, account.id) != before
        texts = [each.text for each in intents.examples(session, account.id)]
        assert not any("jo@example.com" in text for text in texts), "an example is masked"
        assert session.get_one(Conversation, account.ids[4]).due_at == web.clock()
    assert "Accepted" in page
    assert "Somebody has decided on it already" in account.act(client, "dismiss")
    shown = client.get(f"/intents/proposals/{account.proposal}").get_data(as_text=True)
    assert "It was accepted: <strong>paddle repair</strong>" in shown

    page = account.act(client, "undo")
    assert "Taken back. 3 examples are out of the catalog again." in page
    assert "paddle repair" not in account.counts()
    assert account.row().state == ProposalState.OPEN
    assert "Nobody has decided on it." in account.act(client, "undo")
    assert [entry[1] for entry in web.audited() if "proposal" in entry[1]] == [
        "accept intent proposal", "undo intent proposal",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": ""}, "Give it a name"),
        ({"name": "Novel"}, "Give it a name"),
        ({"name": "x" * 201}, "Give it a name"),
        ({"name": "REFUND"}, "There is an intent"),
        ({"name": "paddle", "example": "nobody"}, "Choose at least 3"),
    ],
)
def test_what_cannot_be_accepted_is_told(web: Any, account: Account, fields: dict[str, str], says: str) -> None:
    assert says in account.act(web.admin(), "accept", **fields)
    assert account.row().state == ProposalState.OPEN
    assert set(account.counts()) == {"refund", "stock"}


def test_merging_into_another_intent(web: Any, account: Account) -> None:
    client = web.admin()
    assert "Choose an intent that there is" in account.act(client, "merge", into="odd", example=account.ids[:1])
    assert "Choose at least 1" in account.act(client, "merge", into="stock")
    page = account.act(client, "merge", into="stock", example=account.ids[:1])
    assert "1 examples are in the catalog as “stock”" in page
    assert account.counts()["stock"] == {"imported": 1, "learned": 1}
    assert "1 learned" in client.get("/intents").get_data(as_text=True)
    account.act(client, "undo")
    assert account.counts()["stock"] == {"imported": 1}


def test_dismissing_is_remembered_and_can_be_taken_back(web: Any, account: Account) -> None:
    client = web.admin()
    page = account.act(client, "dismiss")
    assert "It comes back only if it grows 2 times as large" in page
    assert "comes back from 10 on" in page
    assert "Nothing is proposed yet" not in page
    assert "No three of these messages are alike" in page
    web.queue.conversations.clear()
    assert "Taken back." in account.act(client, "undo")
    assert web.queue.conversations == [], "the catalog did not change"


def test_somebody_asks_to_look_again(web: Any, account: Account) -> None:
    client = web.admin()
    web.clock.forward(minutes=5)
    answer = web.post(client, f"/intents/{account.id}/look", form_on="/intents")
    assert "Somebody asked for another look" in client.get(answer.headers["Location"]).get_data(as_text=True)
    assert web.post(client, "/intents/nobody/look", form_on="/intents").status_code == 404
    with web.parts.database.begin() as session:
        assert proposals.begin_search(session, account.id, now=web.clock())


def test_accounts_are_chosen_and_foreign_ones_are_not_told(web: Any, account: Account) -> None:
    other = web.installation("intercom", account="elsewhere")
    page = web.admin().get(f"/intents?installation={other}").get_data(as_text=True)
    assert "This account has no intents yet" in page
    assert f"deskmark intents import {other} FILE" in page
    assert "acme (Zendesk)" in page
    client = web.signed_in(web.person("manager", only=[other]))
    page = client.get(f"/intents?installation={account.id}").get_data(as_text=True)
    assert "carbon" not in page
    assert "acme (Zendesk)" not in page
    assert client.get(f"/intents/proposals/{account.proposal}").status_code == 404
    nobody = web.signed_in(web.person("viewer", email="n@example.com", only=[]))
    assert "Connect a helpdesk first" in nobody.get("/intents").get_data(as_text=True)


def test_not_looked_for_yet(web: Any, account: Account) -> None:
    with web.parts.database.begin() as session:
        session.query(IntentProposal).delete()
        search = proposals.search(session, account.id)
        assert search is not None
        session.delete(search)
    page = web.admin().get("/intents").get_data(as_text=True)
    assert "Not looked for yet" in page
    assert "Nothing is proposed yet." in page


@pytest.mark.parametrize("look", LOOKS, ids="-".join)
def test_in_a_browser(chromium: Any, web: Any, account: Account, look: tuple[str, str]) -> None:
    with signed_in(chromium, web, look, scripts=True) as (page, address):
        page.goto(f"{address}/intents")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.click("text=Accept, merge or dismiss")
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.fill("[name=name]", "paddle repair")
        page.press("[name=name]", "Enter")
        page.wait_for_selector("text=are in the catalog as")
        page.click("button:has-text('Take back')")
        page.wait_for_selector("text=out of the catalog again")
    assert account.row().state == ProposalState.OPEN
