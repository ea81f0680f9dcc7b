"""Commands about knowledge gaps and what is done about them: gaps, improvements."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

import tasks.gaps
from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.commands.terminal import Moment
from service.language.model import ModelMissing
from service.language.plain import one_line
from service.reports import gaps as gap_report
from service.store import gaps as store
from service.store import improvements as improvement_store
from service.store import installations
from service.store.gap_facts import Gap
from service.store.gap_models import Audience, ImprovementKind
from tasks.alone import alone
from tasks.runtime import utc_now

WIDTH = 36


@click.group(invoke_without_command=True)
@click.option("--installation", help="Of one helpdesk only.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
@click.pass_context
def gaps(context: click.Context, installation: str | None, as_json: bool) -> None:
    """List what the bot could not answer, in groups: how often, since when, and whether what was done helped."""
    if context.invoked_subcommand is not None:
        return
    with database(settings()) as opened, opened.read() as session:
        _known(session, installation)
        found = gap_report.report(session, installation, as_of=utc_now())
        several = installation is None and len(installations.all_of(session)) > 1
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    elif found:
        Console().print(_table(found, several=several))
    else:
        click.echo("No knowledge gaps. The service groups them every five minutes; without it: deskmark gaps group")


def _table(found: list[dict[str, Any]], *, several: bool) -> Table:
    """One line a gap; with its helpdesk where there are `several`."""
    table = Table(box=None, pad_edge=False)
    table.add_column("gap", justify="right")
    if several:
        table.add_column("helpdesk")
    table.add_column("state")
    table.add_column("asked", justify="right")
    table.add_column("last", no_wrap=True)
    table.add_column("about", max_width=WIDTH, overflow="ellipsis")
    table.add_column("since the fix")
    for gap in found:
        # Words of customers: shown as they are, never read as markup.
        about = one_line(gap["label"]).replace("[", "\\[")
        last = gap["last_asked_at"][:10]
        helpdesk = [gap["installation"].replace("[", "\\[")] if several else []
        asked = (gap["state"], str(gap["messages"]), last, about)
        table.add_row(str(gap["id"]), *helpdesk, *asked, _effect(gap["effect"]))
    return table


def _effect(effect: dict[str, Any] | None) -> str:
    """The measured effect in a few words; nothing is compared before the bot was asked anything on both sides."""
    if effect is None:
        return ""
    if not (effect["bot_conversations_before"] and effect["bot_conversations_after"]):
        return "too early to tell"
    before = f"{effect['messages_before']} of {effect['bot_conversations_before']}"
    after = f"{effect['messages_after']} of {effect['bot_conversations_after']}"
    return f"{before} -> {after} (p {effect['p']:.3f})"


@gaps.command()
def group() -> None:
    """Group the questions that wait, as the running service does every five minutes: for conversations of a file."""
    given = settings()
    with database(given) as opened:
        try:
            count = tasks.gaps.group(alone(given, opened))
        except ModelMissing as error:
            raise click.ClickException(str(error)) from error
        with opened.begin() as session:
            recorded(session, "group gaps", "all", questions=str(count))
    click.echo(f"{count} question{'' if count == 1 else 's'} grouped.")


@gaps.command()
@click.argument("gap", type=int)
def show(gap: int) -> None:
    """Show one gap with its steps and conversations."""
    with database(settings()) as opened, opened.read() as session:
        row = _gap(session, gap)
        found = gap_report.report(session, row.row.installation_id, as_of=utc_now())
    click.echo(json.dumps(next(each for each in found if each["id"] == row.row.id), indent=2, ensure_ascii=False))


@gaps.command()
@click.argument("gap", type=int)
@click.option("--words", default="", help="A note for the others.")
@click.option("--article", help="Id of the article that is to answer it: publishing it then fixes the gap.")
@click.option("--audience", type=click.Choice([each.value for each in Audience]), help="Whose work it is.")
def acknowledge(gap: int, words: str, article: str | None, audience: str | None) -> None:
    """Say that somebody looks after a gap."""
    with database(settings()) as opened, opened.begin() as session:
        row = _gap(session, gap)
        store.acknowledge(session, row.row.id, at=utc_now(), words=words)
        reference = f"article:{article.removeprefix('article:')}" if article else None
        store.change(session, row.row.id, reference=reference, audience=Audience(audience) if audience else None)
        recorded(session, "acknowledge gap", str(row.row.id), row.row.installation_id)
    click.echo(f"Gap {row.row.id} is acknowledged.")


@click.group(invoke_without_command=True)
@click.option("--installation", help="Of one helpdesk only.")
@click.pass_context
def improvements(context: click.Context, installation: str | None) -> None:
    """List what was done for customers: articles published or updated, bots released."""
    if context.invoked_subcommand is not None:
        return
    with database(settings()) as opened, opened.read() as session:
        _known(session, installation)
        found = improvement_store.listed(session, installation)
    for row, answered in found:
        named = ", ".join(map(str, answered)) or "none"
        what = one_line(f"{row.kind}  {row.reference}  {row.title}")
        click.echo(f"{row.at:%Y-%m-%d %H:%M}  {what}  gaps: {named}")
    if not found:
        click.echo("No improvements. Tell of one: deskmark improvements add INSTALLATION KIND REFERENCE --gap GAP")


@improvements.command()
@click.argument("installation")
@click.argument("kind", type=click.Choice([each.value for each in ImprovementKind]))
@click.argument("reference")
@click.option("--title", default="", help="How people call it.")
@click.option("--at", type=Moment(), help="When it was deployed. Default: now.")
@click.option("--gap", "answered", type=int, multiple=True, help="A gap that it answers; may be given again.")
def add(
    installation: str, kind: str, reference: str, title: str, at: datetime | None, answered: tuple[int, ...]
) -> None:
    """Tell of an improvement, so that its effect is measured. REFERENCE names it, for example article:77 or bot 2.3."""
    now = utc_now()
    if at is not None and at > now:
        raise click.UsageError(f"--at {at.isoformat()} lies ahead; tell of an improvement once it is deployed")
    with database(settings()) as opened, opened.begin() as session:
        _known(session, installation)
        rows = [_gap(session, each) for each in answered]
        foreign = [row.row.id for row in rows if row.row.installation_id != installation]
        if foreign:
            raise click.ClickException(f"gap {foreign[0]} is of another helpdesk than {installation}")
        ids = [row.row.id for row in rows]
        improvement_store.improved(
            session, installation, ImprovementKind(kind), reference, at=at or now, now=now, title=title, gaps=ids
        )
        recorded(session, "tell improvement", reference, installation, kind=kind)
    click.echo("Kept. deskmark gaps shows its effect as customers write.")


def _known(session: Session, installation: str | None) -> None:
    if installation is not None and installations.get(session, installation) is None:
        raise click.ClickException(f"no helpdesk is connected as {installation}; see deskmark installations")


def _gap(session: Session, number: int) -> Gap:
    found = store.get(session, number)
    if found is None:
        raise click.ClickException(f"there is no gap {number}; see deskmark gaps")
    return found


COMMANDS: tuple[click.Command, ...] = (gaps, improvements)
