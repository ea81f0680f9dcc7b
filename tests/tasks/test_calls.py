"""How many API calls one conversation costs on each helpdesk, counted by the stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.intercom.sandbox import Sandbox as IntercomSandbox
from connectors.limiter import Limiter
from connectors.registry import connectors
from connectors.zendesk.sandbox import Sandbox as ZendeskSandbox
from service.conversation import Contact
from service.store import installations
from service.store.models import WriteState
from tasks.runtime import Clients


@pytest.fixture(params=["zendesk", "intercom"])
def real(request: pytest.FixtureRequest, shop: Any, clock: Any) -> Iterator[Any]:
    """The shop with a real connector, and its stand-in helpdesk."""
    clock.now = datetime.now(UTC)
    kinds: dict[str, Any] = {"zendesk": ZendeskSandbox, "intercom": IntercomSandbox}
    with kinds[request.param]() as desk:
        shop.runtime = replace(shop.runtime, clients=Clients(connectors(), Limiter(), local=True))
        new = installations.NewInstallation(
            connector=request.param,
            account="real",
            base_url=desk.base_url,
            secrets=shop.runtime.secrets.lock(dict(desk.secrets)),
            options=getattr(desk, "options", {}),
            prefix="dm__",
            writing=True,
            id="real",
        )
        with shop.runtime.database.begin() as session:
            installations.add(session, new, now=clock())
        shop.installation_id, shop.account, shop.desk.name = "real", "real", request.param
        yield desk


def score_one(shop: Any, desk: Any, kit: Any, number: int) -> tuple[str, list[str]]:
    """A new customer's conversation ends and is scored; its id there and the methods of the calls that took."""
    name = f"customer-{number}"
    contact = Contact(id=name, email=f"{name}@example.com", email_verified=True)
    started = datetime.now(UTC) - timedelta(minutes=30)
    told = kit.conversation(f"told-{number}", started, kit.unhelpful, contact=contact, helpdesk=shop.desk.name)
    before = len(desk.requests_log)
    key = desk.seed(told)
    shop.webhook(key)
    shop.work()
    assert shop.row(key).write_state == WriteState.WRITTEN
    return key, [call.method for call in desk.requests_log[before:]]


def test_calls_of_one_conversation(real: Any, shop: Any, kit: Any) -> None:
    score_one(shop, real, kit, 1)  # The first one also asks who we are and which tags and fields there are.
    key, calls = score_one(shop, real, kit, 2)
    reads = [method for method in calls if method == "GET"]
    writes = [method for method in calls if method != "GET"]
    tags = [tag for tag in real.snapshot(key).tags if tag.startswith("dm__")]
    assert len(reads) == 2
    assert len(writes) == (1 if shop.desk.name == "zendesk" else 2 + len(tags))


def test_read_again_and_planned_again_nothing_is_sent(real: Any, shop: Any, kit: Any, clock: Any) -> None:
    key, _ = score_one(shop, real, kit, 1)
    stands = real.snapshot(key)
    clock.forward(minutes=5)
    before = len(real.requests_log)
    shop.webhook(key)
    shop.work()
    assert {call.method for call in real.requests_log[before:]} == {"GET"}
    assert real.snapshot(key) == stands
