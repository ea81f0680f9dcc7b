"""The kinds of helpdesk that can be connected, and what an admin fills in for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from service.writeback import FIELDS


class Kept(StrEnum):
    """How something filled in is kept. Secrets and credentials are encrypted and never shown again."""

    SECRET = "secret"  # noqa: S105 - typed unseen
    CREDENTIAL = "credential"
    WORDS = "words"
    WORD = "word"

    @property
    def encrypted(self) -> bool:
        """Whether it goes into the encrypted part."""
        return self in (Kept.SECRET, Kept.CREDENTIAL)


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in. `WORDS` are split at commas and white space."""

    name: str
    label: str
    hint: str = ""
    kept: Kept = Kept.SECRET
    required: bool = True
    numeric: bool = False
    choices: tuple[str, ...] = ()
    rate: bool = False
    """A rate in the words of the `limits` library, e.g. 400/minute."""

    @property
    def unseen(self) -> bool:
        """Whether it is typed unseen."""
        return self.kept is Kept.SECRET


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of helpdesk: its name, what to fill in, and its API's address where that is always the same."""

    connector: str
    title: str
    fields: tuple[Field, ...]
    account_hint: str
    base_url: str = ""
    base_url_hint: str = ""
    note: str = ""
    prepared: bool = False
    """Whether `deskmark prepare` makes what is needed on the helpdesk."""

    account_url: str = ""
    """The API's address where each account has one of its own, with {} for the account."""

    def usual_base_url(self, account: str) -> str:
        """The API's address of an account when none is given."""
        return self.base_url or self.account_url.format(account)


BOT_AUTHORS = Field(
    "bot_author_ids",
    "Bot authors",
    "Ids of authors that are bots, with commas between. The helpdesk's own bots are recognised without this.",
    Kept.WORDS,
    required=False,
)
BOT_EMAILS = Field(
    "bot_email_patterns", "Bot e-mail addresses", "Patterns such as assistant@*", Kept.WORDS, required=False
)
BOT_TAGS = Field("bot_tags", "Tags on bots' user records", "", Kept.WORDS, required=False)
_READ_ONLY = Field("read_only_tags", "Tags of tickets that only the AI agent holds", "", Kept.WORDS, required=False)
_RATES = tuple(
    Field(name, label, hint, Kept.WORD, required=False, rate=True)
    for name, label, hint in (
        ("rate", "API rate of your plan", "400/minute unless set; Suite Team 200, Enterprise 700."),
        (
            "ticket_update_rate",
            "Rate for updating tickets",
            "100/minute unless set; on trials 20.",
        ),
        ("per_ticket_rate", "Rate for updating one ticket", "30/10 minutes unless set."),
        ("search_export_rate", "Rate for exporting searches", "100/minute unless set."),
        ("incremental_rate", "Rate for reading the history", "10/minute unless set; 30 with the High Volume add-on."),
    )
)
_TOLERANCE = Field(
    "webhook_tolerance_seconds",
    "Seconds between a webhook's signed time and our clock",
    "300 unless set.",
    Kept.WORD,
    required=False,
    numeric=True,
)
_LOG = Field(
    "conversation_log",
    "Conversation log of messaging",
    "auto unless set: asked for where a ticket has no transcript.",
    Kept.WORD,
    required=False,
    choices=("auto", "always", "never"),
)
_VERIFIED = Field(
    "emails_verified",
    "Whose e-mail address is theirs",
    "auto unless set: users, where the workspace enforces identity verification. A lead's never counts.",
    Kept.WORD,
    required=False,
    choices=("auto", "users", "never"),
)
_ADMIN = Field(
    "admin_id", "Id of the teammate who signs notes", "Without it, the token's owner.", Kept.WORD, required=False
)
_ZENDESK_FIELDS = tuple(
    Field(name, f"Id of the ticket field {name}", "", Kept.WORD, required=False, numeric=True) for name in FIELDS
)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "zendesk": Kind(
            "zendesk",
            "Zendesk",
            (
                Field("client_id", "OAuth client id", "Of a confidential OAuth client.", Kept.CREDENTIAL),
                Field("client_secret", "OAuth client secret", "Shown once when the client is made."),
                Field(
                    "webhook_secret",
                    "Webhook signing secret",
                    "Shown once the webhook exists, so it can be added afterwards. Until then webhooks are refused.",
                    required=False,
                ),
                BOT_AUTHORS,
                BOT_EMAILS,
                BOT_TAGS,
                _READ_ONLY,
                *_ZENDESK_FIELDS,
                _LOG,
                _TOLERANCE,
                *_RATES,
            ),
            account_hint="The part before .zendesk.com",
            base_url_hint="https://your-account.zendesk.com unless given",
            note="deskmark installations prepare makes ticket fields and webhook, and fills in ids and secret.",
            prepared=True,
            account_url="https://{}.zendesk.com",
        ),
        "intercom": Kind(
            "intercom",
            "Intercom",
            (
                Field("access_token", "Access token", "Developer Hub, your app, Authentication."),
                Field("client_secret", "Client secret", "Developer Hub, your app, Basic information. Signs webhooks."),
                BOT_AUTHORS,
                BOT_EMAILS,
                BOT_TAGS,
                _ADMIN,
                _VERIFIED,
            ),
            account_hint="The workspace id, in Intercom's address bar after /apps/",
            base_url="https://api.intercom.io",
            base_url_hint="https://api.eu.intercom.io or https://api.au.intercom.io for those regions",
        ),
    }
)
