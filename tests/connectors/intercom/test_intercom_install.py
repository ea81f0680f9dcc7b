"""What an admin has to enter is written down."""

from __future__ import annotations

from pathlib import Path

from connectors.intercom import own
from connectors.intercom.regions import REGIONS
from connectors.intercom.transport import VERSION
from service.writeback import OUTCOMES


def test_the_readme_names_what_an_admin_has_to_enter() -> None:
    readme = Path(own.__file__).with_name("README.md").read_text(encoding="utf-8")
    flat = " ".join(readme.split())
    for name in (*own.SUBSCRIPTIONS, *own.ATTRIBUTES, *REGIONS.values(), *OUTCOMES, VERSION):
        assert name in readme, name
    for permission in own.PERMISSIONS:
        assert permission in flat, permission
