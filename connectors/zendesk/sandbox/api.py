"""The sandbox's HTTP API: the endpoints that Deskmark and other clients use, with Zendesk's refusals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, g, jsonify, request

from connectors.zendesk.sandbox.access import Access
from connectors.zendesk.sandbox.account import Account, Refused
from connectors.zendesk.sandbox.admin import admin
from connectors.zendesk.sandbox.allowing import allowing
from connectors.zendesk.sandbox.answers import (
    EXTENSION,
    NOT_FOUND,
    Features,
    found_in,
    json_body,
    own_id,
    paged,
    parts,
    sideloads,
    the_account,
)
from connectors.zendesk.sandbox.changing import changing
from connectors.zendesk.sandbox.exports import exports
from connectors.zendesk.sandbox.leaving import leaving, token_id
from connectors.zendesk.sandbox.shapes import API, Record, invalid, via
from connectors.zendesk.sandbox.updates import COMMENT_KEYS, UPDATABLE, advance, play, update, update_many

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

api = Blueprint("zendesk", __name__)


class _WithoutSuffix(Flask):
    """Paths may end in .json, as older clients write them."""

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The application without that end."""
        environ["PATH_INFO"] = re.sub(r"\.json$", "", environ["PATH_INFO"])
        return super().wsgi_app(environ, start_response)


def create_api(account: Account, access: Access, features: Features) -> Flask:
    """The API of an account."""
    app = _WithoutSuffix("zendesk-sandbox")
    app.extensions[EXTENSION] = (account, access, features)
    app.register_blueprint(api)
    app.register_blueprint(admin)
    app.register_blueprint(changing)
    app.register_blueprint(allowing)
    app.register_blueprint(leaving)
    app.register_blueprint(exports)
    app.register_error_handler(Refused, _refuse)
    app.register_error_handler(404, lambda _: _refuse(Refused(404, NOT_FOUND)))
    return app


def _refuse(refused: Refused) -> tuple[Response, int]:
    return jsonify(refused.body), refused.status


@api.before_app_request
def _authenticate() -> None:
    if request.path.startswith(API):
        parts()[1].check(request.headers.get("Authorization", ""), request.method)
        if any(request.path.endswith(ending) for ending in parts()[2].refused):
            raise Refused(403, {"error": "Forbidden", "description": "You do not have access to this page"})


@api.post("/oauth/tokens")
def _token() -> Record:
    if request.mimetype != "application/json":
        raise Refused(400, {"error": "invalid_request", "error_description": "parameters must be JSON"})
    return parts()[1].grant(json_body())


@api.get(f"{API}/oauth/tokens/current")
def _current_token() -> Record:
    header = request.headers["Authorization"]
    name = token_id(header.removeprefix("Bearer ").strip())
    return {"token": {"id": name, "scopes": parts()[1].scopes(header), "client_id": 1}}


@api.get(f"{API}/users/me")
def _me() -> Record:
    return {"user": {**the_account().users[own_id()], "authenticity_token": "none"}}


@api.get(f"{API}/users/show_many")
def _users() -> Record:
    ids = [int(name) for name in request.args.get("ids", "").split(",") if name.isdecimal()]
    users = [the_account().users[ident] for ident in ids if ident in the_account().users]
    return {"users": users, "count": len(users), "next_page": None, "previous_page": None}


@api.get(f"{API}/users/<int(signed=True):ident>")
def _user(ident: int) -> Record:
    return {"user": found_in(the_account().users, ident)}


@api.get(f"{API}/users/<int:ident>/tickets/requested")
def _requested(ident: int) -> Record:
    return paged("tickets", [t for t in the_account().tickets.values() if t["requester_id"] == ident])


@api.get(f"{API}/organizations/show_many")
def _organizations() -> Record:
    known = the_account().organizations
    ids = [int(name) for name in request.args.get("ids", "").split(",") if name.isdecimal()]
    return {"organizations": [known[ident] for ident in ids if ident in known], "count": len(ids), "next_page": None}


@api.get(f"{API}/organizations/<int:ident>")
def _organization(ident: int) -> Record:
    return {"organization": found_in(the_account().organizations, ident)}


@api.get(f"{API}/groups")
def _groups() -> Record:
    return paged("groups", list(the_account().groups.values()))


@api.get(f"{API}/brands")
def _brands() -> Record:
    return paged("brands", sorted(the_account().brands.values(), key=lambda brand: str(brand["name"])))


@api.get(f"{API}/tickets")
def _tickets() -> Record:
    return paged("tickets", list(the_account().tickets.values()))


@api.post(f"{API}/tickets")
def _create_ticket() -> tuple[Record, int]:
    """A ticket by API, as other clients make them: requester by id, else by e-mail address, else ourselves."""
    data, account = json_body().get("ticket", {}), the_account()
    asked = data.get("requester", {})
    requester = account.users.get(data.get("requester_id", own_id()))
    if asked.get("email"):
        known = (person for person in account.users.values() if person["email"] == asked["email"])
        requester = next(known, None) or account.add_user("end-user", name=asked.get("name"), email=asked["email"])
    comment = data.get("comment") or {"body": data.get("description", "")}
    if requester is None or not (comment.get("body") or comment.get("html_body")):
        raise Refused(422, invalid("base", "Description: cannot be blank"))
    subject = data.get("subject") or str(comment.get("body", ""))[:80]
    ticket = account.create_ticket(requester, subject, via("api"), account.clock(), data.get("tags", []))
    allowed, g.ignored = _permitted({key: value for key, value in data.items() if key in UPDATABLE})
    audit = play(account, ticket, {**allowed, "comment": comment}, requester["id"])
    return {"ticket": ticket, "audit": audit}, 201


@api.get(f"{API}/tickets/show_many")
def _some_tickets() -> Record:
    ids = {int(name) for name in request.args.get("ids", "").split(",") if name.isdecimal()}
    return paged("tickets", [ticket for ident, ticket in the_account().tickets.items() if ident in ids])


@api.get(f"{API}/tickets/<int:ident>")
def _ticket(ident: int) -> Record:
    ticket = found_in(the_account().tickets, ident)
    if ticket["status"] == "deleted":
        raise Refused(404, NOT_FOUND)
    people = (ticket["requester_id"], ticket["submitter_id"], ticket["assignee_id"])
    return {"ticket": ticket, **sideloads(people, [ticket["group_id"]], [ticket["organization_id"]])}


@api.put(f"{API}/tickets/<int:ident>")
def _update(ident: int) -> Record:
    ticket, change = found_in(the_account().tickets, ident), json_body().get("ticket", {})
    allowed, ignored = _permitted(change)
    g.ignored = ignored
    audit = update(the_account(), ticket, allowed, own_id())
    return {"ticket": ticket, "audit": audit}


@api.put(f"{API}/tickets/update_many")
def _update_many() -> Record:
    body = json_body()
    if "ids" in request.args:
        ids = [int(name) for name in request.args["ids"].split(",") if name.isdecimal()]
        changes = [body.get("ticket", {})] * len(ids)
    else:
        changes = list(body.get("tickets", []))
        ids = [int(change["id"]) for change in changes]
    if len(ids) > 100:
        raise Refused(400, {"error": "TooManyValues", "description": "at most 100 tickets"})
    return {"job_status": _public(update_many(the_account(), ids, changes, own_id()))}


@api.get(f"{API}/job_statuses/<ident>")
def _job(ident: str) -> Record:
    job = found_in(the_account().jobs, ident)
    advance(the_account(), job)
    return {"job_status": _public(job)}


@api.get(f"{API}/tickets/<int:ident>/tags")
def _tags(ident: int) -> Record:
    return {"tags": found_in(the_account().tickets, ident)["tags"]}


@api.route(f"{API}/tickets/<int:ident>/tags", methods=["PUT", "POST", "DELETE"])
def _write_tags(ident: int) -> Record:
    ticket, given = found_in(the_account().tickets, ident), list(json_body().get("tags", []))
    kept = [tag for tag in ticket["tags"] if tag not in given]
    wanted = {"PUT": [*kept, *given], "POST": given, "DELETE": kept}[request.method]
    update(the_account(), ticket, {"tags": wanted}, own_id())
    return {"tags": ticket["tags"]}


@api.get(f"{API}/tickets/<int:ident>/audits")
def _audits(ident: int) -> Record:
    found_in(the_account().tickets, ident)
    audits = the_account().audits[ident]
    events = [event for audit in audits for event in audit["events"]]
    people = [audit["author_id"] for audit in audits] + [event.get("author_id") for event in events]
    groups = [event.get("value") for event in events if event.get("field_name") == "group_id"]
    groups += [event.get("previous_value") for event in events if event.get("field_name") == "group_id"]
    return {**paged("audits", audits), **sideloads(people, groups, [])}


@api.get(f"{API}/tickets/<int:ident>/comments")
def _comments(ident: int) -> Record:
    found_in(the_account().tickets, ident)
    said = [
        {**event, "audit_id": audit["id"], "created_at": audit["created_at"], "via": audit["via"], "metadata": {}}
        for audit in the_account().audits[ident]
        for event in audit["events"]
        if event["type"] == "Comment"
    ]
    return paged("comments", said)


@api.get(f"{API}/tickets/<int:ident>/conversation_log")
def _log(ident: int) -> Record:
    found_in(the_account().tickets, ident)
    if not parts()[2].conversation_log:
        raise Refused(404, NOT_FOUND)
    return paged("events", sorted(the_account().logs[ident], key=lambda entry: entry["created_at"]))


@api.get(f"{API}/guide/survey_responses/<ident>")
def _survey(ident: str) -> Record:
    return {"survey_response": found_in(the_account().surveys, ident)}


@api.get(f"{API}/search/export")
def _export() -> Record:
    if request.args.get("filter[type]") != "ticket" or "type:" in request.args.get("query", ""):
        raise Refused(422, {"error": "invalid", "description": "filter[type] must name the type"})
    return paged("results", [{**ticket, "result_type": "ticket"} for ticket in _matching()])


@api.get(f"{API}/search")
def _search() -> Record:
    found = [{**ticket, "result_type": "ticket"} for ticket in _matching()]
    return {"results": found, "count": len(found), "facets": None, "next_page": None, "previous_page": None}


def _matching() -> list[Record]:
    """Tickets by the conditions that are understood: `status>=solved` (or `status:x`), `solved>=time`, `tags:x`."""
    account, query = the_account(), request.args.get("query", "")
    since, status = re.search(r"solved>=?(\S+)", query.replace("status>=solved", "")), re.search(r"status:(\w+)", query)
    found = list(account.tickets.values())
    if "status>=solved" in query:
        found = [ticket for ticket in found if ticket["status"] in ("solved", "closed")]
    if status:
        found = [ticket for ticket in found if ticket["status"] == status[1]]
    if tag := re.search(r"tags:(\S+)", query):
        found = [ticket for ticket in found if tag[1] in ticket["tags"]]
    if since:
        found = [ticket for ticket in found if account.solved_at.get(ticket["id"], "") >= since[1]]
    return found


def _permitted(change: Mapping[str, Any]) -> tuple[Record, list[str]]:
    """What of a ticket update is read, and the keys that are ignored without an error."""
    allowed = {key: value for key, value in change.items() if key in UPDATABLE}
    ignored = [f"ticket.{key}" for key in change if key not in UPDATABLE]
    if isinstance(allowed.get("comment"), dict):
        ignored += [f"ticket.comment.{key}" for key in allowed["comment"] if key not in COMMENT_KEYS]
    return allowed, ignored


def _public(job: Record) -> Record:
    return {key: value for key, value in job.items() if key != "work"}
