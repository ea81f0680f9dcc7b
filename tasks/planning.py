"""What of a verdict may be written now, what may not, and why: an installation's rules between the plan and the wire.

What may not be is kept with the conversation (`Conversation.plan`), so that an admin sees it before it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from service.conversation import Conversation
from service.document import from_document
from service.scoring.score import Scorecard
from service.store import conversations, installations, models, results, work
from service.store.models import WriteState
from service.store.work import WRITING
from service.write_rules import NOTHING, Allowed, allows, facts_of, permitted, rules_from_document, withheld
from service.writeback import AlreadyThere, Plan, WrittenNote, parse_note
from tasks import standing
from tasks.runtime import Ground

HISTORY = "it comes from the helpdesk's history, which is written only when you ask for it"
EARLIER = "it was scored before it could be written, and is written only when you ask for it"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A plan in two: what may be sent, and what is kept back, with the reason for that (empty: nothing is)."""

    sent: Plan
    held: Plan
    reason: str


def allowed_for(installation: models.Installation, row: models.Conversation) -> Allowed:
    """Which parts the installation's switch and rules let through to this conversation. Raises `RulesError`."""
    assert row.document is not None, "a scored conversation has its document"
    return allowed(installation, from_document(row.document), row.id)


def allowed(installation: models.Installation, conversation: Conversation, row_id: str) -> Allowed:
    """The same of a conversation that was read, by our id of it."""
    writing = installation.writing and installation.disconnected_at is None
    return allows(rules_from_document(installation.write_rules), facts_of(conversation, row_id), writing=writing)


def unasked(row: models.Conversation, found: Allowed, *, anew: bool) -> Allowed:
    """`found`, or nothing where a conversation that could not be written before is written only when asked for.

    `anew`: it was read from the helpdesk just now, so that it is no longer what stood there before.
    """
    if not found.parts or row.written_at is not None or row.write_state not in (WriteState.NONE, WriteState.OFF):
        return found
    if row.backfilled:
        return Allowed(NOTHING, HISTORY)
    if row.write_state == WriteState.OFF and not anew:
        return Allowed(NOTHING, EARLIER)
    return found


def weigh(made: Plan, there: AlreadyThere, found: Allowed) -> Weighed:
    """The plan `made`, in two."""
    sent = permitted(made, found.parts, there)
    return Weighed(sent, withheld(made, sent), found.reason)


def kept(weighed: Weighed, there: AlreadyThere) -> dict[str, Any] | None:
    """What is kept back as JSON with what stands there instead; `None` when nothing is."""
    if not weighed.held:
        return None
    held = weighed.held
    counts = {
        "tags": len(held.add_tags) + len(held.remove_tags),
        "fields": len(set(held.fields) - {"dm_scored_at"}),
        "notes": int(held.note is not None),
    }
    was = {name: there.fields.get(name) for name in held.fields}
    return {**standing.actions_of(held), "was": was, "reason": weighed.reason, "counts": counts}


def keep(row: models.Conversation, plan: Mapping[str, Any] | None, *, now: datetime) -> None:
    """Keep the plan with its conversation, in the transaction that `row` belongs to."""
    row.plan = None if plan is None else dict(plan)
    row.planned_at = None if plan is None else now


def after(there: AlreadyThere, sent: Plan) -> AlreadyThere:
    """What stands there once `sent` was written, as far as we know: the helpdesk's own stamp is not known."""
    tags = [tag for tag in there.tags if tag not in sent.remove_tags]
    notes = list(there.notes)
    if sent.note is not None:
        notes.append(parse_note(sent.note.text) or WrittenNote(sent.note.reference, ""))
    return replace(
        there,
        tags=(*tags, *(tag for tag in sent.add_tags if tag not in tags)),
        fields=MappingProxyType({**there.fields, **sent.fields}),
        notes=tuple(notes),
        version=None,
    )


def ask_write_back(
    runtime: Ground, session: Session, row_id: str, card: Scorecard, *, anew: bool = True, asked: bool = False
) -> WriteState:
    """Ask for a write-back if something on the helpdesk has to change and may; where that leaves it.

    What may not be written is kept as a plan. `anew`: the conversation was read just now. `asked`: somebody wants
    exactly this, also of conversations that are not written by themselves.
    """
    row = conversations.get(session, row_id)
    assert row is not None and row.document is not None, "saved just before"
    installation = session.get_one(models.Installation, row.installation_id)
    if installations.is_imported(installation):
        return WriteState.OFF
    found = allowed_for(installation, row)
    if not asked:
        found = unasked(row, found, anew=anew)
    wanted = standing.desired_for(runtime, row, installation, card)
    if row.there is None:
        # Nothing is known of what stands there: what we wrote last should, and a plan is made when it is read again.
        keep(row, None, now=runtime.clock())
        needed = standing.content_of(wanted, found.parts) != results.last_written(session, row_id)
    else:
        there = standing.from_json(row.there)
        made = standing.changes(wanted, there, card, installation, runtime.clock())
        weighed = weigh(made, there, found)
        keep(row, kept(weighed, there), now=runtime.clock())
        needed = bool(weighed.sent)
    session.flush()
    if not found.parts:
        return WriteState.OFF
    if needed:
        work.ask(session, WRITING, row_id, at=runtime.clock())
        return WriteState.PENDING
    return WriteState.WRITTEN if row.written_at is not None else WriteState.NONE
