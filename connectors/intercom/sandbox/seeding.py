"""Plays one of our conversations into a sandbox workspace, so that reading it back gives the same conversation.

The parts are those that Intercom would have made: the first message is the source, a handoff is an assignment or
Fin's resolution state, a customer who writes into a closed conversation opens it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from connectors.intercom.sandbox.workspace import Record, Workspace, markup
from service.conversation import Channel, Conversation, Event, EventKind, Feedback, Initiator, Message, Rating, Role

SOURCES = {
    Channel.MESSAGING: "conversation",
    Channel.EMAIL: "email",
    Channel.PHONE: "phone_call",
    Channel.SOCIAL: "whatsapp",
}
BOT_TOPICS: tuple[str, ...] = ("conversation.operator.replied", "conversation.admin.replied")
ACTIONS = {EventKind.ACTION_COMPLETED: "success", EventKind.ACTION_FAILED: "failed"}
STATES = {Feedback.HELPFUL: "confirmed_resolution", Feedback.UNHELPFUL: "negative_feedback"}
DEFAULT_TEAM = "support"


class Player:
    """Plays messages and events into the conversations of one workspace. `fin`: bots are Fin, else workflow bots."""

    def __init__(self, workspace: Workspace, *, fin: bool = True) -> None:
        self._workspace = workspace
        self._fin = fin

    def begin(self, conversation: Conversation) -> Record:
        """A new conversation with everything up to its last message and event, still open; its record."""
        workspace, known = self._workspace, conversation.contact
        contact = workspace.contact(
            known.id, email=known.email, external_id=known.external_id, user=known.email_verified
        )
        first, *others = conversation.messages
        at = self._unix(first.at or conversation.opened_at)
        unattended = first.role is Role.SYSTEM
        source = {
            "type": SOURCES.get(conversation.channel, "conversation"),
            "id": str(workspace.next_id()),
            "delivered_as": _delivered_as(first.role),
            "subject": markup(conversation.subject) if conversation.subject else "",
            "body": markup(first.text) if first.text else "",
            "author": workspace.author(workspace.admin("campaigns")) if unattended else self._author(first, contact),
            "attachments": _attachments(first),
            "url": None,
            "redacted": False,
        }
        record = workspace.open_conversation(contact, source, at=at)
        record["custom_attributes"].update(conversation.attributes)
        for tag in conversation.tags:
            workspace.put_tag(record, workspace.tag(tag), workspace.own["id"])
        self.go_on(record, others, conversation.events)
        if conversation.rating is not None:
            self.rate(record, conversation.rating)
        return record

    def with_ids(self, conversation: Conversation) -> Conversation:
        """The conversation as it is read back: bots under the operator's id, and no brand, which none names."""
        operator = str(self._workspace.operator["id"])
        messages = (
            replace(m, author=replace(m.author, id=operator)) if m.role is Role.BOT else m
            for m in conversation.messages
        )
        return replace(conversation, brand=None, messages=tuple(messages))

    def go_on(self, record: Record, messages: Iterable[Message], events: Iterable[Event]) -> None:
        """Play further messages and events in order of time."""
        items = _in_order(messages, events)
        for position, item in enumerate(items):
            if isinstance(item, Message):
                self._say(record, item)
            else:
                self._happen(record, item, items[position + 1 :])

    def close(self, record: Record, at: datetime | None) -> None:
        """Close: by the bot when it spoke last, else by the agent who did."""
        moment = max(self._unix(at), record["updated_at"]) if at is None else self._unix(at)
        self._workspace.set_state(record, "closed", at=moment)
        author = self._last_speaker(record)
        self._workspace.add_part(record, "close", author, at=moment, topics=("conversation.admin.closed",))

    def rate(self, record: Record, rating: Rating) -> None:
        """The customer rates the conversation, 1 to 5."""
        at = self._unix(rating.at) if rating.at else record["updated_at"]
        record["conversation_rating"] = {
            "rating": int(rating.score or 0),
            "remark": rating.comment,
            "created_at": at,
            "updated_at": at,
            "contact": record["contacts"]["contacts"][0],
            "teammate": None,
        }
        self._workspace.emit("conversation.rating.added", record, None)

    def _say(self, record: Record, message: Message) -> None:
        workspace, at = self._workspace, self._unix(message.at)
        contact = workspace.contacts[record["contacts"]["contacts"][0]["id"]]
        part_type, topics = "comment", BOT_TOPICS[1:]
        if message.internal:
            part_type, topics = "note", ("conversation.admin.noted",)
        elif message.role is Role.BOT:
            topics = BOT_TOPICS
            self._fin_answered(record, message)
        elif message.role is Role.CUSTOMER:
            topics = ("conversation.user.replied",)
        if not message.internal and record["state"] == "closed":
            part_type = "open"
            workspace.set_state(record, "open", at=at)
        body = markup(message.text) if message.text else None
        author, files = self._author(message, contact), _attachments(message)
        workspace.add_part(record, part_type, author, at=at, topics=topics, body=body, attachments=files)

    def _happen(self, record: Record, event: Event, rest: Sequence[Message | Event]) -> None:
        at = self._unix(event.at)
        if event.kind in (EventKind.HANDOFF, EventKind.ASSIGNED, EventKind.TRANSFERRED):
            self._assign(record, event, at)
        elif event.kind in ACTIONS:
            self._act(record, event, at)
        elif event.kind == EventKind.CLOSED:
            self.close(record, event.at)
        elif event.kind == EventKind.REOPENED:
            self._reopen(record, event, at, rest)

    def _assign(self, record: Record, event: Event, at: int) -> None:
        """Fin's own handoff without a target fires no assignment: only its resolution state is set."""
        workspace = self._workspace
        if event.kind == EventKind.HANDOFF and self._fin and event.by is not Initiator.AGENT:
            self._fin_state(record, "escalated")
        if event.kind == EventKind.HANDOFF and event.target is None and event.by is Initiator.BOT:
            changed = {"attribute": {"name": "Fin AI Agent resolution state"}, "value": {"name": "Escalated"}}
            author = workspace.bot_author(fin=False)
            workspace.add_part(
                record, "conversation_attribute_updated_by_workflow", author, at=at, event_details=changed
            )
            return
        team = workspace.team(event.target or DEFAULT_TEAM)
        record["team_assignee_id"] = int(team)
        author = self._cause(record, event)
        to, topics = {"type": "team", "id": team}, ("conversation.admin.assigned",)
        part_type = "default_assignment" if event.by is Initiator.RULE else "assignment"
        workspace.add_part(record, part_type, author, at=at, topics=topics, assigned_to=to)

    def _act(self, record: Record, event: Event, at: int) -> None:
        author, name = self._cause(record, event), event.target or ""
        workspace, result = self._workspace, ACTIONS[EventKind(event.kind)]
        workspace.add_part(record, "custom_action_started", author, at=at, event_details={"action": {"name": name}})
        done = {"action": {"name": name, "result": result}}
        workspace.add_part(record, "custom_action_finished", author, at=at, event_details=done)

    def _reopen(self, record: Record, event: Event, at: int, rest: Sequence[Message | Event]) -> None:
        """A customer's next message opens the conversation itself, as in Intercom; anything else needs a part."""
        if record["state"] != "closed":
            self.close(record, datetime.fromtimestamp(record["updated_at"], tz=self._workspace.clock().tzinfo))
        following = rest[0] if rest else None
        if isinstance(following, Message) and not following.internal:
            return
        workspace = self._workspace
        workspace.set_state(record, "open", at=at)
        author = self._cause(record, event)
        workspace.add_part(record, "open", author, at=at, topics=("conversation.admin.opened",))

    def _author(self, message: Message, contact: Record) -> Record:
        workspace = self._workspace
        if message.role is Role.BOT:
            return workspace.bot_author(fin=self._fin)
        if message.role is Role.CUSTOMER:
            return workspace.contact_author(contact)
        if message.role is Role.AGENT:
            return workspace.author(workspace.admin(message.author.id or "agent"))
        return {"type": "", "id": None, "name": None, "email": None}

    def _cause(self, record: Record, event: Event) -> Record:
        """Who caused an event: whom it names, else the last agent who wrote, else the bot."""
        workspace = self._workspace
        if event.by is Initiator.CUSTOMER:
            return workspace.contact_author(workspace.contacts[record["contacts"]["contacts"][0]["id"]])
        if event.by is Initiator.AGENT or (event.by is None and event.kind == EventKind.TRANSFERRED):
            spoke = [part["author"] for part in record["parts"] if part["author"]["type"] == "admin"]
            return spoke[-1] if spoke else workspace.author(workspace.admin("agent"))
        return workspace.bot_author(fin=False)

    def _last_speaker(self, record: Record) -> Record:
        said = [
            part["author"] for part in record["parts"] if part["body"] and part["author"]["type"] in ("admin", "bot")
        ]
        last = said[-1] if said else self._workspace.bot_author(fin=False)
        return {**last, "from_ai_agent": False, "is_ai_answer": False}

    def _fin_answered(self, record: Record, message: Message) -> None:
        if not self._fin:
            return
        sources = message.bot.sources if message.bot else ()
        self._fin_state(record, STATES.get(message.feedback) if message.feedback else None)
        fin = record["ai_agent"]
        fin["last_answer_type"] = "ai_answer"
        rows = [{"content_type": "article", "url": url, "title": url, "locale": "en"} for url in sources]
        fin["content_sources"] = {"type": "content_source.list", "total_count": len(rows), "content_sources": rows}

    def _fin_state(self, record: Record, state: str | None) -> None:
        """Fin's resolution state is permanent: once set it only changes to another one."""
        record["ai_agent_participated"] = True
        fin = record["ai_agent"] or {
            "source_type": "workflow",
            "source_title": "Fin",
            "last_answer_type": None,
            "resolution_state": None,
            "rating": None,
            "rating_remark": None,
            "created_at": None,
            "updated_at": None,
            "content_sources": {"type": "content_source.list", "total_count": 0, "content_sources": []},
        }
        fin["resolution_state"] = state or fin["resolution_state"]
        record["ai_agent"] = fin

    def _unix(self, at: datetime | None) -> int:
        return self._workspace.now() if at is None else int(at.timestamp())


def _in_order(messages: Iterable[Message], events: Iterable[Event]) -> list[Message | Event]:
    """Messages keep their order; an event stands before the first message that is not earlier than it."""
    items: list[Message | Event] = []
    waiting = sorted(events, key=lambda event: (event.at is None, event.at.timestamp() if event.at else 0.0))
    for message in messages:
        while waiting and waiting[0].at is not None and message.at is not None and waiting[0].at <= message.at:
            items.append(waiting.pop(0))
        items.append(message)
    return [*items, *waiting]


def _delivered_as(role: Role) -> str:
    by_role = {Role.CUSTOMER: "customer_initiated", Role.BOT: "operator_initiated", Role.SYSTEM: "automated"}
    return by_role.get(role, "admin_initiated")


def _attachments(message: Message) -> list[Record]:
    return [
        {"type": "upload", "name": name, "url": "", "content_type": "application/octet-stream", "filesize": 1}
        for name in message.attachments
    ]
