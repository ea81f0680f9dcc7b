"""Which address Intercom, or its stand-in, can send a test notification to."""

from __future__ import annotations

import pytest

from connectors.base import Installation
from connectors.intercom.self_test import self_test
from connectors.limiter import Limiter
from connectors.registry import connectors
from connectors.self_test import Outcome, Step
from tasks.runtime import Clients

REAL, NEAR = "https://api.intercom.io", "http://127.0.0.1:9322"


@pytest.mark.parametrize(
    ("base_url", "address", "outcome"),
    [
        (REAL, "https://desk.example", Outcome.OPEN),
        (REAL, "http://127.0.0.1:8321", Outcome.FAILED),
        (NEAR, "http://127.0.0.1:8321", Outcome.OPEN),
        (NEAR, "http://desk.example", Outcome.FAILED),
    ],
)
def test_http_is_for_a_stand_in_and_a_service_on_this_machine(base_url: str, address: str, outcome: Outcome) -> None:
    place = Installation("i1", "intercom", "acme", base_url, secrets={"access_token": "t"})
    client = Clients(connectors(), Limiter(), local=True).of(place)
    told = self_test(client, place).provoke(f"{address}/webhooks/intercom/i1", nonce="1")
    assert isinstance(told, Step)
    assert told.outcome is outcome
