"""The command itself: start, say where it runs, wait for the end, stop."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import FrameType

import click

from service.embedded.faults import EmbeddedError
from service.embedded.folder import address_file
from service.embedded.service import Embedded
from service.settings import Settings
from service.store import audit, people, queries, sign_in
from service.store.database import Database
from tasks.runtime import utc_now


def sign_in_link(settings: Settings) -> str:
    """A new link that signs in once within the hour: see `page_address`."""
    with closing(Database(settings.database)) as database, database.begin() as session:
        token, line = sign_in.new_token(session, now=utc_now()), audit.COMMAND_LINE
        audit.record(session, actor=line, action="make sign-in link", target=line, now=utc_now())
    return f"{page_address(settings)}/sign-in/{token}"


def page_address(settings: Settings) -> str:
    """Where pages are: at `PUBLIC_URL`, else where the service runs or last ran."""
    last = address_file(settings.data_dir)
    here = last.read_text().strip() if last.exists() else f"http://{settings.host}:{settings.port}"
    return settings.public_url or here


def up(settings: Settings, host: str | None = None, port: int | None = None) -> int:
    """Run the service until it is told to stop; the exit status."""
    try:
        service = Embedded(settings, host=host, port=port)
        with _stopped_by_signals(service):
            service.start()
            try:
                _greet(service)
                service.wait()
            finally:
                service.stop()
    except EmbeddedError as error:
        click.echo(f"deskmark: {error}", err=True)
        return 1
    click.echo("Deskmark has stopped.")
    return 0


def _greet(service: Embedded) -> None:
    settings = service.settings
    with closing(Database(settings.database)) as database, database.read() as session:
        first = not (queries.has_signed_in(session) or people.anybody(session))
    click.echo(f"Deskmark runs at {service.base_url}. Data and logs: {settings.data_dir}. Ctrl-C stops it.")
    if settings.demo:
        return
    if first:
        click.echo(f"Sign in once, within the hour: {sign_in_link(settings)}")
    else:
        click.echo("Sign in there with your password, or run: deskmark sign-in-link")


@contextmanager
def _stopped_by_signals(service: Embedded) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        service.request_stop()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
