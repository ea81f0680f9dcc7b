"""deskmark people and deskmark keys, on a real database; and that commands that change or show something say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from typed import Run, connected, typed

from service.commands import export, gaps, intents, people, policy, rescore, reviews
from service.embedded import own_settings, page_address, sign_in_link
from service.store import api_keys, sessions, sign_in
from service.store import people as store
from service.store.database import Database
from service.store.people_models import ApiKey, AuditEntry, Person, Role

MODULES = (people, export, gaps, intents, policy, rescore, reviews)
EMAIL = "ada@example.com"


@pytest.fixture
def run(tmp_path: Path, database: Database) -> Run:
    connected(database)
    known = [command for module in MODULES for command in module.COMMANDS]
    return typed(known, tmp_path, database, PUBLIC_URL="https://desk.example")


def ada(database: Database) -> Person:
    with database.read() as session:
        row = store.named(session, EMAIL)
        assert row is not None
        return row


def audited(database: Database) -> list[tuple[str, str, str, str | None]]:
    with database.read() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    return [(row.actor, row.action, row.target, row.installation_id) for row in rows]


def test_somebody_is_added_and_gets_a_link_once(run: Run, database: Database) -> None:
    assert "Nobody has an account" in run("people", "list").output
    added = run("people", "add", f" {EMAIL.upper()} ", "--role", "admin", "--name", "Ada")
    token = added.output.strip().removeprefix("https://desk.example/choose-password/")
    assert added.exit_code == 0
    with database.begin() as session:
        row = store.link_owner(session, token, now=datetime.now(UTC))
        assert row is not None
        assert (row.email, row.name, row.role, row.installations) == (EMAIL, "Ada", "admin", None)
        assert store.link_owner(session, token, now=datetime.now(UTC) + timedelta(days=2)) is None
        assert store.use_link(session, token)
        assert not store.use_link(session, token)
        assert token not in str([each.__dict__ for each in session.scalars(select(AuditEntry))])
    assert f"{EMAIL}  admin  all helpdesks  second step off  never signed in" in run("people", "list").output
    assert audited(database) == [("command line", "add person", EMAIL, None)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("add", "nobody", "--role", "viewer"), "no e-mail address"),
        (("add", "\x1b]0;x\x07@example.com", "--role", "viewer"), "no e-mail address"),
        (("add", EMAIL, "--role", "viewer"), "already"),
        (("add", "b@example.com", "--role", "admin", "--installation", "acme"), "an admin sees every helpdesk"),
        (("add", "b@example.com", "--role", "viewer", "--installation", "none"), "deskmark installations"),
        (("change", "b@example.com", "--role", "viewer"), "nobody has the address"),
    ],
)
def test_what_cannot_be_is_said(run: Run, database: Database, arguments: tuple[str, ...], told: str) -> None:
    run("people", "add", EMAIL, "--role", "admin")
    refused = run("people", *arguments)
    assert refused.exit_code == 1
    assert told in refused.output
    assert len(audited(database)) == 1


def test_somebody_is_changed_disabled_and_signed_out(run: Run, database: Database) -> None:
    run("people", "add", EMAIL, "--role", "viewer", "--installation", "zendesk")
    assert "viewer  i1  second step off" in run("people", "list").output
    assert run("people", "change", EMAIL, "--role", "manager", "--name", "Ada L").output == "Changed.\n"
    assert (ada(database).role, ada(database).name, ada(database).installations) == ("manager", "Ada L", ["i1"])
    run("people", "change", EMAIL, "--all-installations")
    assert ada(database).installations is None

    def begin() -> str:
        with database.begin() as session:
            row = session.get_one(Person, ada(database).id)
            return sessions.begin(session, row, now=datetime.now(UTC), lasts=timedelta(days=1))

    def is_signed_in(token: str) -> bool:
        with database.read() as session:
            return sessions.find(session, token, now=datetime.now(UTC), idle=timedelta(hours=1)) is not None

    first = begin()
    assert is_signed_in(first)
    run("people", "sign-out", EMAIL)
    assert not is_signed_in(first)
    second = begin()
    run("people", "disable", EMAIL)
    assert not is_signed_in(second)
    assert "disabled" in run("people", "list").output
    assert "is disabled" in run("people", "reset-password", EMAIL).output
    run("people", "enable", EMAIL)
    with database.begin() as session:
        session.get_one(Person, ada(database).id).totp_secret = b"x"
    assert "/choose-password/" in run("people", "reset-password", EMAIL, "--without-second-step").output
    assert ada(database).totp_secret is None
    assert [action for _, action, _, _ in audited(database)] == [
        "add person", "change person", "change person", "sign out everywhere", "disable person", "enable person",
        "switch second step off", "make password link",
    ]  # fmt: skip


def test_whoever_came_by_a_link_is_signed_out(run: Run, database: Database) -> None:
    with database.begin() as session:
        token = sessions.begin(session, None, now=datetime.now(UTC), lasts=timedelta(days=1))
        unused = sign_in.new_token(session, now=datetime.now(UTC))
    assert "1 browser signed out" in run("people", "sign-out", "--links").output
    with database.read() as session:
        assert sessions.find(session, token, now=datetime.now(UTC), idle=timedelta(hours=1)) is None
    with database.begin() as session:
        assert not sign_in.use(session, unused, now=datetime.now(UTC))
    assert audited(database) == [("command line", "sign out everywhere", "command line", None)]
    for wrong in ((), (EMAIL, "--links")):
        assert "name a person" in run("people", "sign-out", *wrong).output


def test_keys_are_made_shown_once_and_revoked(run: Run, database: Database) -> None:
    assert "There is no key" in run("keys", "list").output
    key = run("keys", "make", "BI", "--scope", "read", "--installation", "acme", "--days", "3").output.strip()
    with database.read() as session:
        row = session.scalars(select(ApiKey)).one()
        assert api_keys.find(session, key, now=datetime.now(UTC)) is not None
        assert api_keys.find(session, key, now=datetime.now(UTC) + timedelta(days=4)) is None
        assert key not in str(row.__dict__)
    listed = run("keys", "list").output
    assert key not in listed
    assert f"{row.prefix}  BI  read  i1  works until" in listed
    assert run("keys", "revoke", f"{row.prefix}…").output == "Revoked.\n"
    assert "revoked 20" in run("keys", "list").output
    assert run("keys", "revoke", "dmk_nothing").exit_code == 1
    with database.read() as session:
        assert api_keys.find(session, key, now=datetime.now(UTC)) is None
    run("keys", "make", "other", "--scope", "write")
    assert "works\n" in run("keys", "list").output
    with database.begin() as session:
        newest = api_keys.all_of(session)[0]
        newest.expires_at = datetime.now(UTC)
    assert "expired" in run("keys", "list").output
    assert [action for _, action, _, _ in audited(database)] == ["make API key", "revoke API key", "make API key"]


def test_links_lead_to_the_service_and_are_audited(run: Run, database: Database, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESKMARK_DATA_DIR", str(tmp_path))
        given = own_settings(database_url=database.url)
    assert page_address(given) == "http://127.0.0.1:8321"
    assert sign_in_link(given).startswith("http://127.0.0.1:8321/sign-in/")
    assert audited(database) == [("command line", "make sign-in link", "command line", None)]


def test_what_commands_change_and_show_is_audited(run: Run, database: Database, tmp_path: Path) -> None:
    policy_file, reviews_file = tmp_path / "policy.json", tmp_path / "reviews.jsonl"
    policy_file.write_text('{"repeat_window_hours": 48}')
    reviews_file.write_text("")
    shown = [
        run("policy", "i1", str(policy_file)),
        run("policy", "i1"),
        run("policy", "i1", "--clear"),
        run("improvements", "add", "i1", "bot_released", "bot 2.3"),
        run("rescore", "--since", "2026-01-01"),
        run("export", "--with-personal-data", "--installation", "acme"),
        run("export", "--format", "csv"),
    ]
    assert [each.exit_code for each in shown] == [0] * len(shown), [each.output for each in shown]
    assert audited(database) == [
        ("command line", "change policy", "repeat_window_hours", "i1"),
        ("command line", "change policy", "cleared", "i1"),
        ("command line", "tell improvement", "bot 2.3", "i1"),
        ("command line", "rescore", "since 2026-01-01 00:00", None),
        ("command line", "export transcripts", "... to ...", "i1"),
        ("command line", "export scores", "... to ...", None),
    ]


def test_roles_are_those_of_the_document() -> None:
    text = (Path(__file__).parents[2] / "docs" / "people.md").read_text()
    assert all(f"`{role}`" in text for role in Role)
