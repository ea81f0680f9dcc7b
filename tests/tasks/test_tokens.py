"""Tokens that replace each other: whoever is first renews them, everybody uses the new ones, none is used twice."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from connectors.errors import CredentialsRefused, RetryLater, Throttled
from connectors.limiter import Limiter
from connectors.registry import connectors
from connectors.tokens import Secrets
from connectors.zendesk import oauth
from connectors.zendesk.sandbox import Sandbox
from service.store import installations
from service.store.database import Database
from service.store.models import Installation
from service.store.secrets import SecretBox
from tasks.runtime import Clients, connected
from tasks.tokens import LEASE, StoredTokens, Unsaved

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
REDIRECT = "https://desk.example/installations/oauth/zendesk"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def box(secret_key: str) -> SecretBox:
    return SecretBox(secret_key)


def sign_in(sandbox: Sandbox) -> dict[str, str]:
    """What an installation stores after an admin let it in."""
    client = {name: sandbox.secrets[name] for name in ("client_id", "client_secret")}
    url = oauth.authorization_url(
        sandbox.base_url, client_id=client["client_id"], redirect_uri=REDIRECT, state="s", verifier="v" * 43
    )
    challenge = url.partition("code_challenge=")[2].partition("&")[0]
    code = sandbox.access.code(redirect_uri=REDIRECT, scope="read write", challenge=challenge)
    known = (client["client_id"], client["client_secret"])
    tokens = oauth.exchanged(sandbox.base_url, known, code=code, redirect_uri=REDIRECT, verifier="v" * 43)
    return {**client, **tokens}


def store(database: Database, box: SecretBox, secrets: Secrets, base_url: str = "https://acme.zendesk.com") -> None:
    new = installations.NewInstallation("zendesk", "acme", base_url, box.lock(secrets), "dm__", id="i1")
    with database.begin() as session:
        installations.add(session, new, now=NOW)


def stored(database: Database, box: SecretBox) -> dict[str, str]:
    with database.read() as session:
        return dict(box.unlock(session.get_one(Installation, "i1").secrets))


def tokens_of(
    database: Database, box: SecretBox, clock: Callable[[], datetime] = lambda: NOW, **more: Any
) -> StoredTokens:
    return StoredTokens(database, box, "i1", clock, more.get("unsaved", Unsaved()))


def client_of(database: Database, box: SecretBox) -> Any:
    with database.read() as session:
        row = session.get_one(Installation, "i1")
    made = connected(row, box, tokens_of(database, box, lambda: datetime.now(UTC)))
    return Clients(connectors(), Limiter(), local=True).of(made)


def test_a_token_that_ended_is_replaced(database: Database, box: SecretBox, sandbox: Sandbox) -> None:
    before = sign_in(sandbox)
    store(database, box, {**before, "token_expires_at": "1000"}, sandbox.base_url)

    assert client_of(database, box).me()["role"] == "admin"

    after = stored(database, box)
    assert set(after) == set(before)
    assert after["refresh_token"] != before["refresh_token"]
    assert after["access_token"] != before["access_token"]
    assert client_of(database, box).me()["role"] == "admin"
    assert len(sandbox.access.refreshes) == 1
    assert sandbox.access.spent == []


def test_a_token_that_is_refused_early_is_replaced(database: Database, box: SecretBox, sandbox: Sandbox) -> None:
    store(database, box, sign_in(sandbox), sandbox.base_url)
    client = client_of(database, box)
    client.me()
    sandbox.expire_tokens()

    assert client.me()["role"] == "admin"


def test_a_revoked_refresh_token_is_told(database: Database, box: SecretBox, sandbox: Sandbox) -> None:
    store(database, box, sign_in(sandbox), sandbox.base_url)
    sandbox.expire_tokens()
    sandbox.access.revoke_refreshes()

    with pytest.raises(CredentialsRefused, match="connect the account again"):
        client_of(database, box).me()

    assert not {"renewing_by", "renewing_since"} & set(stored(database, box))


def test_without_a_place_to_keep_them_none_is_renewed(database: Database, box: SecretBox, sandbox: Sandbox) -> None:
    store(database, box, sign_in(sandbox), sandbox.base_url)
    with database.read() as session:
        made = connected(session.get_one(Installation, "i1"), box)
    client: Any = Clients(connectors(), Limiter(), local=True).of(made)
    assert client.me()["role"] == "admin"
    sandbox.expire_tokens()

    with pytest.raises(CredentialsRefused, match="cannot be renewed from here"):
        client.me()
    assert len(sandbox.access.refreshes) == 1


HELD = {"access_token": "a1", "refresh_token": "r1", "client_id": "c"}


def test_only_the_first_asks(database: Database, box: SecretBox) -> None:
    store(database, box, HELD)
    asked: list[str] = []

    def ask(held: Secrets) -> Secrets:
        asked.append(held["refresh_token"])
        with pytest.raises(Throttled, match="another worker"):
            tokens_of(database, box).renewed("a1", ask)
        return {"access_token": "a2", "refresh_token": "r2"}

    assert tokens_of(database, box).renewed("a1", ask)["access_token"] == "a2"
    assert tokens_of(database, box).renewed("a1", ask)["access_token"] == "a2"
    assert asked == ["r1"]


def test_a_kill_before_the_helpdesk_heard_us_is_survived(database: Database, box: SecretBox) -> None:
    store(database, box, HELD)

    def killed(held: Secrets) -> Secrets:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tokens_of(database, box).renewed("a1", killed)
    with pytest.raises(Throttled):
        tokens_of(database, box).renewed("a1", killed)

    later = tokens_of(database, box, lambda: NOW + LEASE)
    assert later.renewed("a1", lambda held: {"access_token": "a2", "refresh_token": "r2"})["access_token"] == "a2"
    assert stored(database, box) == {**HELD, "access_token": "a2", "refresh_token": "r2"}


def test_a_kill_after_the_helpdesk_answered_is_told_plainly(database: Database, box: SecretBox) -> None:
    store(database, box, HELD)

    def killed(held: Secrets) -> Secrets:
        raise KeyboardInterrupt

    def refused(held: Secrets) -> Secrets:
        raise CredentialsRefused("Zendesk refused")

    with pytest.raises(KeyboardInterrupt):
        tokens_of(database, box).renewed("a1", killed)
    for _ in range(2):
        with pytest.raises(CredentialsRefused, match=r"cut off at 2026-11-23 09:00 UTC.*connect the account again"):
            tokens_of(database, box, lambda: NOW + LEASE).renewed("a1", refused)


def test_an_answer_that_never_came_may_be_asked_for_again_at_once(database: Database, box: SecretBox) -> None:
    store(database, box, HELD)

    def lost(held: Secrets) -> Secrets:
        raise RetryLater("POST /oauth/tokens: ReadTimeout")

    def refused(held: Secrets) -> Secrets:
        raise CredentialsRefused("Zendesk refused")

    with pytest.raises(RetryLater):
        tokens_of(database, box).renewed("a1", lost)
    with pytest.raises(CredentialsRefused, match="cut off"):
        tokens_of(database, box).renewed("a1", refused)


def test_tokens_that_came_while_we_were_refused_are_used(database: Database, box: SecretBox) -> None:
    """Slower than the lease: another worker was given the new tokens, an admin connected again."""
    store(database, box, HELD)
    newer = {**HELD, "access_token": "a9", "refresh_token": "r9"}

    def overtaken(answer: Secrets | None) -> Callable[[Secrets], Secrets]:
        def ask(held: Secrets) -> Secrets:
            with database.begin() as session:
                session.get_one(Installation, "i1").secrets = box.lock(newer)
            if answer is None:
                raise CredentialsRefused("Zendesk refused")
            return answer

        return ask

    for answer in (None, {"access_token": "a2", "refresh_token": "r2"}):
        with database.begin() as session:
            session.get_one(Installation, "i1").secrets = box.lock(HELD)
        assert tokens_of(database, box).renewed("a1", overtaken(answer)) == newer
        assert stored(database, box) == newer


def test_an_answer_that_the_database_would_not_take_is_kept(database: Database, box: SecretBox) -> None:
    store(database, box, HELD)
    unsaved, failing = Unsaved(), [True]

    def fail(session: Session, *_: Any) -> None:
        if failing[0] and any(isinstance(each, Installation) for each in session.dirty):
            raise OperationalError("UPDATE installation", {}, Exception("the server is gone"))

    def ask(held: Secrets) -> Secrets:
        event.listen(Session, "before_flush", fail)
        return {"access_token": "a2", "refresh_token": "r2"}

    try:
        fresh = tokens_of(database, box, unsaved=unsaved).renewed("a1", ask)
        assert fresh["access_token"] == "a2"
        assert stored(database, box)["access_token"] == "a1"
        with pytest.raises(OperationalError):
            tokens_of(database, box, unsaved=unsaved).renewed("a1", ask)
        failing[0] = False
        assert tokens_of(database, box, unsaved=unsaved).renewed("a1", ask)["access_token"] == "a2"
    finally:
        event.remove(Session, "before_flush", fail)
    assert stored(database, box) == {**HELD, "access_token": "a2", "refresh_token": "r2"}


def hammer(url: str, key: str, begin: Any, results: Any) -> None:
    """Ask as two workers' threads do: again after a word to wait. One process of several."""
    database, box = Database(url), SecretBox(key)
    client = client_of(database, box)
    begin.wait()
    said: list[str] = []

    def work() -> None:
        for _ in range(400):
            try:
                said.append(str(client.me()["role"]))
                return
            except Throttled:
                threading.Event().wait(0.02)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    results.put(said)


@pytest.fixture
def on_postgres(postgres_url: str) -> Iterator[Database]:
    opened = Database(postgres_url)
    yield opened
    opened.close()


def test_many_workers_at_once_lose_no_token(on_postgres: Database, secret_key: str, sandbox: Sandbox) -> None:
    database, box = on_postgres, SecretBox(secret_key)
    store(database, box, sign_in(sandbox), sandbox.base_url)
    context = multiprocessing.get_context("spawn")
    for _ in range(2):
        sandbox.expire_tokens()
        begin, results = context.Barrier(3), context.Queue()
        workers = [context.Process(target=hammer, args=(database.url, secret_key, begin, results)) for _ in range(3)]
        for worker in workers:
            worker.start()
        said = [role for _ in workers for role in results.get(timeout=60)]
        for worker in workers:
            worker.join()
        assert said == ["admin"] * 12
    refreshes = [sent for sent in sandbox.requests_log if (sent.json or {}).get("grant_type") == "refresh_token"]
    assert len(refreshes) == 2
    assert sandbox.access.spent == []
    held = stored(database, box)
    assert held["refresh_token"] in sandbox.access.refreshes
    assert held["access_token"] in sandbox.access.tokens
    assert not {"renewing_by", "renewing_since"} & set(held)


def test_a_lease_outlives_a_request() -> None:
    assert timedelta(seconds=2 * oauth.TIMEOUT) < LEASE
