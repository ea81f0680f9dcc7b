"""`deskmark installations guide`: how to connect a helpdesk, step by step, with the exact values to paste."""

from __future__ import annotations

import click

from connectors.guide import State, Step
from service.commands.installations.finding import helpdesk
from service.commands.running import database, settings
from service.store import queries
from service.store.secrets import SecretBox
from service.web.guiding import credentials_refused, left, steps_before, steps_of
from service.web.kinds import KINDS

MARKS = {State.DONE: "done", State.OPEN: "open", State.MEND: "mend", State.UNKNOWN: "look"}


@click.command()
@click.argument("what", metavar="ID|" + "|".join(KINDS))
def guide(what: str) -> None:
    """Show how to connect a helpdesk: what to click there, what to paste, and which steps are done.

    With the id of an installation the steps are shown as done, open or to be mended; "look" is what cannot be seen from
    here.
    """
    if what in KINDS:
        steps = steps_before(settings(make=True), what)
    else:
        given = settings()
        with database(given) as opened, opened.read() as session:
            row = helpdesk(session, what)
            heard = row.id in queries.last_deliveries(session)
            refused = credentials_refused(session, row)
        secrets = SecretBox(given.secret_key.get_secret_value()).unlock(row.secrets)
        steps = steps_of(given, row, secrets, heard=heard, refused=refused)
    for number, step in enumerate(steps, 1):
        _show(number, step)
    if what not in KINDS and (still := left(steps)):
        click.echo(f"\nOpen: {', '.join(step.title for step in still)}")


def _show(number: int, step: Step) -> None:
    click.echo(f"\n{number}. [{MARKS[step.state]}] {step.title}")
    if step.why:
        click.echo(f"   {step.why}")
    if step.command:
        click.echo(f"   From here: {step.command}")
    for click_there in step.clicks:
        click.echo(f"   - {click_there}")
    for value in step.values:
        shown = value.text.replace("\n", "\n       ")
        click.echo(f"     {value.label}: {shown}" + (f"   ({value.why})" if value.why else ""))


COMMANDS: tuple[click.Command, ...] = (guide,)
"""Everything here, for the group to mount."""
