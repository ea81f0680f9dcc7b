"""`deskmark demo`: starts two local helpdesks and the service, plays the stories, prints what Deskmark made of them."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich import box
from rich.console import Console
from rich.table import Table

from connectors.intercom.sandbox import Sandbox as IntercomSandbox
from connectors.zendesk.sandbox import Sandbox as ZendeskSandbox
from service.demo.past import past
from service.demo.play import PREFIX, Demo, Helpdesk, Played
from service.demo.replay import Replay, lay_down
from service.demo.story import Story, stories
from service.demo.telling import telling
from service.embedded import Embedded, EmbeddedError
from service.embedded.keys import kept_keys
from service.settings import Settings
from service.store.database import Database
from service.store.secrets import SecretBox
from tasks.alone import alone
from tasks.runtime import utc_now

NOTHING = "-"
PIPE_WIDTH = 200
REVIEW_SHARE = 0.12
"""A small shop has to review more of what it has."""

WIDE = 140
"""Columns of the table where nobody tells how wide the terminal is."""


def run(
    settings: Settings,
    *,
    console: Console,
    stay: bool,
    history: bool = False,
    tell: Callable[[datetime], tuple[Story, ...]] = stories,
) -> int:
    """Play the stories that `tell` tells of the time before now; the exit status. With `stay` it stays until stopped.

    With `history` the shop gets its months before as well, scored while one can look around already.

    Whatever tells it to stop (also a closed terminal, or a shell that hides Ctrl-C from its background jobs) raises
    `KeyboardInterrupt`, and everything it started ends. Raises `EmbeddedError` when the service cannot start.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    began = time.monotonic()
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    console.print("Starting a local Zendesk, a local Intercom and Deskmark ...")
    with ExitStack() as stack:
        zendesk = stack.enter_context(ZendeskSandbox())
        intercom = stack.enter_context(IntercomSandbox())
        helpdesks = (
            Helpdesk("zendesk", zendesk, zendesk.options, partial(zendesk.seed, read_only=True), zendesk.escalate),
            Helpdesk("intercom", intercom, {}),
        )
        months = lay_down(helpdesks, past(utc_now())) if history else ()
        service = stack.enter_context(_running(settings))
        database = Database(settings.database)
        stack.callback(database.close)
        replay = Replay(alone(service.settings, database), months)
        secrets = SecretBox(settings.secret_key.get_secret_value())
        demo = Demo(database, secrets, helpdesks, service.base_url)
        demo.connect()
        if history:
            replay.begin()
        replay.teach()
        told = tell(utc_now())
        finished = _rounds(demo, told, console)
        replay.learn_names()
        outcome = demo.outcome(told)
        console.print(_table(outcome, console.width))
        console.print(
            "sec.: from the first webhook to the verdict on the helpdesk; ok: all that was expected stands there"
        )
        _summary(outcome, finished, time.monotonic() - began, console)
        with suppress(KeyboardInterrupt) if stay else nullcontext():
            if stay:
                console.print(f"\nOpen [bold]{service.base_url}[/bold] to look around. Ctrl-C stops the demo.")
            if history:
                _months(replay, console)
            if stay:
                service.wait()
        if stay:
            console.print("Stopping ...")
    return 0 if finished and not any(played.missing for played in outcome) else 1


def demo_settings(folder: Path, port: int) -> Settings:
    """Settings of a demo: keys of its own, no settle time, everything in `folder`, also for a command that is run on it
    later."""
    keys = kept_keys(folder)
    return Settings(
        secret_key=SecretStr(keys["secret_key"]),
        session_key=SecretStr(keys["session_key"]),
        data_dir=folder,
        database_url="",
        redis_url="",
        public_url="",
        port=port,
        demo=True,
        settle_seconds=0,
        sweep_seconds=1,
        prefix=PREFIX,
        review_share=REVIEW_SHARE,
    )


@contextmanager
def temporary_folder(chosen: Path | None) -> Iterator[Path]:
    """The folder to work in: the chosen one, kept, or one that is gone afterwards.

    Raises `EmbeddedError` when the chosen one is in use: the demo starts from nothing and must not play into a service.
    """
    if chosen is not None:
        if chosen.exists() and (not chosen.is_dir() or any(chosen.iterdir())):
            raise EmbeddedError(f"{chosen} is no empty folder. The demo starts from nothing: name a new one, or none.")
        yield chosen
        return
    with tempfile.TemporaryDirectory(prefix="deskmark-demo-") as name:
        yield Path(name)


@contextmanager
def _running(settings: Settings) -> Iterator[Embedded]:
    service = Embedded(settings, host="127.0.0.1", port=settings.port, demo=True)
    service.start()
    try:
        yield service
    finally:
        service.stop()


def _months(replay: Replay, console: Console) -> None:
    """Store and score the shop's past, telling how far it is."""
    began = time.monotonic()
    with telling(console) as begin:
        scored = begin("three months before, read and scored", len(replay.past))
        replay.store()
        finished = replay.wait(scored)
    replay.sum_up()
    seconds = time.monotonic() - began
    if finished:
        console.print(f"{len(replay.past)} conversations of the three months before scored, in {seconds:.0f} seconds.")
    else:
        console.print("[red]The three months before were not scored in time; what was is shown.[/red]")


def _rounds(demo: Demo, told: tuple[Story, ...], console: Console) -> bool:
    """Two rounds: first contacts, then returns, reopenings and what people take over at last."""
    first = [story for story in told if not story.later]
    second = [story for story in told if story.later]
    with telling(console) as begin:
        played = begin("conversations played into the helpdesks", len(told))
        scored = begin("read, scored and written back", len(told))

        def tell(done: int, _known: int) -> None:
            scored(done)

        demo.play(first, played)
        if not demo.settle(tell):
            return False
        demo.play(second, lambda count: played(len(first) + count))
        demo.go_on([story for story in first if story.read_only or story.reopened_at is not None])
        return demo.settle(tell)


def _table(outcome: list[Played], width: int) -> Table:
    return _wide_table(outcome) if width >= WIDE else _narrow_table(outcome)


def _narrow_table(outcome: list[Played]) -> Table:
    """The same for an ordinary terminal: one thing a line, nothing broken inside a word."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_lines=True)
    for name in ("conversation and verdicts", "tags written", "note", "sec.", ""):
        table.add_column(name, justify="right" if name == "sec." else "left")
    for played in outcome:
        name = f"[bold]{played.story.name}[/bold], {played.story.conversation.helpdesk} {played.number}"
        table.add_row(
            "\n".join([name, *verdicts(played.card)]),
            "\n".join(tag.removeprefix(PREFIX) for tag in played.tags) or NOTHING,
            str(played.notes or NOTHING),
            NOTHING if played.seconds is None else f"{played.seconds:.1f}",
            _expected(played),
        )
    return table


def _expected(played: Played) -> str:
    return f"[red]missing: {', '.join(played.missing)}[/red]" if played.missing else "[green]ok[/green]"


def _wide_table(outcome: list[Played]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), title_justify="left")
    table.title = "What really happened, and what Deskmark wrote"
    for name in ("conversation", "on", "verdicts", "tags written", "note", "sec.", "expected"):
        table.add_column(name, overflow="fold", justify="right" if name == "sec." else "left")
    for played in outcome:
        table.add_row(
            played.story.name,
            f"{played.story.conversation.helpdesk} {played.number}",
            ", ".join(verdicts(played.card)) or NOTHING,
            " ".join(tag.removeprefix(PREFIX) for tag in played.tags) or NOTHING,
            str(played.notes or NOTHING),
            NOTHING if played.seconds is None else f"{played.seconds:.1f}",
            _expected(played),
        )
    return table


def verdicts(card: Mapping[str, Any] | None) -> Iterator[str]:
    """What a card says, in few words: only what applies, and only what is not as it should be of re-asks and effort."""
    scores = card["scores"] if card else {}
    for name, label in (("containment", "outcome"), ("escalation", "escalation")):
        if verdict := scores.get(name, {}).get("verdict"):
            yield f"{label} {verdict.replace('_', ' ')}"
    if scores and scores["context_repeat"]["verdict"] == "repeated":
        yield "context repeated"
    if scores.get("knowledge_gap", {}).get("verdict") == "gap":
        yield "knowledge gap"
    if scores and scores["effort"]["verdict"] == "high":
        yield "effort high"
    if scores and scores["repeat_contact"]["details"].get("repeat_of"):
        yield f"repeat of {scores['repeat_contact']['details']['repeat_of']}"


def _summary(outcome: list[Played], finished: bool, seconds: float, console: Console) -> None:
    notes, tags = sum(played.notes for played in outcome), sum(len(played.tags) for played in outcome)
    console.print(f"{len(outcome)} conversations, {tags} tags and {notes} notes written, in {seconds:.0f} seconds.")
    if not finished:
        console.print("[red]The service did not finish in time; its logs are in the data folder.[/red]")
    missing = [played for played in outcome if played.missing]
    if missing:
        console.print(f"[red]{len(missing)} conversations lack an expected write-back.[/red]")
