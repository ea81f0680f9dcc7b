"""`deskmark installations writing`: what may be written to a helpdesk, and to which of its conversations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import click

from service.commands.installations.finding import helpdesk
from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.conversation import Channel
from service.reports.naming import Labels, labels
from service.store import dimension_names, plans
from service.write_rules import (
    Part,
    RulesError,
    WriteRules,
    beside_id,
    rules_document,
    rules_from_document,
    rules_given,
)

LISTS = {"group": "groups", "brand": "brands", "channel": "channels", "form": "forms"}


@click.command()
@click.argument("installation")
@click.argument("state", type=click.Choice(["on", "off"]), required=False)
@click.option("--tags/--no-tags", default=None, help="Write tags.")
@click.option("--fields/--no-fields", default=None, help="Write fields.")
@click.option("--notes/--no-notes", default=None, help="Write private notes.")
@click.option("--group", multiple=True, help="Only conversations of this group or team; may be repeated.")
@click.option("--brand", multiple=True, help="Only conversations of this brand, by name or number.")
@click.option("--channel", multiple=True, help=f"Only conversations of this channel: {', '.join(Channel)}.")
@click.option("--form", multiple=True, help="Only conversations with this ticket form.")
@click.option("--sample", type=click.FloatRange(0, 100), help="Only this share of conversations, in percent.")
@click.option("--everywhere", is_flag=True, help="Forget all groups, brands, channels, forms and the sample.")
def writing(installation: str, state: str | None, everywhere: bool, **given: Any) -> None:
    """Show what may be written to a helpdesk, or change it: switch it on or off, limit it to some conversations.

    What is named replaces what was named before. Nothing that was scored before is written by this; ask for that with
    `deskmark installations write-planned`.
    """
    with database(settings()) as opened, opened.begin() as session:
        row = helpdesk(session, installation)
        before = rules_from_document(row.write_rules)
        try:
            given["brand"] = dimension_names.values_called(session, row.id, "brand", given["brand"])
            rules = _changed(WriteRules(before.parts) if everywhere else before, given)
        except RulesError as error:
            raise click.UsageError(str(error)) from error
        if state == "on" and row.disconnected_at is not None:
            raise click.ClickException(f"it is disconnected; first: deskmark installations reconnect {row.id}")
        details = {}
        if state is not None and row.writing is not (state == "on"):
            row.writing = state == "on"
            details["writing"] = state
        if rules != before:
            row.write_rules = rules_document(rules)
            details |= {name: str(value) for name, value in row.write_rules.items()}
        if details:
            recorded(session, "change writing", row.id, row.id, **details)
        known, on = plans.known(session, row.id), row.writing
        waiting = plans.counts(session, row.id).conversations
        words = labels(session, [row.id])
    for line in known.unseen(rules, words.of):
        click.echo(f"Note: {line}.", err=True)
    click.echo(f"Writing is {'on' if on else 'off'}.")
    for line in _lines(replace(rules, brands=_brands(rules, words))):
        click.echo(f"  {line}")
    if known.facts:
        would = "are" if on else "would be"
        click.echo(f"{known.let_through(rules)} of the last {len(known.facts)} conversations {would} written to.")
    if waiting:
        click.echo(f"{waiting} planned and not written: deskmark installations plans {installation}")


def _changed(rules: WriteRules, given: Mapping[str, Any]) -> WriteRules:
    """The rules with what was given on the command line. Raises `RulesError`."""
    document = rules_document(rules)
    switched = {part.value: given[part.value] for part in Part if given[part.value] is not None}
    named = {name: list(given[option]) for option, name in LISTS.items() if given[option]}
    sample = {} if given["sample"] is None else {"sample": given["sample"]}
    return rules_given({**document, **switched, **named, **sample})


def _brands(rules: WriteRules, words: Labels) -> tuple[str, ...]:
    """Brands by name, as far as the helpdesk told it, with the id that rules keep."""
    return tuple(beside_id(words.of("brand", brand), brand) for brand in rules.brands)


def _lines(rules: WriteRules) -> list[str]:
    parts = [part.value for part in Part if part in rules.parts]
    lines = [f"parts: {', '.join(parts) or 'none'}"]
    lines += [f"only {name}: {', '.join(getattr(rules, name))}" for name in LISTS.values() if getattr(rules, name)]
    return [*lines, f"sample: {rules.sample:g} %"] if rules.sample < 100 else lines


COMMANDS: tuple[click.Command, ...] = (writing,)
"""Everything here, for the group to mount."""
