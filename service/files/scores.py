"""`deskmark score`: conversations in, scorecards out, one a line, in input order; bad lines are told and skipped."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from service import note, writeback
from service.card_document import card_document
from service.conversation import Conversation
from service.document import DocumentError, from_json
from service.files.spool import DuplicateConversation, Spool
from service.language.embedding import Embedder
from service.language.intents import IntentCatalog
from service.language.plain import escaped
from service.scoring.score import DEFINITIONS, History, Policy, Scorecard
from service.scoring.scorecard import score_conversation

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of the input that holds no valid conversation, and why."""

    number: int
    reason: str


def read(lines: Iterable[bytes], spool: Spool, tell: Callable[[BadLine], None]) -> int:
    """Put every valid line into `spool`; bad ones go to `tell`. Blank lines are skipped. The number of bad lines.

    A byte order mark at the very beginning, which Windows' editors write, is no part of the first line.
    """
    bad = 0
    for number, line in enumerate(lines, 1):
        content = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        if not content.strip():
            continue
        try:
            spool.add(number, from_json(content))
        except (DocumentError, DuplicateConversation) as error:
            bad += 1
            tell(BadLine(number, str(error)))
    spool.finish()
    return bad


def scorecards(
    spool: Spool,
    policy: Policy,
    embedder: Embedder,
    as_of: datetime | None,
    catalog: IntentCatalog | None = None,
    version: str = DEFINITIONS,
) -> Iterator[dict[str, Any]]:
    """The scorecard of each conversation in the spool, with its earlier episodes and what would be written back.

    `as_of` is when the question is asked; `None` means the latest time in the input. `version` is that of the
    definitions.
    """
    asked = as_of or spool.latest
    for conversation in spool.conversations():
        history = History(as_of=asked, others=spool.others(conversation))
        cards = score_conversation(conversation, history, policy, embedder, catalog, version)
        yield {
            **card_document(cards[-1]),
            "writeback": _writeback(cards[-1], conversation, policy, asked),
            "episodes": [card_document(card) for card in cards[:-1]],
        }


def _writeback(card: Scorecard, conversation: Conversation, policy: Policy, asked: datetime | None) -> dict[str, Any]:
    """What a helpdesk with all our fields and nothing of ours on it yet would be sent."""
    wanted = note.desired(card, conversation, policy)
    empty = writeback.AlreadyThere(fields=dict.fromkeys(writeback.FIELDS[:-1]))
    # The time would only go into `dm_scored_at`, which is left out: the same input gives the same bytes.
    planned = writeback.plan(wanted, empty, reference=writeback.note_reference(card), now=asked or EPOCH)
    return {
        "tags": list(planned.add_tags),
        "fields": dict(planned.fields),
        "note": planned.note.text if planned.note else None,
    }


def dump(document: dict[str, Any]) -> str:
    """One line of JSON, newline included."""
    return escaped(json.dumps(document, ensure_ascii=False, separators=(",", ":"))) + "\n"
