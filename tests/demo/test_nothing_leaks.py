"""The whole way with canaries: what customers wrote and what Deskmark keeps secret stand in no log, on no terminal and
in no error's answer, and nobody but the helpdesks of this machine is called.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from service.settings import Settings
from service.store.database import Database
from service.store.models import Installation
from service.store.secrets import SecretBox, new_key

KEY, SESSION_KEY, API_TOKEN = new_key(), "canary-session-key-7f3a", "canary-api-token-9b1c2d"
SAID = "zanzibar quokka"
MAIL = "canary.quimby@example.com"

TOLD = f"""
@ canary | zendesk | messaging | ana | -90
C My name is Canary Quimby, {MAIL}, my {SAID} leaks. What can I do?
B Sorry, I did not understand that. Could you rephrase?
C My {SAID} leaks! {MAIL}
H bot
A Hello, which e-mail address do you use?
C I said it: {MAIL}, {SAID}
= none
@ canary-too | intercom | messaging | bea | -80
C Do you deliver the {SAID} to Norway?
B Yes, we deliver to Norway. It takes 4 to 6 days.
C good {SAID}
= none
"""

PROGRAM = f"""
import sys
from pathlib import Path
from pydantic import SecretStr
from rich.console import Console
from service.demo.run import demo_settings, run
from service.demo.story import read_stories
settings = demo_settings(Path(sys.argv[1]), 0).model_copy(update={{
    "secret_key": SecretStr({KEY!r}), "session_key": SecretStr({SESSION_KEY!r}), "log_level": "debug",
    "api_token": SecretStr({API_TOKEN!r}),
}})
print(repr(settings), settings)
sys.exit(run(settings, console=Console(), stay=True, tell=lambda now: read_stories({TOLD!r}, now)))
"""

RECORDER = """
import os, socket
def recorded(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        place = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
        with open(os.environ["CALLS"], "a") as calls:
            calls.write(f"{os.getpid()} {event} {place!r}\\n")
import sys
sys.addaudithook(recorded)
"""


@dataclass(frozen=True)
class Ran:
    """What is left of a run: everything that was printed or logged, what pages answered, whom it called, secrets."""

    printed: str
    logs: dict[str, str]
    answers: str
    calls: list[str]
    secrets: list[str]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """The demo with canaries, at the most talkative log level, and requests that fail in every way."""
    folder, hooks = tmp_path_factory.mktemp("demo"), tmp_path_factory.mktemp("hooks")
    (hooks / "sitecustomize.py").write_text(RECORDER)
    (hooks / "calls").touch()
    environment = {
        **os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(hooks), "CALLS": str(hooks / "calls"),
    }  # fmt: skip
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder)], env=environment, **pipes) as demo:
        assert demo.stdout is not None
        said = []
        for line in demo.stdout:
            said.append(line)
            if "Ctrl-C stops the demo" in line:
                break
        page = re.search(r"http://127\.0\.0\.1:\d+", said[-1])
        assert page is not None, "".join(said)
        secrets = stored_secrets(folder)
        answers = failing(page[0], folder)
        demo.send_signal(signal.SIGINT)
        said.append(demo.stdout.read())
        demo.wait(60)
    logs = {path.name: path.read_text(errors="replace") for path in (folder / "logs").iterdir()}
    calls = (hooks / "calls").read_text().splitlines()
    yield Ran("".join(said), logs, answers, calls, secrets)


def stored_secrets(folder: Path) -> list[str]:
    """Every secret that this run could let slip."""
    database = Database(f"sqlite:///{folder / 'deskmark.sqlite3'}")
    with database.read() as session:
        locked = list(session.scalars(select(Installation.secrets)))
    database.close()
    own = [value for each in locked for name, value in SecretBox(KEY).unlock(each).items() if name != "client_id"]
    kept = json.loads((folder / "keys.json").read_text()) if (folder / "keys.json").exists() else {}
    return [KEY, SESSION_KEY, API_TOKEN, *own, *(str(value) for value in kept.values())]


def failing(base: str, folder: Path) -> str:
    """Answers to requests that are wrong in every way, all with canaries in them."""
    with Database(f"sqlite:///{folder / 'deskmark.sqlite3'}").read() as session:
        installation = session.scalars(select(Installation)).first()
    assert installation is not None
    hook = f"{base}/webhooks/{installation.connector}/{installation.id}"
    wrong = {"X-Zendesk-Webhook-Signature": KEY, "X-Hub-Signature": "sha1=00"}
    token = {"Authorization": f"Bearer {API_TOKEN}x"}
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", hook, {"data": json.dumps({"text": SAID, "email": MAIL}), "headers": wrong}),
        ("POST", hook, {"data": SAID.encode() * 200_000, "headers": wrong}),
        ("POST", hook, {"data": b"\xff\xfe" + SAID.encode(), "headers": {**wrong, "Content-Encoding": "gzip"}}),
        ("GET", f"{base}/api/v1/conversations", {"headers": token}),
        ("GET", f"{base}/api/v1/conversations?since={SAID}", {"headers": {"Authorization": f"Bearer {API_TOKEN}"}}),
        ("POST", f"{base}/api/v1/gaps/{SAID}", {"data": SAID, "headers": token}),
        ("POST", f"{base}/privacy/erase", {"data": {"kind": "email", "value": MAIL}}),
        ("POST", f"{base}/installations/connect/zendesk", {"data": {"client_secret": API_TOKEN, "account": SAID}}),
        ("GET", f"{base}/nothing/here", {}),
        ("DELETE", f"{base}/conversations", {}),
    ]  # fmt: skip
    return "\n".join(str(requests.request(way, url, timeout=20, **given).content) for way, url, given in asked)


def test_it_ran_and_logged(ran: Ran) -> None:
    assert len(ran.secrets) >= 6
    assert {"web.log", "ingest.log", "score.log", "writeback.log", "beat.log"} <= set(ran.logs)
    assert '"level": "debug"' in "".join(ran.logs.values())
    assert "scored" in ran.logs["score.log"]


def test_no_log_holds_a_secret_or_a_word_of_a_customer(ran: Ran) -> None:
    for name, log in ran.logs.items():
        for canary in (SAID, MAIL, "Quimby", "quokka", *ran.secrets):
            assert canary not in log, f"{name}: {log[max(0, log.find(canary) - 300) : log.find(canary) + 60]}"


def test_nothing_printed_holds_one(ran: Ran) -> None:
    assert not [canary for canary in (SAID, MAIL, *ran.secrets) if canary in ran.printed]


def test_no_answer_to_a_failing_request_holds_one(ran: Ran) -> None:
    assert not [canary for canary in (MAIL, "Quimby", *ran.secrets) if canary in ran.answers]
    assert "Traceback" not in ran.answers


def test_nobody_was_called_but_this_machine(ran: Ran) -> None:
    """The demo's helpdesks are here; whatever left the machine would have another address, or a name to look up."""
    assert len({call.split()[0] for call in ran.calls}) >= 4, "the workers' calls are seen as well"
    place = r"(?:127\.0\.0\.1|::1|localhost|0\.0\.0\.0)"
    here = re.compile(rf"\d+ socket\.\w+ (?:\('{place}'.*|b?'{place}?'|None|b?'/.*|'\\x00.*)")
    assert [call for call in ran.calls if not here.fullmatch(call)] == []


def test_settings_show_no_secret() -> None:
    given = Settings(secret_key=KEY, session_key=SESSION_KEY, api_token=API_TOKEN, pseudonym_key="canary-pseudonym")
    shown = f"{given!r} {given} {given.model_dump()} {given.model_dump_json()}"
    assert not [secret for secret in (KEY, SESSION_KEY, API_TOKEN, "canary-pseudonym") if secret in shown]
