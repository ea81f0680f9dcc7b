"""Refused credentials: the guide says what is to be mended, the banner goes at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import responses
from click.testing import CliRunner

from service.commands.installations.guide import guide
from service.store import pausing, self_tests
from service.store.notices import Kind

FAILED = {"name": "credentials", "outcome": "failed", "seen": "It is refused.", "action": "Enter another one."}
ADDRESSES = {"zendesk": "https://acme.zendesk.com", "intercom": "https://api.intercom.io"}
CHANGED = {"zendesk": {"client_id": "deskmark", "client_secret": "new"}, "intercom": {"access_token": "new"}}


def page(client: Any, name: str) -> str:
    return " ".join(client.get(f"/installations/{name}").get_data(as_text=True).split())


def mended(client: Any, name: str) -> int:
    return page(client, name).count("To be mended")


def pause(web: Any, name: str) -> None:
    with web.parts.database.begin() as session:
        until = web.clock() + timedelta(hours=1)
        pausing.pause(session, name, Kind.CREDENTIALS_REFUSED, now=web.clock(), until=until)


def self_test(web: Any, name: str, *steps: dict[str, str]) -> None:
    with web.parts.database.begin() as session:
        self_tests.ask(session, name, now=web.clock())
        self_tests.change(session, name, state="done", finished_at=web.clock(), steps=list(steps))


@responses.activate  # Nobody is reached.
def give_new(web: Any, client: Any, name: str, connector: str) -> None:
    web.clock.forward(seconds=1)
    form = f"/installations/{name}/change"
    assert web.post(client, form, form_on=form, base_url=ADDRESSES[connector], **CHANGED[connector]).status_code == 302


@pytest.mark.parametrize("connector", ["zendesk", "intercom"])
def test_a_pause_for_credentials_is_to_be_mended_until_new_ones_are_given(web: Any, connector: str) -> None:
    name, client = web.installation(connector), web.admin()
    assert mended(client, name) == 0
    pause(web, name)
    assert mended(client, name) == 2
    give_new(web, client, name, connector)
    assert mended(client, name) == 0


def test_a_self_test_that_failed_at_credentials_counts_until_new_ones_are_given(web: Any) -> None:
    name, client = web.installation("zendesk"), web.admin()
    self_test(web, name, {**FAILED, "name": "clock"})
    assert mended(client, name) == 0
    self_test(web, name, FAILED)
    assert mended(client, name) == 2
    give_new(web, client, name, "zendesk")
    assert mended(client, name) == 0


def test_the_command_line_says_it_as_well(web: Any, tmp_path: Path) -> None:
    name = web.installation("zendesk")
    self_test(web, name, FAILED)
    settings = web.parts.settings
    environment = {
        "DESKMARK_DATA_DIR": str(tmp_path),
        "DESKMARK_SECRET_KEY": settings.secret_key.get_secret_value(),
        "DESKMARK_SESSION_KEY": settings.session_key.get_secret_value(),
        "DATABASE_URL": settings.database_url,
    }
    shown = CliRunner(env=environment).invoke(guide, [name])
    assert "2. [mend] Make an OAuth client" in shown.output
    assert "Open: Make an OAuth client, Connect the account" in shown.output


def test_the_banner_is_gone_on_the_page_right_after_new_ones_were_given(web: Any) -> None:
    """Banners are remembered for a moment, but not on an installation's own page."""
    name, client = web.installation("zendesk"), web.admin()
    pause(web, name)
    assert "Paused: credentials refused, " in page(client, name)
    give_new(web, client, name, "zendesk")
    assert "Paused: credentials refused, " not in page(client, name)
