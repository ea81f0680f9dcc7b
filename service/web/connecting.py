"""How what an admin fills in (see `kinds`) becomes an installation, or changes one. Shared by the page and the CLI."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from limits import parse as parse_rate

from connectors.addresses import ForbiddenAddress
from connectors.registry import connectors
from service.settings import Settings
from service.store.installations import NewInstallation
from service.store.models import Installation
from service.store.secrets import SecretBox, SecretsUnreadable
from service.translation.languages import Language
from service.web.kinds import Field, Kept, Kind


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

    Where the key of its secrets is lost, all that are needed have to be given. Raises `NotAccepted`, and
    `SecretsUnreadable` where one of them is not.
    """
    values = _stripped(given)
    base_url, wrong = _address(kind, values.get("base_url") or row.base_url, settings)
    language = values.get("language") or row.language
    if language not in set(Language):
        wrong = {**wrong, "language": f"must be one of {', '.join(Language)}"}
    _refuse({**_faults(kind, values), **wrong})
    shown = {f.name for f in kind.fields if not f.kept.encrypted and f.name in values}
    kept = {name: value for name, value in row.options.items() if name not in shown}
    return {
        "base_url": base_url,
        "account_group": values.get("account_group", row.account_group or "") or None,
        "language": language,
        "secrets": box.lock({**_stored(kind, row, values, box), **_encrypted(kind, values)}),
        "options": {**kept, **_options(kind, values)},
    }


def _stored(kind: Kind, row: Installation, values: Mapping[str, str], box: SecretBox) -> Mapping[str, str]:
    """The secrets that `values` is added to: none where they cannot be read and everything needed is given anew."""
    try:
        return box.unlock(row.secrets)
    except SecretsUnreadable:
        if all(values.get(f.name) for f in kind.fields if f.kept.encrypted and f.required):
            return {}
        raise


def as_given(kind: Kind, row: Installation) -> dict[str, str]:
    """What a form for changing `row` starts with: everything but secrets."""
    options = {f.name: row.options.get(f.name, "") for f in kind.fields if not f.kept.encrypted}
    words = {name: ", ".join(map(str, as_list(value))) for name, value in options.items()}
    columns = {"base_url": row.base_url, "account_group": row.account_group or "", "language": row.language}
    return {"account": row.account, **columns, **words}


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
            rate = parse_rate(value)
        except ValueError:
            return "must be a rate such as 400/minute or 30/10 minutes"
        if not rate.amount or not rate.get_expiry():
            return "must allow one call at least, such as 400/minute; to have nothing asked, switch the helpdesk off"
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
