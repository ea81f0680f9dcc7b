"""Browsers in which somebody has signed in before, told by a signed cookie: their tries are counted apart from those of
strangers, so that a stranger who guesses keeps nobody out of their own browser.

As OWASP describes it ("Slow Down Online Guessing Attacks with Device Cookies"). The cookie opens nothing by itself, and
whoever steals one has that one counter.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe

from flask import request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from service.web.parts import parts

LASTS = timedelta(days=365)
"""From the last sign-in."""
MOST = 5
"""Accounts that one browser is remembered for, the latest ones."""


def account_of(email: str) -> str:
    """What an account's tries are counted under: whatever was typed into the field is not kept readable."""
    return sha256(email.strip().casefold().encode()).hexdigest()


def counter(account: str) -> str:
    """What this browser's tries of an account are counted under: its own where the account signed in here before."""
    mark = _marks().get(account)
    return account if mark is None else f"{account}:{mark}"


def remember(answer: Response, account: str) -> None:
    """Know this browser again as one in which the account has just signed in."""
    marks = _marks()
    marks[account] = marks.pop(account, "") or token_urlsafe(12)
    answer.set_cookie(
        _name(),
        _signer().dumps(dict(list(marks.items())[-MOST:])),
        max_age=LASTS,
        secure=_https(),
        httponly=True,
        samesite="Lax",
    )


def _marks() -> dict[str, str]:
    """The marks by account that the browser brought, those of ours only."""
    given = request.cookies.get(_name(), "")
    try:
        found = _signer().loads(given, max_age=int(LASTS.total_seconds()))
    except BadData:
        return {}
    return {str(account): str(mark) for account, mark in found.items()}


def _signer() -> URLSafeTimedSerializer:
    """Of the same keys as the session, which takes the oldest first."""
    keys = list(reversed(parts().settings.session_keys))
    return URLSafeTimedSerializer(keys, salt="deskmark recognised", signer_kwargs={"digest_method": sha256})


def _https() -> bool:
    return parts().settings.public_url.startswith("https://")


def _name() -> str:
    return "__Host-deskmark-browser" if _https() else "deskmark-browser"
