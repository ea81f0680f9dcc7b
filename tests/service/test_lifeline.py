"""The start of every child: tied to its parent, or not started at all when the parent is gone."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from service.lifeline import main

# What it becomes is only shown: a process that became another program could not tell us.
SHOWS = """
import os
from service.lifeline import main
os.execv = lambda path, command: print(path, command)
main([str(os.getppid()), "/bin/true", "--quick"])
"""


def test_it_becomes_the_program() -> None:
    done = subprocess.run([sys.executable, "-c", SHOWS], capture_output=True, text=True, check=True)
    assert done.stdout == "/bin/true ['/bin/true', '--quick']\n"


def test_without_its_parent_nothing_is_started() -> None:
    gone = "from service.lifeline import main; main(['1', '/bin/false'])"
    if os.getpid() == 1:
        pytest.skip("we are everybody's parent")
    done = subprocess.run([sys.executable, "-c", gone], check=False)
    assert done.returncode == 0


def test_a_command_without_a_parent_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        main(["/bin/true"])
