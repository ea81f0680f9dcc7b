"""Who wrote something on a Zendesk ticket: told from the author's record and the channel, never from the wording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.zendesk.options import Options
from connectors.zendesk.payloads import Record, User, Via, ident, record, text
from service.conversation import Initiator, Role

USER_ROLES: Mapping[str, Role] = {"end-user": Role.CUSTOMER, "agent": Role.AGENT, "admin": Role.AGENT}

# The part of a chat actor id before the colon (audits' chat history); "__system" and "__trigger" stand alone.
ACTOR_KINDS: Mapping[str, Role] = {
    "agent": Role.AGENT,
    "visitor": Role.CUSTOMER,
    "end_user": Role.CUSTOMER,
    "end-user": Role.CUSTOMER,
    "user": Role.CUSTOMER,
    "bot": Role.BOT,
    "trigger": Role.SYSTEM,
    "system": Role.SYSTEM,
}
UNATTENDED_ACTORS = frozenset({"__system", "__trigger"})

# author.type of the conversation log.
LOG_AUTHORS: Mapping[str, Role] = {"user": Role.CUSTOMER, "agent": Role.AGENT, "bot": Role.BOT}

INITIATORS: Mapping[Role, Initiator] = {
    Role.CUSTOMER: Initiator.CUSTOMER,
    Role.AGENT: Initiator.AGENT,
    Role.BOT: Initiator.BOT,
}


@dataclass(frozen=True, slots=True)
class Cast:
    """The people and bots of one ticket. The requester is the customer; nobody else is guessed to be."""

    users: Mapping[str, User]
    requester_id: str | None
    options: Options

    def role(self, user_id: str | None, via: Via) -> Role:
        """The role of a comment's or change's author."""
        if via.is_bot:
            return Role.BOT
        if via.is_rule:
            return Role.SYSTEM
        if self.is_bot(user_id):
            return Role.BOT
        return self._known(user_id) or Role.UNKNOWN

    def is_bot(self, user_id: str | None) -> bool:
        """Whether a user is a bot: by id, or an agent by e-mail address or tag."""
        if user_id is None:
            return False
        if user_id in self.options.bot_author_ids:
            return True
        known = self.users.get(user_id)
        if known is None or user_id == self.requester_id or USER_ROLES.get(known.role) is not Role.AGENT:
            return False
        return self.options.is_bot_email(known.email) or not self.options.bot_tags.isdisjoint(known.tags)

    def chat_actor(self, entry: Record, visitor_id: str | None) -> tuple[Role, str | None]:
        """Role and id of a chat history entry.

        Zendesk's bot speaks there under an agent's id; the original message's source tells it apart.
        """
        actor = ident(entry.get("actor_id")) or ""
        original = record(entry.get("original_message"))
        kind, colon, name = actor.partition(":")
        user_id = (name if colon else actor) or None
        if text(record(original.get("source")).get("type")) == "zd:answerBot" or self.is_bot(user_id):
            return Role.BOT, user_id
        if actor in UNATTENDED_ACTORS:
            return Role.SYSTEM, user_id
        if user_id is None:
            return Role.UNKNOWN, None
        known = self._known(user_id)
        if known is not None:
            return known, user_id
        if visitor_id in (user_id, actor):
            return Role.CUSTOMER, user_id
        return ACTOR_KINDS.get(kind, Role.UNKNOWN) if colon else Role.UNKNOWN, user_id

    def log_author(self, entry: Record) -> tuple[Role, str | None]:
        """Role and id of a conversation log entry."""
        author = record(entry.get("author"))
        user_id = ident(author.get("zen:support:user_id")) or ident(author.get("zen:sunco:user_id"))
        source = text(record(entry.get("source")).get("type"))
        if source == "zd:answerBot" or self.is_bot(user_id):
            return Role.BOT, user_id
        role = LOG_AUTHORS.get(text(author.get("type")).lower())
        return role or self._known(user_id) or Role.UNKNOWN, user_id

    def initiator(self, user_id: str | None, via: Via) -> Initiator | None:
        """Who caused a change."""
        if via.is_rule:
            return Initiator.RULE
        return INITIATORS.get(self.role(user_id, via))

    def _known(self, user_id: str | None) -> Role | None:
        if user_id is None:
            return None
        if user_id == self.requester_id:
            return Role.CUSTOMER
        known = self.users.get(user_id)
        return USER_ROLES.get(known.role) if known else None
