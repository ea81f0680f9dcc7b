"""deskmark policy: an installation's own windows, thresholds, schedule and bot authors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.document import DocumentError
from service.policy_document import PolicyDocument, policy_from_json
from service.store import installations
from tasks.runtime import policy_document


@click.command()
@click.argument("installation")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--clear", is_flag=True, help="Go back to the settings of the service.")
def policy(installation: str, file: Path | None, clear: bool) -> None:
    """Show an installation's policy, or set it from FILE, a JSON object (docs/policy.schema.json).

    Keys that FILE leaves out are those of the settings. Conversations are scored by the new policy from now on.
    """
    if file is not None and clear:
        raise click.UsageError("give a file or --clear, not both")
    given = settings()
    own = _own(file) if file is not None else None
    with database(given) as opened, opened.begin() as session:
        row = installations.get(session, installation)
        if row is None:
            raise click.ClickException(f"no helpdesk is connected as {installation}; see deskmark installations")
        if file is not None or clear:
            installations.change(session, installation, policy=own)
            recorded(session, "change policy", "cleared" if own is None else ", ".join(sorted(own)), installation)
        else:
            own = row.policy
    click.echo(PolicyDocument.model_validate(policy_document(given, own)).model_dump_json(indent=2))


def _own(file: Path) -> dict[str, Any]:
    """The keys in `file`, checked."""
    text = file.read_bytes()
    try:
        policy_from_json(text)
    except DocumentError as error:
        raise click.UsageError(f"{file}: {error}") from error
    found: dict[str, Any] = json.loads(text)
    return found


COMMANDS: tuple[click.Command, ...] = (policy,)
"""Everything here, for the command line to mount."""
