"""What happens at a stand-in when a line is typed: conversations and customers merged, deleted, tagged, redacted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from connectors.intercom.sandbox import Sandbox as Intercom
from connectors.stand_in import CHANGES, READS
from connectors.zendesk.sandbox import Sandbox as Zendesk

Running = Zendesk | Intercom


@dataclass(frozen=True, slots=True)
class Act:
    """One act: what has to be typed behind its name, what it does, and how."""

    arguments: tuple[str, ...]
    says: str
    play: Callable[..., None]


def _fail(there: Running, kind: str, requests: str) -> None:
    there.failing[kind] = int(requests)


def _lock(there: Running, out: bool) -> None:
    there.locked_out = out


ACTS: Mapping[str, Act] = MappingProxyType(
    {
        "delete": Act(("NUMBER",), "the conversation is deleted", lambda there, name: there.delete(name)),
        "merge": Act(
            ("NUMBER", "INTO"), "it is merged into another one", lambda there, name, into: there.merge(name, into)
        ),
        "redact": Act(
            ("NUMBER", "WORDS"), "words are taken out (on Intercom: its first message)",
            lambda there, name, words: there.redact(name, words),
        ),
        "tag": Act(
            ("NUMBER", "TAG"), "an agent tags it, as with dm__ignore", lambda there, name, tag: there.tag(name, tag)
        ),
        "merge-customer": Act(
            ("NUMBER", "INTO"), "its customer is merged into that of another one",
            lambda there, name, into: there.merge_customers(there.customer(name), there.customer(into)),
        ),
        "delete-customer": Act(
            ("NUMBER",), "its customer is deleted", lambda there, name: there.delete_customer(there.customer(name))
        ),
        "fail-reads": Act(
            ("REQUESTS",), "the next requests that read are refused for good", lambda there, n: _fail(there, READS, n)
        ),
        "fail-changes": Act(
            ("REQUESTS",), "the next requests that change are refused for good",
            lambda there, n: _fail(there, CHANGES, n),
        ),
        "lock-out": Act((), "nobody is let in, as with a token that was revoked", lambda there: _lock(there, True)),
        "let-in": Act((), "whoever has a token is let in again", lambda there: _lock(there, False)),
        "refuse": Act(("REQUESTS",), "the next requests are answered 429", lambda there, n: there.refuse_next(int(n))),
    }
)  # fmt: skip


def usage() -> str:
    """All acts, a line each."""
    return "\n".join(f"  {' '.join((name, *act.arguments)):<28}# {act.says}" for name, act in ACTS.items())


def played(running: Running, line: str) -> str:
    """Do what a typed line says; what happened, or why nothing did. The last argument may be of several words."""
    name, *given = line.split()
    act = ACTS.get(name)
    if act is None or len(given) < len(act.arguments):
        return f"Known are:\n{usage()}"
    last = len(act.arguments) - 1
    arguments = [*given[:last], " ".join(given[last:])] if act.arguments else []
    try:
        act.play(running, *arguments)
    except (LookupError, ValueError):
        return f"There is nothing to {name} under {given[0]}."
    return f"Done: {act.says}."
