"""People, sessions, second step, keys and the audit log, on both databases; of two at once only one is let in."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.store import api_keys, audit, passwords, people, second_step, sessions
from service.store.database import Database
from service.store.people import NotAccepted
from service.store.people_models import Person, Role, Scope
from service.store.secrets import SecretBox, new_key

NOW = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
BOX = SecretBox(new_key())
LASTS = timedelta(days=14)


@pytest.fixture
def ada(database: Database) -> str:
    with database.begin() as session:
        return people.add(session, "ada@example.com", role=Role.ADMIN, now=NOW).id


def at_once(work: Callable[[int], bool]) -> int:
    """How many of four at once were let in."""
    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(work, range(4)))


def test_a_code_lets_one_in_however_many_come_at_once(database: Database, ada: str) -> None:
    with database.begin() as session:
        row = session.get_one(Person, ada)
        first, offered = (second_step.offer(row, BOX, now=NOW) for _ in range(2))
        assert first.totp.secret != offered.totp.secret
        assert second_step.offered(row, first.page, BOX, now=NOW) is None
        assert second_step.confirm(session, row, offered, offered.totp.at(NOW), BOX, now=NOW)
        assert second_step.offered(row, offered.page, BOX, now=NOW) is None
        codes = second_step.new_recovery_codes(session, row)
    later = NOW + timedelta(minutes=5)

    def enter(code: str) -> bool:
        with database.begin() as session:
            return second_step.check(session, session.get_one(Person, ada), code, BOX, now=later)

    assert at_once(lambda _: enter(offered.totp.at(later))) == 1
    assert at_once(lambda _: enter(codes[3])) == 1
    with database.read() as session:
        assert second_step.recovery_codes_left(session, session.get_one(Person, ada)) == 9


def test_a_link_is_used_once_however_many_come_at_once(database: Database, ada: str) -> None:
    with database.begin() as session:
        token = people.password_link(session, session.get_one(Person, ada), now=NOW)

    def use(_: int) -> bool:
        with database.begin() as session:
            return people.use_link(session, token)

    assert at_once(use) == 1


def test_a_new_password_ends_the_links_to_choose_one(database: Database, ada: str) -> None:
    with database.begin() as session:
        row = session.get_one(Person, ada)
        token = people.password_link(session, row, now=NOW)
        people.set_password(session, row, "a cow jumped over the moon")
        assert people.link_owner(session, token, now=NOW) is None


def test_a_session_whose_person_is_gone_is_nobodys(sqlite_url: str) -> None:
    """One without a person is an admin's who came by a link: nothing else may look like it."""
    opened = Database(sqlite_url)
    with opened.begin() as session:
        row = people.add(session, "ada@example.com", role=Role.VIEWER, now=NOW)
        mine = sessions.begin(session, row, now=NOW, lasts=LASTS)
        linked = sessions.begin(session, None, now=NOW, lasts=LASTS)
    with opened.single() as connection:  # As a copy of some tables would leave it.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("DELETE FROM person")
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
    with opened.begin() as session:
        assert sessions.find(session, mine, now=NOW, idle=LASTS) is None
        assert sessions.find(session, linked, now=NOW, idle=LASTS) is not None
        assert sessions.end_links(session) == 1
        assert sessions.find(session, linked, now=NOW, idle=LASTS) is None
    opened.close()


def test_without_a_second_step_no_code_fits(database: Database, ada: str) -> None:
    with database.begin() as session:
        row = session.get_one(Person, ada)
        assert not second_step.check(session, row, "", BOX, now=NOW)
        assert second_step.offered(row, "", BOX, now=NOW) is None


def test_sessions_that_ended_are_swept(database: Database, ada: str) -> None:
    def begin(now: datetime) -> str:
        with database.begin() as session:
            return sessions.begin(session, session.get_one(Person, ada), now=now, lasts=LASTS)

    first = begin(NOW)
    later = NOW + LASTS
    second = begin(later)
    with database.read() as session:
        assert sessions.find(session, first, now=NOW, idle=LASTS) is None
        found = sessions.find(session, second, now=later, idle=LASTS)
        assert found is not None
        assert found.person is not None
        assert not sessions.is_stale(found, now=later)
        assert sessions.is_stale(found, now=later + timedelta(minutes=1))
        rows = sessions.of_person(session, ada, now=later, idle=LASTS)
        assert [sessions.is_of(row, second) for row in rows] == [True]
        assert second not in str(rows[0].__dict__)
    with database.begin() as session:
        assert not sessions.end_named(session, ada, "%")
        sessions.end_all(session, ada)
        assert sessions.find(session, second, now=later, idle=LASTS) is None


def test_keys_are_found_by_all_of_them_only(database: Database) -> None:
    with database.begin() as session:
        row, key = api_keys.make(session, "BI", scopes=[Scope.READ], by="tests", now=NOW)
        assert api_keys.find(session, key, now=NOW) is row
        for wrong in ("", "dmk", "dmk_", key[:-1], f"{key}x", key.replace("dmk", "dml"), row.prefix, "größe"):
            assert api_keys.find(session, wrong, now=NOW) is None, wrong


def test_the_log_is_filtered_by_all_that_is_given(database: Database) -> None:
    with database.begin() as session:
        for n, actor in enumerate(("ada", "bob", "ada")):
            audit.record(session, actor=actor, action=f"do {n}", target="x" * 300, now=NOW + timedelta(days=n))
    with database.read() as session:
        day = date(2026, 3, 3)
        sought = audit.Sought(actor="ada", since=day, until=day)
        assert [entry.action for entry in audit.page(session, sought).rows] == ["do 2"]
        assert [entry.action for entry in audit.every(session, audit.Sought())] == ["do 2", "do 1", "do 0"]
        assert audit.actions(session) == ["do 0", "do 1", "do 2"]
        assert {len(entry.target) for entry in audit.every(session, audit.Sought())} == {255}


def test_what_a_person_sees(database: Database, ada: str) -> None:
    with database.begin() as session:
        bob = people.add(session, " Bob@Example.com ", role=Role.VIEWER, installations=["b", "a", "b"], now=NOW)
        assert (bob.email, bob.installations) == ("bob@example.com", ["a", "b"])
        with pytest.raises(NotAccepted, match="an admin sees every helpdesk"):
            people.change(bob, name="", role=Role.ADMIN, installations=[])
        assert people.named(session, "BOB@example.com") is bob
        assert [row.email for row in people.all_of(session)] == ["ada@example.com", "bob@example.com"]
        assert people.anybody(session)
        with pytest.raises(NotAccepted, match="The password is one"):
            people.set_password(session, bob, "password1234")


@given(st.text(max_size=300), st.sampled_from(["ada@example.com", ""]))
def test_whatever_is_typed_as_a_password_gets_an_answer(password: str, email: str) -> None:
    why = passwords.fault(password, email or "x@example.com")
    assert why is None or why.split()[0] in ("needs", "may", "must", "is")
    assert (len(password) < passwords.SHORTEST) == (why is not None and why.startswith("needs"))


@given(st.text(max_size=300))
def test_whatever_is_typed_as_an_address_is_one_or_refused(email: str) -> None:
    try:
        kept = people.address(email)
    except NotAccepted:
        return
    assert kept.count("@") == 1
    assert people.address(kept) == kept


def test_a_password_fits_however_a_keyboard_composes_it() -> None:
    kept = passwords.hashed("caf\u00e9 au lait, s'il vous pla\u00eet")
    assert kept.startswith("$argon2id$")
    assert passwords.fits(kept, "cafe\u0301 au lait, s'il vous plai\u0302t")
    assert not passwords.fits(kept, "cafe au lait, s'il vous plait")
    assert not passwords.fits(None, "anything")
    assert not passwords.fits("no hash", "anything")
    assert not passwords.is_outdated(kept)
