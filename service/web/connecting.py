"""What an admin fills in to connect a helpdesk, and how it becomes an installation. Shared by the page and the CLI."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from limits import parse as parse_rate

from connectors.addresses import ForbiddenAddress
from connectors.registry import connectors
from service.settings import Settings
from service.store.installations import NewInstallation
from service.store.models import Installation
from service.store.secrets import SecretBox
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


class NotAccepted(ValueError):
    """What was filled in cannot be used."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        """`faults` maps the name of a field to what is wrong with it."""
        super().__init__("; ".join(f"{name.replace('_', ' ')} {reason}" for name, reason in faults.items()))
        self.faults = faults


def new_installation(kind: Kind, given: Mapping[str, str], *, settings: Settings, box: SecretBox) -> NewInstallation:
    """The installation that `given` (names of fields, `account`, `base_url`) describes. Raises `NotAccepted`."""
    values = _stripped(given)
    faults = {f.name: "is needed" for f in kind.fields if f.required and not values.get(f.name)}
    if not values.get("account"):
        faults["account"] = "is needed"
    base_url, wrong = _address(kind, values.get("base_url") or kind.usual_base_url(values.get("account", "")), settings)
    _refuse({**faults, **_faults(kind, values), **wrong})
    return NewInstallation(
        connector=kind.connector,
        account=values["account"],
        base_url=base_url,
        secrets=box.lock(_encrypted(kind, values)),
        prefix=settings.prefix,
        options=_options(kind, values),
        account_group=values.get("account_group") or None,
    )


def changes(
    kind: Kind, row: Installation, given: Mapping[str, str], *, settings: Settings, box: SecretBox
) -> dict[str, Any]:
    """The columns of `row` that `given` changes: what it does not name stays, and so does a secret that is empty.

    Raises `NotAccepted`.
    """
    values = _stripped(given)
    base_url, wrong = _address(kind, values.get("base_url") or row.base_url, settings)
    _refuse({**_faults(kind, values), **wrong})
    shown = {f.name for f in kind.fields if not f.kept.encrypted and f.name in values}
    kept = {name: value for name, value in row.options.items() if name not in shown}
    return {
        "base_url": base_url,
        "account_group": values.get("account_group", row.account_group or "") or None,
        "secrets": box.lock({**box.unlock(row.secrets), **_encrypted(kind, values)}),
        "options": {**kept, **_options(kind, values)},
    }


def as_given(kind: Kind, row: Installation) -> dict[str, str]:
    """What a form for changing `row` starts with: everything but secrets."""
    options = {f.name: row.options.get(f.name, "") for f in kind.fields if not f.kept.encrypted}
    words = {name: ", ".join(map(str, as_list(value))) for name, value in options.items()}
    return {"account": row.account, "base_url": row.base_url, "account_group": row.account_group or "", **words}


def as_list(value: object) -> list[object]:
    """An option as a list: some are one word, some are several."""
    return value if isinstance(value, list) else [value]


def missing_secrets(kind: Kind, stored: Mapping[str, str]) -> tuple[Field, ...]:
    """What was not given yet and is needed before everything works."""
    return tuple(f for f in kind.fields if f.kept.encrypted and not stored.get(f.name))


def webhook_url(settings: Settings, connector: str, installation_id: str) -> str:
    """The address to paste into the helpdesk; without PUBLIC_URL only its path is known, but for stand-ins."""
    return f"{settings.webhook_base}/webhooks/{connector}/{installation_id}"


def _stripped(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value.strip() for name, value in given.items()}


def _faults(kind: Kind, values: Mapping[str, str]) -> dict[str, str]:
    filled = [(f, values[f.name]) for f in kind.fields if values.get(f.name)]
    return {f.name: fault for f, value in filled if (fault := _fault(f, value))}


def _fault(f: Field, value: str) -> str:
    """What is wrong with a value; empty: nothing."""
    if f.numeric and not (value.isascii() and value.isdecimal()):
        return "must be a number"
    if f.choices and value not in f.choices:
        return f"must be {', '.join(f.choices[:-1])} or {f.choices[-1]}"
    if f.rate:
        try:
            parse_rate(value)
        except ValueError:
            return "must be a rate such as 400/minute or 30/10 minutes"
    return ""


def _address(kind: Kind, typed: str, settings: Settings) -> tuple[str, dict[str, str]]:
    """The helpdesk's address as it is stored, and what is wrong with it."""
    hosts = replace(connectors()[kind.connector].hosts, local=settings.local_helpdesks)
    try:
        return hosts.accepted(typed), {}
    except ForbiddenAddress as error:
        return typed, {"base_url": str(error)}


def _refuse(faults: Mapping[str, str]) -> None:
    if faults:
        raise NotAccepted(faults)


def _encrypted(kind: Kind, values: Mapping[str, str]) -> dict[str, str]:
    return {f.name: values[f.name] for f in kind.fields if f.kept.encrypted and values.get(f.name)}


def _options(kind: Kind, values: Mapping[str, str]) -> dict[str, Any]:
    filled = [f for f in kind.fields if not f.kept.encrypted and values.get(f.name)]
    return {
        f.name: [word for word in re.split(r"[,\s]+", values[f.name]) if word]
        if f.kept is Kept.WORDS
        else values[f.name]
        for f in filled
    }
