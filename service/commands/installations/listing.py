"""`deskmark installations`: what is connected, and whether webhooks come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from service.commands.running import database, settings
from service.store import installations as store
from service.store import queries
from service.store.models import Installation
from service.web.connecting import webhook_url


def show() -> None:
    """Print the connected helpdesks, each with the address its webhooks go to."""
    given, now = settings(), datetime.now(UTC)
    with database(given) as opened, opened.read() as session:
        last = queries.last_deliveries(session)
        rows = store.all_of(session)
    for row in rows:
        if store.is_imported(row):
            click.echo(f"{row.id}  {row.connector} {row.account}  from a file")
            continue
        heard = f"last webhook {last[row.id]:%Y-%m-%d %H:%M} UTC" if row.id in last else "no webhook yet"
        click.echo(f"{row.id}  {row.connector} {row.account}  writing {'on' if row.writing else 'off'}  {heard}")
        click.echo(f"  {webhook_url(given, row.connector, row.id)}")
        for line in _standing(row, now):
            click.echo(f"  {line}")
        if refused_at := store.refused_since(row, last.get(row.id)):
            many = f"{row.refused_count} webhook{'' if row.refused_count == 1 else 's'} refused"
            when = f"{refused_at:%Y-%m-%d %H:%M} UTC"
            click.echo(f"  {many}, last {when}: the signature does not match the stored secret")
    if not rows:
        click.echo("No helpdesk is connected. Start with: deskmark installations guide zendesk, or guide intercom")


def _standing(row: Installation, now: datetime) -> Iterator[str]:
    """What keeps it from working, and what no webhook told of."""
    if row.disconnected_at is not None:
        yield f"disconnected since {row.disconnected_at:%Y-%m-%d %H:%M} UTC; its scores are kept"
    elif not row.enabled:
        yield f"paused by an admin; go on with: deskmark installations resume {row.id}"
    elif not store.working(row, now):
        yield f"paused by itself since {row.paused_at:%Y-%m-%d %H:%M} UTC: {row.paused_reason}"
    if row.missed_count:
        last = f", last {row.missed_at:%Y-%m-%d %H:%M} UTC" if row.missed_at else ""
        many = "1 conversation" if row.missed_count == 1 else f"{row.missed_count} conversations"
        yield f"{many} came without a webhook and were found by asking{last}"
