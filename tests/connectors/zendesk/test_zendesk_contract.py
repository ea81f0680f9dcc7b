"""Against other people's files: Zendesk's OpenAPI files for what we send, real bodies for what we read.

They lie outside the project (`DESKMARK_SHARED`) and are never copied into it; only counts stand here.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
import requests
import yaml
from near import near

from connectors.base import Installation, Reading, Signal
from connectors.history import Aside, Scope, Whole
from connectors.http import Http
from connectors.limiter import Limiter, Share
from connectors.zendesk import ZendeskConnector, install, oauth, own, payloads
from connectors.zendesk.client import next_cursor
from connectors.zendesk.limits import limits
from connectors.zendesk.mapping import Material, read_ticket
from connectors.zendesk.options import Options
from connectors.zendesk.sandbox import LoggedRequest, Sandbox
from connectors.zendesk.self_test import self_test
from connectors.zendesk.webhook import delivery
from service.conversation import Channel, Conversation, Rating
from service.writeback import Note, Plan

NOTE = Note("0123abcd-1", "Deskmark: outcome likely (definitions 1, times UTC)\nref 0123abcd-1")

# Bodies that the specification does not describe.
OWN_SCHEMAS: dict[tuple[str, str], dict[str, Any]] = {
    # https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/
    # and https://developer.zendesk.com/documentation/ticketing/working-with-oauth/oauth-pkce/ for the verifier.
    ("POST", "/oauth/tokens"): {
        "anyOf": [
            {
                "type": "object",
                "required": ["grant_type", "client_id", "client_secret", *more],
                "properties": {
                    "grant_type": {"const": grant},
                    **{key: {"type": "string", "minLength": 1} for key in ("client_id", "client_secret", *more)},
                },
                "additionalProperties": False,
            }
            for grant, more in (
                ("client_credentials", ("scope",)),
                ("authorization_code", ("code", "redirect_uri", "code_verifier", "scope")),
                ("refresh_token", ("refresh_token",)),
            )
        ],
    },
    # https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#update-many-tickets
    ("PUT", "/api/v2/tickets/update_many"): {
        "type": "object",
        "required": ["ticket"],
        "properties": {
            "ticket": {
                "type": "object",
                "properties": {
                    "additional_tags": {"type": "array", "items": {"type": "string"}},
                    "remove_tags": {"type": "array", "items": {"type": "string"}},
                },
            }
        },
    },
    # https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_fields/#create-ticket-field
    ("POST", "/api/v2/ticket_fields"): {
        "type": "object",
        "required": ["ticket_field"],
        "properties": {"ticket_field": {"$ref": "#/components/schemas/TicketFieldObject"}},
    },
    # https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_fields/#update-ticket-field
    ("PUT", "/api/v2/ticket_fields/{ticket_field_id}"): {
        "type": "object",
        "required": ["ticket_field"],
        "properties": {
            "ticket_field": {
                "type": "object",
                "properties": {
                    "active": {"type": "boolean"},
                    "custom_field_options": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["name", "value"],
                            "properties": {
                                "id": {"type": "integer"},
                                "name": {"type": "string"},
                                "value": {"type": "string"},
                            },
                        },
                    },
                },
            }
        },
    },
}

# Query parameters that only the prose names:
# https://developer.zendesk.com/documentation/ticketing/using-the-zendesk-api/side_loading/ and
# https://developer.zendesk.com/api-reference/introduction/pagination/ ; of the incremental exports, `per_page`:
# https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api/
OWN_QUERY = {"include", "per_page", "page[size]", "page[after]", "ids"}

# No path of the Support specification:
# https://developer.zendesk.com/api-reference/help_center/help-center-api/survey_responses/
OWN_PATHS = {("GET", "/api/v2/guide/survey_responses/{id}"), ("POST", "/oauth/tokens")}

OPERATIONS = {
    ("POST", "/oauth/tokens"),
    ("GET", "/api/v2/guide/survey_responses/{id}"),
    ("GET", "/api/v2/brands"),
    ("GET", "/api/v2/groups"),
    ("GET", "/api/v2/incremental/ticket_events"),
    ("GET", "/api/v2/incremental/tickets/cursor"),
    ("GET", "/api/v2/incremental/users/cursor"),
    ("GET", "/api/v2/deleted_tickets"),
    ("GET", "/api/v2/job_statuses/{job_status_id}"),
    ("GET", "/api/v2/organizations/show_many"),
    ("GET", "/api/v2/organizations/{organization_id}"),
    ("GET", "/api/v2/search/export"),
    ("GET", "/api/v2/ticket_fields"),
    ("POST", "/api/v2/ticket_fields"),
    ("GET", "/api/v2/tickets"),
    ("GET", "/api/v2/tickets/{ticket_id}"),
    ("PUT", "/api/v2/tickets/{ticket_id}"),
    ("GET", "/api/v2/tickets/{ticket_id}/audits"),
    ("GET", "/api/v2/tickets/{ticket_id}/conversation_log"),
    ("PUT", "/api/v2/tickets/update_many"),
    ("PUT", "/api/v2/ticket_fields/{ticket_field_id}"),
    ("DELETE", "/api/v2/ticket_fields/{ticket_field_id}"),
    ("GET", "/api/v2/triggers"),
    ("POST", "/api/v2/triggers"),
    ("PUT", "/api/v2/triggers/{trigger_id}"),
    ("DELETE", "/api/v2/triggers/{trigger_id}"),
    ("GET", "/api/v2/oauth/tokens/{oauth_token_id}"),
    ("GET", "/api/v2/users/me"),
    ("GET", "/api/v2/users/show_many"),
    ("GET", "/api/v2/webhooks"),
    ("POST", "/api/v2/webhooks"),
    ("PATCH", "/api/v2/webhooks/{webhook_id}"),
    ("DELETE", "/api/v2/webhooks/{webhook_id}"),
    ("GET", "/api/v2/webhooks/{webhook_id}/signing_secret"),
}
"""Every operation the connector uses."""


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The file has a value `=`, for which YAML 1.1 knows a type that Python does not."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: loader.construct_scalar(node))


def load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)
    return loaded


@pytest.fixture(scope="module")
def spec(shared: Path) -> dict[str, Any]:
    """Both specifications as one; the webhooks' paths begin below /api/v2."""
    support = load(shared / "specs" / "zendesk-support.yaml")
    hooks = load(shared / "specs" / "zendesk-webhooks.yaml")
    support["paths"] |= {f"/api/v2{path}": item for path, item in hooks["paths"].items()}
    support["paths"] |= {path: {method.lower(): {}} for method, path in OWN_PATHS}
    support["components"]["schemas"] |= hooks["components"]["schemas"]
    return support


def strict(spec: dict[str, Any], schema: Any) -> Any:
    """A JSON schema of what may be sent: references resolved, read-only ones allowed, unknown keys refused."""
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return strict(spec, CORRECTED.get(name) or spec["components"]["schemas"][name])
    made = {key: value for key, value in schema.items() if key in ("type", "enum", "const", "required")}
    if "allOf" in schema:
        merged: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
        for piece in (*schema["allOf"], {"properties": schema.get("properties", {})}):
            found = strict(spec, piece)
            for option in (found, *found.get("anyOf", [])):
                merged["properties"] = {**option.get("properties", {}), **merged["properties"]}
            merged["required"] += found.get("required", [])
        return {**merged, "additionalProperties": False}
    for key in ("anyOf", "oneOf"):
        if key in schema:
            made["anyOf"] = [strict(spec, option) for option in schema[key]]
    if "items" in schema:
        made["items"] = strict(spec, schema["items"])
    if "properties" in schema:
        made["properties"] = {name: strict(spec, value) for name, value in schema["properties"].items()}
        made["additionalProperties"] = False
    if schema.get("nullable"):
        made["type"] = [made.get("type", "object"), "null"]
    return made


# The specification refers to the wrong shapes here; its own ticket and its prose say these.
# https://developer.zendesk.com/documentation/ticketing/managing-tickets/creating-and-updating-tickets/
CORRECTED: dict[str, Any] = {
    "CustomFieldObject": {
        "type": "object",
        "required": ["id", "value"],
        "properties": {"id": {"type": "integer"}, "value": {"type": "string"}},
    },
    # https://developer.zendesk.com/api-reference/ticketing/business-rules/triggers/ "all" and "any"
    "TriggerConditionsObject": {
        "type": "object",
        "properties": {
            name: {"type": "array", "items": {"$ref": "#/components/schemas/TriggerConditionObject"}}
            for name in ("all", "any")
        },
    },
}


@pytest.fixture(scope="module")
def sent(told: Callable[..., Conversation]) -> list[LoggedRequest]:
    """Every kind of request that the connector sends, as it reached a sandbox."""
    with Sandbox(conversation_log=True, with_fields=False) as sandbox:

        def client(**options: object) -> Any:
            place = Installation("i", "zendesk", "acme", sandbox.base_url, secrets=sandbox.secrets, options=options)
            return ZendeskConnector().client(
                place, Http(sandbox.base_url, requests.Session(), Limiter(), name="i", hosts=near(ZendeskConnector()))
            )

        made = install.make(client(), "http://127.0.0.1:1/hook", by_trigger=True)
        fields = {name: number for name, number in made.options.items() if name.startswith("dm_")}
        full = client(**fields, conversation_log="always")
        first = sandbox.seed(told("C: hello", "B: hi", "A: a moment", tags=("vip",)), ended=False)
        full.read(first)
        sandbox.continue_(first)
        rated = sandbox.seed(told("C: hello"))
        sandbox.continue_(rated, [], [], rating=Rating(score=4.0))
        self_test(full, full.installation).scopes()
        full.me()
        full.names(frozenset({"-1", str(sandbox.own_id)}))
        make_and_unmake(sandbox, full)
        sign_in(sandbox)
        full.read(rated)
        values = {"dm_outcome": "likely", "dm_resolution": 71, "dm_effort": None, "dm_definitions": "1"}
        full.write(full.read(first), Plan(("dm__resolution__likely",), (), values, NOTE))
        full.write(full.read(first), Plan((), ("dm__resolution__likely",), {"dm_outcome": None}))
        sandbox.close(first)
        full.write(full.read(first), Plan(("dm__resolution__returned",), ("dm__review",)))
        requester = sandbox.account.users[sandbox.account.tickets[int(rated)]["requester_id"]]
        sandbox.set_organization(rated, "Acme")
        requester["organization_id"] = sandbox.account.tickets[int(rated)]["organization_id"]
        sandbox.account.tickets[int(rated)]["organization_id"] = None
        full.read(rated)
        sandbox.seed(told("C: by mail", "A: hello", channel=Channel.EMAIL))
        _backfill(sandbox)
        _departures(sandbox, full)
        for number in range(120):
            sandbox.seed(told(f"C: {number}"))
        assert len(list(full.ended_since(datetime(2026, 1, 1, tzinfo=UTC)))) == 123
        return list(sandbox.requests_log)


def _departures(sandbox: Sandbox, client: Any) -> None:
    """Ask for what went away, with an admin's token and with an agent's."""
    customers = [str(user["id"]) for user in sandbox.account.users.values()][:2]
    client.merged(customers)
    for role in ("agent", "admin"):
        sandbox.account.users[sandbox.own_id]["role"] = role
        place: str | None = ""
        while place is not None:
            place = client.changed_since(datetime(2026, 1, 1, tzinfo=UTC), place).place


def _backfill(sandbox: Sandbox) -> None:
    """Read the whole past, page by page, and then each ticket of it."""
    for ticket in sandbox.account.tickets.values():
        ticket |= {"group_id": sandbox.account.group("care")["id"], "organization_id": None}
    share, connector = Share(Limiter(), 100), ZendeskConnector()
    place = Installation("h", "zendesk", "acme", sandbox.base_url, secrets=sandbox.secrets)
    http = Http(sandbox.base_url, requests.Session(), share, name="h", hosts=near(connector))
    past, scope = connector.history(place, http, share), Scope(datetime(2026, 1, 1, tzinfo=UTC), datetime.now(UTC))
    heads, parts = {}, []
    cursor: str | None = ""
    while cursor is not None:
        page = past.page(scope, cursor)
        cursor = page.cursor
        heads.update({head.conversation_id: head for head in page.heads})
        parts.extend(page.parts)
    asides = [
        Aside(head, [part.body for part in parts if part.conversation_id == name]) for name, head in heads.items()
    ]
    assert all(isinstance(outcome, Whole) for _, outcome in past.read(scope, asides))


def sign_in(sandbox: Sandbox) -> None:
    """An admin lets us in, and the tokens are renewed once."""
    known = (sandbox.secrets["client_id"], sandbox.secrets["client_secret"])
    back = "https://deskmark.example/installations/oauth/zendesk"
    url = oauth.authorization_url(sandbox.base_url, client_id=known[0], redirect_uri=back, state="s", verifier="v" * 43)
    asked = parse_qs(urlsplit(url).query)
    assert set(asked) == {
        "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
    }  # fmt: skip
    code = sandbox.access.code(redirect_uri=back, scope=oauth.SCOPES, challenge=asked["code_challenge"][0])
    held = oauth.exchanged(sandbox.base_url, known, code=code, redirect_uri=back, verifier="v" * 43)
    oauth.refreshed(sandbox.base_url, {**held, "client_id": known[0], "client_secret": known[1]})


def make_and_unmake(sandbox: Sandbox, client: Any) -> None:
    """Everything is made, repaired, made in the other way, and removed again; then made for what follows."""
    for hook in sandbox.account.hooks.values():
        hook.record["status"] = "inactive"
    for trigger in sandbox.account.triggers.values():
        trigger["active"] = False
    for field in sandbox.account.fields.values():
        field.get("custom_field_options", []).pop() if field["type"] == "tagger" else field.update(active=False)
    install.make(client, "http://127.0.0.1:1/hook", by_trigger=True)
    install.make(client, "http://127.0.0.1:1/hook")
    install.make(client, "http://127.0.0.1:1/hook2", by_trigger=True)
    install.unmake(client, "http://127.0.0.1:1/hook2", fields=False)
    extra = int(client.send(own.create_field("dm_effort", "dm__")).body["ticket_field"]["id"])
    client.send(own.delete_field(str(extra)))


def operation_of(spec: dict[str, Any], method: str, path: str) -> str:
    """The path template of a request; a template without parameters goes first."""
    for template in sorted(spec["paths"], key=lambda known: known.count("{")):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in spec["paths"][template]:
            return str(template)
    raise AssertionError(f"{method} {path} is no operation of the specification")


def test_every_request_is_in_the_specification_without_unknown_keys(
    spec: dict[str, Any], sent: list[LoggedRequest]
) -> None:
    used = set()
    for request in sent:
        template = operation_of(spec, request.method, request.path)
        used.add((request.method, template))
        item = spec["paths"][template]
        operation = item[request.method.lower()]
        named = [*item.get("parameters", ()), *operation.get("parameters", ())]
        known = {one["name"] for one in (_resolved(spec, parameter) for parameter in named)}
        assert set(request.query) <= known | OWN_QUERY, request.path
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        schema = OWN_SCHEMAS.get((request.method, template)) or content
        if schema is None:
            assert request.json is None, request.path
        else:
            jsonschema.validate(request.json, strict(spec, schema))
    assert used == OPERATIONS


def _resolved(spec: dict[str, Any], parameter: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in parameter:
        return parameter
    found: dict[str, Any] = spec["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
    return found


@pytest.mark.parametrize(
    "body",
    [
        {"ticket": {"tags": ["a"], "additional_tags": ["b"]}},
        {"ticket": {"comment": {"body": "x", "colour": 1}}},
        {"ticket": {"custom_fields": [{"id": 1, "value": 7}]}},
        {"tickets": []},
    ],
)
def test_the_check_refuses_what_zendesk_would_ignore(spec: dict[str, Any], body: dict[str, Any]) -> None:
    schema = strict(spec, {"$ref": "#/components/schemas/TicketUpdateRequest"})

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, schema)


# Bodies that others recorded, or that Zendesk publishes


@pytest.fixture(scope="module")
def fixtures(shared: Path) -> Path:
    return shared / "fixtures" / "zendesk"


def recorded(fixtures: Path, name: str) -> Any:
    return json.loads((fixtures / "recorded" / f"{name}.json").read_text(encoding="utf-8"))


def example(fixtures: Path, name: str) -> Any:
    return json.loads((fixtures / "spec_examples" / f"{name}.json").read_text(encoding="utf-8"))


def mapped(ticket: dict[str, Any], audits: Any = (), **more: Any) -> Reading:
    place = Installation("z", "zendesk", "acme", "https://x.example")
    known = tuple(payloads.records(list(audits)))
    return read_ticket(Material(payloads.ticket(ticket), audits=known, **more), place, Options())


def test_recorded_audits(fixtures: Path) -> None:
    """Three tickets: what the requester wrote is the customer's; authors without a record are unknown."""
    body = recorded(fixtures, "GET_ticket_audits_200")["response"]["body"]
    audits = list(payloads.records(body["audits"]))
    requesters = {
        audit["ticket_id"]: event["value"]
        for audit in audits
        for event in audit.get("events", [])
        if event.get("field_name") == "requester_id"
    }
    found = {}
    for number in (1, 2, 3):
        own = [audit for audit in audits if audit.get("ticket_id") == number]
        reading = mapped({"id": number, "requester_id": requesters.get(number)}, own)
        found[number] = [(message.role.value, message.internal) for message in reading.conversation.messages]

    assert found == {1: [("customer", False)], 2: [("unknown", False)], 3: [("customer", False)]}
    assert next_cursor(body) == body["meta"]["after_cursor"]


@pytest.mark.parametrize(
    ("name", "count"), [("TicketAuditsForTicketResponseExample", 1), ("TicketAuditResponseExample", 1)]
)
def test_official_audits(fixtures: Path, name: str, count: int) -> None:
    body = example(fixtures, name)
    audits = body["audits"] if "audits" in body else [body["audit"]]

    as_agent = mapped({"id": 666}, audits, users={"5246746": payloads.User("5246746", "agent")})

    assert [(m.role.value, m.internal) for m in as_agent.conversation.messages] == [("agent", True)] * count
    assert as_agent.conversation.events == ()


def test_the_official_conversation_log(fixtures: Path) -> None:
    """A bot's public turn and a customer's private comment."""
    body = example(fixtures, "ConversationLogResponseExample")
    reading = mapped({"id": 123, "from_messaging_channel": True}, log=tuple(body["events"]))

    said = [(m.role.value, m.internal, m.at is not None) for m in reading.conversation.messages]
    assert said == [("bot", False, True), ("customer", True, True)]
    assert reading.conversation.messages[0].author.id == "-1"
    assert next_cursor(body) is None


def test_recorded_and_official_comments_as_audit_events(fixtures: Path) -> None:
    """A comment reads the same whether it comes in an audit or in the list of comments."""
    lists = [
        recorded(fixtures, "GET_tickets_ID_comments_200")["response"]["body"]["comments"],
        example(fixtures, "TicketCommentsResponseExample")["comments"],
    ]
    for comments in lists:
        reading = mapped({"id": 33, "requester_id": comments[0]["author_id"]}, [{"id": 1, "events": comments}])
        (message,) = reading.conversation.messages
        assert (message.role.value, message.internal, len(message.attachments)) == ("customer", False, 1)


def test_recorded_tickets(fixtures: Path) -> None:
    lists = {
        "GET_tickets_200": "tickets",
        "GET_tickets_show_many_200": "tickets",
        "GET_incremental_tickets_200": "tickets",
        "GET_incremental_tickets_cursor_200": "tickets",
    }
    found = [
        payloads.ticket(data)
        for name, key in lists.items()
        for data in payloads.records(recorded(fixtures, name)["response"]["body"][key])
        if "id" in data
    ]
    found += [
        payloads.ticket(recorded(fixtures, name)["response"]["body"]["ticket"])
        for name in ("GET_tickets_ID_200", "PUT_tickets_ID_200")
    ]
    found.append(payloads.ticket(example(fixtures, "CursorBasedExportIncrementalTicketsResponseExample")["tickets"][0]))

    assert len(found) > 10
    assert all(ticket.id and ticket.requester_id and ticket.created_at and ticket.updated_at for ticket in found)
    official = found[-1]
    assert official.satisfaction["score"] == "good"
    assert set(official.custom_fields) == {"27642", "27648"}


def test_recorded_users(fixtures: Path) -> None:
    """Ourselves as an admin; the others as end users."""
    me = payloads.user(recorded(fixtures, "GET_users_me_200")["response"]["body"]["user"])
    many = recorded(fixtures, "GET_users_show_many_200")["response"]["body"]["users"]
    users = [payloads.user(data) for data in payloads.records(many) if "id" in data]

    assert me is not None
    assert (me.role, me.verified) == ("admin", True)
    assert Counter(user.role for user in users if user) == {"end-user": len(users)}


def test_recorded_exports_and_fields(fixtures: Path) -> None:
    """A search export with a next page, and a field as it comes back when made."""
    export = recorded(fixtures, "GET_search_export_200")["response"]["body"]
    made = recorded(fixtures, "POST_ticket_fields_201")["response"]["body"]

    assert all(payloads.ident(found.get("id")) for found in payloads.records(export["results"]) if "id" in found)
    assert next_cursor(export) == (export["meta"]["after_cursor"] if export["meta"]["has_more"] else None)
    assert payloads.ident(payloads.record(made["ticket_field"]).get("id")) == str(made["ticket_field"]["id"])


def test_warehouse_comment_rows(fixtures: Path) -> None:
    """Rows of real comments with the users that are in the same export; the others' roles stay unknown."""

    def rows(name: str) -> list[dict[str, str]]:
        with (fixtures / "warehouse_rows" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    people = filter(None, (payloads.user(row) for row in rows("user_data")))
    users = {person.id: person for person in people}
    comments = rows("ticket_comment_data")
    audits = [
        {"id": n, "created_at": row["created"], "author_id": row["user_id"],
         "events": [{"id": row["id"], "type": "Comment", "body": row["body"], "public": row["public"] == "TRUE"}]}
        for n, row in enumerate(comments)
    ]  # fmt: skip

    messages = mapped({"id": 1, "requester_id": comments[0]["user_id"]}, audits, users=users).conversation.messages

    assert len(messages) == len(comments) == 20
    assert all(message.at for message in messages)
    assert Counter(message.role.value for message in messages) == {"customer": 1, "unknown": 19}


def test_recorded_jobs(fixtures: Path) -> None:
    states = [
        recorded(fixtures, f"GET_job_statuses_ID_200_{state}")["response"]["body"]["job_status"]["status"]
        for state in ("queued", "working", "completed")
    ]

    assert states == ["queued", "working", "completed"]


def test_every_recorded_answer_names_its_limits(fixtures: Path) -> None:
    said: Counter[str] = Counter()
    for path in sorted((fixtures / "recorded").glob("*.json")):
        headers = json.loads(path.read_text(encoding="utf-8")).get("response", {}).get("headers", {})
        for left in limits({name: values[0] for name, values in headers.items()}):
            assert left.remaining >= 0
            said[left.endpoint] += 1

    assert said[""] >= 25
    assert said["tickets-update"] >= 1


def test_the_recorded_delivery(fixtures: Path) -> None:
    """Headers and body as Zendesk sent them; its event is about a user who was deleted."""
    path = fixtures / "recorded" / "GET_webhooks_ID_invocations_ID_attempts_200_full.json"
    attempt = json.loads(path.read_text(encoding="utf-8"))["attempts"][0]
    headers = {item["key"]: item["value"] for item in attempt["request"]["headers"]}

    said = delivery(headers, attempt["request"]["payload"].encode())

    assert said.key == attempt["invocation_id"]
    assert (said.signal, said.event, said.conversation_id) == (Signal.CONTACT_DELETED, "user.deleted", None)
    signed_at = payloads.moment(headers["X-Zendesk-Webhook-Signature-Timestamp"])
    assert signed_at is not None
    assert (payloads.moment(attempt["completed_at"]) or signed_at) >= signed_at


def test_warehouse_chat_rows(fixtures: Path) -> None:
    """Rows of real chats: their source says that a bot wrote them, whatever id they carry; without it ids decide."""
    path = fixtures / "warehouse_rows" / "ticket_chat_event_data.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    entries = [
        {key: row[key] for key in ("actor_id", "message", "message_id", "original_message", "type", "created_at")}
        | {"chat_index": number, "type": "ChatMessage"}
        for number, row in enumerate(rows)
    ]
    audit = {"id": 1, "events": [{"id": 2, "type": "ChatStartedEvent", "value": {"history": entries}}]}

    messages = mapped({"id": 45}, [audit]).conversation.messages

    assert len(messages) == len(rows) == 12
    assert Counter(message.role.value for message in messages) == {"bot": 12}
    assert all(message.text and message.at for message in messages)
    plain = [{**entry, "original_message": "", "message": "x"} for entry in entries]
    audit["events"] = [{"id": 2, "type": "ChatStartedEvent", "value": {"history": plain}}]
    roles = Counter(message.role.value for message in mapped({"id": 45}, [audit]).conversation.messages)
    assert roles == {"agent": 2, "unknown": 8, "system": 2}


def test_official_webhook_and_trigger_bodies(fixtures: Path, spec: dict[str, Any]) -> None:
    """What others created passes the same check as what we create."""
    hook = recorded(fixtures, "POST_webhooks_201")["request"]["body"]
    trigger = example(fixtures, "TriggerWithCategoryRequestExample")

    for path, body in (("/api/v2/webhooks", hook), ("/api/v2/triggers", trigger)):
        content = spec["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        schema = strict(spec, content)
        if path.endswith("webhooks"):
            body["webhook"]["authentication"].pop("add_position")  # the third party's file forgets it for basic_auth
        jsonschema.validate(body, schema)
