"""`deskmark erase`: one person erased everywhere, with a receipt; `deskmark erasures`: the receipts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from service.commands.running import database, settings
from service.settings import Settings
from service.store import audit, erasure, installations, mentions, whereabouts
from service.store.database import Database
from service.store.erasure import Receipt
from service.store.secrets import SecretBox
from service.store.suppression import Identity, IdentityKind, NoIdentity
from service.store.whereabouts import Request
from tasks.runtime import utc_now

TEXT_FILES = frozenset({".jsonl", ".json", ".csv", ".txt", ".log", ".md"})
KEYS = "keys.json"
NOT_ON_THE_HELPDESK = (
    "The helpdesks themselves were not touched: delete the person there too, with the tags, fields and notes on their "
    "conversations. Backups of the database keep them until they expire."
)


@click.command("erase")
@click.option("--email", help="The person's e-mail address.")
@click.option("--contact", help="The helpdesk's id of the person; with several helpdesks name it by --installation.")
@click.option("--phone", help="A telephone number the person wrote.")
@click.option("--installation", "named", multiple=True, help="Only there.  [default: everywhere]")
@click.option("--dry-run", is_flag=True, help="Only say what there is.")
@click.option("--may-come-back", is_flag=True, help="Keep what comes of the person from now on.")
@click.option("--let-back", is_flag=True, help="Erase nothing: what comes of an erased person is kept again.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase_command(
    email: str | None,
    contact: str | None,
    phone: str | None,
    named: tuple[str, ...],
    dry_run: bool,
    may_come_back: bool,
    let_back: bool,
    yes: bool,
) -> None:
    """Erase one person: what they wrote, the hashes they are found by, every mention. Verdicts and figures stay.

    Conversations that share a verified identity are theirs too, on every connected helpdesk. A later webhook, backfill
    or import brings nothing back, unless you say --may-come-back. The receipt names nobody.
    """
    given = settings()
    with database(given) as opened:
        request = _request(opened, _identity(email, contact, phone), named, may_come_back)
        box = SecretBox(given.secret_key.get_secret_value())
        if let_back:
            with opened.begin() as session:
                lifted = erasure.let_back(session, box, request, now=utc_now())
            click.echo("What comes of them is kept again." if lifted else "Nobody of that name was erased.")
            return
        found = whereabouts.find(opened, box, request)
        with opened.read() as session:
            _tell(whereabouts.counted(session, found))
        if not dry_run:
            if not yes:
                click.confirm("Erase all of that? It cannot be undone.", abort=True)
            _print(erasure.erase(opened, box, request, now=utc_now()))
            click.echo(NOT_ON_THE_HELPDESK)
    for path in _files(given, request.identity):
        click.echo(f"{path} names the person; Deskmark deletes no file: remove it yourself.", err=True)


def _identity(email: str | None, contact: str | None, phone: str | None) -> Identity:
    asked = {IdentityKind.EMAIL: email, IdentityKind.CONTACT: contact, IdentityKind.PHONE: phone}
    typed = [(kind, value) for kind, value in asked.items() if value is not None]
    if len(typed) != 1:
        raise click.UsageError("name the person by one of --email, --contact and --phone")
    try:
        return Identity.of(*typed[0])
    except NoIdentity as error:
        raise click.UsageError(str(error)) from error


def _request(opened: Database, identity: Identity, named: tuple[str, ...], may_come_back: bool) -> Request:
    with opened.read() as session:
        try:
            scope = installations.named(session, named)
            request = Request(identity, by=audit.COMMAND_LINE, scope=scope, may_come_back=may_come_back)
            whereabouts.check(session, request)
        except installations.UnknownInstallation as error:
            raise click.ClickException(f"{error}; see deskmark installations") from error
        except NoIdentity as error:
            raise click.UsageError(f"{error} (--installation)") from error
    return request


def _files(given: Settings, identity: Identity) -> Iterator[Path]:
    """Files of text in the data folder that name the person, such as exports that were put there."""
    told_by = mentions.pattern(identity)
    if told_by is None:
        return
    for path in sorted(given.data_dir.rglob("*")):
        if path.suffix in TEXT_FILES and path.name != KEYS and path.is_file():
            with path.open(encoding="utf-8", errors="replace") as lines:
                if any(told_by.search(line) for line in lines):
                    yield path


@click.command("erasures")
def erasures_command() -> None:
    """The receipts of everybody who was erased, the latest first."""
    with database(settings()) as opened, opened.read() as session:
        kept = erasure.receipts(session)
    for each in kept:
        _print(each)
    if not kept:
        click.echo("Nobody was erased yet.")


def _tell(counts: Mapping[str, int], before: str = "") -> None:
    click.echo(before + ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counts.items()))


def _print(receipt: Receipt) -> None:
    click.echo(f"Receipt {receipt.number}: erased {receipt.at:%Y-%m-%d %H:%M:%S} UTC by {receipt.by}")
    click.echo(f"  who: {receipt.kind}, keyed hash {receipt.identity}")
    kept_away = "yes" if receipt.suppressed else "no"
    click.echo(f"  where: {', '.join(receipt.scope) or 'everywhere'}; kept away: {kept_away}")
    _tell(receipt.counts, "  what: ")


COMMANDS: tuple[click.Command, ...] = (erase_command, erasures_command)
"""Everything here, for the command line to mount."""
