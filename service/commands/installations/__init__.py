"""`deskmark installations`: connected helpdesks, one module a subject. Without a subcommand they are listed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

import click

SUBJECTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "guide": ("guide",),
        "connecting": ("connect",),
        "credentials": ("credentials",),
        "preparing": ("prepare",),
        "setting": ("set",),
        "self_test": ("test",),
        "writing": ("writing",),
        "plans": ("plans", "write-planned"),
        "errands": ("errands", "go-on"),
        "leaving": ("leave", "reconnect"),
        "pausing": ("pause", "resume"),
        "retention": ("retention",),
    }
)
"""Subcommands by the module of this package they are in (its `COMMANDS`), in the order of a first visit."""


class Subcommands(click.Group):
    """The subcommands of this package's modules, imported when one is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All names, in the order of a first visit."""
        return [name for names in SUBJECTS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """The subcommand of this name."""
        subject = next((subject for subject, names in SUBJECTS.items() if cmd_name in names), None)
        if subject is None:
            return None
        known: dict[str, click.Command] = {c.name: c for c in import_module(f"{__name__}.{subject}").COMMANDS}
        return known[cmd_name]


@click.group(cls=Subcommands, invoke_without_command=True)
@click.pass_context
def installations(context: click.Context) -> None:
    """Connected helpdesks: list them, or do something with one."""
    if context.invoked_subcommand is None:
        import_module(f"{__name__}.listing").show()


COMMANDS: tuple[click.Command, ...] = (installations,)
"""Everything here, for the command line to mount."""
