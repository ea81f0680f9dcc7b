"""The key of cookies is changed without signing anybody out; a key that left the list counts no more."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from service.masked import Pseudonyms
from service.settings import Settings


def under(make_web: Any, url: str, keys: str) -> Any:
    return make_web(url, session_key=SecretStr(keys))


def test_a_session_outlives_the_change_of_the_key(make_web: Any, sqlite_url: str) -> None:
    before = under(make_web, sqlite_url, "the old key")
    signed_in = before.admin()
    cookie = signed_in.get_cookie("deskmark")
    for keys, status in (("the new key,the old key", 200), ("the new key", 302)):
        web = under(make_web, sqlite_url, keys)
        client = web.client()
        client.set_cookie("deskmark", cookie.value)
        assert client.get("/conversations").status_code == status, keys


@pytest.mark.parametrize(
    ("session", "own", "follows"),
    [("a", None, "a"), ("new, a", None, "a"), ("new", "a", "a"), ("new,a", "b", "b")],
)
def test_pseudonyms_stay_while_an_older_key_stays(session: str, own: str | None, follows: str) -> None:
    given = Settings(secret_key="k", session_key=session, pseudonym_key=own)
    assert given.session_keys[0] == session.partition(",")[0]
    assert Pseudonyms.under(given.pseudonym_secret) == Pseudonyms.under(follows)


def test_a_list_of_no_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        Settings(secret_key="k", session_key=" , ")
