"""Why the service cannot start or go on, in words that say what to do."""

from __future__ import annotations

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from service.settings import Settings
from service.store.database import driver_url


class EmbeddedError(RuntimeError):
    """The service cannot start or go on; the message says what to do."""


def database_fault(settings: Settings, error: SQLAlchemyError) -> str:
    """What to tell of a database that cannot be used; without its password."""
    where = make_url(driver_url(settings.database)).render_as_string(hide_password=True)
    cause = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()
    return f"the database {where} cannot be used ({cause[0]}). Check DATABASE_URL."
