"""Lines typed at a stand-in do what an agent or the vendor would."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from service.demo.acts import ACTS, Running, played
from service.demo.sandbox import STANDS
from service.demo.story import stories
from tasks.runtime import utc_now


@pytest.fixture(params=list(STANDS))
def stand(request: pytest.FixtureRequest) -> Iterator[tuple[Running, str, str]]:
    """A stand-in with two conversations of two customers, and their numbers."""
    running = STANDS[request.param].make()
    running.start()
    told = [story.conversation for story in stories(utc_now()) if story.conversation.helpdesk == request.param]
    first = told[0]
    other = next(each for each in told if each.contact.id != first.contact.id)
    yield running, running.seed(first), running.seed(other)
    running.stop()


def test_every_act_happens(stand: tuple[Running, str, str]) -> None:
    running, one, two = stand
    assert played(running, f"tag {one} dm__ignore").startswith("Done")
    assert "dm__ignore" in running.snapshot(one).tags
    assert played(running, f"redact {one} the order").startswith("Done")
    assert played(running, f"merge-customer {one} {two}").startswith("Done")
    assert running.customer(one) == running.customer(two)
    assert played(running, f"merge {one} {two}").startswith("Done")
    assert played(running, f"delete-customer {two}").startswith("Done")
    assert played(running, f"delete {two}").startswith("Done")
    assert played(running, "refuse 1").startswith("Done")


def test_requests_fail_as_they_are_told_to(stand: tuple[Running, str, str]) -> None:
    running, _, _ = stand
    assert played(running, "fail-reads 1").startswith("Done")
    assert played(running, "fail-changes 1").startswith("Done")
    statuses = [requests.get(f"{running.base_url}/any", timeout=10).status_code for _ in range(2)]
    assert [*statuses, requests.put(f"{running.base_url}/any", timeout=10).status_code] == [422, 404, 422]
    assert played(running, "lock-out").startswith("Done")
    assert requests.get(f"{running.base_url}/any", timeout=10).status_code == 401
    assert requests.get(f"{running.base_url}/developer-hub/webhook", timeout=10).status_code != 401
    assert played(running, "let-in").startswith("Done")
    assert requests.get(f"{running.base_url}/any", timeout=10).status_code == 404


def test_it_listens_while_it_runs() -> None:
    command = [sys.executable, "-u", "-c", "from service.cli import main; main()", "sandbox", "zendesk", "--port", "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        process.stdin.write("\ndelete 999999\n")
        process.stdin.flush()
        assert any("There is nothing to delete under 999999." in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        assert process.stdout.read().endswith("The sandbox has ended.\n")


@pytest.mark.parametrize("line", ["fly 1", "merge 1", "delete"])
def test_what_is_not_known_is_told(stand: tuple[Running, str, str], line: str) -> None:
    said = played(stand[0], line)
    assert said.startswith("Known are:") and all(name in said for name in ACTS)


@pytest.mark.parametrize("line", ["delete 999999", "delete x", "refuse many"])
def test_a_number_that_names_nothing(stand: tuple[Running, str, str], line: str) -> None:
    assert played(stand[0], line).startswith("There is nothing to")
