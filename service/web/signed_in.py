"""The session of a browser: who is behind it, beginning it, ending it. The cookie is signed and holds a random id that
the database knows by its hash; what a visitor may do is looked up with every request.
"""

from __future__ import annotations

from datetime import timedelta

from flask import g, request, session
from sqlalchemy.orm import Session

from service.settings import Settings
from service.store import audit, sessions
from service.store.people_models import Person, Role
from service.store.sessions import SignedIn
from service.web.parts import parts
from service.web.rights import Visitor

ID = "id"
NEXT = "next"
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)  # fmt: skip
"""Words of a User-Agent and what people call it; the first that stands there counts."""


def known() -> Visitor | None:
    """Whoever is signed in. The demo shows made-up conversations only and asks nobody: its visitor is an admin."""
    if parts().settings.demo:
        return Visitor("", "demo", Role.ADMIN)
    found = _found()
    if found is None or found.session.awaiting_code:
        return None
    if found.person is None:
        return Visitor(session[ID], audit.COMMAND_LINE, Role.ADMIN)
    seen = found.person.installations
    return Visitor(
        session[ID],
        found.person.email,
        Role(found.person.role),
        None if seen is None else frozenset(seen),
        found.person.id,
    )


def awaiting_code() -> Person | None:
    """Who has given the right password here and still has to give a code."""
    found = _found()
    return found.person if found is not None and found.session.awaiting_code else None


def _found() -> SignedIn | None:
    token, p = session.get(ID), parts()
    if token is None:
        return None
    with p.database.read() as db:
        found = sessions.find(db, token, now=p.now(), idle=idle(p.settings))
    if found is not None and sessions.is_stale(found, now=p.now()):
        with p.database.begin() as db:
            sessions.seen(db, token, now=p.now())
    return found


def begin(db: Session, person: Person | None, *, awaiting_code: bool = False) -> None:
    """Sign this browser in under a new id. Nothing that it brought stays, so no session can be planted; the address
    that the visitor wanted is kept until the sign-in is complete."""
    p, wanted = parts(), session.get(NEXT)
    end(db)
    session.permanent = True
    session[ID] = sessions.begin(
        db,
        person,
        now=p.now(),
        lasts=timedelta(days=p.settings.session_days),
        browser=_browser(request.headers.get("User-Agent", "")),
        awaiting_code=awaiting_code,
    )
    if awaiting_code and wanted:
        session[NEXT] = wanted


def end(db: Session) -> None:
    """Sign this browser out, and every copy of its session."""
    if token := session.get(ID):
        sessions.end(db, token)
    session.clear()
    g.pop("visitor", None)


def idle(settings: Settings) -> timedelta:
    """How long a session may be left alone."""
    return timedelta(hours=settings.session_idle_hours)


def remember_wanted() -> None:
    """Keep the address that was asked for, to lead there after the sign-in. Only a page of ours is kept."""
    if request.method == "GET" and request.endpoint is not None:
        session[NEXT] = request.full_path.rstrip("?")


def wanted() -> str | None:
    """The address that was kept, once; it is always one below ours."""
    address = session.pop(NEXT, None)
    return address if isinstance(address, str) and address[:1] == "/" and address[1:2] not in ("/", "\\") else None


def _browser(agent: str) -> str:
    name = next((name for word, name in BROWSERS if word in agent), "")
    system = next((name for word, name in SYSTEMS if word in agent), "")
    return " on ".join(filter(None, (name, system))) or "another program"
