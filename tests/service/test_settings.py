"""Settings: complete in `.env.example`, refused when a secret is missing, and nothing else by accident."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import AliasChoices, ValidationError

from service.settings import Settings

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / ".env.example"
REQUIRED = {"secret_key": "k", "session_key": "s"}


def names() -> set[str]:
    """The environment name of every setting."""
    found = set()
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        found.add(str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"DESKMARK_{name.upper()}")
    return found


def example() -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))


def test_the_example_names_every_setting_and_nothing_else() -> None:
    assert set(example()) == names()


def test_the_example_shows_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in example().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DESKMARK_SECRET_KEY", "k")
    monkeypatch.setenv("DESKMARK_SESSION_KEY", "s")
    shown = Settings()
    for name in example():
        monkeypatch.delenv(name)
    assert shown == Settings(**REQUIRED)


def test_secrets_have_no_default() -> None:
    with pytest.raises(ValidationError) as failure:
        Settings()
    assert {error["loc"] for error in failure.value.errors()} == {("secret_key",), ("session_key",)}
    with pytest.raises(ValidationError, match="must not be empty"):
        Settings(secret_key=" ", session_key="s")


def test_secrets_are_not_printed() -> None:
    assert "hidden" not in repr(Settings(secret_key="hidden", session_key="hidden"))


def test_hosting_companies_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert Settings(**REQUIRED, data_dir=tmp_path).database == f"sqlite:///{tmp_path}/deskmark.sqlite3"
    with pytest.raises(ValueError, match="REDIS_URL"):
        _ = Settings(**REQUIRED).broker
    monkeypatch.setenv("DATABASE_URL", "postgres://h/d")
    monkeypatch.setenv("REDIS_URL", "redis://h")
    monkeypatch.setenv("PUBLIC_URL", "https://desk.example/")
    monkeypatch.setenv("PORT", "80")
    found = Settings(**REQUIRED)
    assert (found.database, found.broker, found.port) == ("postgres://h/d", "redis://h", 80)
    assert found.public_url == "https://desk.example"


def test_durations_and_policy() -> None:
    found = Settings(**REQUIRED, repeat_window_hours=48, review_confidence=0.5)
    assert (found.settle, found.lease, found.hold) == (
        timedelta(minutes=5),
        timedelta(minutes=3),
        timedelta(minutes=1),
    )
    assert found.policy().repeat_window == timedelta(days=2)
    assert found.policy().review_confidence == 0.5
