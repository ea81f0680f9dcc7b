"""The sandbox's REST API: Intercom's rules and error bodies over the records of a `Workspace`. Flask; no state.

Refusals that the documentation names are kept strictly: token, version, tag and teammate ids, attribute names and
types, duplicate attribute names, 404s. Sources: the OpenAPI file of version 2.15; the page "Rate limiting".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException

from connectors.intercom.sandbox import shapes
from connectors.intercom.sandbox.search import SearchRefused, search
from connectors.intercom.sandbox.workspace import Attribute, Record, Workspace, markup

VERSIONS = frozenset({"2.11", "2.12", "2.13", "2.14", "2.15", "2.16"})
APP_VERSION = "2.15"

routes = Blueprint("intercom", __name__)


class Refused(HTTPException):
    """Answered with an `error.list`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.error = status, shapes.error(code, message)


def refuse(status: int, code: str, message: str) -> NoReturn:
    """Answer with an error body of Intercom's shape."""
    raise Refused(status, code, message)


class _InOrder(DefaultJSONProvider):
    """Keys stand as Intercom writes them."""

    sort_keys = False


def create_api(workspace: Workspace, token: str) -> Flask:
    """The API over `workspace`, for requests that carry `token`."""
    app = Flask(__name__)
    app.config.update(WORKSPACE=workspace, TOKEN=token)
    app.json = _InOrder(app)
    app.register_blueprint(routes)
    app.register_error_handler(HTTPException, _answer_error)
    return app


def _answer_error(error: HTTPException) -> tuple[Response, int]:
    status = error.code or 500
    body = error.error if isinstance(error, Refused) else shapes.error("not_found", "Resource Not Found")
    return jsonify(body), status


@routes.before_request
def check_access() -> None:
    """Refuse whoever brings no good token, and versions that there are not."""
    if request.headers.get("Authorization") != f"Bearer {current_app.config['TOKEN']}":
        refuse(401, "unauthorized", "Access Token Invalid")
    if _version() not in VERSIONS:
        refuse(400, "intercom_version_invalid", "The requested version could not be found")


def _version() -> str:
    return request.headers.get("Intercom-Version", APP_VERSION)


def _workspace() -> Workspace:
    workspace: Workspace = current_app.config["WORKSPACE"]
    return workspace


@routes.get("/me")
def _me() -> Record:
    return shapes.me(_workspace())


@routes.get("/admins")
def _admins() -> Record:
    return {"type": "admin.list", "admins": list(_workspace().admins.values())}


@routes.get("/teams")
def _teams() -> Record:
    teams = [{"type": "team", "id": k, "name": v, "admin_ids": []} for k, v in _workspace().teams.items()]
    return {"type": "team.list", "teams": teams}


@routes.get("/tags")
def _tags() -> Record:
    return {"type": "list", "data": [{"type": "tag", "id": k, "name": v} for k, v in _workspace().tags.items()]}


@routes.post("/tags")
def _create_tag() -> Record:
    name = _json().get("name")
    if not isinstance(name, str) or not name:
        refuse(400, "parameter_invalid", "invalid tag parameters")
    return {"type": "tag", "id": _workspace().tag(name), "name": name}


@routes.delete("/tags/<tag_id>")
def _delete_tag(tag_id: str) -> Record:
    """It must be on nothing any more: what happens else is not documented, and nobody should rely on it."""
    workspace = _workspace()
    if tag_id not in workspace.tags:
        refuse(404, "not_found", "Resource Not Found")
    if any(tag["id"] == tag_id for record in workspace.conversations.values() for tag in record["tags"]["tags"]):
        refuse(400, "tag_has_dependent_objects", "Unable to delete Tag with dependent objects")
    del workspace.tags[tag_id]
    return {}


@routes.get("/data_attributes")
def _data_attributes() -> Record:
    model = request.args.get("model")
    if model == "conversation" and _version() == "2.16":
        refuse(422, "parameter_invalid", "model=conversation is no longer supported")
    return shapes.attributes(_workspace()) if model == "conversation" else {"type": "list", "data": []}


@routes.get("/contacts")
def _contacts() -> Record:
    size = request.args.get("per_page", 50, type=int)
    found = [shapes.contact(record) for record in list(_workspace().contacts.values())[:size]]
    pages = {"type": "pages", "page": 1, "per_page": size, "total_pages": 1}
    return {"type": "list", "data": found, "pages": pages, "total_count": len(_workspace().contacts)}


@routes.get("/contacts/<contact_id>")
def _contact(contact_id: str) -> Record:
    return shapes.contact(_contact_record(contact_id))


@routes.get("/contacts/<contact_id>/tags")
def _contact_tags(contact_id: str) -> Record:
    tags = _workspace().tags
    ids = _contact_record(contact_id)["tag_ids"]
    return {"type": "list", "data": [{"type": "tag", "id": number, "name": tags[number]} for number in ids]}


@routes.get("/contacts/<contact_id>/companies")
def _contact_companies(contact_id: str) -> Record:
    found = [_workspace().companies[number] for number in _contact_record(contact_id)["company_ids"]]
    pages = {"type": "pages", "next": None, "page": 1, "per_page": 50, "total_pages": 1}
    return {"type": "list", "data": found, "pages": pages, "total_count": len(found)}


@routes.post("/conversations/search")
def _search() -> Record:
    try:
        return search(_workspace().conversations.values(), _json())
    except SearchRefused as error:
        refuse(400, "parameter_invalid", str(error))


@routes.get("/conversations/<conversation_id>")
def _retrieve(conversation_id: str) -> Record:
    return shapes.conversation(_conversation(conversation_id), plain=_plain())


@routes.put("/conversations/<conversation_id>")
def _update(conversation_id: str) -> Record:
    workspace, record = _workspace(), _conversation(conversation_id)
    given = _json().get("custom_attributes", {})
    if not isinstance(given, Mapping):
        refuse(400, "parameter_invalid", "custom_attributes must be an object")
    for name, value in given.items():
        _check_attribute(workspace.attributes.get(name), name, value)
    for name, value in given.items():
        changed = {"attribute": {"name": name}, "value": {"name": str(value)}}
        author, kind = workspace.bot_author(fin=False), "conversation_attribute_updated_by_admin"
        workspace.add_part(record, kind, author, event_details=changed, app_package_code="deskmark")
        record["custom_attributes"].pop(name, None)
        if value != "":
            record["custom_attributes"][name] = value
    record["updated_at"] = max(record["updated_at"], workspace.now())
    return shapes.conversation(record, plain=_plain())


def _check_attribute(attribute: Attribute | None, name: str, value: object) -> None:
    if attribute is None:
        refuse(400, "parameter_not_found", f"Custom attribute '{name}' does not exist")
    if isinstance(value, bool) or not isinstance(value, str | int):
        refuse(400, "parameter_invalid", f"Custom attribute '{name}' must be a string or an integer")
    if value == "":
        return
    number = str(value).lstrip("-").isdigit()
    if attribute.data_type in ("integer", "date") and not number:
        refuse(400, "parameter_invalid", f"Custom attribute '{name}' must be a whole number")
    if attribute.options and value not in attribute.options:
        refuse(400, "parameter_invalid", f"Custom attribute '{name}' has no such option")


@routes.post("/conversations/<conversation_id>/tags")
def _attach_tag(conversation_id: str) -> Record:
    workspace, record, body = _workspace(), _conversation(conversation_id), _json()
    tag_id, admin_id = _string(body, "id"), _admin_id(body)
    if tag_id not in workspace.tags:
        refuse(404, "tag_not_found", "Tag not found")
    return workspace.put_tag(record, tag_id, admin_id)


@routes.delete("/conversations/<conversation_id>/tags/<tag_id>")
def _detach_tag(conversation_id: str, tag_id: str) -> Record:
    record = _conversation(conversation_id)
    _admin_id(_json())
    tag = _workspace().take_tag(record, tag_id)
    if tag is None:
        refuse(404, "tag_not_found", "Tag not found")
    return tag


@routes.post("/conversations/<conversation_id>/reply")
def _reply(conversation_id: str) -> Record:
    workspace, record, body = _workspace(), _conversation(conversation_id), _json()
    kind = body.get("message_type")
    if body.get("type") == "user" and kind == "comment":
        contact = _contact_record(str(body.get("intercom_user_id") or record["contacts"]["contacts"][0]["id"]))
        _comment(record, workspace.contact_author(contact), _string(body, "body"), "conversation.user.replied")
    elif body.get("type") == "admin" and kind in ("comment", "note"):
        author, text = workspace.author(workspace.admins[_admin_id(body)]), _string(body, "body")
        if kind == "comment":
            _comment(record, author, text, "conversation.admin.replied")
        else:
            topics = ("conversation.admin.noted",)
            workspace.add_part(record, "note", author, topics=topics, body=_html(text), app_package_code="deskmark")
    else:
        refuse(400, "parameter_invalid", "message_type or type is not supported")
    return shapes.conversation(record)


def _comment(record: Record, author: Record, text: str, topic: str) -> None:
    workspace, part_type = _workspace(), "comment"
    if record["state"] == "closed":
        part_type = "open"
        workspace.set_state(record, "open", at=workspace.now())
    workspace.add_part(record, part_type, author, topics=(topic,), body=_html(text))


def _html(text: str) -> str:
    return text if text.lstrip().startswith("<") else markup(text)


def _plain() -> bool:
    return request.args.get("display_as") == "plaintext"


def _conversation(conversation_id: str) -> Record:
    record = _workspace().conversations.get(conversation_id)
    return record if record is not None else refuse(404, "not_found", "Resource Not Found")


def _contact_record(contact_id: str) -> Record:
    record = _workspace().contacts.get(contact_id)
    return record if record is not None else refuse(404, "not_found", "User Not Found")


def _admin_id(body: Mapping[str, Any]) -> str:
    admin_id = _string(body, "admin_id")
    return admin_id if admin_id in _workspace().admins else refuse(404, "admin_not_found", "Admin not found")


def _string(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) and value else refuse(400, "parameter_not_found", f"{key} is required")


def _json() -> Record:
    """The request's JSON object; a name given twice is refused, as Intercom does for attributes."""
    try:
        body = json.loads(request.get_data() or b"{}", object_pairs_hook=_unique)
    except ValueError:
        refuse(400, "parameter_invalid", "the body is not JSON, or holds a name twice")
    return body if isinstance(body, dict) else refuse(400, "parameter_invalid", "the body is not an object")


def _unique(pairs: list[tuple[str, Any]]) -> Record:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError("duplicate name")
    return dict(pairs)
