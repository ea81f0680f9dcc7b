"""An installation to hang rows on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.store import installations
from service.store.database import Database
from service.store.models import Installation

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def installation(database: Database) -> Installation:
    """One Zendesk, writing switched off."""
    new = installations.NewInstallation(
        connector="zendesk", account="acme", base_url="https://acme.example/", secrets=b"locked", prefix="dm__", id="i1"
    )
    with database.begin() as session:
        return installations.add(session, new, now=NOW)
