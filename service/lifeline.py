"""Becomes another program that the kernel ends when its parent ends, so that `kill -9` of a parent leaves no orphan.

Run by path with the standard library only: `python -I -S lifeline.py PARENT_PID PROGRAM [ARGUMENT...]`. Where the
kernel has no such signal (anything but Linux) the program just starts; its orphans are found at the next start.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def main(arguments: list[str]) -> None:
    """Tie this process to the parent that `arguments` names first and become the program that follows."""
    parent, program = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(0)  # The parent ended before the kernel was told to watch it.
    os.execv(program[0], program)  # noqa: S606 - the command comes from our own supervisor


if __name__ == "__main__":
    main(sys.argv[1:])
