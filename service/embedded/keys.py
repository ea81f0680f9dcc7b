"""The data folder's own keys: made on first use, so that nobody has to think of one to begin with."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from service.embedded.faults import EmbeddedError
from service.settings import Settings
from service.store.secrets import new_key

KEYS = "keys.json"
NEW: dict[str, Callable[[], str]] = {
    "secret_key": new_key,
    "session_key": lambda: secrets.token_urlsafe(32),
    "broker_password": lambda: secrets.token_urlsafe(32),
}


def own_settings(**given: Any) -> Settings:
    """Settings from the environment and `given`; keys set nowhere are made once and kept in the data folder."""
    missing = {name for name in ("secret_key", "session_key") if not _is_set(name, given)}
    if missing:
        kept = kept_keys(_folder(given))
        given = {**given, **{name: kept[name] for name in missing}}
    return Settings(**given)


def existing_settings() -> Settings:
    """As `own_settings`, for whoever looks at a service that is there: nothing is made.

    Raises `EmbeddedError` when the data folder holds none and neither key nor database is named in the environment.
    """
    named = ("DESKMARK_SECRET_KEY", "DATABASE_URL", "DESKMARK_DATABASE_URL")
    folder = _folder({})
    if not (folder / KEYS).exists() and not any(os.environ.get(name, "").strip() for name in named):
        raise EmbeddedError(
            f"no Deskmark data in {folder.resolve()}; run it where `deskmark up` runs or set DESKMARK_DATA_DIR"
        )
    return own_settings()


def data_folder() -> Path:
    """The data folder that the environment names; it may not be there yet."""
    return _folder({})


def _folder(given: dict[str, Any]) -> Path:
    return Path(given.get("data_dir") or os.environ.get("DESKMARK_DATA_DIR") or ".deskmark")


def _is_set(name: str, given: dict[str, Any]) -> bool:
    return bool(given.get(name) or os.environ.get(f"DESKMARK_{name.upper()}", "").strip())


def kept_keys(folder: Path) -> dict[str, str]:
    """All keys of `NEW`, readable by this user only. Raises `EmbeddedError` when their file is damaged."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / KEYS
    if not path.exists():
        _make(path)
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    try:
        kept = json.loads(path.read_text())
        return {name: str(kept[name]) for name in NEW}
    except (ValueError, KeyError, TypeError) as error:
        raise EmbeddedError(f"{path} is damaged. Without its keys stored helpdesk tokens are unreadable.") from error


def put_new_key_in_front(folder: Path) -> int:
    """Give the folder a new key that encrypts from the next start on; the old ones still read. How many there are."""
    kept = kept_keys(folder)
    kept["secret_key"] = f"{new_key()},{kept['secret_key']}"
    _replace(folder / KEYS, kept)
    return len(kept["secret_key"].split(","))


def drop_old_keys(folder: Path) -> int:
    """Keep the first key only; how many went. What was encrypted under another one can never be read again."""
    kept = kept_keys(folder)
    first, *old = kept["secret_key"].split(",")
    if old:
        _replace(folder / KEYS, {**kept, "secret_key": first})
    return len(old)


def _replace(path: Path, keys: dict[str, str]) -> None:
    _draft(path, keys).replace(path)


def _draft(path: Path, keys: dict[str, str]) -> Path:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(keys, file)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _make(path: Path) -> None:
    """Write fresh keys, whole or not at all; when somebody else was faster, theirs are the keys."""
    draft = _draft(path, {name: new() for name, new in NEW.items()})
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
