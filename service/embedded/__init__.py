"""`deskmark up`: web, workers, beat and a broker of its own under one data folder, on a machine with nothing installed.

Everything worth keeping is in the database and in the broker's append-only file, both in the data folder, so stopping
it in whatever way loses nothing. With `DATABASE_URL` and `REDIS_URL` set, those are used instead.
"""

from service.embedded.faults import EmbeddedError, database_fault
from service.embedded.keys import data_folder, existing_settings, own_settings
from service.embedded.service import Embedded
from service.embedded.up import page_address, sign_in_link, up

__all__ = [
    "Embedded",
    "EmbeddedError",
    "data_folder",
    "database_fault",
    "existing_settings",
    "own_settings",
    "page_address",
    "sign_in_link",
    "up",
]
