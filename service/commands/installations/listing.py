"""`deskmark installations`: what is connected, and whether webhooks come."""

from __future__ import annotations

import click

from service.commands.running import database, settings
from service.store import installations as store
from service.store import queries
from service.web.connecting import webhook_url


def show() -> None:
    """Print the connected helpdesks, each with the address its webhooks go to."""
    given = settings()
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
        if refused_at := store.refused_since(row, last.get(row.id)):
            many = f"{row.refused_count} webhook{'' if row.refused_count == 1 else 's'} refused"
            when = f"{refused_at:%Y-%m-%d %H:%M} UTC"
            click.echo(f"  {many}, last {when}: the signature does not match the stored secret")
    if not rows:
        click.echo("No helpdesk is connected. Start with: deskmark installations guide zendesk, or guide intercom")
