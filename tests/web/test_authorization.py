"""Who may do what: every address with every method, for every kind of visitor, at home and at a foreign installation.

What is expected comes from what the view itself says that it needs. An address whose view says nothing, or with a part
that nobody has told of here, fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import update
from werkzeug.routing import Rule

from service.language.intents import Example
from service.store import api_keys, figure_alerts, gaps, intents, notices, people
from service.store.errand_models import Errand, ErrandKind
from service.store.gap_models import GapMessage, KnowledgeGap
from service.store.gaps import Question
from service.store.models import Conversation, Delivery, State
from service.store.people_models import ApiKey, Person, Role, Scope
from service.store.proposal_models import IntentProposal, ProposalMember
from service.store.upkeep_models import Kind
from service.web.rights import OWNERS, RIGHTS, Need, Open, Right, need_of, needs

REACHED = "the view was reached"
PLAIN = {
    "connector": "zendesk", "token": "x", "person_id": "x", "key_id": "x", "session_name": "x", "name": "containment",
    "kind": "conversation", "dead_id": "x", "notice_id": "1", "route_id": "1", "sent_id": "1", "filename": "mark.svg",
}  # fmt: skip
"""Parts of addresses that name nothing of one installation, or that admins alone may use, who see every one."""

FOR_ADMINS = frozenset({"person_id", "key_id", "kind", "dead_id", "notice_id", "route_id", "sent_id"})
"""Those of them that only views for admins may have."""


@dataclass(frozen=True)
class Sides:
    """What the parts of an address are at home and at a foreign installation."""

    own: Mapping[str, str]
    foreign: Mapping[str, str]


@pytest.fixture
def sides(web: Any, seed: Any, shapes: Any) -> Sides:
    def side(account: str, number: str) -> dict[str, str]:
        seed.installations.pop("zendesk", None)
        row_id = seed(shapes.told(number, account=account))
        installation_id = seed.installations["zendesk"]
        with web.parts.database.begin() as session:
            delivery = Delivery(
                installation_id=installation_id,
                key=number,
                event=f"event of {account}",
                signal="ended",
                external_id=number,
                received_at=web.clock(),
            )
            session.add(delivery)
            session.flush()
            delivery_id = str(delivery.id)
            leaving = Errand(
                installation_id=installation_id, helpdesk=account, kind=ErrandKind.LEAVE, actor="ada", options={},
                stage="finished", counts={}, created_at=web.clock(), finished_at=web.clock(),
            )  # fmt: skip
            session.add(leaving)
            session.flush()
            errand_id = str(leaving.id)
            alert = figure_alerts.announce(
                session, (installation_id, "gap:1"), kind="win", direction="down", day=web.clock().date(),
                key=number, now=web.clock(), seen={"gap": 1, "before": [9, 90], "after": [1, 90], "p": 0.001},
            )  # fmt: skip
            alert_id = str(alert.id)
            gap = KnowledgeGap(installation_id=installation_id, group=1, label=f"gap of {account}",
                               created_at=web.clock())  # fmt: skip
            proposal = IntentProposal(installation_id=installation_id, label=f"intent of {account}", size=3,
                                      created_at=web.clock(), found_at=web.clock())  # fmt: skip
            session.add_all([gap, proposal])
            session.flush()
            gaps.keep_questions(session, installation_id, row_id, [Question(1, "m0", "no_answer", False, web.clock())])
            session.get_one(GapMessage, (row_id, 1)).gap_id = gap.id
            session.add(ProposalMember(proposal_id=proposal.id, conversation_id=row_id))
            intents.add(session, installation_id, [Example(f"refund of {account}", "Money back")], now=web.clock())
            gap_id, proposal_id = str(gap.id), str(proposal.id)
        return {
            "installation_id": installation_id,
            "row_id": row_id,
            "conversation_id": row_id,
            "delivery_id": delivery_id,
            "errand_id": errand_id,
            "alert_id": alert_id,
            "gap_id": gap_id,
            "proposal_id": proposal_id,
        }

    return Sides(side("own-account", "4711"), side("foreign-account", "9120"))


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every address with every method that somebody wrote a view for."""
    for rule in sorted(app.url_map.iter_rules(), key=str):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if rule.endpoint != "static":
                yield rule, method


def address(rule: Rule, given: Mapping[str, str]) -> str:
    parts = {**PLAIN, **given}
    return re.sub(r"<(?:[^<>:]+:)?(\w+)>", lambda part: parts[part[1]], rule.rule)


def with_probes(app: Flask) -> Flask:
    """Every view answers that it was reached: what stands before the views is asked here, and nothing changes."""

    def probe(need: Need | None) -> Callable[..., Response]:
        def view(**_: object) -> Response:
            return Response(REACHED)

        return needs(need)(view) if need is not None else view

    for endpoint, view in app.view_functions.items():
        app.view_functions[endpoint] = probe(need_of(view))
    app.config["WTF_CSRF_ENABLED"] = False  # Forms have a test of their own below.
    return app


def outcome(answer: Any) -> str:
    if answer.get_data(as_text=True) == REACHED:
        return "reached"
    if answer.status_code == 302:
        assert answer.headers["Location"] == "/sign-in"
        return "sign in"
    return str(answer.status_code)


def test_every_view_says_what_it_needs(web: Any) -> None:
    silent = [rule.rule for rule, _ in rules(web.app) if need_of(web.app.view_functions[rule.endpoint]) is None]
    assert silent == []


def test_every_part_of_an_address_is_known(web: Any) -> None:
    for rule, _ in rules(web.app):
        unknown = rule.arguments - set(OWNERS) - set(PLAIN)
        assert not unknown, f"{rule.rule}: say in OWNERS how the installation of {unknown} is found, or in PLAIN"
        if rule.arguments & FOR_ADMINS:
            assert need_of(web.app.view_functions[rule.endpoint]) is Right.ADMINISTER, rule.rule


def test_programs_and_people_are_asked_for_different_things(web: Any) -> None:
    for rule, _ in rules(web.app):
        need = need_of(web.app.view_functions[rule.endpoint])
        assert isinstance(need, Scope) == (rule.rule.startswith("/api/") and need is not Open.TO_ALL), rule.rule


def test_a_view_that_says_nothing_is_refused_for_everybody(web: Any) -> None:
    web.app.add_url_rule("/forgotten", "forgotten", lambda: REACHED)
    web.app.add_url_rule("/scope-on-a-page", "scoped", needs(Scope.READ)(lambda: REACHED))

    for path in ("/forgotten", "/scope-on-a-page"):
        assert web.admin().get(path).status_code == 403
        assert web.client().get(path).status_code == 302


def expected(need: Need, role: Role | None, *, foreign: bool) -> str:
    """What a visitor of this role is answered; `None`: nobody is signed in."""
    if need is Open.TO_ALL:
        return "reached"
    if role is None:
        return "sign in"
    if isinstance(need, Right) and need not in RIGHTS[role]:
        return "403"
    return "404" if foreign else "reached"


@pytest.mark.parametrize("side", ["own", "foreign"])
@pytest.mark.parametrize("role", [*Role, None, "disabled", "command line"])
def test_pages(web: Any, sides: Sides, role: Any, side: str) -> None:
    own = sides.own["installation_id"]
    limited = role in RIGHTS and role is not Role.ADMIN
    client = visitor(web, role, only=[own] if limited else None)
    effective = Role.ADMIN if role == "command line" else role if role in RIGHTS else None
    app, given = with_probes(web.app), getattr(sides, side)

    wrong = []
    for rule, method in rules(app):
        need = need_of(app.view_functions[rule.endpoint])
        if isinstance(need, Scope):
            continue
        foreign = side == "foreign" and limited and bool(rule.arguments & set(OWNERS))
        wanted = expected(need, effective, foreign=foreign)
        found = outcome(client.open(address(rule, given), method=method))
        if found != wanted:
            wrong.append((method, rule.rule, f"wanted {wanted}, found {found}"))
    assert wrong == []


def visitor(web: Any, role: Any, *, only: list[str] | None) -> FlaskClient:
    if role is None:
        return web.client()
    if role == "command line":
        return web.admin()
    person_id = web.person("admin" if role == "disabled" else role, only=only)
    client = web.signed_in(person_id)
    if role == "disabled":
        with web.parts.database.begin() as session:  # The row alone: that its sessions go is another test's.
            session.get_one(Person, person_id).disabled_at = web.clock()
    return client


TOKENS = {"api_token": "a token for tests of the API", "api_write_token": "a token that tells the API things"}
KEYS: Mapping[str, frozenset[Scope] | None] = {
    "none": None,
    "wrong": None,
    "expired": None,
    "revoked": None,
    "token": frozenset({Scope.READ, Scope.TEXTS}),
    "write token": frozenset({Scope.WRITE}),
    "read": frozenset({Scope.READ}),
    "write": frozenset({Scope.WRITE}),
    "read texts": frozenset({Scope.READ, Scope.TEXTS}),
    "read write texts": frozenset(Scope),
    "person": None,
}


@pytest.mark.parametrize("side", ["own", "foreign"])
@pytest.mark.parametrize("kind", KEYS)
def test_api(make_web: Any, sqlite_url: str, web: Any, sides: Sides, kind: str, side: str) -> None:
    over = make_web(
        sqlite_url, **{name: SecretStr(token) for name, token in TOKENS.items()}
    )  # The same database, with tokens set.
    app, given = with_probes(over.app), getattr(sides, side)
    client = over.signed_in(over.person("admin")) if kind == "person" else over.client()
    headers, limited = bearer(over, kind, only=[sides.own["installation_id"]])

    wrong = []
    for rule, method in rules(app):
        need, scopes = need_of(app.view_functions[rule.endpoint]), KEYS[kind]
        if not isinstance(need, Scope):
            continue
        foreign = side == "foreign" and limited and bool(rule.arguments & set(OWNERS))
        wanted = "401" if scopes is None else "403" if need not in scopes else "404" if foreign else "reached"
        answer = client.open(address(rule, given), method=method, headers=headers)
        if outcome(answer) != wanted:
            wrong.append((method, rule.rule, f"wanted {wanted}, found {outcome(answer)}"))
        if wanted != "reached":
            assert answer.content_type == "application/problem+json"
    assert wrong == []


def bearer(web: Any, kind: str, *, only: list[str]) -> tuple[dict[str, str], bool]:
    """The header of a key of this kind, and whether it reaches the own installation only."""
    if kind in ("none", "person"):
        return {}, False
    if kind in ("token", "write token"):
        return {"Authorization": f"Bearer {TOKENS['api_token' if kind == 'token' else 'api_write_token']}"}, False
    scopes = ("read", "texts", "write") if kind in ("wrong", "expired", "revoked") else kind.split()
    key_id, key = web.key(*scopes, only=only)
    with web.parts.database.begin() as session:
        row = session.get_one(ApiKey, key_id)
        if kind == "expired":
            row.expires_at = web.clock()
        if kind == "revoked":
            api_keys.revoke(row, now=web.clock())
    return {"Authorization": f"Bearer {key[:-1] + ('A' if key[-1] != 'A' else 'B') if kind == 'wrong' else key}"}, True


def test_every_form_needs_its_token(web: Any, sides: Sides) -> None:
    client, refused = web.signed_in(web.person("admin")), 0
    for rule, method in rules(web.app):
        if method == "GET" or rule.rule.startswith(("/api/", "/webhooks/", "/apps/")):
            continue
        answer = client.open(address(rule, sides.own), method=method, data={"csrf_token": "made up"})
        assert answer.status_code == 403, rule.rule
        assert "Please send that again" in answer.get_data(as_text=True), rule.rule
        refused += 1
    assert refused > 20


@pytest.mark.parametrize("role", [Role.MANAGER, Role.REVIEWER, Role.VIEWER])
def test_no_page_tells_of_a_foreign_installation(web: Any, sides: Sides, role: Role) -> None:
    """The views themselves, with real data: lists hold what is the visitor's own, and nothing else."""
    client = web.signed_in(web.person(role, only=[sides.own["installation_id"]]))
    seen = ""
    for rule, method in rules(web.app):
        need = need_of(web.app.view_functions[rule.endpoint])
        if method != "GET" or not isinstance(need, Right) or need not in RIGHTS[role]:
            continue
        answer = client.get(address(rule, sides.own), follow_redirects=True)
        assert answer.status_code == 200, rule.rule
        text = answer.get_data(as_text=True)
        for word in ("foreign-account", "9120</a>", *sides.foreign.values()):
            if len(word) > 3:
                assert word not in text, (rule.rule, word)
        seen += text
    assert (sides.own["row_id"] if Right.READ in RIGHTS[role] else "own-account") in seen
    with web.parts.database.begin() as session:
        session.execute(update(Conversation).values(state=State.DEAD))
    counted = [each.get("/").get_data(as_text=True) for each in (client, web.admin())]
    assert ["<strong>1</strong> given up" in page for page in counted] == [True, False]


@pytest.mark.parametrize("path", ["/", "/nothing-here", "/c/unknown", "/people", "/sign-in"])
def test_no_error_page_tells_of_a_foreign_installation(web: Any, sides: Sides, path: str) -> None:
    """What stands on every page: what is wrong with a helpdesk is told to whoever sees it only."""
    with web.parts.database.begin() as session:
        for installation_id in (sides.own["installation_id"], sides.foreign["installation_id"]):
            notices.raised(session, Kind.CREDENTIALS_REFUSED, "x", installation_id=installation_id, now=web.clock())
    for only in ([sides.own["installation_id"]], []):
        client = web.signed_in(web.person("viewer", email=f"{len(only)}@example.com", only=only))
        assert "foreign-account" not in client.get(path).get_data(as_text=True)
    assert "foreign-account" not in web.client().get(path, follow_redirects=True).get_data(as_text=True)


def test_no_answer_of_the_api_tells_of_a_foreign_installation(web: Any, sides: Sides) -> None:
    _, key = web.key("read", "texts", only=[sides.own["installation_id"]])
    headers, seen = {"Authorization": f"Bearer {key}"}, ""
    for rule, method in rules(web.app):
        if method != "GET" or not isinstance(need_of(web.app.view_functions[rule.endpoint]), Scope):
            continue
        path = address(rule, sides.own) + ("?value=contained" if rule.rule.endswith("<name>/conversations") else "")
        answer = web.client().get(path, headers=headers)
        assert answer.status_code == 200, rule.rule
        text = answer.get_data(as_text=True)
        for word in ("foreign-account", sides.foreign["installation_id"], sides.foreign["row_id"]):
            assert word not in text, (rule.rule, word)
        seen += text
    assert "own-account" in seen
    named = web.client().get("/api/v1/conversations?installation=foreign-account", headers=headers)
    assert named.status_code == 400


def test_a_change_of_role_or_helpdesks_holds_at_once(web: Any, sides: Sides) -> None:
    person_id = web.person("reviewer")
    client = web.signed_in(person_id)
    assert client.get(f"/c/{sides.own['row_id']}").status_code == 200

    with web.parts.database.begin() as session:
        row = session.get_one(Person, person_id)
        people.change(row, name="", role=Role.REVIEWER, installations=[sides.foreign["installation_id"]])
    assert client.get(f"/c/{sides.own['row_id']}").status_code == 404
    with web.parts.database.begin() as session:
        people.change(session.get_one(Person, person_id), name="", role=Role.VIEWER, installations=None)
    assert client.get(f"/c/{sides.own['row_id']}").status_code == 403
    assert client.get("/conversations").status_code == 200


def test_a_disabled_persons_session_ends(web: Any) -> None:
    person_id = web.person("admin")
    client = web.signed_in(person_id)
    assert client.get("/").status_code == 200

    with web.parts.database.begin() as session:
        people.disable(session, session.get_one(Person, person_id), now=web.clock())
    assert client.get("/").status_code == 302
    with web.parts.database.begin() as session:
        people.enable(session.get_one(Person, person_id))
    assert client.get("/").status_code == 302, "who is let in again signs in again"


def test_a_key_expires(web: Any) -> None:
    _, key = web.key("read", expires_at=web.clock() + timedelta(days=1))
    headers = {"Authorization": f"Bearer {key}"}
    assert web.client().get("/api/v1/figures", headers=headers).status_code == 200

    web.clock.forward(days=1)
    assert web.client().get("/api/v1/figures", headers=headers).status_code == 401
