"""What an admin is told about an installation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.errors import ConnectorError
from connectors.intercom import install
from connectors.intercom.client import IntercomClient
from connectors.intercom.payloads import DataAttribute, Me, Person
from connectors.intercom.sandbox import Sandbox
from connectors.intercom.sandbox.workspace import Attribute
from connectors.intercom.transport import VERSION
from service.writeback import OUTCOMES

HTTPS = "https://deskmark.example"


def wrong(found: tuple[install.Finding, ...]) -> str:
    return "\n".join(finding.text for finding in found if not finding.ok)


def told(found: tuple[install.Finding, ...]) -> str:
    return "\n".join(finding.text for finding in found)


def test_a_good_installation_has_nothing_wrong(sandbox: Sandbox, connect: Callable[..., IntercomClient]) -> None:
    found = install.check(connect(sandbox), public_url=HTTPS)
    assert wrong(found) == ""
    assert "Deskmark (814860)" in told(found)
    assert "conversation.admin.closed" in told(found)
    assert "Fin (814859)" in told(found), "teammates without a seat may be bots"
    assert "Identity verification is on" in told(found)


def test_what_is_missing_is_named(sandbox: Sandbox, connect: Callable[..., IntercomClient]) -> None:
    sandbox.workspace.identity_verification = False
    sandbox.workspace.attributes = {
        "dm_resolution": Attribute("string"),
        "dm_outcome": Attribute("string", ("likely", "unclear")),
        "dm_definitions": Attribute("string"),
    }
    del sandbox.workspace.admins[sandbox.workspace.operator["id"]]
    found = install.check(connect(sandbox), public_url="http://localhost:8000")
    assert "Create the conversation attribute dm_effort (integer)" in wrong(found)
    assert "dm_resolution is string; make it integer" in wrong(found)
    assert "dm_outcome lacks the options confirmed, unresolved" in wrong(found)
    assert "dm_definitions" not in wrong(found)
    assert "PUBLIC_URL" in wrong(found)
    assert "Identity verification is off" in told(found)
    assert "inbox seat" not in told(found)


def test_a_wrong_token_is_the_only_finding(connect: Callable[..., IntercomClient]) -> None:
    with Sandbox() as sandbox:
        sandbox.secrets = {**sandbox.secrets, "access_token": "wrong"}
        found = install.check(connect(sandbox), public_url=HTTPS)
    assert len(found) == 1
    assert "does not let Deskmark in" in wrong(found)


class Workplace:
    """A workspace that refuses what a token may not read."""

    def __init__(self, base_url: str, me: Me) -> None:
        self.base_url = base_url
        self._me = me

    def me(self) -> Me:
        return self._me

    def admins(self) -> list[Person]:
        raise ConnectorError("no scope")

    def attributes(self) -> dict[str, DataAttribute]:
        raise ConnectorError("no scope")


@pytest.mark.parametrize(
    ("region", "base_url", "mended"),
    [
        ("EU", "https://api.intercom.io", "https://api.eu.intercom.io"),
        ("AU", "https://api.eu.intercom.io", "https://api.au.intercom.io"),
        ("EU", "https://api.eu.intercom.io", None),
        ("MARS", "https://api.intercom.io", None),
    ],
)
def test_the_address_follows_the_region(region: str, base_url: str, mended: str | None) -> None:
    me = Me.model_validate({"app": {"region": region}})
    found = wrong(install.check(Workplace(base_url, me), public_url=HTTPS))
    assert (mended in found) if mended else ("change the API address" not in found)
    assert "admin_id" in found
    assert "attributes cannot be read" in found
    assert "teammates cannot be read" in found


def test_the_readme_names_what_an_admin_has_to_enter() -> None:
    readme = Path(install.__file__).with_name("README.md").read_text(encoding="utf-8")
    flat = " ".join(readme.split())
    for name in (*install.SUBSCRIPTIONS, *install.ATTRIBUTES, *install.REGIONS.values(), *OUTCOMES, VERSION):
        assert name in readme, name
    for permission in install.PERMISSIONS:
        assert permission in flat, permission
