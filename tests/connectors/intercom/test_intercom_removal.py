"""Taking our tags and attributes off Intercom conversations, on the wire, where the stand-in does not go wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
import responses

from connectors.base import Installation
from connectors.errors import RetryLater
from connectors.http import Http
from connectors.intercom import IntercomConnector
from connectors.intercom.removal import UNINSTALL, IntercomRemover
from connectors.limiter import Limiter
from connectors.many import DONE, Trouble
from connectors.registry import remover, writer

API = "https://api.intercom.io"
ONE = f"{API}/conversations/700"
OURS = {"id": "71", "name": "dm__gap"}


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{API}/me", json={"type": "admin", "id": "814860"})
        mock.get(f"{API}/tags", json={"data": [OURS, {"id": "79", "name": "vip"}]})
        yield mock


@pytest.fixture
def ours(installation: Installation) -> IntercomRemover:
    http = Http(API, requests.Session(), Limiter(), name="i1", hosts=IntercomConnector.hosts)
    made = remover(IntercomConnector().client(installation, http), "dm__")
    assert isinstance(made, IntercomRemover)
    return made


def stands(wire: responses.RequestsMock, **attributes: object) -> None:
    tags = {"tags": [OURS, {"id": "79", "name": "vip"}]}
    wire.get(ONE, json={"id": "700", "tags": tags, "custom_attributes": {"theirs": "x", **attributes}})


def test_only_what_is_there_is_taken_off(ours: IntercomRemover, wire: responses.RequestsMock) -> None:
    stands(wire, dm_effort=6, dm_outcome="")
    wire.delete(f"{ONE}/tags/71", json={})
    wire.put(ONE, json={})
    batch = ours.clear(["700"])
    assert (batch.outcomes, batch.job) == ({"700": DONE}, None)
    assert batch.calls == 4, "the conversation, the teammate, the tag, the attribute"
    assert b'{"dm_effort": ""}' in wire.calls[-1].request.body


def test_tags_only(ours: IntercomRemover, wire: responses.RequestsMock) -> None:
    stands(wire, dm_effort=6)
    wire.delete(f"{ONE}/tags/71", status=404, json={})
    assert ours.clear(["700"], tags_only=True).outcomes == {"700": DONE}, "the tag went meanwhile"


def test_a_number_that_cannot_be_emptied_does_not_keep_the_others(
    ours: IntercomRemover, wire: responses.RequestsMock
) -> None:
    stands(wire, dm_effort=6, dm_outcome="likely")
    wire.delete(f"{ONE}/tags/71", json={})
    wire.put(ONE, status=400, json={})
    wire.put(ONE, status=400, json={})
    wire.put(ONE, json={})
    assert ours.clear(["700"]).outcomes["700"].trouble is Trouble.REFUSED
    assert b'{"dm_outcome": ""}' in wire.calls[-1].request.body

    wire.replace("PUT", ONE, status=400, json={})
    wire.put(ONE, json={})
    wire.put(ONE, json={})
    assert ours.clear(["700"]).outcomes["700"].trouble is None, "each by itself is taken"


def test_gone(ours: IntercomRemover, wire: responses.RequestsMock) -> None:
    wire.get(ONE, status=404, json={})
    assert ours.clear(["700"]).outcomes["700"].trouble is Trouble.GONE


def test_refused(ours: IntercomRemover, wire: responses.RequestsMock) -> None:
    stands(wire)
    wire.delete(f"{ONE}/tags/71", status=403, json={})
    outcome = ours.clear(["700"]).outcomes["700"]
    assert (outcome.trouble, "HTTP 403" in outcome.reason) == (Trouble.REFUSED, True)


def test_a_helpdesk_that_is_away_is_waited_for(ours: IntercomRemover, wire: responses.RequestsMock) -> None:
    wire.get(ONE, status=503, json={})
    with pytest.raises(RetryLater):
        ours.clear(["700"])


def test_searching_goes_on_where_it_was(ours: IntercomRemover, wire: responses.RequestsMock) -> None:
    pages = {"next": {"starting_after": "c2"}}
    wire.post(f"{API}/conversations/search", json={"conversations": [{"id": "700"}], "pages": pages})
    wire.post(f"{API}/conversations/search", json={"conversations": [{"id": "701"}], "pages": {}})
    first = ours.marked(None)
    assert (first.ids, first.place) == (("700",), {"tag": 0, "cursor": "c2"})
    assert (ours.marked(first.place).ids, ours.marked({"tag": 5}).ids) == (("701",), ())


def test_what_intercom_has_no_api_for(ours: IntercomRemover, wire: responses.RequestsMock) -> None:
    assert [told.text for told in ours.revoke()] == [UNINSTALL]
    assert ours.job("none", ["700"]) == {"700": DONE}
    assert writer(ours._client) is None
