"""Making tags and attributes in a workspace, and taking them away again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests
import responses

from connectors.base import Installation
from connectors.errors import CredentialsRefused
from connectors.http import Http
from connectors.intercom import IntercomConnector, install
from connectors.intercom.client import IntercomClient
from connectors.intercom.payloads import Me
from connectors.intercom.sandbox import Sandbox
from connectors.intercom.sandbox.workspace import Attribute
from connectors.limiter import Limiter
from connectors.making import Done, Step
from service.writeback import OUTCOMES, OWN_KEYS

Connect = Callable[..., IntercomClient]
API = "https://api.intercom.io"


def of(steps: tuple[Step, ...], done: Done) -> list[str]:
    return [step.what for step in steps if step.done is done]


def test_tags_and_attributes_are_made_once(connect: Connect) -> None:
    with Sandbox(attributes={}).offer_newest_version() as sandbox:
        first = install.make(connect(sandbox), prefix="dm__")
        made = dict(sandbox.workspace.attributes)
        again = install.make(connect(sandbox), prefix="dm__")
        writes = [sent for sent in sandbox.requests_log if sent.method == "POST"]

        assert of(first.steps, Done.MADE) == [*(f"attribute {name}" for name in install.ATTRIBUTES), "tags"]
        assert {step.done for step in again.steps} == {Done.THERE}
        assert made["dm_outcome"] == Attribute("string", OUTCOMES)
        assert made["dm_effort"] == Attribute("integer")
        assert set(sandbox.workspace.tags.values()) == {f"dm__{key}" for key in OWN_KEYS}
        assert len(writes) == len(install.ATTRIBUTES) + len(OWN_KEYS)


def test_what_differs_is_repaired_or_said(connect: Connect) -> None:
    there = {
        "dm_outcome": Attribute("string", OUTCOMES[:2]),
        "dm_effort": Attribute("string"),
        "their": Attribute("string"),
    }
    with Sandbox(attributes=there).offer_newest_version() as sandbox:
        steps = install.make(connect(sandbox), prefix="dm__").steps

        assert of(steps, Done.REPAIRED) == ["attribute dm_outcome"]
        assert of(steps, Done.BY_HAND) == ["attribute dm_effort"]
        assert sandbox.workspace.attributes["dm_outcome"].options == OUTCOMES
        assert sandbox.workspace.attributes["their"] == there["their"]


def test_an_older_version_leaves_attributes_to_the_admin(connect: Connect) -> None:
    with Sandbox(attributes={}) as sandbox:
        steps = install.make(connect(sandbox), prefix="dm__").steps
        left = install.unmake(connect(sandbox), prefix="dm__")

    assert of(steps, Done.BY_HAND) == [f"attribute {name}" for name in install.ATTRIBUTES]
    assert all("Settings > Data > Conversations" in step.text for step in steps if step.done is Done.BY_HAND)
    assert of(left, Done.BY_HAND) == of(steps, Done.BY_HAND)


def test_an_older_version_says_what_is_there_already(connect: Connect) -> None:
    there = {
        "dm_resolution": Attribute("integer"),
        "dm_effort": Attribute("string"),
        "dm_outcome": Attribute("string", OUTCOMES[:-1]),
        "dm_definitions": Attribute("string"),
    }
    with Sandbox() as complete, Sandbox(attributes=there) as partly:
        everything = install.make(connect(complete), prefix="dm__").steps
        steps = {step.what: step for step in install.make(connect(partly), prefix="dm__").steps}

    assert of(everything, Done.BY_HAND) == []
    assert of(everything, Done.THERE) == [f"attribute {name}" for name in install.ATTRIBUTES]
    assert steps["attribute dm_resolution"].done is steps["attribute dm_definitions"].done is Done.THERE
    assert "there is one of type string" in steps["attribute dm_effort"].text
    assert steps["attribute dm_outcome"].text.startswith("add the options returned")
    assert steps["attribute dm_scored_at"].text.startswith("create it under Settings")


def test_leaving_takes_ours_and_nothing_else(connect: Connect) -> None:
    with Sandbox(attributes={"their": Attribute("string")}).offer_newest_version() as sandbox:
        sandbox.workspace.tag("vip")
        install.make(connect(sandbox), prefix="dm__")

        steps = install.unmake(connect(sandbox), prefix="dm__")
        again = install.unmake(connect(sandbox), prefix="dm__")

        assert len(of(steps, Done.REMOVED)) == len(install.ATTRIBUTES) + len(OWN_KEYS)
        assert {step.done for step in again} == {Done.NOT_THERE}
        assert set(sandbox.workspace.tags.values()) == {"vip"}
        assert set(sandbox.workspace.attributes) == {"their"}


@pytest.mark.parametrize("region", ["US", "EU", "AU"])
def test_the_region_is_where_the_token_is_known(region: str) -> None:
    def ask(address: str) -> Me:
        if address != install.REGIONS[region]:
            raise CredentialsRefused("GET /me: HTTP 401")
        return Me.model_validate({"app": {"region": region}})

    assert install.home(ask) == install.REGIONS[region]


def test_a_token_that_no_region_knows() -> None:
    def ask(address: str) -> Me:
        raise CredentialsRefused("GET /me: HTTP 401")

    with pytest.raises(CredentialsRefused):
        install.home(ask)


def test_what_the_app_may_not_do_is_left_to_the_admin(connect: Connect) -> None:
    with Sandbox(attributes={}).offer_newest_version() as sandbox:
        install.make(connect(sandbox), prefix="dm__")
        sandbox.withheld.add("/tags")
        steps = install.make(connect(sandbox), prefix="dm__").steps
        left = install.unmake(connect(sandbox), prefix="dm__")

    assert of(steps, Done.BY_HAND) == ["tags"]
    assert "Write tags" in steps[-1].text
    assert of(left, Done.BY_HAND) == ["tags"]


def test_what_intercom_refuses_is_told(wire_making: responses.RequestsMock, installation: Installation) -> None:
    """An attribute that it refuses, a tag that a segment uses: what it answers is not known to a stand-in."""
    wire_making.post(f"{API}/conversations/attributes", status=422)
    wire_making.delete(f"{API}/tags/7", status=400)
    wire_making.delete(f"{API}/conversations/attributes/1", status=404)
    http = Http(API, requests.Session(), Limiter(), name="i1", hosts=IntercomConnector.hosts)
    client = IntercomConnector().client(installation, http)

    made = install.make(client, prefix="dm__").steps
    left = install.unmake(client, prefix="dm__")

    assert of(made, Done.BY_HAND) == [f"attribute {name}" for name in install.ATTRIBUTES if name != "dm_effort"]
    assert of(left, Done.BY_HAND) == ["tag dm__gap"]
    assert left[0].text.startswith("Intercom does not let us: DELETE /tags/7: HTTP 400")


@pytest.fixture
def wire_making() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        mock.get(f"{API}/tags", json={"data": [{"id": "7", "name": "dm__gap"}]})
        mock.post(f"{API}/tags", json={"id": "8", "name": "x"})
        there = {"id": 1, "name": "dm_effort", "data_type": "integer"}
        mock.get(f"{API}/conversations/attributes", json={"data": [there]})
        yield mock
