"""The database and the broker: reachable, of a known version, set up so that nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import redis
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from service.doctor.findings import Finding, fail, ok, warn
from service.embedded import EmbeddedError, database_fault
from service.embedded.keys import KEYS, kept_keys
from service.settings import Settings
from service.store.database import Database, alembic_config, driver_url

POSTGRES = 14
SQLITE = (3, 35)
"""The first versions with everything that our statements need; PostgreSQL 13 is out of support."""
REDIS = 6
SECONDS = 3.0
SKEW = 5.0
"""Seconds by which the clocks of machines may differ before leases and signatures feel it."""


def database(settings: Settings) -> tuple[Database | None, list[Finding]]:
    """The open database when its tables are the ones of this version, and what was found. SQLite is not made anew."""
    url = make_url(driver_url(settings.database))
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        start = "Start the service once (deskmark up), or restore the file; deskmark migrate makes an empty one."
        return None, [fail("database", f"There is no database file {url.database}.", start)]
    opened = Database(settings.database, pool_size=1)
    try:
        with opened.engine.connect() as connection:
            found = [_version(connection), *_clock(connection), _migrations(connection)]
    except SQLAlchemyError as error:
        opened.close()
        running = "Is the database running and reachable from here? Start it, or correct DATABASE_URL."
        return None, [fail("database", f"{_plain(database_fault(settings, error))}", running)]
    if found[-1].level != "ok":
        opened.close()
        return None, found
    return opened, found


def _plain(fault: str) -> str:
    return fault.removesuffix(" Check DATABASE_URL.")


def _version(connection: Connection) -> Finding:
    if connection.dialect.name == "sqlite":
        version = str(connection.scalar(text("SELECT sqlite_version()")))
        seen = f"SQLite {version} answers."
        old = tuple(int(part) for part in version.split(".")[:2]) < SQLITE
        upgrade = f"Use a Python with SQLite {'.'.join(map(str, SQLITE))} or newer, or PostgreSQL."
    else:
        number = int(str(connection.scalar(text("SHOW server_version_num"))))
        seen, old = f"PostgreSQL {number // 10_000}.{number % 10_000} answers.", number // 10_000 < POSTGRES
        upgrade = f"Upgrade to PostgreSQL {POSTGRES} or newer."
    return fail("database", seen, upgrade) if old else ok("database", seen)


def _clock(connection: Connection) -> Iterator[Finding]:
    """A database on another machine has a clock of its own."""
    if connection.dialect.name == "sqlite":
        return
    theirs = connection.scalar(text("SELECT clock_timestamp()"))
    yield clock("the database", theirs)


def clock(whose: str, theirs: Any) -> Finding:
    """Our clock beside another one, `theirs` an aware datetime."""
    skew = abs((datetime.now(UTC) - theirs).total_seconds())
    if skew <= SKEW:
        return ok("clock", f"Agrees with the one of {whose}.")
    keep = "Keep all clocks right with a time service (NTP, chrony)."
    return warn("clock", f"Differs from the one of {whose} by {skew:.0f} seconds.", keep)


def _migrations(connection: Connection) -> Finding:
    scripts = ScriptDirectory.from_config(alembic_config())
    current, head = MigrationContext.configure(connection).get_current_revision(), scripts.get_current_head()
    if current == head:
        return ok("database", f"Its tables are those of this version (migration {head}).")
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        newer = "Run the version of Deskmark that made them, or a newer one."
        return fail("database", f"Its tables are of a version that this one does not know ({current}).", newer)
    return fail("database", f"Its tables are at migration {current or 'none'}, not {head}.", "Run: deskmark migrate")


def broker_address(settings: Settings) -> tuple[str | None, list[Finding]]:
    """Where the broker is: as set, else the one that `deskmark up` starts for this data folder."""
    if settings.redis_url:
        return settings.redis_url, []
    configuration = settings.data_dir / "run" / "valkey.conf"
    start = "Start the service: deskmark up (or set REDIS_URL to the broker of the one that runs elsewhere)."
    try:
        port = re.search(r"^port (\d+)$", configuration.read_text(), re.MULTILINE)
        password = kept_keys(settings.data_dir)["broker_password"] if (settings.data_dir / KEYS).exists() else ""
    except (OSError, EmbeddedError):
        return None, [fail("broker", "REDIS_URL is not set, and no service has run in the data folder.", start)]
    if port is None:
        return None, [fail("broker", f"{configuration} names no port.", start)]
    return f"redis://:{password}@127.0.0.1:{port[1]}/0", []


def broker(url: str) -> tuple[bool, list[Finding]]:
    """Whether the broker answers, and whether it keeps what it is given."""
    try:
        client = redis.Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=None)
        with client:
            about: Mapping[str, Any] = client.info()
            seconds, micro = client.time()
    except (redis.RedisError, OSError, ValueError) as error:
        start = "Start the service (deskmark up) or the broker, or correct REDIS_URL and its password."
        kept = "Webhooks are still kept, and worked on when it is back."
        return False, [fail("broker", f"It does not answer ({type(error).__name__}). {kept}", start)]
    theirs = datetime.fromtimestamp(float(seconds) + float(micro) / 1e6, UTC)
    return True, [*_kind(about), clock("the broker", theirs), *_keeps(about)]


def _kind(about: Mapping[str, Any]) -> Iterator[Finding]:
    valkey = about.get("valkey_version")
    version = str(valkey or about.get("redis_version", "0"))
    seen = f"{'Valkey' if valkey else 'Redis'} {version} answers."
    if int(version.split(".", maxsplit=1)[0]) < REDIS:
        yield fail("broker", seen, f"Upgrade to Redis {REDIS} or Valkey 7, or newer.")
    else:
        yield ok("broker", seen)


def _keeps(about: Mapping[str, Any]) -> Iterator[Finding]:
    policy = str(about.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        evicts = f"maxmemory-policy is {policy}: messages may vanish when memory is short."
        yield fail("broker", evicts, "Set it: CONFIG SET maxmemory-policy noeviction, and in its configuration file.")
    if not int(about.get("aof_enabled", 0)):
        loses = "appendonly is off: a restart of the broker loses messages, and the sweep sends them again later."
        yield warn("broker", loses, "Set appendonly yes in its configuration.")
    limit, used = int(about.get("maxmemory", 0)), int(about.get("used_memory", 0))
    if limit and used > 0.9 * limit:
        yield warn(
            "broker", f"{used / limit:.0%} of its memory is in use.", "Raise maxmemory; see why queues are long."
        )
    if policy == "noeviction" and int(about.get("aof_enabled", 0)):
        yield ok("broker", "It keeps what it is given (appendonly, noeviction).")
