"""`deskmark sandbox`: a local helpdesk to connect to, for whoever wants to try Deskmark without an account."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from types import MappingProxyType

import click

from connectors.intercom.sandbox import Sandbox as Intercom
from connectors.zendesk.sandbox import Sandbox as Zendesk
from service.conversation import Conversation
from service.demo.acts import played, usage
from service.demo.story import GROUP, Story, stories
from service.embedded.listening import listen
from service.settings import ADDRESS_FILE
from tasks.runtime import utc_now

SECONDS = 20.0
"""Between two conversations that end while somebody looks on."""

ENDED = 36
"""How many conversations have ended when the helpdesk starts; the others end one by one."""

SINCE_DAYS = 7
"""No conversation of the stories is older."""

GUIDE = """\
A stand-in for {title} runs at {base_url} with {ended} conversations that have ended. Ctrl-C ends it; nothing is kept.

In a second terminal, in a new folder, start Deskmark and open the link that it prints:

  DESKMARK_SANDBOX=1 deskmark up

In a third one, in the same folder; ID is what "connect" answers with:

  export DESKMARK_SANDBOX=1
  deskmark installations connect {helpdesk} --account {account} --base-url {base_url} {given}
  deskmark installations prepare ID                 # makes what is needed on the helpdesk
{webhook}  deskmark installations test ID                    # says what works, and what to do where something does not
  deskmark backfill ID --since {since}           # reads what has ended
  deskmark backfill ID --status                     # until nothing waits to be scored, some seconds
  deskmark installations plans ID                   # what would be written, nothing is yet
  deskmark installations writing ID on              # from now on verdicts are written
  deskmark installations write-planned ID           # and those from before
  deskmark installations leave ID --remove-ours --delete   # takes everything off again

These credentials are good for this stand-in only. Once its webhook is entered, more conversations end, told below;
each is read when it has been left alone for five minutes (DESKMARK_SETTLE_SECONDS=10 deskmark up: ten seconds).

To see what Deskmark makes of it, type here, with a conversation's number:
{acts}
"""

WEBHOOK = """\
  curl -d url="$(cat .deskmark/{address})/webhooks/intercom/ID" {base_url}/developer-hub/webhook
"""
"""What an admin does in Intercom's Developer Hub; the address is that under which Deskmark runs, whatever the port."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A stand-in: its name for people, where it runs unless told otherwise, and how it is made.

    `listening` says whether a webhook was entered. `secrets` are what has to be given to connect it, by our names.
    """

    title: str
    port: int
    make: Callable[[], Zendesk | Intercom]
    secrets: tuple[str, ...]
    listening: Callable[[Zendesk | Intercom], bool]


STANDS: Mapping[str, Stand] = MappingProxyType(
    {
        "zendesk": Stand(
            "Zendesk",
            9321,
            lambda: Zendesk(with_fields=False),
            ("client_id", "client_secret"),
            lambda sandbox: isinstance(sandbox, Zendesk) and bool(sandbox.account.hooks),
        ),
        "intercom": Stand(
            "Intercom",
            9322,
            lambda: Intercom(attributes={}).offer_newest_version(),
            ("access_token", "client_secret"),
            lambda sandbox: isinstance(sandbox, Intercom) and sandbox.hooks.url is not None,
        ),
    }
)


@click.command()
@click.argument("helpdesk", type=click.Choice(list(STANDS)))
@click.option("--port", type=click.IntRange(0, 65535), help="0 takes a free one.  [default: 9321, Intercom 9322]")
@click.option("--every", type=click.FloatRange(min=0.1), default=SECONDS, show_default=True, metavar="SECONDS",
              help="Pause before the next conversation ends.")  # fmt: skip
def sandbox(helpdesk: str, port: int | None, every: float) -> None:
    """Run a local stand-in for a helpdesk, filled with conversations, and say how to connect to it.

    It listens on this machine only, keeps nothing, and ends with Ctrl-C. Once its webhook is entered, another
    conversation ends every few seconds, told with a signed webhook.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    stand = STANDS[helpdesk]
    running = stand.make()
    with listen("127.0.0.1", stand.port if port is None else port) as free:  # Raises what is told of a port in use.
        chosen = free.getsockname()[1]
    running.start(chosen)
    try:
        told = stories(utc_now())
        for story in told[:ENDED]:
            running.seed(_there(story, helpdesk))
        click.echo(_guide(helpdesk, running))
        # What waits for a line must not hold up the end.
        threading.Thread(target=_listen, args=(running, sys.stdin), daemon=True).start()
        _play(helpdesk, running, told[ENDED:], stop, every=every)
    finally:
        running.stop()
    click.echo("The sandbox has ended.")


def _listen(running: Zendesk | Intercom, typed: Iterable[str]) -> None:
    """Do what is typed, line by line."""
    for line in typed:
        if line.strip():
            click.echo(played(running, line))


def _play(
    helpdesk: str, running: Zendesk | Intercom, told: tuple[Story, ...], stop: threading.Event, *, every: float
) -> None:
    """End one conversation after the other until `stop` is set; those that nobody would hear of wait."""
    more = coming(helpdesk, told)
    while not stop.wait(every):
        if not STANDS[helpdesk].listening(running):
            continue
        number = running.seed(next(more))
        click.echo(f"Conversation {number} has ended, and a signed webhook says so.")


def coming(helpdesk: str, told: tuple[Story, ...]) -> Iterator[Conversation]:
    """The stories over and over, each time of other customers, so that nobody comes back for nothing."""
    for again in count():
        for story in told:
            yield _there(story, helpdesk, again)


def _there(story: Story, helpdesk: str, again: int = 0) -> Conversation:
    """A story as a conversation of this helpdesk, whichever it is told of."""
    conversation = replace(story.conversation, helpdesk=helpdesk)
    if not again:
        return conversation
    contact = conversation.contact
    other = replace(contact, id=f"{contact.id}-{again}", email=f"{again}.{contact.email}")
    return replace(conversation, contact=other)


def _guide(helpdesk: str, running: Zendesk | Intercom) -> str:
    """What to type, line by line, from nothing to a verdict on the helpdesk, and back."""
    stand = STANDS[helpdesk]
    given = " ".join(f"--{name.replace('_', '-')} {running.secrets[name]}" for name in stand.secrets)
    since = (utc_now() - timedelta(days=SINCE_DAYS)).date()
    webhook = WEBHOOK.format(base_url=running.base_url, address=ADDRESS_FILE) if helpdesk == "intercom" else ""
    return GUIDE.format(
        title=stand.title, base_url=running.base_url, ended=ENDED, helpdesk=helpdesk, account=GROUP, given=given,
        since=since, webhook=webhook, acts=usage(),
    )  # fmt: skip


COMMANDS: tuple[click.Command, ...] = (sandbox,)
"""Everything here, for the command line to mount."""
