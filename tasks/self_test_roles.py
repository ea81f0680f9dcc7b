"""Who speaks in an installation's conversations: bots, humans, and authors whose role nobody knows yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from connectors.base import Reading
from connectors.self_test import Outcome, Step, StepName, passed
from service.conversation import Conversation, Role
from service.document import from_document
from service.store import self_tests as store
from service.store.database import Database

READ_BACK = 50
"""Conversations whose authors are looked at."""


def roles(database: Database, installation_id: str, reading: Reading | None) -> tuple[Step, list[dict[str, Any]]]:
    """Who spoke in the conversation that was just read and in the last ones that are stored; the unknown authors."""
    with database.read() as session:
        kept = store.latest_documents(session, installation_id, most=READ_BACK)
    conversations = [(external_id, from_document(document)) for external_id, document in kept]
    if reading is not None:
        read = reading.conversation
        conversations = [(read.id, read), *(each for each in conversations if each[0] != read.id)]
    if not conversations:
        return Step(StepName.ROLES, Outcome.SKIPPED, "No conversation was read."), []
    counted = Counter(message.role for _, each in conversations for message in each.messages)
    unknown = _unknown(conversations)
    counts = ", ".join(f"{counted[role]} {words}" for role, words in WORDS.items() if counted[role])
    many = f"{len(conversations)} conversation{'' if len(conversations) == 1 else 's'}"
    said = f"Messages in {many}: {counts or 'none'}."
    if unknown:
        confirm = "Say on the installation's page which of them are bots; the others stay unknown and are not scored."
        many = f"{len(unknown)} author{' is' if len(unknown) == 1 else 's are'} unknown."
        return Step(StepName.ROLES, Outcome.OPEN, f"{said} {many}", confirm), unknown
    if not counted[Role.BOT]:
        enter = "If a bot answers under a teammate's name, enter that teammate's id under Change as a bot author."
        return Step(StepName.ROLES, Outcome.OPEN, f"{said} No bot was found.", enter), []
    return passed(StepName.ROLES, said), []


WORDS: Mapping[Role, str] = {
    Role.BOT: "by bots",
    Role.AGENT: "by humans",
    Role.CUSTOMER: "by customers",
    Role.SYSTEM: "by rules",
    Role.UNKNOWN: "by unknown authors",
}


def _unknown(conversations: Sequence[tuple[str, Conversation]]) -> list[dict[str, Any]]:
    """Authors with an id whose role nobody knows, the most frequent first."""
    counted: Counter[str] = Counter()
    example: dict[str, str] = {}
    for external_id, conversation in conversations:
        for message in conversation.messages:
            if message.role is Role.UNKNOWN and message.author.id is not None:
                counted[message.author.id] += 1
                example.setdefault(message.author.id, external_id)
    return [{"id": who, "messages": many, "conversation": example[who]} for who, many in counted.most_common()]


def spoken_by(session: Session, installation_id: str, authors: frozenset[str]) -> list[str]:
    """The conversations among those that were looked at in which one of the authors spoke."""
    latest = store.latest_documents(session, installation_id, most=READ_BACK)
    return [
        external_id
        for external_id, document in latest
        if any(message.author.id in authors for message in from_document(document).messages)
    ]
