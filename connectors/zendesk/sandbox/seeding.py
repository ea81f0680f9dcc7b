"""Plays one of our conversations into a sandbox account, so that reading it back gives the same conversation.

Chats become a chat history in the ticket's audits, anything else comments; a handoff is a change of group. Zendesk has
no record of button feedback, clicked links and bot actions, so those events are not played.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors.zendesk.options import ANSWER_BOT_ID
from connectors.zendesk.sandbox.account import ENDED, Account
from connectors.zendesk.sandbox.people import People
from connectors.zendesk.sandbox.shapes import Record, via
from connectors.zendesk.sandbox.updates import play, settle
from service.conversation import Channel, Conversation, Event, EventKind, Initiator, Message, Rating, Role

VIAS: Mapping[Channel, str] = {
    Channel.MESSAGING: "native_messaging",
    Channel.EMAIL: "email",
    Channel.WEB: "web",
    Channel.PHONE: "voice",
    Channel.SOCIAL: "whatsapp",
    Channel.API: "api",
    Channel.UNKNOWN: "sandbox",
}
CHATS = frozenset({Channel.MESSAGING, Channel.SOCIAL})
FIRST_TEAM = "Support"
STEP = timedelta(seconds=30)
"""Between messages that have no time of their own."""


class Player:
    """Plays messages and events into the tickets of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._people = People(account)
        self._channels: dict[int, Channel] = {}
        self._answered: dict[int, int] = {}
        self._rule = {"id": account.next_id(), "title": "Assign to first responder"}

    def begin(self, conversation: Conversation) -> Record:
        """A new ticket with everything up to its last message and event."""
        contact = conversation.contact
        requester = self._people.customer(
            contact.id, contact.email, contact.external_id, verified=contact.email_verified
        )
        first = conversation.messages[0]
        at = conversation.started_at or self._account.clock()
        through = via(VIAS[conversation.channel])
        subject = conversation.subject or first.text.split("\n")[0][:80]
        ticket = self._account.create_ticket(requester, subject, through, at, list(conversation.tags))
        ticket |= {"from_messaging_channel": conversation.channel in CHATS, "description": first.text}
        ticket["brand_id"] = self._account.brand(conversation.brand)["id"]
        self._channels[ticket["id"]] = conversation.channel
        self.go_on(ticket, conversation.messages, conversation.events)
        if conversation.rating is not None:
            self.rate(ticket, conversation.rating)
        return ticket

    def with_ids(self, conversation: Conversation) -> Conversation:
        """The conversation with brand and bots under the ids that they have here, as it is read back."""
        messages = (
            replace(
                m,
                author=replace(
                    m.author, id=str(self._people.bot(m.author.id, chats=conversation.channel in CHATS)["id"])
                ),
            )
            if m.role is Role.BOT
            else m
            for m in conversation.messages
        )
        brand = str(self._account.brand(conversation.brand)["id"])
        return replace(conversation, brand=brand, messages=tuple(messages))

    def go_on(self, ticket: Record, messages: Iterable[Message], events: Iterable[Event]) -> None:
        """Play further messages and events in order of time."""
        last = datetime.fromisoformat(ticket["updated_at"])
        items: list[tuple[datetime, int, Message | Event]] = []
        for position, message in enumerate(messages):
            last = message.at or last + (STEP if position else timedelta())
            items.append((last, 1, message))
        late = (EventKind.CLOSED, EventKind.RATED)
        items += [(event.at or last, 2 if event.kind in late else 0, event) for event in events]
        for at, _, item in sorted(items, key=lambda item: item[:2]):
            if isinstance(item, Message):
                self._say(ticket, item, at)
            else:
                self._happen(ticket, item, at)

    def solve(self, ticket: Record, at: datetime | None) -> None:
        """Solve a ticket: by whoever of our side wrote last, else by a rule."""
        if ticket["status"] in ENDED:
            return
        author = self._answered.get(ticket["id"])
        through = via("web") if author else self._by_rule()
        moment = at or datetime.fromisoformat(ticket["updated_at"])
        play(self._account, ticket, {"status": "solved"}, author or -1, at=moment, through=through)

    def rate(self, ticket: Record, rating: Rating) -> None:
        """A legacy good or bad, or an answer of the newer survey."""
        at = rating.at or datetime.fromisoformat(ticket["updated_at"])
        requester = ticket["requester_id"]
        settle(self._account, ticket, None, requester, at)
        if isinstance(rating.score, str):
            ticket["satisfaction_rating"] = {
                "id": self._account.next_id(),
                "score": rating.score,
                "comment": rating.comment,
            }
            event = {"type": "SatisfactionRating", "score": rating.score, "body": rating.comment, "assignee_id": None}
            self._account.add_audit(ticket, [event], requester, at, via("web"))
            return
        name = str(self._account.next_id())
        answers: list[Record] = [{"type": "rating_scale", "rating": rating.score}]
        answers += [{"type": "open_ended", "value": rating.comment}] if rating.comment else []
        self._account.surveys[name] = {"id": name, "survey_id": "1", "survey_version": 1, "answers": answers}
        event = {"type": "SurveyResponseSubmitted", "survey_response_id": name, "survey_id": "1"}
        self._account.add_audit(ticket, [event], requester, at, via("web"))

    def channel(self, ticket: Record) -> Channel:
        """The channel that the ticket is in now."""
        return self._channels.get(ticket["id"], Channel.UNKNOWN)

    def set_channel(self, ticket: Record, channel: Channel) -> None:
        """Go on in another channel."""
        self._channels[ticket["id"]] = channel

    def follow_up(self, closed: Record, at: datetime) -> Record:
        """A closed ticket is never written to: a customer who answers opens a new one that inherits its tags."""
        requester = self._account.users[closed["requester_id"]]
        channel = self.channel(closed)
        origin = {"ticket_id": closed["id"], "subject": closed["subject"], "channel": VIAS[channel]}
        through = via(VIAS[channel], rel="follow_up", origin=origin)
        ticket = self._account.create_ticket(requester, closed["subject"], through, at, list(closed["tags"]))
        ticket |= {"via_followup_source_id": closed["id"], "from_messaging_channel": channel in CHATS}
        closed["followup_ids"].append(ticket["id"])
        self._channels[ticket["id"]] = channel
        return ticket

    def _say(self, ticket: Record, message: Message, at: datetime) -> None:
        channel = self.channel(ticket)
        author = self._author(ticket, message, channel)
        if message.role in (Role.AGENT, Role.BOT):
            self._answered[ticket["id"]] = author["id"]
        if message.role is Role.CUSTOMER and ticket["status"] == "solved":
            # The customer's own words open a solved ticket again.
            change = {"status": "open"}
            play(self._account, ticket, change, author["id"], at=at, through=via(VIAS[channel]))
        if channel in CHATS and not message.internal:
            self._chat(ticket, message, author, at)
            return
        through = self._by_rule() if message.role is Role.SYSTEM else via(VIAS[channel])
        data: dict[str, Any] = {"body": message.text, "public": not message.internal}
        data["attachments"] = [{"file_name": name, "size": 1} for name in message.attachments]
        event = self._account.comment(ticket, data, author["id"], literally=True)
        audit = self._account.add_audit(ticket, [event], author["id"], at, through)
        settle(self._account, ticket, audit, author["id"], at)

    def _chat(self, ticket: Record, message: Message, author: Record, at: datetime) -> None:
        """Append to the ticket's chat history, and to its conversation log."""
        history = self._history(ticket, at)
        bot = message.role is Role.BOT
        said: Record = {
            "chat_index": len(history),
            "type": "ChatMessage",
            "message_id": f"{ticket['id']}.{self._account.next_id()}",
            "timestamp": round(at.timestamp() * 1000),
            "actor_id": _actor_id(message.role, author["id"]),
            "actor_name": author["name"],
            "message": message.text,
        }
        source = {"type": "zd:answerBot" if bot else "zd:agentWorkspace"}
        said |= {"original_message": {"source": source}} if bot else {}
        said |= {"filename": message.attachments[0]} if message.attachments else {}
        history.append(said)
        kind = {Role.BOT: "bot", Role.CUSTOMER: "user"}.get(message.role, "agent")
        self._account.logs[ticket["id"]].append(
            {
                "id": said["message_id"],
                "type": "Messaging::ConversationMessage",
                "created_at": at.isoformat(),
                "received_at": at.isoformat(),
                "author": {"type": kind, "display_name": author["name"], "zen:support:user_id": author["id"]},
                "content": {"type": "text", "text": message.text},
                "source": source,
                "attachments": [],
                "metadata": {"system": {}, "custom": {}},
                "reference": f"zen:sunco:conversation_message:{said['message_id']}",
            }
        )
        settle(self._account, ticket, None, author["id"], at)

    def _history(self, ticket: Record, at: datetime) -> list[Record]:
        for audit in self._account.audits[ticket["id"]]:
            for event in audit["events"]:
                if event["type"] == "ChatStartedEvent":
                    history: list[Record] = event["value"]["history"]
                    return history
        history = []
        value = {
            "visitor_id": f"visitor-{ticket['requester_id']}",
            "chat_id": f"chat.{ticket['id']}",
            "history": history,
        }
        event = {"type": "ChatStartedEvent", "value": value}
        self._account.add_audit(ticket, [event], ticket["requester_id"], at, via("native_messaging"))
        return history

    def _happen(self, ticket: Record, event: Event, at: datetime) -> None:
        actor = self._actor(ticket, event.by)
        through = self._by_rule() if event.by is Initiator.RULE else via("web" if actor else "sandbox")
        change: dict[str, Any] = {}
        if event.kind in (EventKind.HANDOFF, EventKind.TRANSFERRED):
            if event.kind == EventKind.TRANSFERRED and ticket["group_id"] is None:
                ticket["group_id"] = self._account.group(event.origin or FIRST_TEAM)["id"]
            change["group_id"] = self._account.group(event.target or FIRST_TEAM)["id"]
        elif event.kind == EventKind.ASSIGNED:
            change["assignee_id"] = self._people.agent(event.target or "agent")["id"]
        elif event.kind == EventKind.CLOSED:
            change["status"] = "solved"
        elif event.kind == EventKind.REOPENED and ticket["status"] in ENDED:
            change["status"] = "open"
        elif event.kind == EventKind.CHANNEL_CHANGED and event.target in list(Channel):
            self.set_channel(ticket, Channel(event.target))
        elif event.kind == EventKind.REDACTED:
            self._account.add_audit(ticket, [{"type": "CommentRedactionEvent"}], actor, at, through)
        if change:
            play(self._account, ticket, change, actor, at=at, through=through)

    def _by_rule(self) -> Record:
        return via("rule", rel="trigger", origin=self._rule)

    def _actor(self, ticket: Record, by: Initiator | None) -> int | None:
        if by is Initiator.CUSTOMER:
            return int(ticket["requester_id"])
        if by is Initiator.AGENT:
            return int(self._people.agent("dispatcher")["id"])
        return int(ANSWER_BOT_ID) if by in (Initiator.BOT, Initiator.RULE) else None

    def _author(self, ticket: Record, message: Message, channel: Channel) -> Record:
        if message.role is Role.CUSTOMER:
            return self._account.users[ticket["requester_id"]]
        name = message.author.id or message.role.value
        if message.role is Role.AGENT:
            return self._people.agent(name, group=message.author.group)
        if message.role is Role.UNKNOWN:
            return {"id": self._account.next_id(), "name": "somebody"}
        # A rule's words come from Zendesk's own as well.
        return self._people.bot(message.author.id, chats=message.role is not Role.BOT or channel in CHATS)


def _actor_id(role: Role, ident: int) -> str:
    """Chat actor ids: agents and bots with a prefix, customers without, rules as themselves."""
    if role is Role.SYSTEM:
        return "__system"
    if role is Role.UNKNOWN:
        return "agent:"
    return str(ident) if role is Role.CUSTOMER else f"agent:{ident}"
