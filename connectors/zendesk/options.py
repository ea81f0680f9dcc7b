"""What an admin may set for one Zendesk installation, read once from its free-form options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType

from limits import parse

from service.writeback import FIELDS

ANSWER_BOT_ID = "-1"
"""The user id under which Zendesk's own bot writes (conversation log reference)."""

BOT_EMAILS = ("bot@*", "*-bot@*", "*_bot@*", "*+bot@*", "chatbot@*", "*answerbot*@*", "*ai-agent@*", "*aiagent@*")
BOT_TAGS = ("bot", "chatbot", "ai_agent")

# Zendesk's limits: the plan's for everything (Suite Growth and Professional), its own for updating tickets, one for
# each ticket, one for exporting search results. https://developer.zendesk.com/api-reference/introduction/rate-limits/
RATE = "400/minute"
TICKET_UPDATE_RATE = "100/minute"
PER_TICKET_RATE = "30/10 minutes"
SEARCH_EXPORT_RATE = "100/minute"
INCREMENTAL_RATE = "10/minute"
"""Of all incremental exports together; 30 with the High Volume add-on."""


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of one installation.

    `field_ids` maps our neutral field names to Zendesk's ids; a name without an id is not written. Patterns are shell
    patterns over a lower-case e-mail address and apply to agents only. `bot_tags` are tags on an agent's user record,
    `read_only_tags` tags by which an account marks tickets that only its AI agent holds. `conversation_log` is
    "auto" (asked when a messaging ticket's audits hold no transcript), "always" or "never". Rates are in the words of
    the `limits` library.
    """

    prefix: str = "dm__"
    bot_author_ids: frozenset[str] = frozenset({ANSWER_BOT_ID})
    bot_email_patterns: tuple[str, ...] = BOT_EMAILS
    bot_tags: frozenset[str] = frozenset(BOT_TAGS)
    read_only_tags: frozenset[str] = frozenset()
    field_ids: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    conversation_log: str = "auto"
    rate: str = RATE
    ticket_update_rate: str = TICKET_UPDATE_RATE
    per_ticket_rate: str = PER_TICKET_RATE
    search_export_rate: str = SEARCH_EXPORT_RATE
    incremental_rate: str = INCREMENTAL_RATE

    @classmethod
    def read(cls, options: Mapping[str, object], *, prefix: str = "dm__") -> Options:
        """The options as an installation stores them. What is missing or unusable keeps its default."""
        log = str(options.get("conversation_log", "auto")).lower()
        return cls(
            prefix=prefix,
            bot_author_ids=_words(options.get("bot_author_ids"), ()) | {ANSWER_BOT_ID},
            bot_email_patterns=tuple(sorted(_words(options.get("bot_email_patterns"), BOT_EMAILS))),
            bot_tags=_words(options.get("bot_tags"), BOT_TAGS),
            read_only_tags=_words(options.get("read_only_tags"), ()),
            field_ids=MappingProxyType(_field_ids(options)),
            conversation_log=log if log in ("always", "never") else "auto",
            rate=_rate(options.get("rate"), RATE),
            ticket_update_rate=_rate(options.get("ticket_update_rate"), TICKET_UPDATE_RATE),
            per_ticket_rate=_rate(options.get("per_ticket_rate"), PER_TICKET_RATE),
            search_export_rate=_rate(options.get("search_export_rate"), SEARCH_EXPORT_RATE),
            incremental_rate=_rate(options.get("incremental_rate"), INCREMENTAL_RATE),
        )

    def is_bot_email(self, email: str | None) -> bool:
        """Whether an agent's address is that of a bot."""
        return email is not None and any(fnmatchcase(email.lower(), pattern) for pattern in self.bot_email_patterns)


def _words(value: object, default: Iterable[str]) -> frozenset[str]:
    """A set of words from a list, or from one text with commas; bot ids may be numbers."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple | set | frozenset):
        return frozenset(default)
    return frozenset(str(word).strip().lower() for word in value if str(word).strip())


def _rate(value: object, default: str) -> str:
    """A rate that the `limits` library understands and that allows a call, else the default.

    A typing mistake must not stop the work.
    """
    try:
        rate = parse(str(value))
    except ValueError:
        return default
    return str(value) if rate.amount and rate.get_expiry() else default


def _field_ids(options: Mapping[str, object]) -> dict[str, int]:
    """Ids under the field's own name, or together under `fields`."""
    together = options.get("fields")
    named = {**(together if isinstance(together, Mapping) else {}), **options}
    known = {name: str(named.get(name, "")).strip() for name in FIELDS}
    return {name: int(ident) for name, ident in known.items() if ident.isdecimal()}
