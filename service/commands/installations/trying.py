"""What the commands that take credentials share: where those may come from, and saying whether they are good."""

from __future__ import annotations

import click

from service.store.database import Database
from service.store.secrets import SecretBox
from service.web.kinds import Kind
from service.web.trying import tried


def environment_name(kind: Kind, name: str) -> str:
    """The environment variable that a thing to fill in may come from."""
    return f"DESKMARK_CONNECT_{kind.connector}_{name}".upper()


def tell(opened: Database, box: SecretBox, installation: str, *, local: bool) -> None:
    """Try the helpdesk once and say what came of it; a refusal is told and is no failure of the command."""
    answer = tried(opened, box, installation, local=local)
    correct = f"; correct with deskmark installations credentials {installation}, then" if answer.refused else "; see"
    test = "" if answer.let_in else f"{correct} deskmark installations test {installation}"
    click.echo(f"{answer.said}{test}.")
