"""Runs a set of programs until told to stop: starts them in order, restarts what dies, ends when one keeps dying.

It knows processes, not what they do. Every child has its own session, so a Ctrl-C in the terminal reaches only the
supervisor, which then decides the order of the stop; and every child dies with the supervisor (`service.lifeline`).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from service import lifeline

POLL_SECONDS = 0.1
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
DEATHS, WITHIN_SECONDS = 5, 60.0
"""So many deaths within so many seconds end everything: restarting would never help."""
LAST_LINES = 15
LOG_BYTES = 10_000_000
"""A log beyond this size becomes `<name>.log.1` when its program is started."""


class SupervisorError(RuntimeError):
    """A program could not be started or keeps dying; the message holds the last lines of its log."""


@dataclass(frozen=True, slots=True)
class Program:
    """One program to keep running.

    `ready` is asked until it is true before the next program is started, at most `patience` seconds. `last` programs
    are stopped after all others. `keep` are file descriptors that the program inherits, `folder` is its working folder.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    keep: tuple[int, ...] = ()
    ready: Callable[[], bool] | None = None
    patience: float = 60.0
    last: bool = False
    folder: Path | None = None


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=DEATHS))
    restart_at: float = 0.0


class Supervisor:
    """Keeps `programs` running. Start and stop once; `failure` says why it ended by itself."""

    def __init__(self, programs: Sequence[Program], *, logs: Path, pid_file: Path) -> None:
        """`logs` takes one file a program; `pid_file` names the running children for the next start."""
        self._children = [_Child(program) for program in programs]
        self._logs, self._pid_file = logs, pid_file
        self._stop, self._started, self._ended = threading.Event(), threading.Event(), threading.Event()
        self._grace = 8.0
        self.failure: SupervisorError | None = None
        # One thread starts everything: the kernel ends a child when the *thread* that started it ends.
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start all programs in order; returns when each is ready. Raises `SupervisorError`, with all stopped."""
        self._thread.start()
        self._started.wait()
        if self.failure is not None:
            self._ended.wait()
            raise self.failure

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until everything has ended, by `stop` or by failure; false when `timeout` seconds passed before."""
        return self._ended.wait(timeout)

    def request_stop(self) -> None:
        """Ask for the stop without waiting; safe in a signal handler. Asked twice, nobody is waited for."""
        if self._stop.is_set():
            self._grace = 0.0
        self._stop.set()

    def stop(self) -> None:
        """Stop everything, last programs last; returns when nothing is left."""
        self._stop.set()
        self._ended.wait()

    def pids(self) -> dict[str, int]:
        """The process of each running program, by name."""
        return {c.program.name: c.process.pid for c in self._children if c.process is not None}

    def _run(self) -> None:
        try:
            for child in self._children:
                if self._stop.is_set():
                    break
                self._launch(child)
                self._await_ready(child)
            self._started.set()
            while not self._stop.wait(POLL_SECONDS):
                for child in self._children:
                    self._tend(child)
        except SupervisorError as error:
            self.failure = error
        except OSError as error:
            self.failure = SupervisorError(f"a program could not be started: {error}")
        finally:
            self._end()
            self._started.set()
            self._ended.set()

    def _launch(self, child: _Child) -> None:
        program = child.program
        log = self._log(program)
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        tied = (sys.executable, "-I", "-S", lifeline.__file__, str(os.getpid()), *program.command)
        with log.open("ab") as output:
            child.process = subprocess.Popen(  # noqa: S603 - commands are our own
                tied,
                env={**os.environ, **program.environment},
                pass_fds=program.keep,
                cwd=program.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._pid_file.write_text(json.dumps(self.pids()))

    def _await_ready(self, child: _Child) -> None:
        ready = child.program.ready
        until = time.monotonic() + child.program.patience
        while ready is not None and not self._stop.is_set() and not ready():
            if child.process is not None and child.process.poll() is not None:
                raise self._error(child, "ended while starting")
            if time.monotonic() > until:
                raise self._error(child, f"was not ready within {child.program.patience:.0f} seconds")
            self._stop.wait(POLL_SECONDS)

    def _tend(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.restart_at:
                self._launch(child)
            return
        if child.process.poll() is None:
            return
        child.deaths.append(now)
        _signal_group(child.process.pid, signal.SIGKILL)  # What it started must not outlive it.
        if len(child.deaths) == DEATHS and now - child.deaths[0] < WITHIN_SECONDS:
            raise self._error(child, f"ended {DEATHS} times within {now - child.deaths[0]:.0f} seconds")
        recent = sum(now - death < WITHIN_SECONDS for death in child.deaths)
        child.restart_at = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (recent - 1))
        child.process = None

    def _end(self) -> None:
        for last in (False, True):
            group = [c for c in self._children if c.program.last is last and c.process is not None]
            self._end_group([child.process for child in group if child.process is not None])
        for child in self._children:
            child.process = None
        self._pid_file.unlink(missing_ok=True)

    def _end_group(self, processes: Iterable[subprocess.Popen[bytes]]) -> None:
        alive = [process for process in processes if process.poll() is None]
        for process in alive:
            process.terminate()
        began = time.monotonic()
        while any(process.poll() is None for process in alive) and time.monotonic() - began < self._grace:
            time.sleep(POLL_SECONDS / 2)
        for process in alive:
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()

    def _log(self, program: Program) -> Path:
        return self._logs / f"{program.name}.log"

    def _error(self, child: _Child, what: str) -> SupervisorError:
        log = self._log(child.program)
        lines = log.read_text(errors="replace").splitlines()[-LAST_LINES:] if log.exists() else []
        shown = "".join(f"\n    {line}" for line in lines)
        return SupervisorError(f"{child.program.name} {what}. The end of {log}:{shown}")


def end_orphans(pid_file: Path, *, marker: str, grace: float = 5.0) -> None:
    """End what an earlier supervisor left running: the processes `pid_file` names whose command line holds `marker`.

    The marker keeps a process that merely got an old number from being ended.
    """
    try:
        pids = [int(pid) for pid in json.loads(pid_file.read_text()).values()]
    except (FileNotFoundError, ValueError):
        return
    ours = [pid for pid in pids if marker in _command_line(pid)]
    for pid in ours:
        _signal_group(pid, signal.SIGTERM)
    until = time.monotonic() + grace
    while any(_command_line(pid) for pid in ours) and time.monotonic() < until:
        time.sleep(POLL_SECONDS / 2)
    for pid in ours:
        _signal_group(pid, signal.SIGKILL)
    pid_file.unlink(missing_ok=True)


def _command_line(pid: int) -> str:
    """The command line of a process; empty when it is gone."""
    proc = Path("/proc")
    if (proc / "self").exists():
        try:
            return (proc / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    found = subprocess.run(  # noqa: S603 - a fixed program and a number
        ["/bin/ps", "-p", str(pid), "-o", "command="],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip()


def _signal_group(pid: int, number: signal.Signals) -> None:
    """Signal the session that `pid` leads; nothing when it is gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
