"""Several installations in one Deskmark: two of Zendesk and one of Intercom, with the same ids, kept apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.errors import Throttled
from connectors.http import ApiRequest
from connectors.intercom.sandbox import Sandbox as Intercom
from connectors.limiter import Limiter
from connectors.registry import connectors
from connectors.zendesk.sandbox import Sandbox as Zendesk
from service.conversation import Contact
from service.document import from_document
from service.store import conversations, installations
from service.store.models import ContactKey, Conversation, Installation, WriteState
from tasks.runtime import Clients
from tasks.scoring import judge

NAMES = {"first": "zendesk", "second": "zendesk", "third": "intercom"}


@dataclass
class Houses:
    """Three companies' helpdesks on one Deskmark."""

    shop: Any
    desks: dict[str, Any] = field(default_factory=dict)

    def seed(self, name: str, told: Any) -> str:
        """A conversation ends there and its webhook comes; its id in that helpdesk."""
        key = str(self.desks[name].seed(replace(told, helpdesk=NAMES[name])))
        self.shop.installation_id, self.shop.account, self.shop.desk.name = name, name, NAMES[name]
        self.shop.webhook(key)
        return key

    def row(self, name: str, key: str) -> Conversation:
        with self.shop.runtime.database.read() as session:
            found = conversations.get(session, conversations.conversation_id(NAMES[name], name, key))
        assert found is not None
        return found

    def client(self, name: str) -> Any:
        with self.shop.runtime.database.read() as session:
            return self.shop.runtime.client(session.get_one(Installation, name))


@pytest.fixture
def houses(shop: Any, clock: Any) -> Iterator[Houses]:
    """Three connected helpdesks with accounts, secrets and tokens of their own."""
    clock.now = datetime.now(UTC)
    shop.runtime = replace(shop.runtime, clients=Clients(connectors(), Limiter(), local=True))
    with ExitStack() as stack:
        made = Houses(shop)
        for name, kind in NAMES.items():
            desk: Any = Zendesk() if kind == "zendesk" else Intercom(token=f"token of {name}")
            made.desks[name] = stack.enter_context(desk)
            new = installations.NewInstallation(
                connector=kind,
                account=name,
                base_url=desk.base_url,
                secrets=shop.runtime.secrets.lock(dict(desk.secrets)),
                options=getattr(desk, "options", {}),
                prefix="dm__",
                writing=True,
                id=name,
            )
            with shop.runtime.database.begin() as session:
                installations.add(session, new, now=clock())
        yield made


def told(kit: Any, number: int, **contact: Any) -> Any:
    known = {"id": f"customer-{number}", "email": "pat@example.com", "email_verified": True, **contact}
    started = datetime.now(UTC) - timedelta(minutes=60 - 20 * number)
    return kit.conversation(f"told-{number}", started, kit.unhelpful, contact=Contact(**known))


def test_the_same_ids_are_different_conversations(houses: Houses, kit: Any) -> None:
    keys = {name: houses.seed(name, told(kit, number)) for number, name in enumerate(NAMES)}
    houses.shop.work()

    assert keys["first"] == keys["second"]
    rows = {name: houses.row(name, key) for name, key in keys.items()}
    assert len({row.id for row in rows.values()}) == 3
    assert {row.installation_id for row in rows.values()} == set(NAMES)
    for name, key in keys.items():
        assert rows[name].write_state == WriteState.WRITTEN
        assert any(tag.startswith("dm__") for tag in houses.desks[name].snapshot(key).tags)
    with houses.shop.runtime.database.read() as session:
        assert len({document["account"] for document in session.scalars(select(Conversation.document))}) == 3


def test_a_token_is_shown_to_its_own_helpdesk_only(houses: Houses, kit: Any) -> None:
    for number, name in enumerate(NAMES):
        houses.seed(name, told(kit, number))
    houses.shop.work()

    shown = {
        name: {str(sent.headers.get("authorization")) for sent in desk.requests_log if "authorization" in sent.headers}
        for name, desk in houses.desks.items()
    }
    told_secrets = {
        name: {
            str((sent.json or {}).get("client_secret")) for sent in desk.requests_log if sent.path == "/oauth/tokens"
        }
        for name, desk in houses.desks.items()
    }
    assert all(shown.values())
    for one in NAMES:
        for other in set(NAMES) - {one}:
            assert not shown[one] & shown[other]
            assert not (told_secrets[one] & told_secrets[other])
    first, second = (houses.desks[name] for name in ("first", "second"))
    stolen = next(iter(shown["first"]))
    refused = requests.get(f"{second.base_url}/api/v2/users/me", headers={"Authorization": stolen}, timeout=10)
    assert refused.status_code == 401
    assert first.base_url != second.base_url


def test_one_that_is_throttled_leaves_the_others_alone(houses: Houses, kit: Any) -> None:
    asked = ApiRequest("GET", "/api/v2/users/me")
    houses.desks["first"].refuse_next(1, seconds=300)
    with pytest.raises(Throttled):
        houses.client("first").send(asked)
    with pytest.raises(Throttled):
        houses.client("first").send(asked)  # the pause holds, without another request

    keys = {name: houses.seed(name, told(kit, number)) for number, name in enumerate(NAMES)}
    houses.shop.work()

    assert houses.row("second", keys["second"]).write_state == WriteState.WRITTEN
    assert houses.row("third", keys["third"]).write_state == WriteState.WRITTEN
    waiting = houses.row("first", keys["first"])
    assert waiting.scored_at is None
    assert waiting.attempts == 0


def test_a_limit_of_ones_own_is_ones_own(houses: Houses) -> None:
    houses.shop.change("first", options={**houses.desks["first"].options, "rate": "3/hour"})
    for _ in range(3):
        houses.client("first").me()
    with pytest.raises(Throttled, match="3/hour"):
        houses.client("first").me()

    assert [houses.client("second").me()["role"] for _ in range(5)] == ["admin"] * 5


@pytest.mark.parametrize("group", [None, "one company"])
@pytest.mark.parametrize("verified", [True, False])
def test_customers_are_joined_by_verified_address_where_an_admin_says_so(
    houses: Houses, kit: Any, group: str | None, verified: bool
) -> None:
    for name in NAMES:
        houses.shop.change(name, account_group=group)
    for number, name in enumerate(NAMES):
        houses.seed(name, told(kit, number, email_verified=verified))
    houses.shop.work()

    with houses.shop.runtime.database.read() as session:
        statement = select(ContactKey.key).group_by(ContactKey.key)
        shared = session.scalars(statement.having(func.count(func.distinct(ContactKey.conversation_id)) > 1)).all()
    assert bool(shared) is (group is not None and verified)


def test_a_group_that_is_left_joins_nobody_any_more(houses: Houses, kit: Any) -> None:
    """Neither by its own conversations nor by those of the others, without reading anything again."""
    for name in NAMES:
        houses.shop.change(name, account_group="one company")
    keys = {name: houses.seed(name, told(kit, number)) for number, name in enumerate(NAMES)}
    houses.shop.work()
    assert returned(houses, keys) == {"first", "second"}

    houses.shop.change("second", account_group=None)

    assert returned(houses, keys) == {"first"}


def document_of(session: Session, row: Conversation) -> Any:
    return from_document(session.scalars(select(Conversation.document).where(Conversation.id == row.id)).one())


def returned(houses: Houses, keys: dict[str, str]) -> set[str]:
    """Where a customer is said to have come back."""
    found = set()
    for name, key in keys.items():
        with houses.shop.runtime.database.read() as session:
            row = houses.row(name, key)
            cards = judge(houses.shop.runtime, session.get_one(Installation, name), document_of(session, row), row.id)
        if cards[-1].scores["repeat_contact"].verdict == "returned":
            found.add(name)
    return found
