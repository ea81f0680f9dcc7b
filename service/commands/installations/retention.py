"""`deskmark installations retention`: how long the texts of conversations are kept."""

from __future__ import annotations

from datetime import timedelta

import click

from service.commands.installations.finding import installation_row
from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.store import installations as store
from service.store import retention
from tasks import retention as dropping
from tasks.alone import alone
from tasks.scoring import longest_window

KEEP = "keep"


@click.command("retention")
@click.argument("installation")
@click.argument("days", metavar="DAYS|keep")
@click.option("--yes", is_flag=True, help="Drop texts without asking.")
def retention_command(installation: str, days: str, yes: bool) -> None:
    """Drop the texts of conversations DAYS after their end; `keep` keeps them until you say otherwise.

    Verdicts, figures and the hashed history stay. What is older already loses its text at once; the rest once a day.
    """
    given = settings()
    with database(given) as opened:
        runtime = alone(given, opened)
        with opened.read() as session:
            row = installation_row(session, installation)
            wanted = None if days == KEEP else _checked(days, longest_window(runtime.policy(row)))
            losing = 0 if wanted is None else retention.count(session, row.id, wanted, now=runtime.clock())
        if losing and not yes:
            click.confirm(f"{losing} conversations lose their text now. Verdicts and figures stay. Go on?", abort=True)
        with opened.begin() as session:
            store.change(session, row.id, retention_days=wanted)
            recorded(session, "change retention", row.id, row.id, days=KEEP if wanted is None else str(wanted))
        dropped = dropping.drop_old(runtime, row.id)
    click.echo("Texts are kept." if wanted is None else f"Texts are dropped {wanted} days after the end.")
    if dropped:
        click.echo(f"{dropped} conversations lost their text; their verdicts and figures stay.")


def _checked(days: str, window: timedelta) -> int:
    try:
        return retention.checked(int(days), window)
    except retention.TooShort as error:
        raise click.ClickException(str(error)) from error
    except ValueError as error:
        raise click.UsageError(f"{days!r} is neither a number of days nor {KEEP!r}") from error


COMMANDS: tuple[click.Command, ...] = (retention_command,)
"""Everything here, for the group to mount."""
