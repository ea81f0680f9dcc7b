"""`deskmark installations test`: the self-test of one installation, step by step, with what to do next."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from connectors.limiter import Limiter
from connectors.registry import connectors
from connectors.self_test import Outcome, Step
from service.commands.installations.finding import helpdesk
from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.store import self_tests as store
from service.store.secrets import SecretBox
from tasks.runtime import Clients, utc_now
from tasks.self_testing import Seen, run_kept

MARKS = {Outcome.PASSED: "ok  ", Outcome.FAILED: "FAIL", Outcome.OPEN: "open", Outcome.SKIPPED: "-   "}


@click.command()
@click.argument("installation")
@click.option("--conversation", help="The id of a conversation to read. Without it, the one that ended last.")
@click.option("--write", is_flag=True, help="Write a test tag to that conversation and remove it again.")
@click.option("--json", "as_json", is_flag=True, help="Print the steps as one JSON document.")
def test(installation: str, conversation: str | None, write: bool, as_json: bool) -> None:
    """Test a connected helpdesk step by step: credentials, clock, scopes, fields, signature, reading, roles, test tag.

    Nothing is written to the helpdesk without --write, and then a tag to the named conversation only. The exit status
    is 1 when a step failed. The signature step needs the service to be running.
    """
    if write and not conversation:
        raise click.UsageError("--write needs --conversation: the tag is written to a conversation that you name")
    given = settings()
    with database(given) as opened:
        with opened.begin() as session:
            row, now = helpdesk(session, installation), utc_now()
            if not store.ask(session, row.id, external_id=conversation, write=write, now=now):
                raise click.ClickException("a test of it is under way; look at its page, or try again in a minute")
            store.begin(session, row.id, now=now)
            writes = "yes" if write else "no"
            recorded(session, "test installation", row.id, row.id, conversation=conversation or "", write=writes)
        seen = run_kept(
            opened,
            Clients(connectors(), Limiter(), local=given.local_helpdesks),
            SecretBox(given.secret_key.get_secret_value()),
            installation,
            webhook_base=given.webhook_base,
            told=(lambda _: None) if as_json else _tell,
        )
    if as_json:
        click.echo(json.dumps({"steps": [asdict(step) for step in seen.steps], "unknown": seen.unknown}, indent=2))
    else:
        _tell_unknown(seen)
    if _failed(seen.steps):
        raise SystemExit(1)


def _tell(step: Step) -> None:
    click.echo(f"{MARKS[step.outcome]}  {step.name:<13} {step.seen}")
    if step.action:
        click.echo(f"      {'':<13} Next: {step.action}")


def _tell_unknown(seen: Seen) -> None:
    for each in seen.unknown:
        messages = f"{each['messages']} message{'' if each['messages'] == 1 else 's'}"
        click.echo(f"      unknown author {each['id']}: {messages}, e.g. in conversation {each['conversation']}")


def _failed(steps: Sequence[Step]) -> bool:
    return any(step.outcome is Outcome.FAILED for step in steps)


COMMANDS: tuple[click.Command, ...] = (test,)
"""Everything here, for the group to mount."""
