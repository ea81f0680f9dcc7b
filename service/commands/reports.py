"""Commands about reports: print or send one now, and say where they go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

import click

from connectors.addresses import ForbiddenAddress
from connectors.chat_addresses import checked
from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.language.known_names import NOBODY, NameFinder
from service.reports.periodic import reading
from service.reports.periodic.mail import mail, text
from service.reports.periodic.report import Kind, Report, Span
from service.scoring.score import Policy
from service.settings import Settings
from service.store import audit, models, report_routes
from service.store.database import Database
from service.store.gap_models import Audience
from service.store.report_models import ReportRoute, Sends, Way
from service.store.report_routes import NotAccepted, Wanted
from service.store.secrets import SecretBox
from tasks.delivering import NotTaken, Unsure, send_mail
from tasks.reporting import whole
from tasks.runtime import Clock, policy_of, utc_now

KIND = click.Choice([each.value for each in Kind])


@dataclass(frozen=True, slots=True)
class _Here:
    """What a report is made with, outside of a worker."""

    settings: Settings
    clock: Clock = utc_now
    names: NameFinder = NOBODY

    def policy(self, row: models.Installation) -> Policy:
        """The policy of a stored installation."""
        return policy_of(self.settings, row.policy)


@click.group("reports")
def group() -> None:
    """The daily, weekly and monthly report, and where they are sent."""


@group.command("print")
@click.argument("kind", type=KIND)
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="A day of the period. Default: the latest that is over.")
@click.option("--installation", help="Only this helpdesk.")
def show(kind: str, day: datetime | None, installation: str | None) -> None:
    """Print a report as text."""
    given = settings()
    with database(given) as opened:
        report = _report(given, opened, Kind(kind), day, installation)
    click.echo(text(report, given.public_url), nl=False)


@group.command()
@click.argument("kind", type=KIND)
@click.option("--to", "address", required=True, help="The e-mail address that gets it.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="A day of the period. Default: the latest that is over.")
@click.option("--installation", help="Only this helpdesk.")
@click.option("--print", "shown", is_flag=True, help="Print the message as it would be sent, and send nothing.")
def send(kind: str, address: str, day: datetime | None, installation: str | None, shown: bool) -> None:
    """Send a report now by mail, whatever the routes say. No customer's words are in it."""
    given = settings()
    with database(given) as opened:
        report = _report(given, opened, Kind(kind), day, installation).told()
        now = utc_now()
        name = f"<{kind}-{now:%Y%m%d%H%M%S}@deskmark>"
        try:
            message = mail(report, sender=given.mail_from, to=address, base=given.public_url, message_id=name, at=now)
        except ValueError as error:
            raise click.UsageError(f"--to: {error}") from error
        if shown:
            click.echo(message.as_string())
            return
        try:
            send_mail(given, message)
        except (NotTaken, Unsure) as error:
            raise click.ClickException(str(error)) from error
        with opened.begin() as session:
            recorded(session, "send report", kind, to=report_routes.shown(Way.MAIL, address))
    click.echo(f"Sent to {address}: {report.title}")


@group.group("routes")
def routes() -> None:
    """Where reports and alerts go by themselves."""


@routes.command("list")
def listing() -> None:
    """Every route."""
    with database(settings()) as opened, opened.read() as session:
        rows = report_routes.all_of(session)
    for row in rows:
        about = " ".join(filter(None, (row.installation_id, row.audience, *row.intents))) or "everything"
        state = "" if row.enabled else "  switched off"
        click.echo(f"{row.id}  {row.name}  {row.way} {row.shown}  {' '.join(row.sends)}  {about}{state}")
    if not rows:
        click.echo("Nothing is sent. Add one: deskmark reports routes add NAME --mail team@example.com --sends weekly")


@routes.command()
@click.argument("name")
@click.option("--mail", help="An e-mail address.")
@click.option("--slack", is_flag=True, help="An incoming webhook of Slack; its address is asked for.")
@click.option("--teams", is_flag=True, help="A workflow's webhook of Teams; its address is asked for.")
@click.option("--sends", multiple=True, required=True, type=click.Choice([each.value for each in Sends]))
@click.option("--audience", type=click.Choice([each.value for each in Audience]), help="Only gaps that are its work.")
@click.option("--installation", help="Only this helpdesk.")
@click.option("--intent", "intents", multiple=True, help="Only this intent; may be repeated.")
@click.option("--with-texts", is_flag=True, help="Customers' words, masked, may go along.")
@click.option("--without-images", is_flag=True, help="No charts in chats.")
def add(
    name: str, mail: str | None, slack: bool, teams: bool, sends: tuple[str, ...], audience: str | None,
    installation: str | None, **more: object,
) -> None:  # fmt: skip
    """Add a route. The address of a webhook is a secret and therefore asked for, or read from standard input."""
    given = settings()
    chosen = [way for way, wanted in ((Way.MAIL, mail), (Way.SLACK, slack), (Way.TEAMS, teams)) if wanted]
    if len(chosen) != 1:
        raise click.UsageError("choose one of --mail ADDRESS, --slack, --teams")
    address = mail or click.prompt("Webhook", hide_input=True, err=True)
    with database(given) as opened, _told():
        if chosen[0] is not Way.MAIL:
            checked(address, hosts=given.chat_hosts, local=given.local_helpdesks)
        wanted = Wanted(
            name, chosen[0], address.strip(), tuple(Sends(each) for each in sends),
            Audience(audience) if audience else None, installation, cast("tuple[str, ...]", more["intents"]),
            bool(more["with_texts"]), not more["without_images"],
        )  # fmt: skip
        with opened.begin() as session:
            _known(session.get(models.Installation, installation) if installation else True)
            box = SecretBox(given.secret_key.get_secret_value())
            row = report_routes.add(session, box, wanted, by=audit.COMMAND_LINE, now=utc_now())
            recorded(session, "add report route", row.name, way=row.way, shown=row.shown, sends=" ".join(row.sends))
    click.echo(f"Added as {row.id}.")


@routes.command()
@click.argument("number", type=int)
def remove(number: int) -> None:
    """Remove a route."""
    with database(settings()) as opened, opened.begin() as session:
        row = cast("ReportRoute", _known(report_routes.get(session, number)))
        recorded(session, "remove report route", row.name, shown=row.shown)
        report_routes.remove(session, row)
    click.echo("Removed.")


def _known(row: object) -> object:
    if row is None:
        raise click.ClickException("there is none; see deskmark reports routes list, deskmark installations list")
    return row


def _report(given: Settings, opened: Database, kind: Kind, day: datetime | None, installation: str | None) -> Report:
    today: date = utc_now().date()
    span = Span.last(kind, today) if day is None else Span.holding(kind, min(day.date(), today))
    with opened.read() as session:
        about = reading.scope(session, None if installation is None else (installation,))
        if installation is not None and not about.installations:
            raise click.ClickException(f"there is no helpdesk {installation}; see deskmark installations list")
        return whole(session, _Here(given), span, about)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except NotAccepted as error:
        raise click.ClickException(str(error)) from error
    except ForbiddenAddress as error:
        raise click.ClickException(f"the address {error}") from error


COMMANDS = (group,)
