"""A stand-in to connect to: started, connected to by what it prints, its signed webhooks, its end."""

from __future__ import annotations

import hashlib
import hmac
import http.server
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue

import pytest
import requests
from click.testing import CliRunner, Result

from connectors.zendesk.webhook import sign
from service.cli import main
from service.demo.sandbox import STANDS, WEBHOOK, coming
from service.demo.story import stories
from service.embedded import own_settings
from service.settings import ADDRESS_FILE
from service.store import installations
from service.store.database import Database
from service.store.secrets import SecretBox
from tasks.runtime import utc_now

COMMAND = [sys.executable, "-u", "-c", "from service.cli import main; main()", "sandbox"]


@dataclass
class Heard:
    """What came to an address on this machine: headers in lower case, and bodies."""

    address: str = ""
    came: Queue[tuple[dict[str, str], bytes]] = field(default_factory=Queue)


@pytest.fixture
def heard() -> Iterator[Heard]:
    kept = Heard()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.came.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.do_HEAD()

        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=list(STANDS))
def running(request: pytest.FixtureRequest) -> Iterator[tuple[str, str, subprocess.Popen[str]]]:
    """Which helpdesk, what it printed, and its process."""
    command = [*COMMAND, request.param, "--port", "0", "--every", "0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "These credentials" in line:
                break
        yield request.param, "".join(said), process
        if process.poll() is None:
            process.kill()


def deskmark(folder: Path, *arguments: str) -> Result:
    known = {"DESKMARK_DATA_DIR": str(folder), "DESKMARK_SANDBOX": "true"}
    return CliRunner(env=known).invoke(main, arguments)


def genuine(helpdesk: str, secrets: Mapping[str, str], headers: dict[str, str], body: bytes) -> bool:
    if helpdesk == "zendesk":
        at = headers["x-zendesk-webhook-signature-timestamp"]
        return headers["x-zendesk-webhook-signature"] == sign(secrets["webhook_secret"], at, body)
    digest = hmac.new(secrets["client_secret"].encode(), body, hashlib.sha1).hexdigest()
    return headers["x-hub-signature"] == f"sha1={digest}"


def test_what_it_prints_connects_it_and_its_webhooks_come(
    running: tuple[str, str, subprocess.Popen[str]], heard: Heard, tmp_path: Path
) -> None:
    helpdesk, said, process = running
    found = re.search(r"deskmark (installations connect .*)", said)
    assert found is not None
    connected = deskmark(tmp_path, *shlex.split(found[1]))
    assert connected.exit_code == 0, connected.output
    own = own_settings(data_dir=tmp_path)
    (tmp_path / "run").mkdir(exist_ok=True)
    (tmp_path / "run" / "address").write_text(heard.address)
    database = Database(own.database)
    with database.read() as session:
        name = next(iter(installations.all_of(session))).id

    prepared = deskmark(tmp_path, "installations", "prepare", name)
    assert prepared.exit_code == 0, prepared.output
    if helpdesk == "intercom":
        base_url = re.search(r"at (http://\S+) with", said)
        assert base_url is not None
        assert WEBHOOK.format(base_url=base_url[1], address=ADDRESS_FILE) in said
        hub = f"{base_url[1]}/developer-hub/webhook"
        assert requests.post(hub, data={"url": "http://far.example"}, timeout=10).status_code == 400
        saved = requests.post(hub, data={"url": f"{heard.address}/webhooks/intercom/{name}"}, timeout=10)
        assert saved.status_code == 200

    assert process.stdout is not None
    assert any("has ended, and a signed webhook says so" in line for line in process.stdout)
    headers, body = heard.came.get(timeout=30)
    with database.read() as session:
        row = installations.get(session, name)
        assert row is not None
        secrets = SecretBox(own.secret_key.get_secret_value()).unlock(row.secrets)
    database.close()
    assert genuine(helpdesk, secrets, headers, body)

    process.send_signal(signal.SIGINT)
    assert process.stdout.read().endswith("The sandbox has ended.\n")
    assert process.wait(30) == 0


def test_they_come_again_of_other_customers() -> None:
    told = stories(utc_now())[:2]
    more = coming("intercom", told)
    first = [next(more) for _ in told]
    again = [next(more) for _ in told]
    assert {each.helpdesk for each in (*first, *again)} == {"intercom"}
    assert [each.messages for each in first] == [each.messages for each in again]
    assert not {each.contact.email for each in first} & {each.contact.email for each in again}
