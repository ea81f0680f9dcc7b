"""`deskmark installations plans` and `write-planned`: what would be written, and writing it because it is asked for."""

from __future__ import annotations

import json

import click

from connectors.registry import bulk_kinds
from service.commands.installations.errands import see_to
from service.commands.installations.finding import helpdesk
from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.reports.naming import Labels, labels
from service.store import errands
from service.store import plans as store
from service.store.audit import COMMAND_LINE
from service.store.errand_models import ErrandKind
from service.store.models import Conversation
from service.web.writing import difference
from tasks.runtime import utc_now
from tasks.writing_planned import GATHER


@click.command()
@click.argument("installation")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, notes included.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
def plans(installation: str, as_json: bool, limit: int) -> None:
    """Show what would be written and is not: tags to add (+) and to remove (-), fields from old to new, notes."""
    with database(settings()) as opened, opened.begin() as session:
        row = helpdesk(session, installation)
        counts = store.counts(session, row.id)
        found = store.listed(session, row.id, per_page=limit)
        words = labels(session, [row.id])
        recorded(session, "look at plans", row.id, row.id)
    if as_json:
        for each in found.rows:
            planned_at = each.planned_at.isoformat() if each.planned_at else None
            shown = {"conversation": each.external_id, "id": each.id, "planned_at": planned_at, **(each.plan or {})}
            click.echo(json.dumps(shown))
        return
    click.echo(
        f"{counts.conversations} conversations: {counts.tags} tags, {counts.fields} fields, {counts.notes} notes."
    )
    for each in found.rows:
        _show(each, words)
    if found.more:
        click.echo(f"... and {counts.conversations - limit} more (--limit)")


def _show(row: Conversation, words: Labels) -> None:
    diff = difference(row.plan, words)
    if diff is None:
        return
    click.echo(f"\n{row.external_id}  {diff.reason}")
    for tag in diff.remove_tags:
        click.echo(f"  - {tag}")
    for tag in diff.add_tags:
        click.echo(f"  + {tag}")
    for name, old, new in diff.fields:
        click.echo(f"  {name}: {_word(old)} -> {_word(new)}")
    for line in (diff.note or "").splitlines():
        click.echo(f"  | {line}")


def _word(value: object) -> str:
    return "empty" if value in (None, "") else str(value)


@click.command("write-planned")
@click.argument("installation")
@click.option("--bulk", is_flag=True, help="Zendesk: up to 100 tickets in one request.")
@click.option("--background", is_flag=True, help="Leave it to the running service and return at once.")
def write_planned(installation: str, bulk: bool, background: bool) -> None:
    """Write what is planned, as far as the rules allow: history, and what was scored before writing was on.

    One by one, the running service writes them without haste, so that live conversations go first.
    """
    given = settings()
    with database(given) as opened:
        with opened.begin() as session:
            row = helpdesk(session, installation)
            if not row.writing:
                raise click.ClickException(f"writing is off; first: deskmark installations writing {row.id} on")
            if bulk and row.connector not in bulk_kinds():
                click.echo(f"{row.connector.title()} takes one conversation at a time: they are written one by one.")
                bulk = False
            try:
                options = {"bulk": bulk}
                errand = errands.begin(
                    session, row, ErrandKind.WRITE, actor=COMMAND_LINE, stage=GATHER, options=options, now=utc_now()
                )
            except errands.AlreadyUnderWay as error:
                raise click.ClickException(str(error)) from error
            recorded(session, "write what was planned", row.id, row.id, bulk=str(bulk))
        done = see_to(given, opened, errand.id, background=background)
    if done is not None and done.finished_at is not None and not bulk:
        click.echo("The running service writes them one by one from now on.")


COMMANDS: tuple[click.Command, ...] = (plans, write_planned)
"""Everything here, for the group to mount."""
