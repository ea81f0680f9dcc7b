"""What stops a command from outside: lost keys, a database or broker that is away, a folder that cannot be written.

Asked once, where the command line ends: what is no fault of the program becomes one line that says what to do.
"""

from __future__ import annotations

import os
from pathlib import Path

from kombu.exceptions import KombuError
from limits.errors import StorageError
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError

from service.embedded import EmbeddedError, data_folder, database_fault, existing_settings
from service.embedded.keys import KEYS
from service.store.secrets import KeysUnusable, SecretsUnreadable

SET = "put the key that was used before back into DESKMARK_SECRET_KEY (new,old)"
KEPT = "put {} back as it was, from a backup"
KEY = "{}. To mend it, {}; deskmark doctor says what is unreadable, docs/security.md#keys what a lost key takes with it"
NO_BROKER = "the broker at REDIS_URL does not answer ({}). Start it or correct REDIS_URL; deskmark doctor looks at it"
NO_FILE = "{} cannot be used: {}. Name another place, or give this user the right to it"
NO_FOLDER = (
    "the data folder cannot be used ({}: {}). Name another in DESKMARK_DATA_DIR, or give this user the right to it"
)


def fault(error: Exception) -> str | None:
    """What to tell of an error that comes from outside; `None` when it is a fault of the program."""
    match error:
        case SecretsUnreadable() | KeysUnusable():
            return KEY.format(error, _key_back())
        case EmbeddedError():
            return str(error)
        case RedisError() | KombuError() | StorageError():
            return NO_BROKER.format(type(error).__name__)
        case OperationalError():
            return database_fault(existing_settings(), error)
        case OSError() if error.filename is not None:
            return _no_file(str(error.filename), error.strerror or type(error).__name__)
    return None


def _key_back() -> str:
    """Where the key that is missing has to be put."""
    if os.environ.get("DESKMARK_SECRET_KEY", "").strip():
        return SET
    return KEPT.format(data_folder().absolute() / KEYS)


def _no_file(name: str, why: str) -> str:
    ours = Path(name).absolute().is_relative_to(data_folder().absolute())
    return (NO_FOLDER if ours else NO_FILE).format(name, why)
