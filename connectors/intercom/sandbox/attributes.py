"""The sandbox's endpoints for conversation attributes, which version 2.16 brought: listing, making, archiving."""

from __future__ import annotations

from zlib import crc32

from flask import Blueprint, current_app, request

from connectors.intercom.sandbox.api import check_access, refuse
from connectors.intercom.sandbox.workspace import Attribute, Record, Workspace

routes = Blueprint("intercom-attributes", __name__, url_prefix="/conversations/attributes")
routes.before_request(check_access)

FIRST_VERSION = "2.16"
TYPES = ("string", "integer", "list", "decimal", "boolean", "datetime", "relationship", "files")


@routes.before_request
def _check_version() -> None:
    """An app whose version is older has no such path; nor has any in a workspace without the feature."""
    if request.headers.get("Intercom-Version") != FIRST_VERSION or not current_app.config["NEWEST_VERSION"]:
        refuse(404, "not_found", "Resource Not Found")


@routes.get("")
def _list() -> Record:
    return {"type": "list", "data": [_shown(name, each) for name, each in _workspace().attributes.items()]}


@routes.post("")
def _create() -> Record:
    given = request.get_json()
    name, kind = given.get("name"), given.get("data_type")
    if not name or kind not in TYPES:
        refuse(422, "parameter_invalid", f"data_type '{kind}' is not valid")
    if name in _workspace().attributes:
        refuse(422, "parameter_invalid", "an attribute with this name exists already")
    options = tuple(option["label"] for option in given.get("options", ()))
    made = Attribute("string" if kind == "list" else kind, options)
    _workspace().attributes[name] = made
    return _shown(name, made)


@routes.post("/<int:number>/options")
def _add_option(number: int) -> Record:
    name = _name_of(number)
    there = _workspace().attributes[name]
    if not there.options:
        refuse(422, "parameter_invalid", "not a list")
    made = Attribute(there.data_type, (*there.options, request.get_json()["label"]))
    _workspace().attributes[name] = made
    return _shown(name, made)


@routes.delete("/<int:number>")
def _archive(number: int) -> Record:
    name = _name_of(number)
    return {**_shown(name, _workspace().attributes.pop(name)), "archived": True}


def _workspace() -> Workspace:
    workspace: Workspace = current_app.config["WORKSPACE"]
    return workspace


def _name_of(number: int) -> str:
    found = next((name for name in _workspace().attributes if _number(name) == number), None)
    return found if found is not None else refuse(404, "conversation_attribute_not_found", "not found")


def _number(name: str) -> int:
    return crc32(name.encode())


def _shown(name: str, attribute: Attribute) -> Record:
    options = [{"id": f"{_number(name)}-{label}", "label": label, "archived": False} for label in attribute.options]
    kind = "list" if options else attribute.data_type
    shown: Record = {"type": "conversation_attribute", "id": _number(name), "name": name, "data_type": kind}
    return {**shown, "archived": False, "required": False} | ({"options": options} if options else {})
