"""Commands about who may sign in: people, and keys of the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import click
from sqlalchemy.orm import Session

from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.embedded import page_address
from service.store import api_keys, audit, installations, people, sessions, sign_in
from service.store.people import NotAccepted
from service.store.people_models import ApiKey, Person, Role, Scope
from tasks.runtime import utc_now

ROLE = click.Choice([role.value for role in Role])
SCOPE = click.Choice([scope.value for scope in Scope])


@click.group("people")
def group() -> None:
    """Who may sign in, as what, and to see which helpdesks."""


@group.command("list")
def listing() -> None:
    """Everybody, with role, helpdesks and last sign-in."""
    with database(settings()) as opened, opened.read() as session:
        rows = people.all_of(session)
    for row in rows:
        seen = "all helpdesks" if row.installations is None else " ".join(row.installations) or "no helpdesk"
        last = f"last sign-in {row.last_sign_in_at:%Y-%m-%d %H:%M} UTC" if row.last_sign_in_at else "never signed in"
        state = "disabled" if row.disabled_at else f"second step {'on' if row.totp_secret else 'off'}"
        click.echo(f"{row.email}  {row.role}  {seen}  {state}  {last}")
    if not rows:
        click.echo("Nobody has an account. Add an admin: deskmark people add E-MAIL --role admin")


@group.command()
@click.argument("email")
@click.option("--role", type=ROLE, required=True)
@click.option("--name", default="", help="As others read it.")
@click.option("--installation", "only", multiple=True, help="Sees this helpdesk only; may be repeated.  [default: all]")
def add(email: str, role: str, name: str, only: tuple[str, ...]) -> None:
    """Add somebody and print the link, good for 24 hours, with which they choose a password."""
    given = settings()
    with database(given) as opened, opened.begin() as session, _told():
        row = people.add(session, email, role=Role(role), name=name, installations=_ids(session, only), now=utc_now())
        recorded(session, "add person", row.email, role=role)
        token = people.password_link(session, row, now=utc_now())
    click.echo(f"{page_address(given)}/choose-password/{token}")


@group.command()
@click.argument("email")
@click.option("--role", type=ROLE)
@click.option("--name")
@click.option("--installation", "only", multiple=True, help="Sees this helpdesk only; may be repeated.")
@click.option("--all-installations", "everything", is_flag=True, help="Sees all of them.")
def change(email: str, role: str | None, name: str | None, only: tuple[str, ...], everything: bool) -> None:
    """Change somebody's role, name or helpdesks. It holds at once, also where they are signed in."""
    with database(settings()) as opened, opened.begin() as session, _told():
        row = _person(session, email)
        seen = _ids(session, only) if only else None if everything else row.installations
        people.change(row, name=row.name if name is None else name, role=Role(role or row.role), installations=seen)
        recorded(session, "change person", row.email, role=row.role)
    click.echo("Changed.")


@group.command()
@click.argument("email")
def disable(email: str) -> None:
    """Let somebody in no more; whoever is signed in as them is not."""
    with database(settings()) as opened, opened.begin() as session:
        row = _person(session, email)
        people.disable(session, row, now=utc_now())
        recorded(session, "disable person", row.email)
    click.echo("Disabled. Undo: deskmark people enable")


@group.command()
@click.argument("email")
def enable(email: str) -> None:
    """Let somebody in again."""
    with database(settings()) as opened, opened.begin() as session:
        row = _person(session, email)
        people.enable(row)
        recorded(session, "enable person", row.email)
    click.echo("Enabled.")


@group.command("reset-password")
@click.argument("email")
@click.option("--without-second-step", is_flag=True, help="Also forget the authenticator app and recovery codes.")
def reset_password(email: str, without_second_step: bool) -> None:
    """Print a link, good for 24 hours, with which somebody chooses a new password. The old one works until then."""
    given = settings()
    with database(given) as opened, opened.begin() as session:
        row = _person(session, email)
        if row.disabled_at is not None:
            raise click.ClickException(
                f"{row.email} is disabled; deskmark people enable {row.email} lets them in again"
            )
        if without_second_step:
            people.without_second_step(session, row)
            recorded(session, "switch second step off", row.email)
        recorded(session, "make password link", row.email)
        token = people.password_link(session, row, now=utc_now())
    click.echo(f"{page_address(given)}/choose-password/{token}")


@group.command("sign-out")
@click.argument("email", required=False)
@click.option("--links", is_flag=True, help="Whoever came by a sign-in link, instead of a person.")
def sign_out(email: str | None, links: bool) -> None:
    """Sign somebody out of every browser."""
    if links == bool(email):
        raise click.UsageError("name a person by e-mail address, or give --links")
    with database(settings()) as opened, opened.begin() as session:
        if not email:
            ended = sessions.end_links(session)
            recorded(session, "sign out everywhere", audit.COMMAND_LINE)
            sign_in.drop_unused(session)
            click.echo(f"{ended} {'browser' if ended == 1 else 'browsers'} signed out; links not used yet are void.")
            return
        row = _person(session, email)
        sessions.end_all(session, row.id)
        recorded(session, "sign out everywhere", row.email)
    click.echo("Signed out everywhere.")


@click.group("keys")
def keys() -> None:
    """Keys of the JSON API: each may do what its scopes say, for the helpdesks that it names."""


@keys.command("list")
def list_keys() -> None:
    """Every key that was made; its text is not kept."""
    with database(settings()) as opened, opened.read() as session:
        rows = api_keys.all_of(session)
    for row in rows:
        seen = "all helpdesks" if row.installations is None else " ".join(row.installations)
        click.echo(f"{row.prefix}  {row.name}  {' '.join(row.scopes)}  {seen}  {_standing(row)}")
    if not rows:
        click.echo("There is no key. Make one: deskmark keys make NAME --scope read")


@keys.command()
@click.argument("name")
@click.option("--scope", "scopes", type=SCOPE, multiple=True, required=True, help="May be repeated.")
@click.option("--installation", "only", multiple=True, help="Reaches this helpdesk only; may be repeated.")
@click.option("--days", type=click.IntRange(1, 3650), help="It expires after so many.  [default: never]")
def make(name: str, scopes: tuple[str, ...], only: tuple[str, ...], days: int | None) -> None:
    """Make a key and print it; nobody can see it again."""
    with database(settings()) as opened, opened.begin() as session:
        row, key = api_keys.make(
            session,
            name,
            scopes=[Scope(scope) for scope in scopes],
            installations=_ids(session, only),
            expires_at=utc_now() + timedelta(days=days) if days else None,
            by=audit.COMMAND_LINE,
            now=utc_now(),
        )
        recorded(session, "make API key", row.prefix, name=row.name, scopes=" ".join(row.scopes))
    click.echo(key)


@keys.command()
@click.argument("prefix")
def revoke(prefix: str) -> None:
    """Let a key open nothing any more. PREFIX is its first part, as `deskmark keys list` shows it."""
    with database(settings()) as opened, opened.begin() as session:
        row = api_keys.named(session, prefix.rstrip("…"))
        if row is None:
            raise click.ClickException(f"no key begins with {prefix}; see deskmark keys list")
        api_keys.revoke(row, now=utc_now())
        recorded(session, "revoke API key", row.prefix, name=row.name)
    click.echo("Revoked.")


def _standing(row: ApiKey) -> str:
    if row.revoked_at:
        return f"revoked {row.revoked_at:%Y-%m-%d}"
    if row.expires_at is None:
        return "works"
    return f"{'works until' if row.expires_at > utc_now() else 'expired'} {row.expires_at:%Y-%m-%d}"


def _person(session: Session, email: str) -> Person:
    row = people.named(session, email)
    if row is None:
        raise click.ClickException(f"nobody has the address {email}; see deskmark people list")
    return row


def _ids(session: Session, names: tuple[str, ...]) -> tuple[str, ...] | None:
    if not names:
        return None
    try:
        return installations.named(session, names)
    except installations.UnknownInstallation as error:
        raise click.ClickException(f"{error}; see deskmark installations") from error


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except NotAccepted as error:
        raise click.ClickException(str(error)) from error


COMMANDS: tuple[click.Command, ...] = (group, keys)
"""Everything here, for the command line to mount."""
