"""The data folder: what lies where, and the two locks that keep a second service and forgotten children out of it."""

from __future__ import annotations

import fcntl
import os
import time
from hashlib import sha256
from pathlib import Path

from service.embedded.faults import EmbeddedError
from service.settings import ADDRESS_FILE
from service.supervisor import end_orphans

ORPHANS_SECONDS = 10.0


class DataFolder:
    """One data folder. `marker` stands on the command line of every process that works in it."""

    def __init__(self, path: Path) -> None:
        """`path` is made when it is held for the first time."""
        self.path = path
        self.run, self.logs, self.broker = path / "run", path / "logs", path / "valkey"
        self.marker = f"deskmark-{sha256(str(path).encode()).hexdigest()[:12]}"
        self.pid_file = self.run / "children.json"
        self.address = address_file(path)
        self._held: list[int] = []

    def hold(self) -> int:
        """Make this the only service of the folder; the descriptor that every child must inherit.

        Raises `EmbeddedError` naming the other process: two brokers on one append-only file would destroy it.
        """
        for folder in (self.path, self.run, self.logs, self.broker):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = self._open("up.lock")
        if not _locked(lock):
            other = (self.run / "up.lock").read_text().strip() or "unknown"
            raise EmbeddedError(
                f"another `deskmark up` (process {other}) works in the data folder {self.path}. "
                "Stop it first, or name another folder in DESKMARK_DATA_DIR."
            )
        os.truncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        return self._without_orphans()

    def release(self) -> None:
        """Give the folder free."""
        while self._held:
            os.close(self._held.pop())

    def _without_orphans(self) -> int:
        """A lock that children inherit: while it is taken, a killed service's children still run, and are ended."""
        lock = self._open("children.lock")
        if _locked(lock):
            return lock
        end_orphans(self.pid_file, marker=self.marker)
        until = time.monotonic() + ORPHANS_SECONDS
        while not _locked(lock):
            if time.monotonic() > until:
                raise EmbeddedError(f"processes of an earlier run still work in {self.path}; end them first")
            time.sleep(0.1)
        return lock

    def _open(self, name: str) -> int:
        self._held.append(os.open(self.run / name, os.O_RDWR | os.O_CREAT, 0o600))
        return self._held[-1]


def address_file(folder: Path) -> Path:
    """Where a running service writes the address of its pages."""
    return folder / ADDRESS_FILE


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
