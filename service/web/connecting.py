"""What an admin fills in to connect a helpdesk, and how it becomes an installation. Shared by the page and the CLI."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

from service.settings import Settings
from service.store.installations import NewInstallation
from service.store.secrets import SecretBox


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in. `secret` ones are typed unseen; all but options are encrypted and never shown again.

    An `option` is a list of words with commas or white space between.
    """

    name: str
    label: str
    hint: str = ""
    secret: bool = False
    option: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of helpdesk: its name, what to fill in, and its API's address where that is always the same."""

    connector: str
    title: str
    fields: tuple[Field, ...]
    account_hint: str
    base_url: str = ""
    base_url_hint: str = ""


BOT_AUTHORS = Field(
    "bot_author_ids",
    "Bot authors (optional)",
    "Ids of authors that are bots, with commas between. The helpdesk's own bots are recognised without this.",
    option=True,
)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "zendesk": Kind(
            "zendesk",
            "Zendesk",
            (
                Field("client_id", "OAuth client id", "Admin Center → Apps and integrations → OAuth clients"),
                Field("client_secret", "OAuth client secret", "Shown once when the client is made.", secret=True),
                Field("webhook_secret", "Webhook signing secret", "Shown on the webhook's page.", secret=True),
                BOT_AUTHORS,
            ),
            account_hint="The part before .zendesk.com",
            base_url_hint="https://your-company.zendesk.com",
        ),
        "intercom": Kind(
            "intercom",
            "Intercom",
            (
                Field("access_token", "Access token", "Developer Hub → your app → Authentication", secret=True),
                Field("client_secret", "Client secret", "Developer Hub → your app → Basic information", secret=True),
                BOT_AUTHORS,
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
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in faults.items()))
        self.faults = faults


def new_installation(kind: Kind, given: Mapping[str, str], *, settings: Settings, box: SecretBox) -> NewInstallation:
    """The installation that `given` (names of fields, `account`, `base_url`) describes. Raises `NotAccepted`."""
    values = {name: value.strip() for name, value in given.items()}
    base_url = values.get("base_url") or kind.base_url
    faults = {f.name: "is needed" for f in kind.fields if not f.option and not values.get(f.name)}
    if not values.get("account"):
        faults["account"] = "is needed"
    if not _is_safe(base_url):
        faults["base_url"] = "must be an https:// address"
    if faults:
        raise NotAccepted(faults)
    filled = [f for f in kind.fields if values.get(f.name)]
    return NewInstallation(
        connector=kind.connector,
        account=values["account"],
        base_url=base_url,
        secrets=box.lock({f.name: values[f.name] for f in filled if not f.option}),
        prefix=settings.prefix,
        options={f.name: re.split(r"[,\s]+", values[f.name].strip(", ")) for f in filled if f.option},
        account_group=values.get("account_group") or None,
    )


def webhook_url(settings: Settings, connector: str, installation_id: str) -> str:
    """The address to paste into the helpdesk; without PUBLIC_URL only its path is known."""
    return f"{settings.public_url}/webhooks/{connector}/{installation_id}"


def _is_safe(url: str) -> bool:
    """https, or plain http to this machine (a stand-in helpdesk): tokens never travel readable."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.scheme == "http" and parts.hostname == "localhost"
