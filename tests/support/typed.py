"""Commands as an admin types them, on a database and with a data folder of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from service.embedded import own_settings
from service.store import installations
from service.store.database import Database

Run = Callable[..., Result]


def typed(commands: Iterable[click.Command], folder: Path, database: Database, **environment: str) -> Run:
    """What runs one of `commands` with the words it is given; `folder` gets keys as a first start makes them."""
    group = click.Group(commands={str(command.name): command for command in commands})
    env = {"DESKMARK_DATA_DIR": str(folder), "DATABASE_URL": database.url, **environment}

    def invoke(*arguments: str) -> Result:
        return CliRunner(env=env).invoke(group, arguments)

    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        own_settings()
    return invoke


def connected(database: Database) -> None:
    """A helpdesk `i1` that nobody answers for."""
    new = installations.NewInstallation("zendesk", "acme", "https://acme.example", b"", "dm__", id="i1")
    with database.begin() as session:
        installations.add(session, new, now=datetime.now(UTC))
