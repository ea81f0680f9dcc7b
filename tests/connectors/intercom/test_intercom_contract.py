"""Against other people's files: Intercom's OpenAPI file for what we send, real bodies for what we read.

They lie outside the project (`DESKMARK_SHARED`) and are never copied into it; only counts stand here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from near import near
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest

from connectors.base import Installation, Signal
from connectors.history import Scope
from connectors.http import Http
from connectors.intercom import IntercomConnector, install, mapping, payloads
from connectors.intercom.authors import Bots
from connectors.intercom.sandbox import LoggedRequest, Sandbox, shapes
from connectors.intercom.sandbox.workspace import Attribute
from connectors.intercom.self_test import self_test
from connectors.intercom.webhook import delivery
from connectors.limiter import Limiter, Share
from connectors.self_test import Outcome
from service.conversation import Contact, Conversation
from service.writeback import Note, Plan

HOST = "https://api.intercom.io"
NOTE = Note("0123abcd-1", "Deskmark: outcome likely (definitions 1, times UTC)\nref 0123abcd-1")

OPERATIONS = {
    ("GET", "/me"),
    ("GET", "/admins"),
    ("GET", "/teams"),
    ("GET", "/tags"),
    ("POST", "/tags"),
    ("GET", "/data_attributes"),
    ("GET", "/contacts"),
    ("GET", "/contacts/{contact_id}"),
    ("GET", "/contacts/{contact_id}/tags"),
    ("GET", "/contacts/{contact_id}/companies"),
    ("GET", "/conversations/{conversation_id}"),
    ("PUT", "/conversations/{conversation_id}"),
    ("POST", "/conversations/{conversation_id}/tags"),
    ("DELETE", "/conversations/{conversation_id}/tags/{tag_id}"),
    ("POST", "/conversations/{conversation_id}/reply"),
    ("POST", "/conversations/search"),
}
"""Every operation the connector uses."""


def strict(node: Any) -> Any:
    """A schema that refuses keys it does not name."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: value if key in ("example", "examples", "enum") else strict(value) for key, value in node.items()}
    if isinstance(closed.get("properties"), dict) and "allOf" not in closed:
        closed.setdefault("additionalProperties", False)
    return closed


@pytest.fixture(scope="module")
def spec(shared: Path) -> dict[str, Any]:
    """The paths that we use, and all schemas, unknown keys refused."""
    text = (shared / "specs" / "intercom-2.15.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    paths = {path: loaded["paths"][path] for path in {path for _, path in OPERATIONS}}
    components = {**loaded["components"], "schemas": strict(loaded["components"]["schemas"])}
    return {**loaded, "paths": strict(paths), "components": components}


@pytest.fixture(scope="module")
def openapi(spec: dict[str, Any]) -> OpenAPI:
    """The official file breaks the rules of its own format in two places, which is not what is looked at here."""
    return OpenAPI.from_dict(spec, config=Config(spec_validator_cls=None))


@pytest.fixture(scope="module")
def sent(told: Callable[..., Conversation]) -> list[LoggedRequest]:
    """Every kind of request that the connector sends, as it reached a sandbox."""
    with Sandbox() as sandbox:
        workspace = sandbox.workspace
        workspace.tag("dm__ignore")
        number = sandbox.seed(told("C: hello", "B: hi", contact=Contact("0123456789abcdef01234567")))
        contact = next(iter(workspace.contacts.values()))
        contact["tag_ids"] = [workspace.tag(f"t{n}") for n in range(11)]
        contact["company_ids"] = [workspace.company("Acme")]
        workspace.conversations[number]["team_assignee_id"] = int(workspace.team("care"))
        made = Installation("i", "intercom", "acme", sandbox.base_url, secrets=sandbox.secrets)
        http = Http(sandbox.base_url, requests.Session(), Limiter(), name="i", hosts=near(IntercomConnector()))
        client = IntercomConnector().client(made, http)
        client.names(frozenset())
        client.attributes()
        assert self_test(client, made).scopes().outcome is Outcome.PASSED
        fields = {"dm_resolution": 71, "dm_effort": 6, "dm_outcome": "likely", "dm_definitions": "1"}
        client.write(client.read(number), Plan(("dm__resolution__likely",), (), fields, NOTE))
        emptied = {"dm_resolution": None, "dm_outcome": None}
        client.write(client.read(number), Plan((), ("dm__resolution__likely",), emptied))
        share = Share(Limiter(), 100)
        http = Http(sandbox.base_url, requests.Session(), share, name="h", hosts=near(IntercomConnector()))
        begin = datetime(2026, 3, 1, tzinfo=UTC)
        IntercomConnector().history(made, http, share).page(Scope(begin, begin + timedelta(days=9)), "")
        for other in range(200):
            sandbox.seed(told(f"C: {other}"))
        assert len(list(client.ended_since(datetime(2026, 1, 1, tzinfo=UTC)))) == 201
        return list(sandbox.requests_log)


def operation_of(spec: dict[str, Any], method: str, path: str) -> str:
    """The path template of a request; a template without parameters goes first."""
    for template in sorted(spec["paths"], key=lambda known: known.count("{")):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in spec["paths"][template]:
            return str(template)
    raise AssertionError(f"{method} {path} is no operation of version 2.15")


def test_every_request_is_in_the_specification_without_unknown_keys(
    spec: dict[str, Any], openapi: OpenAPI, sent: list[LoggedRequest]
) -> None:
    used = set()
    for request in sent:
        template = operation_of(spec, request.method, request.path)
        used.add((request.method, template))
        known = {p["name"] for p in spec["paths"][template][request.method.lower()].get("parameters", ())}
        assert set(request.query) <= known, request.path
        assert request.headers["intercom-version"] == "2.15"
        assert "json" in request.headers["accept"]
        openapi.validate_request(
            MockRequest(
                HOST,
                request.method.lower(),
                request.path,
                args=dict(request.query),
                headers={"Authorization": "Bearer x", "Intercom-Version": "2.15"},
                data=json.dumps(request.json).encode() if request.json is not None else None,
                content_type="application/json",
            )
        )
    assert used == OPERATIONS


def test_what_is_made_and_removed_is_in_the_specification_that_has_it(shared: Path) -> None:
    """Tags in the version that we use, attributes in the first one that can make them."""
    with Sandbox(attributes={"dm_outcome": Attribute("string", ("likely",))}).offer_newest_version() as sandbox:
        made = Installation("i", "intercom", "acme", sandbox.base_url, secrets=sandbox.secrets)
        http = Http(sandbox.base_url, requests.Session(), Limiter(), name="i", hosts=near(IntercomConnector()))
        client = IntercomConnector().client(made, http)
        install.make(client, prefix="dm__")
        install.unmake(client, prefix="dm__")
        log = list(sandbox.requests_log)
    used = set()
    for version in ("2.15", "2.16"):
        mine = [sent for sent in log if sent.headers["intercom-version"] == version]
        text = (shared / "specs" / f"intercom-{version}.yaml").read_text(encoding="utf-8")
        loaded: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        wanted = ("/tags", "/tags/{tag_id}", "/conversations/attributes", "/conversations/attributes/{id}",
                  "/conversations/attributes/{id}/options")  # fmt: skip
        loaded["paths"] = {path: item for path, item in loaded["paths"].items() if path in wanted}
        checked = OpenAPI.from_dict(loaded, config=Config(spec_validator_cls=None))
        for sent in mine:
            used.add((version, sent.method, operation_of(loaded, sent.method, sent.path)))
            checked.validate_request(
                MockRequest(
                    HOST,
                    sent.method.lower(),
                    sent.path,
                    headers={"Authorization": "Bearer x", "Intercom-Version": version},
                    data=json.dumps(sent.json).encode() if sent.json is not None else None,
                    content_type="application/json",
                )
            )
    assert used == {
        ("2.15", "GET", "/tags"),
        ("2.15", "POST", "/tags"),
        ("2.15", "DELETE", "/tags/{tag_id}"),
        ("2.16", "GET", "/conversations/attributes"),
        ("2.16", "POST", "/conversations/attributes"),
        ("2.16", "POST", "/conversations/attributes/{id}/options"),
        ("2.16", "DELETE", "/conversations/attributes/{id}"),
    }


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "/conversations/7/reply",
            {"message_type": "note", "type": "admin", "admin_id": "4", "body": "x", "loud": True},
        ),
        ("/conversations/7/tags", {"id": "7"}),
        ("/conversations/7/tags", {"id": 7, "admin_id": "4"}),
        ("/tags", {"label": "x"}),
    ],
)
def test_the_check_itself_refuses_what_is_wrong(openapi: OpenAPI, path: str, body: dict[str, Any]) -> None:
    wrong = MockRequest(HOST, "post", path, data=json.dumps(body).encode(), content_type="application/json",
                        headers={"Authorization": "Bearer x"})  # fmt: skip
    with pytest.raises(OpenAPIError):
        openapi.validate_request(wrong)


# --- what we read: official bodies

C, B, A = "customer", "bot", "agent"
OFFICIAL = {
    "get_conversations_conversation_id__200__conversation_found": [A, B],
    "put_conversations_conversation_id__200__conversation_found": [A],
    "put_conversations_conversation_id__200__update_a_conversation_with_an_association_to_a_custom_object_instance": [
        A
    ],
    "post_conversations_conversation_id_reply__200__Admin_Reply_to_send_Quick_Reply_Options": [A],
    "post_conversations_conversation_id_reply__200__Admin_Reply_with_a_Note": [A, A],
    "post_conversations_conversation_id_reply__200__User_last_conversation_reply": [A, C],
    "post_conversations_conversation_id_reply__200__User_reply": [A, C],
}
"""Author roles of the messages in each official conversation."""


def official(shared: Path, name: str, version: str = "2.15") -> Any:
    path = shared / "fixtures" / "intercom" / "spec_examples" / f"{version}__{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def read(body: Any) -> Conversation:
    shape = payloads.Conversation.model_validate(body)
    return mapping.conversation(shape, None, bots=Bots(), account="a")


@pytest.mark.parametrize("version", ["2.15", "2.16"])
@pytest.mark.parametrize("name", OFFICIAL)
def test_official_conversations(shared: Path, name: str, version: str) -> None:
    found = read(official(shared, name, version))
    assert [message.role.value for message in found.messages] == OFFICIAL[name]
    assert (found.truncated, found.contact.id is not None, found.opened_at is not None) == (False, True, True)
    assert [message.internal for message in found.messages[1:]] == [name.endswith("Note")] * (len(found.messages) - 1)
    completed = [event for event in found.events if event.kind == "action_completed"]
    assert len(completed) == (1 if name.startswith("get_") else 0)
    assert len(found.events) == len(completed), "an outbound message that is answered is not reopened"


def test_every_official_conversation_is_in_the_table(shared: Path) -> None:
    folder = shared / "fixtures" / "intercom" / "spec_examples"
    names = {
        path.stem.split("__", 1)[1]
        for path in folder.glob("*.json")
        if json.loads(path.read_text(encoding="utf-8")).get("type") == "conversation"
    }
    assert names == set(OFFICIAL)


@pytest.mark.parametrize("version", ["2.15", "2.16"])
def test_official_workspace_bodies(shared: Path, version: str) -> None:
    me = payloads.Me.model_validate(official(shared, "get_me__200__Successful_response", version))
    assert (me.id is not None, me.has_inbox_seat, me.app.region, me.app.identity_verification) == (
        True,
        True,
        "US",
        False,
    )
    admins = payloads.rows(official(shared, "get_admins__200__Successful_response", version), "admins", payloads.Person)
    assert [admin.has_inbox_seat for admin in admins] == [True]
    tags = payloads.rows(official(shared, "get_tags__200__successful", version), "data", payloads.Tag)
    assert [bool(tag.id and tag.name) for tag in tags] == [True]
    made = payloads.Tag.model_validate(official(shared, "post_tags__200__Action_successful", version))
    assert made.id
    assert made.name
    put = payloads.Tag.model_validate(
        official(shared, "post_conversations_conversation_id_tags__200__successful", version)
    )
    assert put.id
    teams = payloads.rows(official(shared, "get_teams__200__successful", version), "teams", payloads.Tag)
    assert teams == []
    attributes = official(shared, "get_data_attributes__200__Successful_response", version)
    rows = payloads.rows(attributes, "data", payloads.DataAttribute)
    assert len(rows) == len(attributes["data"])
    assert all(row.name and row.data_type for row in rows)
    page = payloads.ConversationPage.model_validate(
        official(shared, "post_conversations_search__200__successful", version)
    )
    assert (len(page.conversations), page.pages.starting_after) == (1, None)


def test_official_contact(spec: dict[str, Any]) -> None:
    answer = spec["paths"]["/contacts/{contact_id}"]["get"]["responses"]["200"]["content"]["application/json"]
    contact = payloads.Contact.model_validate(answer["examples"]["successful"]["value"])
    assert (contact.role, bool(contact.id and contact.external_id and contact.email)) == ("user", True)
    assert (contact.tags.data, contact.tags.has_more, contact.companies.data) == ((), False, ())


# --- what we read: recorded notifications

RECORDED = {
    "conversation.admin.assigned": (2, Signal.ACTIVITY, [A]),
    "conversation.admin.closed": (1, Signal.ENDED, [A]),
    "conversation.admin.noted": (1, Signal.IGNORED, [A, A]),
    "conversation.admin.opened": (2, Signal.ACTIVITY, [A]),
    "conversation.admin.replied": (1, Signal.ACTIVITY, [A, A]),
    "conversation.admin.single.created": (2, Signal.ACTIVITY, [A]),
    "conversation.admin.snoozed": (1, Signal.ACTIVITY, [A]),
    "conversation.admin.unsnoozed": (1, Signal.ACTIVITY, [A]),
    "conversation_part.redacted": (1, Signal.REDACTED, [A, A]),
    "conversation_part.tag.created": (1, Signal.IGNORED, [A, A]),
}
"""By topic: how many recordings, what each says, and the author roles of the messages its item holds."""


def test_recorded_notifications(shared: Path) -> None:
    bodies = sorted((shared / "fixtures" / "intercom" / "webhooks_2020").glob("webhook-*.json"))
    counts: Counter[str] = Counter()
    for path in bodies:
        raw = path.read_bytes()
        said = delivery(raw)
        counts[said.event] += 1
        _, signal, roles = RECORDED[said.event]
        assert said.signal is signal
        assert said.key.startswith("notif_")
        assert said.conversation_id is not None
        assert said.occurred_at is not None
        item = json.loads(raw)["data"]["item"]
        found = read(item)
        assert [message.role.value for message in found.messages] == roles, path.name
        assert said.conversation_id == found.id
        assert (said.actor_id is None) == (item["conversation_parts"]["total_count"] == 0)
    assert counts == {topic: number for topic, (number, *_) in RECORDED.items()}


# --- what the sandbox answers, against the same file


def test_the_sandbox_answers_in_the_official_shape(shared: Path, told: Callable[..., Conversation]) -> None:
    """Every key of the official conversation is in the sandbox's, and no other; the same for its part and contact."""
    sandbox = Sandbox()
    number = sandbox.seed(told("C: hello", "B: hi"))
    record = sandbox.workspace.conversations[number]
    there, example = shapes.conversation(record), official(shared, next(iter(OFFICIAL)))
    assert set(there) == set(example)
    assert set(there["source"]) == set(example["source"])
    parts = there["conversation_parts"]["conversation_parts"], example["conversation_parts"]["conversation_parts"]
    assert set(parts[1][0]) - {"metadata"} == set(parts[0][0]) - {"metadata"}
    assert set(shapes.me(sandbox.workspace)) == set(official(shared, "get_me__200__Successful_response"))
    sandbox.stop()
