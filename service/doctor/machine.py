"""What does not need the service: settings, keys, the data folder, the disk, the text model, optional parts."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from pydantic import ValidationError

from service.doctor.findings import Finding, fail, ok, warn
from service.embedded import EmbeddedError, existing_settings
from service.embedded.keys import KEYS
from service.language.model import MiniLM, ModelMissing
from service.name_lists import INSTALL
from service.settings import Settings, setting_faults
from service.store.secrets import SecretBox
from service.telemetry.spans import TelemetryMissing
from service.telemetry.watching import Watching

FULL_BELOW = 200_000_000
"""Bytes; with less, the database and the broker may stop at any moment."""
SCARCE_BELOW = 2_000_000_000
SHORT_KEY = 32
"""Characters of a session key that is worth the name."""


def read_settings() -> tuple[Settings | None, list[Finding]]:
    """The settings as a command of this machine reads them, and what is wrong with them. Makes no keys."""
    folder = Path(os.environ.get("DESKMARK_DATA_DIR") or ".deskmark")
    unset = [name for name in ("SECRET_KEY", "SESSION_KEY") if not os.environ.get(f"DESKMARK_{name}", "").strip()]
    if unset and not (folder / KEYS).exists():
        names = " and ".join(f"DESKMARK_{name}" for name in unset)
        seen = f"{names} not set, and there is no {folder.absolute() / KEYS}."
        start = "Run this where the service runs, with its environment or DESKMARK_DATA_DIR; or start it: deskmark up"
        return None, [fail("settings", seen, start)]
    try:
        settings = existing_settings()
    except ValidationError as error:
        correct = "Correct these variables in the environment of the service, and start it again."
        return None, [fail("settings", f"{each}.", correct) for each in setting_faults(error)]
    except (EmbeddedError, OSError) as error:
        return None, [fail("settings", f"{error}", f"Restore {folder.absolute() / KEYS} from a backup.")]
    return settings, [ok("settings", "All settings can be used."), *_careless(settings)]


def _careless(settings: Settings) -> Iterator[Finding]:
    if settings.demo and settings.public_url:
        yield fail("settings", "DESKMARK_DEMO is on and PUBLIC_URL is set: everybody sees everything.", "Unset one.")
    if settings.sandbox:
        yield warn(
            "settings", "DESKMARK_SANDBOX lets helpdesks on this machine be connected.", "Unset it in operation."
        )
    if len(settings.session_keys[0]) < SHORT_KEY:
        yield warn(
            "settings",
            f"DESKMARK_SESSION_KEY has {len(settings.session_keys[0])} characters: its cookies can be guessed.",
            f"Put a random one of {SHORT_KEY} or more in front: deskmark key",
        )
    if settings.public_url and settings.metrics_token is None:
        yield ok("settings", "/metrics answers this machine only: DESKMARK_METRICS_TOKEN is not set.")


def keys(settings: Settings) -> tuple[SecretBox | None, list[Finding]]:
    """Whether the secret keys are keys."""
    try:
        box = SecretBox(settings.secret_key.get_secret_value())
    except ValueError as error:
        return None, [fail("keys", f"{error}.", "Restore the key from a backup; without it stored tokens are lost.")]
    many = len([key for key in settings.secret_key.get_secret_value().split(",") if key.strip()])
    return box, [ok("keys", f"{many} key{'' if many == 1 else 's'} to read stored secrets with.")]


def folder(path: Path) -> Iterator[Finding]:
    """The data folder: there, ours, closed to others. Looked at before anything that would mend it in passing."""
    if not path.exists():
        yield ok("data folder", f"{path.absolute()} does not exist; a service on PostgreSQL and Redis needs none.")
        return
    if not (path.is_dir() and os.access(path, os.R_OK | os.W_OK | os.X_OK)):
        give = f"Give it to this user: chown -R {os.getuid()} {path.absolute()}, or run as its owner."
        yield fail("data folder", f"{path.absolute()} cannot be read and written by this user.", give)
        return
    open_to_others = [each for each in (path, path / KEYS) if each.exists() and _open(each)]
    for each in open_to_others:
        mode = "700" if each.is_dir() else "600"
        close = f"chmod {mode} {each.absolute()}"
        yield warn("data folder", f"{each.absolute()} can be read by other users of this machine.", close)
    if not open_to_others:
        yield ok("data folder", f"{path.absolute()} belongs to this user alone.")


def _open(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def disk(path: Path) -> Finding:
    """Free space where the data folder is, or would be."""
    there = next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())
    free = shutil.disk_usage(there).free
    seen = f"{free / 1e9:.1f} GB free at {there}."
    if free < FULL_BELOW:
        return fail("disk", seen, "Free space now: the database and the broker stop when the disk is full.")
    if free < SCARCE_BELOW:
        return warn("disk", seen, "Free space or enlarge the disk.")
    return ok("disk", seen)


def text_model(folder: Path | None) -> Finding:
    """Whether the text model's files are there and the right ones (sha256)."""
    try:
        MiniLM(folder).check()
    except ModelMissing as error:
        return fail("text model", f"{error}", "Install the requirements again, or correct DESKMARK_MODEL_DIR.")
    return ok("text model", "All files are there, and their sha256 is right.")


def optional_parts(settings: Settings) -> Iterator[Finding]:
    """What is switched on is installed; what is not installed is named."""
    try:
        Watching(settings.sentry_dsn.get_secret_value())
        told = "Sentry on" if settings.sentry_dsn.get_secret_value() else "Sentry off"
        yield ok("optional", f"{told}.")
    except TelemetryMissing as error:
        yield fail("optional", f"{error}.", "Do as it says: no worker or web process starts like this.")
    channel = "are sent" if settings.alert_webhook else "are on the pages only: DESKMARK_ALERT_WEBHOOK is not set"
    yield ok("optional", f"Alerts {channel}.")
    names = "are masked" if settings.pii_names else f"are not masked: {INSTALL}, DESKMARK_PII_NAMES=true"
    yield ok("optional", f"Names in free prose {names}.")
    parquet = "can be written" if find_spec("pyarrow") else "cannot be written: pip install 'deskmark[parquet]'"
    yield ok("optional", f"Parquet exports {parquet}.")
