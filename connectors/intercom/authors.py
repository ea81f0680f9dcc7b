"""Who wrote a part: customer, agent or bot, told from the author record and never from the wording. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from types import MappingProxyType

from connectors.intercom import payloads
from service.conversation import Role

ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "user": Role.CUSTOMER,
        "lead": Role.CUSTOMER,
        "contact": Role.CUSTOMER,
        "admin": Role.AGENT,
        "team": Role.AGENT,
        "bot": Role.BOT,
    }
)

# The operator, Intercom's own bot account, is also listed and quoted as a teammate.
OPERATOR_EMAILS = ("operator+*@intercom.io",)


@dataclass(frozen=True, slots=True)
class Bots:
    """Who is a bot in a workspace beyond what Intercom says: author ids, e-mail patterns (`*`), tags on a part."""

    ids: frozenset[str] = frozenset()
    emails: tuple[str, ...] = OPERATOR_EMAILS
    tags: frozenset[str] = frozenset()

    @classmethod
    def of(cls, options: Mapping[str, object]) -> Bots:
        """From an installation's options `bot_author_ids`, `bot_email_patterns` (added to the default), `bot_tags`."""
        return cls(
            ids=frozenset(_words(options.get("bot_author_ids"))),
            emails=(*OPERATOR_EMAILS, *(pattern.lower() for pattern in _words(options.get("bot_email_patterns")))),
            tags=frozenset(_words(options.get("bot_tags"))),
        )

    def learning(self, authors: Iterable[payloads.Person]) -> Bots:
        """With the ids of the operators among `authors`: elsewhere Intercom names them as plain teammates."""
        known = {author.id for author in authors if author.type == "bot" or self._operator(author.email)}
        return replace(self, ids=self.ids | {number for number in known if number is not None})

    def role(self, author: payloads.Person, tags: Iterable[payloads.Tag] = ()) -> Role:
        """The role of an author; `tags` are those of the part."""
        role = ROLES.get(author.type, Role.UNKNOWN)
        if author.from_ai_agent or author.id in self.ids:
            return Role.BOT
        if role is Role.AGENT and (self._operator(author.email) or any(tag.name in self.tags for tag in tags)):
            return Role.BOT
        return role

    def _operator(self, email: str) -> bool:
        return any(fnmatchcase(email.lower(), pattern) for pattern in self.emails)


def _words(value: object) -> tuple[str, ...]:
    """A list of words from an installation's options; numbers count as words, one word as a list of one."""
    if isinstance(value, str):
        return tuple(value.replace(",", " ").split())
    return tuple(str(item) for item in value) if isinstance(value, list | tuple | set | frozenset) else ()
