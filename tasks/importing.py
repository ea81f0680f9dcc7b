"""Conversations of a file into the store, as installations that no helpdesk stands behind, and their scoring.

Such an installation has no credentials and is switched off: it is never read from, polled or written to. Everything
else, figures above all, works on its conversations as on any other's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from types import MappingProxyType

from sqlalchemy.orm import Session

from connectors.names import Names
from service.conversation import Conversation
from service.document import to_document
from service.scoring.customer import customer_keys
from service.store import conversations, dimension_names, history, installations
from service.store.conversations import ReadConversation
from service.store.history import Span
from service.store.installations import IMPORTED, NewInstallation
from service.store.models import Installation
from service.writeback import AlreadyThere, Writable
from tasks import keeping, scoring, standing
from tasks.alone import Kept
from tasks.runtime import Runtime

AT_ONCE = 200
"""Conversations stored in one transaction."""

NO_NAMES: Names = MappingProxyType({})


class ConnectedAlready(ValueError):
    """The account is a connected helpdesk: its conversations are read from there, not from a file."""


def store(runtime: Runtime, found: Iterable[Conversation], names: Names = NO_NAMES) -> list[str]:
    """Keep conversations, due for scoring; our ids of them. Raises `ConnectedAlready`.

    `names` are what the export calls ids that the conversations keep.

    Those of an account that was imported before replace what is stored, and ask their customers' others to be judged
    anew; in a first import everything is scored afterwards anyway.
    """
    ids: dict[str, None] = {}
    known: dict[tuple[str, str], tuple[str, bool]] = {}
    rest = iter(found)
    while some := list(islice(rest, AT_ONCE)):
        with runtime.database.begin() as session:
            for conversation in some:
                name = (conversation.helpdesk, conversation.account)
                if name not in known:
                    known[name] = _installation(runtime, session, conversation)
                installation_id, news = known[name]
                if keeping.is_unwanted(runtime, session, installation_id, conversation):
                    continue
                ids[_keep(runtime, session, installation_id, conversation, news=news)] = None
    told = {kind.value: called for kind, called in names.items()}
    with runtime.database.begin() as session:
        for installation_id, _ in known.values():
            dimension_names.keep(session, installation_id, told, now=runtime.clock())
    return list(ids)


def _installation(runtime: Runtime, session: Session, conversation: Conversation) -> tuple[str, bool]:
    """The id of the installation for an account, and whether it was there before."""
    c = conversation
    row = next((r for r in installations.all_of(session) if (r.connector, r.account) == (c.helpdesk, c.account)), None)
    if row is not None:
        if not installations.is_imported(row):
            raise ConnectedAlready(f"{c.helpdesk} {c.account} is connected; name another account with --account")
        return row.id, True
    new = NewInstallation(
        connector=c.helpdesk,
        account=c.account,
        base_url="",
        secrets=runtime.secrets.lock({}),
        prefix=runtime.settings.prefix,
        options={IMPORTED: True},
        account_group=c.account_group,
    )
    made = installations.add(session, new, now=runtime.clock())
    made.enabled = False
    session.flush()
    return made.id, False


def _keep(runtime: Runtime, session: Session, installation_id: str, conversation: Conversation, *, news: bool) -> str:
    now = runtime.clock()
    installation = session.get_one(Installation, installation_id)
    ended = conversation.ended_at or now
    read = ReadConversation(
        document=to_document(conversation),
        there=standing.to_json(AlreadyThere(writable=Writable.NOTHING)),
        channel=conversation.channel.value,
        opened_at=conversation.started_at,
        ended_at=ended,
        read_at=now,
        news=news,
    )
    row_id = conversations.keep(session, installation, conversation.id, read, now=now)
    keys = customer_keys(conversation)
    span = Span(row_id, keys, conversation.started_at or ended, ended)
    history.save_keys(session, runtime.secrets, span, now=now)
    return row_id


def score(runtime: Runtime, ids: Iterable[str], advance: Callable[[], None]) -> None:
    """Score what was stored, and whatever that asks for again. `advance` is called once for each of `ids`."""
    for row_id in ids:
        scoring.score(runtime, row_id)
        advance()
    queue = runtime.queue
    assert isinstance(queue, Kept), "importing works alone"
    again = list(queue.ids)
    queue.ids.clear()
    for row_id in again:
        # Once is enough: what it asks for now has seen everything already.
        scoring.score(runtime, row_id)
    queue.ids.clear()
