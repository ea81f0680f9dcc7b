"""`deskmark doctor`: everything that an operator would look at, each with what to do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby

import click

from service.doctor.examination import examine
from service.doctor.findings import Finding, Level, document

MARKS = {Level.OK: "ok  ", Level.WARN: "warn", Level.FAIL: "FAIL"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(as_json: bool) -> None:
    """Look at everything an operator would, and say what to do about it. Changes nothing.

    Works with the service stopped or half broken. The exit status is 1 when something fails; warnings leave it at 0.
    """
    if as_json:
        found = document(examine())
        click.echo(json.dumps(found, indent=2))
        raise SystemExit(0 if found["ok"] else 1)
    levels = list(_told(examine()))
    failed, warned = levels.count(Level.FAIL), levels.count(Level.WARN)
    click.echo(f"{len(levels)} looked at: {failed} failed, {warned} to look after.")
    if failed:
        raise SystemExit(1)


def _told(findings: Iterable[Finding]) -> Iterator[Level]:
    """Print each as it is made; what to do about several in a row is said once, after the last."""
    for (_, action), found in groupby(findings, key=lambda each: (each.part, each.action)):
        for each in found:
            click.echo(f"{MARKS[each.level]}  {each.part}: {each.seen}")
            yield each.level
        if action:
            click.echo(f"      Do: {action}")


COMMANDS: tuple[click.Command, ...] = (doctor,)
"""Everything here, for the command line to mount."""
