"""The order of the checks: each looks at one thing, and what needs something broken says that it was not looked at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from service.app import queue_lengths
from service.doctor import machine, outside, stores, work
from service.doctor.findings import Finding, warn
from service.settings import Settings
from service.store.secrets import SecretBox


def utc_now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


def examine(*, clock: Callable[[], datetime] = utc_now) -> Iterator[Finding]:
    """Look at everything, and tell each finding as it is made."""
    # Before the settings are read: reading them closes a key file that others could read.
    folder = Path(os.environ.get("DESKMARK_DATA_DIR") or ".deskmark")
    before = list(machine.folder(folder))
    settings, found = machine.read_settings()
    yield from found
    yield from before
    yield machine.disk(folder)
    if settings is None:
        yield machine.text_model(None)
        mend = "Mend the settings, and run this again."
        yield warn("service", "Database, broker, workers and helpdesks were not looked at.", mend)
        return
    yield machine.text_model(settings.model_dir)
    box, found = machine.keys(settings)
    yield from found
    yield from _service(settings, box, clock)
    yield from outside.public_address(settings)
    yield from outside.provider(settings)
    yield from machine.optional_parts(settings)


def _service(settings: Settings, box: SecretBox | None, clock: Callable[[], datetime]) -> Iterator[Finding]:
    database, found = stores.database(settings)
    yield from found
    url, found = stores.broker_address(settings)
    yield from found
    if url is not None:
        answers, found = stores.broker(url)
        yield from found
        if answers:
            yield from work.processes(url)
            if box is not None:
                yield from work.key_holders(url, box)
            yield from work.queues(queue_lengths(url))
        else:
            yield warn("workers", "Not looked at: they tell of themselves in the broker.", "Mend the broker first.")
    if database is None:
        yield warn("helpdesks", "Not looked at: they are in the database.", "Mend the database first.")
        return
    try:
        yield from work.waiting(database, now=clock())
        yield from work.helpdesks(database, box, now=clock())
    finally:
        database.close()
