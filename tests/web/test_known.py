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


def test_guessed_ids_do_not_pile_up(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.web.known.MOST", 3)
    known = KnownInstallations(web.parts.database, web.parts.box)
    for number in range(10):
        assert known.get(f"nobody {number}") is None
    assert len(known._seen) <= 3


def test_secrets_of_another_key_are_an_error(web: Any) -> None:
    known = KnownInstallations(web.parts.database, SecretBox(new_key()))
    with pytest.raises(SecretsUnreadable):
        known.get(web.installation("zendesk"))
