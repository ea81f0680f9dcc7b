"""The sandbox's HTTP API: the endpoints that Deskmark and other clients use, with Zendesk's refusals."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request

from connectors.zendesk.sandbox.account import Account, Hook, Refused
from connectors.zendesk.sandbox.shapes import API, Record, stamp
from connectors.zendesk.sandbox.updates import COMMENT_KEYS, UPDATABLE, advance, update, update_many

EXTENSION = "zendesk-sandbox"
NOT_FOUND = {"error": "RecordNotFound", "description": "Not found"}


@dataclass(slots=True)
class Access:
    """OAuth clients' credentials and the tokens given out: until when each is good, and its scopes."""

    client_id: str
    client_secret: str
    own_id: int
    lifetime: float
    tokens: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)

    def grant(self, asked: Mapping[str, Any]) -> Record:
        """A token for client credentials. Raises `Refused`."""
        known = asked.get("client_id") == self.client_id and asked.get("client_secret") == self.client_secret
        if asked.get("grant_type") != "client_credentials":
            raise Refused(400, {"error": "unsupported_grant_type", "error_description": "not supported"})
        if not known:
            raise Refused(401, {"error": "invalid_client", "error_description": "Client authentication failed"})
        token, scope = secrets.token_hex(32), str(asked.get("scope") or "read")
        self.tokens[token] = (time.monotonic() + self.lifetime, frozenset(scope.split()))
        return {"access_token": token, "token_type": "bearer", "scope": scope, "expires_in": int(self.lifetime)}

    def check(self, header: str, method: str) -> None:
        """Raise `Refused` unless the token is good and its scope fits."""
        until, scopes = self.tokens.get(header.removeprefix("Bearer ").strip(), (0.0, frozenset()))
        if until < time.monotonic():
            raise Refused(401, {"error": "invalid_token", "error_description": "The access token is invalid"})
        if ("read" if method == "GET" else "write") not in scopes:
            raise Refused(403, {"error": "Forbidden", "description": "You are missing the following scopes"})


@dataclass(slots=True)
class Features:
    """What differs between accounts: `conversation_log` is early access."""

    conversation_log: bool = False


api = Blueprint("zendesk", __name__)


def create_api(account: Account, access: Access, features: Features) -> Flask:
    """The WSGI application; paths may end in .json, as older clients write them."""
    app = Flask("zendesk-sandbox")
    app.extensions[EXTENSION] = (account, access, features)
    app.register_blueprint(api)
    app.register_error_handler(Refused, _refuse)
    app.register_error_handler(404, lambda _: _refuse(Refused(404, NOT_FOUND)))
    serve: Callable[..., Iterable[bytes]] = app.wsgi_app

    def without_suffix(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["PATH_INFO"] = re.sub(r"\.json$", "", environ["PATH_INFO"])
        return serve(environ, start_response)

    app.wsgi_app = without_suffix  # type: ignore[method-assign]
    return app


def _refuse(refused: Refused) -> tuple[Response, int]:
    return jsonify(refused.body), refused.status


def _parts() -> tuple[Account, Access, Features]:
    found: tuple[Account, Access, Features] = current_app.extensions[EXTENSION]
    return found


def _account() -> Account:
    return _parts()[0]


def _own_id() -> int:
    return _parts()[1].own_id


def _json() -> Record:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Refused(400, {"error": "InvalidJSON", "description": "The body is not a JSON object"})
    return body


def _found(known: Mapping[Any, Record], ident: Any) -> Record:
    if ident not in known:
        raise Refused(404, NOT_FOUND)
    return known[ident]


@api.before_app_request
def _authenticate() -> None:
    if request.path.startswith(API):
        _parts()[1].check(request.headers.get("Authorization", ""), request.method)


@api.post("/oauth/tokens")
def _token() -> Record:
    if request.mimetype != "application/json":
        raise Refused(400, {"error": "invalid_request", "error_description": "parameters must be JSON"})
    return _parts()[1].grant(_json())


@api.get(f"{API}/users/me")
def _me() -> Record:
    return {"user": {**_account().users[_own_id()], "authenticity_token": "none"}}


@api.get(f"{API}/users/show_many")
def _users() -> Record:
    ids = [int(name) for name in request.args.get("ids", "").split(",") if name.isdecimal()]
    users = [_account().users[ident] for ident in ids if ident in _account().users]
    return {"users": users, "count": len(users), "next_page": None, "previous_page": None}


@api.get(f"{API}/users/<int(signed=True):ident>")
def _user(ident: int) -> Record:
    return {"user": _found(_account().users, ident)}


@api.get(f"{API}/users/<int:ident>/tickets/requested")
def _requested(ident: int) -> Record:
    return _paged("tickets", [t for t in _account().tickets.values() if t["requester_id"] == ident])


@api.get(f"{API}/organizations/<int:ident>")
def _organization(ident: int) -> Record:
    return {"organization": _found(_account().organizations, ident)}


@api.get(f"{API}/groups")
def _groups() -> Record:
    return _paged("groups", list(_account().groups.values()))


@api.get(f"{API}/tickets")
def _tickets() -> Record:
    return _paged("tickets", list(_account().tickets.values()))


@api.get(f"{API}/tickets/show_many")
def _some_tickets() -> Record:
    ids = {int(name) for name in request.args.get("ids", "").split(",") if name.isdecimal()}
    return _paged("tickets", [ticket for ident, ticket in _account().tickets.items() if ident in ids])


@api.get(f"{API}/tickets/<int:ident>")
def _ticket(ident: int) -> Record:
    ticket = _found(_account().tickets, ident)
    if ticket["status"] == "deleted":
        raise Refused(404, NOT_FOUND)
    people = (ticket["requester_id"], ticket["submitter_id"], ticket["assignee_id"])
    return {"ticket": ticket, **_sideloads(people, [ticket["group_id"]], [ticket["organization_id"]])}


@api.put(f"{API}/tickets/<int:ident>")
def _update(ident: int) -> Record:
    ticket, change = _found(_account().tickets, ident), _json().get("ticket", {})
    allowed, ignored = _permitted(change)
    g.ignored = ignored
    audit = update(_account(), ticket, allowed, _own_id())
    return {"ticket": ticket, "audit": audit}


@api.put(f"{API}/tickets/update_many")
def _update_many() -> Record:
    body = _json()
    if "ids" in request.args:
        ids = [int(name) for name in request.args["ids"].split(",") if name.isdecimal()]
        changes = [body.get("ticket", {})] * len(ids)
    else:
        changes = list(body.get("tickets", []))
        ids = [int(change["id"]) for change in changes]
    if len(ids) > 100:
        raise Refused(400, {"error": "TooManyValues", "description": "at most 100 tickets"})
    return {"job_status": _public(update_many(_account(), ids, changes, _own_id()))}


@api.get(f"{API}/job_statuses/<ident>")
def _job(ident: str) -> Record:
    job = _found(_account().jobs, ident)
    advance(_account(), job)
    return {"job_status": _public(job)}


@api.get(f"{API}/tickets/<int:ident>/tags")
def _tags(ident: int) -> Record:
    return {"tags": _found(_account().tickets, ident)["tags"]}


@api.route(f"{API}/tickets/<int:ident>/tags", methods=["PUT", "POST", "DELETE"])
def _write_tags(ident: int) -> Record:
    ticket, given = _found(_account().tickets, ident), list(_json().get("tags", []))
    kept = [tag for tag in ticket["tags"] if tag not in given]
    wanted = {"PUT": [*kept, *given], "POST": given, "DELETE": kept}[request.method]
    update(_account(), ticket, {"tags": wanted}, _own_id())
    return {"tags": ticket["tags"]}


@api.get(f"{API}/tickets/<int:ident>/audits")
def _audits(ident: int) -> Record:
    _found(_account().tickets, ident)
    audits = _account().audits[ident]
    events = [event for audit in audits for event in audit["events"]]
    people = [audit["author_id"] for audit in audits] + [event.get("author_id") for event in events]
    groups = [event.get("value") for event in events if event.get("field_name") == "group_id"]
    groups += [event.get("previous_value") for event in events if event.get("field_name") == "group_id"]
    return {**_paged("audits", audits), **_sideloads(people, groups, [])}


@api.get(f"{API}/tickets/<int:ident>/comments")
def _comments(ident: int) -> Record:
    _found(_account().tickets, ident)
    said = [
        {**event, "audit_id": audit["id"], "created_at": audit["created_at"], "via": audit["via"], "metadata": {}}
        for audit in _account().audits[ident]
        for event in audit["events"]
        if event["type"] == "Comment"
    ]
    return _paged("comments", said)


@api.get(f"{API}/tickets/<int:ident>/conversation_log")
def _log(ident: int) -> Record:
    _found(_account().tickets, ident)
    if not _parts()[2].conversation_log:
        raise Refused(404, NOT_FOUND)
    return _paged("events", sorted(_account().logs[ident], key=lambda entry: entry["created_at"]))


@api.get(f"{API}/guide/survey_responses/<ident>")
def _survey(ident: str) -> Record:
    return {"survey_response": _found(_account().surveys, ident)}


@api.get(f"{API}/search/export")
def _export() -> Record:
    if request.args.get("filter[type]") != "ticket" or "type:" in request.args.get("query", ""):
        raise Refused(422, {"error": "invalid", "description": "filter[type] must name the type"})
    return _paged("results", [{**ticket, "result_type": "ticket"} for ticket in _matching()])


@api.get(f"{API}/search")
def _search() -> Record:
    found = [{**ticket, "result_type": "ticket"} for ticket in _matching()]
    return {"results": found, "count": len(found), "facets": None, "next_page": None, "previous_page": None}


def _matching() -> list[Record]:
    """Tickets by the two conditions that are understood: `status>=solved` (or `status:x`) and `solved>=time`."""
    account, query = _account(), request.args.get("query", "")
    since, status = re.search(r"solved>=?(\S+)", query.replace("status>=solved", "")), re.search(r"status:(\w+)", query)
    found = list(account.tickets.values())
    if "status>=solved" in query:
        found = [ticket for ticket in found if ticket["status"] in ("solved", "closed")]
    if status:
        found = [ticket for ticket in found if ticket["status"] == status[1]]
    if since:
        found = [ticket for ticket in found if account.solved_at.get(ticket["id"], "") >= since[1]]
    return found


@api.get(f"{API}/incremental/tickets/cursor")
def _incremental() -> Record:
    since = float(request.args.get("start_time") or 0)
    changed = [t for t in _account().tickets.values() if t["updated_at"] >= _unix(since)]
    return {
        "tickets": changed,
        "after_cursor": None,
        "after_url": None,
        "before_cursor": None,
        "before_url": None,
        "end_of_stream": True,
    }


def _unix(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


@api.get(f"{API}/ticket_fields")
def _fields() -> Record:
    return _paged("ticket_fields", list(_account().fields.values()))


@api.post(f"{API}/ticket_fields")
def _create_field() -> tuple[Record, int]:
    data = _json().get("ticket_field", {})
    if not data.get("title") or not data.get("type"):
        raise Refused(422, {"error": "RecordInvalid", "description": "title and type are required"})
    return {"ticket_field": _account().add_field(data)}, 201


@api.get(f"{API}/triggers")
def _triggers() -> Record:
    return _paged("triggers", list(_account().triggers.values()))


@api.post(f"{API}/triggers")
def _create_trigger() -> tuple[Record, int]:
    data = _json().get("trigger", {})
    made = {"id": _account().next_id(), "active": True, "default": False, "position": 1, "description": None, **data}
    made |= {"raw_title": made.get("title"), "url": f"{request.host_url}api/v2/triggers/{made['id']}.json"}
    _account().triggers[made["id"]] = made
    return {"trigger": made}, 201


@api.get(f"{API}/webhooks")
def _hooks() -> Record:
    return _paged("webhooks", [hook.record for hook in _account().hooks.values()])


@api.post(f"{API}/webhooks")
def _create_hook() -> tuple[Record, int]:
    made = new_hook(_account(), _json().get("webhook", {}), created_by=_own_id())
    return {"webhook": made.record}, 201


@api.get(f"{API}/webhooks/<ident>/signing_secret")
def _secret(ident: str) -> Record:
    if ident not in _account().hooks:
        raise Refused(404, NOT_FOUND)
    return {"signing_secret": {"secret": _account().hooks[ident].secret, "algorithm": "SHA256"}}


@api.delete(f"{API}/webhooks/<ident>")
def _delete_hook(ident: str) -> tuple[str, int]:
    if _account().hooks.pop(ident, None) is None:
        raise Refused(404, NOT_FOUND)
    return "", 204


def new_hook(account: Account, data: Mapping[str, Any], *, created_by: int, secret: str | None = None) -> Hook:
    """A webhook; one is connected to triggers or subscribed to events, never both. Raises `Refused`."""
    wanted = set(data.get("subscriptions", []))
    needed = {"name", "endpoint", "http_method", "request_format", "status"}
    if not needed <= set(data) or ("conditional_ticket_events" in wanted and len(wanted) > 1):
        raise Refused(400, {"errors": [{"code": "InvalidWebhook", "title": "the webhook is not valid"}]})
    ident = secrets.token_hex(13).upper()
    kept = {"created_at": stamp(account.clock()), "created_by": str(created_by)}
    hook = Hook({"id": ident, **data, **kept}, secret or secrets.token_urlsafe(32))
    account.hooks[ident] = hook
    return hook


def _permitted(change: Mapping[str, Any]) -> tuple[Record, list[str]]:
    """What of a ticket update is read, and the keys that are ignored without an error."""
    allowed = {key: value for key, value in change.items() if key in UPDATABLE}
    ignored = [f"ticket.{key}" for key in change if key not in UPDATABLE]
    if isinstance(allowed.get("comment"), dict):
        ignored += [f"ticket.comment.{key}" for key in allowed["comment"] if key not in COMMENT_KEYS]
    return allowed, ignored


def _public(job: Record) -> Record:
    return {key: value for key, value in job.items() if key != "work"}


def _sideloads(people: Iterable[Any], groups: Iterable[Any], organizations: Iterable[Any]) -> Record:
    """Related records that `include` asks for."""
    account = _account()
    known = {"users": (account.users, people), "groups": (account.groups, groups)}
    known["organizations"] = (account.organizations, organizations)
    asked = [name for name in request.args.get("include", "").split(",") if name in known]
    return {name: _related(*known[name]) for name in asked}


def _related(known: Mapping[int, Record], names: Iterable[Any]) -> list[Record]:
    ids = dict.fromkeys(int(name) for name in names if name is not None)
    return [known[ident] for ident in ids if ident in known]


def _paged(key: str, items: list[Record]) -> Record:
    """One page: by cursor when `page[size]` is given, else the classic way with a count."""
    size = request.args.get("page[size]", type=int)
    if size is None:
        return {key: items, "count": len(items), "next_page": None, "previous_page": None}
    start = request.args.get("page[after]", 0, type=int)
    page, more = items[start : start + size], len(items) > start + size
    after = str(start + size)
    query = urlencode({**request.args, "page[after]": after})
    following = f"{request.base_url}?{query}" if more else None
    return {
        key: page,
        "meta": {"has_more": more, "after_cursor": after, "before_cursor": str(start)},
        "links": {"next": following, "prev": None},
    }
