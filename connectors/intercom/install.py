"""Making in an Intercom workspace what Deskmark needs, and taking it away again: tags and conversation attributes.

Attributes can be made over the API from version 2.16 on; whether the workspace's app may use it is found out by asking.
The webhook belongs to the app and can only be entered by hand. What is there already is used, what differs repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from connectors.errors import Conflict, CredentialsRefused, NotFound, Rejected
from connectors.http import ApiRequest, ApiResponse
from connectors.intercom import actions
from connectors.intercom.own import ATTRIBUTES
from connectors.intercom.payloads import DataAttribute, Me, rows
from connectors.intercom.regions import REGIONS
from connectors.making import Done, Making, Step
from service.writeback import OUTCOMES, OWN_KEYS

__all__ = ["ATTRIBUTES", "REGIONS", "home", "make", "unmake"]

VERSION = "2.16"
"""The first one that can make conversation attributes."""

DESCRIPTION = "Written by Deskmark."
BY_HAND = "create it under Settings > Data > Conversations > Create attribute"
Attribute = Mapping[str, Any]


class Workspace(Protocol):
    """What is needed of an `IntercomClient`."""

    def send(self, request: ApiRequest) -> ApiResponse:
        """Send one request."""
        ...


def home(ask: Callable[[str], Me]) -> str:
    """The API's address of the region where the workspace lives: a token is refused everywhere else.

    `ask` gives what `GET /me` answers at an address. Raises `CredentialsRefused` when no region knows the token.
    """
    refused: CredentialsRefused | None = None
    for address in REGIONS.values():
        try:
            me = ask(address)
        except CredentialsRefused as error:
            refused = error
            continue
        return REGIONS.get(me.app.region, address)
    assert refused is not None, "there are regions"
    raise refused


def make(client: Workspace, *, prefix: str) -> Making:
    """Make our tags and, where version 2.16 can be used, our conversation attributes. Safe to do again.

    What cannot be made is a step to be done by hand. Raises `RetryLater` and `CredentialsRefused`.
    """
    return Making((*_make_attributes(client), _make_tags(client, prefix)))


def unmake(client: Workspace, *, prefix: str) -> tuple[Step, ...]:
    """Remove what `make` made: tags of ours from the workspace (and so from all conversations), attributes archived.

    Intercom deletes no attribute; an archived one is hidden and keeps its values. The webhook goes with the app. What
    is not there is no failure. Safe to do again. Raises `RetryLater` and `CredentialsRefused`.
    """
    steps = _remove_tags(client, prefix)
    attributes = _attributes(client)
    if attributes is None:
        hide = "archive it under Settings > Data > Conversations"
        return (*steps, *(Step(f"attribute {name}", Done.BY_HAND, hide) for name in ATTRIBUTES))
    for name in ATTRIBUTES:
        found = attributes.get(name)
        if found is None:
            steps.append(Step(f"attribute {name}", Done.NOT_THERE))
        else:
            steps.append(_removed(client, f"attribute {name}", _request("DELETE", f"/{found['id']}")))
    return tuple(steps)


def _make_attributes(client: Workspace) -> list[Step]:
    there = _attributes(client)
    if there is None:
        return _look_at_attributes(client)
    steps = []
    for name in ATTRIBUTES:
        try:
            steps.append(_make_attribute(client, name, there.get(name)))
        except (Rejected, NotFound, Conflict) as error:
            steps.append(Step(f"attribute {name}", Done.BY_HAND, f"{BY_HAND} ({_kind(name)}); Intercom: {error}"))
    return steps


def _look_at_attributes(client: Workspace) -> list[Step]:
    """What an app whose version can make none can say: every version lists them, by `GET /data_attributes`."""
    try:
        found = rows(client.send(actions.conversation_attributes()).body, "data", DataAttribute)
    except (Rejected, NotFound):
        found = []
    there = {each.name: each for each in found if not each.archived}
    return [_looked_at(name, there.get(name)) for name in ATTRIBUTES]


def _looked_at(name: str, there: DataAttribute | None) -> Step:
    what = f"attribute {name}"
    if there is None:
        return Step(what, Done.BY_HAND, f"{BY_HAND}: the app's API version cannot ({_kind(name)})")
    if there.data_type not in ATTRIBUTES[name]:
        return _of_another_type(what, there.data_type)
    # The options of a list are told as such; without any it is plain text, which holds every outcome.
    missing = [o for o in OUTCOMES if there.options and o not in there.options] if name == "dm_outcome" else []
    if missing:
        return Step(what, Done.BY_HAND, f"add the options {', '.join(missing)}: the app's API version cannot")
    return Step(what, Done.THERE, there.data_type)


def _of_another_type(what: str, kind: str) -> Step:
    return Step(what, Done.BY_HAND, f"there is one of type {kind}: rename or archive it, then do this again")


def _make_attribute(client: Workspace, name: str, there: Attribute | None) -> Step:
    what = f"attribute {name}"
    if there is None:
        body: dict[str, Any] = {"name": name, "description": DESCRIPTION, "data_type": _kind(name)}
        if _kind(name) == "list":
            body["options"] = [{"label": outcome} for outcome in OUTCOMES]
        client.send(_request("POST", "", body))
        return Step(what, Done.MADE, _kind(name))
    kind = str(there.get("data_type"))
    if kind not in ATTRIBUTES[name]:
        return _of_another_type(what, kind)
    if kind != "list":
        return Step(what, Done.THERE, kind)
    options = [option for option in there.get("options") or () if isinstance(option, Mapping)]
    missing = [o for o in OUTCOMES if o not in {each.get("label") for each in options if not each.get("archived")}]
    for outcome in missing:
        client.send(_request("POST", f"/{there['id']}/options", {"label": outcome}))
    return Step(what, Done.REPAIRED if missing else Done.THERE, kind)


def _make_tags(client: Workspace, prefix: str) -> Step:
    names = _names(prefix)
    try:
        there = _tags(client)
        missing = [name for name in names if name not in there]
        for name in missing:
            client.send(actions.create_tag(name))
    except (Rejected, Conflict) as error:
        return Step("tags", Done.BY_HAND, f"give the app the permissions Read tags and Write tags ({error})")
    return Step("tags", Done.MADE if missing else Done.THERE, f"{len(names)} tags that begin with {prefix}")


def _remove_tags(client: Workspace, prefix: str) -> list[Step]:
    try:
        there = _tags(client)
    except Rejected as error:
        return [Step("tags", Done.BY_HAND, f"Intercom does not let us see them: {error}")]
    ours = [name for name in _names(prefix) if name in there]
    return [_removed(client, f"tag {name}", actions.delete_tag(there[name])) for name in ours]


def _names(prefix: str) -> tuple[str, ...]:
    return tuple(prefix + key for key in OWN_KEYS)


def _tags(client: Workspace) -> dict[str, str]:
    """Ids of the workspace's tags by name."""
    data = client.send(actions.tags()).body.get("data") or ()
    return {str(tag["name"]): str(tag["id"]) for tag in data if tag.get("name") and tag.get("id")}


def _attributes(client: Workspace) -> dict[str, Attribute] | None:
    """The workspace's conversation attributes by name; `None` where the version that lists them cannot be used."""
    try:
        body = client.send(_request("GET", "")).body
    except (NotFound, Rejected):
        return None
    found = [each for each in body.get("data") or () if isinstance(each, Mapping) and each.get("id") is not None]
    return {str(each.get("name")): each for each in found if not each.get("archived")}


def _kind(name: str) -> str:
    """The type that we give an attribute, of those that will do."""
    return "list" if "list" in ATTRIBUTES[name] else next(iter(ATTRIBUTES[name]))


def _removed(client: Workspace, what: str, request: ApiRequest) -> Step:
    try:
        client.send(request)
    except NotFound:
        return Step(what, Done.NOT_THERE)
    except (Rejected, Conflict) as error:
        return Step(what, Done.BY_HAND, f"Intercom does not let us: {error}")
    return Step(what, Done.REMOVED)


def _request(method: str, path: str, body: Mapping[str, Any] | None = None) -> ApiRequest:
    return ApiRequest(method, f"/conversations/attributes{path}", json=body, headers={"Intercom-Version": VERSION})
