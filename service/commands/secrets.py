"""Commands about the keys that encrypt stored secrets: secrets status, new-key, rotate, drop-old-keys.

No key and no secret is ever shown by any of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import click
from rich.console import Console

from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.commands.terminal import progress
from service.doctor.stores import broker_address
from service.embedded.keys import drop_old_keys, put_new_key_in_front
from service.settings import Settings
from service.store import rotation
from service.store.database import Database
from service.store.rotation import Progress, Standing
from service.store.secrets import SecretBox
from service.telemetry.board import Board, BoardDown
from service.telemetry.holding import LIVING, apart, lacking

FROM_OUTSIDE = "DESKMARK_SECRET_KEY"


@click.group("secrets")
def secrets_group() -> None:
    """The keys that encrypt stored tokens and codes.

    To change the key: put a new one in front (new-key, or DESKMARK_SECRET_KEY=new,old everywhere), restart, run rotate,
    and take the old one away (drop-old-keys) once status says that nothing needs it.
    """


@secrets_group.command("status")
def status() -> None:
    """How many stored secrets still need an older key. The exit status is 1 when one is under a key that is missing."""
    given = settings()
    with database(given) as opened:
        found = rotation.standing(opened, _box(given))
    _tell(found)
    if found.unreadable:
        raise SystemExit(1)


@secrets_group.command("new-key")
def new_key() -> None:
    """Put a new key in front of the data folder's own. Restart Deskmark before you rotate."""
    given = _with_own_keys()
    count = put_new_key_in_front(given.data_dir)
    click.echo(f"{given.data_dir} has {count} keys now. Restart Deskmark, then run: deskmark secrets rotate")


@secrets_group.command("rotate")
@click.option("--anyway", is_flag=True, help="Also when a running process lacks the first key, or nobody can be asked.")
def rotate(anyway: bool) -> None:
    """Encrypt every stored secret anew under the first key. Safe beside the running service, and to do again.

    Every process must have been restarted with the new key in front: one that does not know it could read nothing of
    what is renewed. Refused while one runs.
    """
    given = settings()
    box = _box(given)
    _refuse(_left_behind(given, lambda board: lacking(board, box.fingerprints[0])), anyway=anyway)
    with database(given) as opened, progress(Console(stderr=True)) as bar:
        task = bar.add_task("encrypting", total=None)

        def tell(now: Progress) -> None:
            bar.update(task, completed=now.done, total=now.total)

        came = rotation.rotate(opened, box, tell=tell)
        _record(opened, "rotate secrets", {"renewed": str(came.renewed), "unreadable": str(came.unreadable)})
        left = rotation.standing(opened, box)
    click.echo(f"{came.renewed} of {came.total} stored secrets were encrypted anew.")
    _tell(left)
    if left.unreadable:
        raise SystemExit(1)


@secrets_group.command("drop-old-keys")
@click.option(
    "--anyway", is_flag=True, help="Also when a running process works with an older key, or nobody can be asked."
)
def drop(anyway: bool) -> None:
    """Take the data folder's older keys away. Refused while anything stored needs one, or a running process uses one.

    What such a process still encrypts could not be read any more.
    """
    given = _with_own_keys()
    box = _box(given)
    with database(given) as opened:
        left = rotation.standing(opened, box)
        if left.older:
            raise click.ClickException(f"{left.older} stored secrets need an older key; run: deskmark secrets rotate")
        if len(box.fingerprints) > 1:
            _refuse(_left_behind(given, lambda board: apart(board, box.fingerprints[:1])), anyway=anyway)
        gone = drop_old_keys(given.data_dir)
        _record(opened, "drop old keys", {"keys": str(gone)})
    click.echo(f"{gone} older keys are gone." if gone else "There is one key only.")


def _refuse(fault: str, *, anyway: bool) -> None:
    """Raises `ClickException` where there is a fault, unless somebody insists."""
    if fault and not anyway:
        raise click.ClickException(f"nothing was changed. {fault}")
    if fault:
        click.echo(f"Going on anyway. {fault}", err=True)


def _left_behind(given: Settings, ask: Callable[[Board], Sequence[str]]) -> str:
    """Why something could be encrypted that not everybody reads, and what to do; else empty. `ask` names processes."""
    url, _ = broker_address(given)
    if url is None:
        return _NOT_ASKED.format("REDIS_URL is not set, and no service has run in the data folder")
    try:
        names = ask(Board(url))
    except (BoardDown, ValueError) as error:
        return _NOT_ASKED.format(f"the broker does not answer ({type(error).__name__})")
    if not names:
        return ""
    return (
        "Restart Deskmark first: what runs still works with the older keys and could read nothing afterwards.\n  "
        + "\n  ".join(names)
        + f"\nThen run this again (a process that was killed counts for {LIVING:.0f} seconds). Or do it --anyway."
    )


_NOT_ASKED = (
    "The running processes could not be asked whether they know the first key: {}. Start Deskmark with the new key in "
    "front and run this again; if nothing runs at all, do it --anyway."
)


def _box(given: Settings) -> SecretBox:
    try:
        return SecretBox(given.secret_key.get_secret_value())
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _with_own_keys() -> Settings:
    if os.environ.get(FROM_OUTSIDE, "").strip():
        raise click.ClickException(
            f"{FROM_OUTSIDE} is set, so the data folder's keys are not used. Make a key with `deskmark key` and set "
            f"{FROM_OUTSIDE}=new,old everywhere; once nothing needs the old one, set the new one alone."
        )
    return settings()


def _record(opened: Database, action: str, details: dict[str, str]) -> None:
    with opened.begin() as session:
        recorded(session, action, "stored secrets", **details)


def _tell(found: Standing) -> None:
    click.echo(f"{found.current} stored secrets are under the first key, {found.older} need an older one.")
    if found.unreadable:
        click.echo(
            f"{found.unreadable} cannot be read with any of the keys: put the missing key back behind the first one, "
            "or enter those secrets anew.",
            err=True,
        )
    elif not found.older:
        click.echo("The older keys can be taken away.")


COMMANDS: tuple[click.Command, ...] = (secrets_group,)
"""Everything here, for the command line to mount."""
