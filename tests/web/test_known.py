"""Installations are remembered for a moment, and forgotten when something changes."""

from __future__ import annotations

from typing import Any

import pytest

from service.store.installations import change
from service.store.secrets import SecretBox, SecretsUnreadable, new_key
from service.web.known import KnownInstallations


def test_remembered_until_told_to_forget(web: Any) -> None:
    known = KnownInstallations(web.parts.database, web.parts.box)
    name = web.installation("zendesk")
    first = known.get(name)
    assert first is not None
    with web.parts.database.begin() as session:
        change(session, name, disconnected_at=web.clock())
    assert known.get(name) is first
    known.forget()
    assert known.get(name) is None


def test_an_unknown_id_is_asked_for_again(web: Any) -> None:
    known = KnownInstallations(web.parts.database, web.parts.box)
    assert known.get("nobody") is None
    assert not known._seen


def test_secrets_of_another_key_are_an_error(web: Any) -> None:
    known = KnownInstallations(web.parts.database, SecretBox(new_key()))
    with pytest.raises(SecretsUnreadable):
        known.get(web.installation("zendesk"))
