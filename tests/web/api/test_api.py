"""The API: nobody without the token, every route in the document, every answer as the document says."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import SecretStr
from sqlalchemy import text

from service.name_lists import finder
from service.scoring.definitions import VERSIONS
from service.scoring.score import Score
from service.settings import Settings
from service.store.intent_models import IntentExample
from service.store.models import Installation, State
from service.web.api import ROUTES
from service.web.parts import EXTENSION

DOCS = Path(__file__).parents[3] / "docs" / "api.md"


def test_the_document_is_valid_and_holds_every_route(api: Any) -> None:
    document = api.plain("/api/v1/openapi.json").get_json()
    OpenAPIV31SpecValidator(document).validate()
    rules = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in api.web.app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.rule != "/api/v1/openapi.json"
    }
    assert set(document["paths"]) == rules
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(ROUTES) == len(operations)
    for operation in operations:
        assert operation["summary"]
        assert all(parameter["description"] for parameter in operation.get("parameters", ()))
    text = DOCS.read_text()
    assert [path for path in rules if path not in text] == []


def test_the_document_may_be_kept_and_needs_no_token(api: Any) -> None:
    answer = api.plain("/api/v1/openapi.json")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["ETag"]


PATHS = ["/figures", "/figures/containment", "/figures/containment/conversations?value=contained", "/conversations",
         "/installations", "/definitions", "/intents", "/knowledge-gaps", "/improvements"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_nobody_comes_in_without_the_token(api: Any, path: str) -> None:
    for token in (None, "", "wrong", "a token for tests of the AP", "größe"):
        body = api.get(path, status=401, token=token)
        assert body["title"] == "Unauthorized"
    answer = api.plain(f"/api/v1{path}", Authorization=f"Basic {'a token for tests of the API'}")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.content_type == "application/problem+json"
    assert api.plain(f"/api/v1{path}", Authorization="bearer a token for tests of the API").status_code == 200


def test_without_a_token_or_a_key_nobody_is_let_in(sqlite_url: str, make_web: Any) -> None:
    client = make_web(sqlite_url).client()
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer None"}):
        answer = client.get("/api/v1/figures", headers=headers)
        assert answer.status_code == 401
        assert "API key" in answer.get_json()["detail"]


def test_wrong_keys_are_counted_by_address(sqlite_url: str, make_web: Any) -> None:
    client = make_web(sqlite_url, api_token=SecretStr("a token for tests of the API")).client()

    def ask(address: str, token: str = "wrong") -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return client.get("/api/v1/figures", headers=headers, environ_base={"REMOTE_ADDR": address})

    assert [ask("203.0.113.1").status_code for _ in range(31)] == [401] * 30 + [429]
    refused = ask("203.0.113.1")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert (refused.content_type, refused.get_json()["status"]) == ("application/problem+json", 429)
    assert ask("203.0.113.2").status_code == 401
    assert ask("203.0.113.1", "a token for tests of the API").status_code == 200, "a right one is not held up"


def test_a_short_token_is_refused() -> None:
    with pytest.raises(ValueError, match="api_token"):
        Settings(secret_key="k", session_key="s", api_token="short")
    assert Settings(secret_key="k", session_key="s", api_token="").api_token is None
    assert "long enough" not in repr(Settings(secret_key="k", session_key="s", api_token="a token long enough"))


def test_every_error_is_a_problem(api: Any) -> None:
    for path, status in (("/figures/none", 404), ("/conversations/none", 404), ("/figures?colour=red", 400),
                         ("/conversations?limit=0", 400), ("/conversations?limit=1&limit=2", 400)):  # fmt: skip
        body = api.get(path, status=status)
        assert body["status"] == status
        assert body["instance"].startswith("/api/v1/")
        assert ("errors" in body) == (status == 400)
    unknown = api.plain("/api/v1/nothing")
    assert (unknown.status_code, unknown.content_type) == (404, "application/problem+json")
    changing = api.web.client().post("/api/v1/figures")
    assert (changing.status_code, changing.content_type) == (405, "application/problem+json")
    assert changing.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/conversations?verdict=containment", "verdict"),
        ("/conversations?verdict=colour.red", "verdict"),
        ("/conversations?since=yesterday", "since"),
        ("/conversations?since=0", "since"),
        ("/figures/containment?until=0001-01-01", "until"),
        ("/figures/containment?until=9999-12-31", "until"),
        ("/conversations?state=asleep", "state"),
        ("/conversations?installation=none", "installation"),
        ("/conversations?cursor=%21", "cursor"),
        ("/conversations?cursor=WyJ4Il0", "cursor"),
        ("/conversations?cursor=WyJ4IiwieSIsInoiXQ", "cursor"),
        ("/conversations?cursor=WyJlbmRlZCIsIjIwMjYtMDEtMDEiLCJ4Il0", "cursor"),
        ("/figures/containment?since=2026-02-01&until=2026-01-01", "since"),
        ("/figures/containment?by=year", "by"),
        ("/figures/containment?dimension=colour", "dimension"),
        ("/figures/containment?filter=colour%3Dred", "filter"),
        ("/figures/containment?definitions=9", "definitions"),
        ("/figures/containment/conversations", "value"),
        ("/figures/containment/conversations?value=contained&cursor=WyJ4IiwieSIsInoiXQ", "cursor"),
        ("/conversations/x?personal_data=yes", "personal_data"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(api: Any, path: str, parameter: str) -> None:
    assert [fault["parameter"] for fault in api.get(path, status=400)["errors"]] == [parameter]


def test_a_database_that_does_not_answer_is_told(api: Any) -> None:
    with api.web.parts.database.engine.begin() as connection:
        connection.execute(text("DROP TABLE delivery"))
    answer = api.plain("/api/v1/installations", Authorization="Bearer a token for tests of the API")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.content_type == "application/problem+json"


def test_what_has_not_changed_is_not_sent_again(api: Any, seed: Any) -> None:
    seed()
    token = {"Authorization": "Bearer a token for tests of the API"}
    first = api.plain("/api/v1/conversations", **token)
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in first.headers["Vary"]
    again = api.plain("/api/v1/conversations", **token, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("web", ["sqlite", "postgres"], indirect=True)
def test_catalogs(api: Any, seed: Any, clock: Any) -> None:
    seed()
    (installation,) = api.get("/installations")["items"]
    assert (installation["helpdesk"], installation["account"], installation["writing"]) == ("zendesk", "acme", False)
    assert set(installation) & {"secrets", "options", "base_url"} == set()
    versions = api.get("/definitions")["items"]
    assert [each["version"] for each in versions] == list(VERSIONS)
    assert [each["current"] for each in versions] == [False, True]
    assert {score["name"] for score in versions[-1]["scores"]} == VERSIONS[versions[-1]["version"]].scores
    with api.web.parts.database.begin() as session:
        for n in range(3):
            session.add(
                IntentExample(installation_id=installation["id"], intent="refund", text=f"secret {n}",
                              digest=bytes([n]), source="imported", created_at=clock())
            )  # fmt: skip
    found = api.get("/intents")["items"]
    assert found == [{"installation": installation["id"], "name": "refund", "examples": 3}]


def test_the_list_has_verdicts_and_no_word_of_anybody(api: Any, seed: Any, shapes: Any) -> None:
    row_id = seed(shapes.told("4711"))
    (line,) = api.get("/conversations")["items"]
    assert (line["id"], line["external_id"], line["channel"]) == (row_id, "4711", "messaging")
    assert line["scores"]["containment"] == {
        "verdict": "escalated", "deskmark_verdict": "escalated", "disputed": False, "value": 0.31, "confidence": 0.9
    }  # fmt: skip
    assert not any(word in json.dumps(line) for word in ("order", "ORD-4821", "ada@", "c-1", "Hello"))


@pytest.mark.parametrize("web", ["sqlite", "postgres"], indirect=True)
def test_filters_of_the_list(api: Any, seed: Any, shapes: Any) -> None:
    start = shapes.told().closed_at
    first = shapes.told("1")
    second = shapes.told(
        "2", closed_at=start + timedelta(days=1), opened_at=start, helpdesk="intercom", account="other"
    )
    one = seed(first, shapes.scored(first))
    two = seed(second, shapes.scored(second, containment=Score("returned", 0.1)))
    three = seed(shapes.told("3"), state=State.OPEN, channel="email")

    def ids(query: str) -> set[str]:
        return {line["id"] for line in api.get(f"/conversations?{query}")["items"]}

    assert ids("") == {one, two, three}
    assert ids("verdict=containment.returned") == {two}
    assert ids("verdict=containment.returned&verdict=context_repeat.preserved") == set()
    assert ids("verdict=containment.returned&verdict=context_repeat.repeated") == {two}
    assert ids("installation=intercom") == ids("installation=other") == {two}
    assert ids("installation=intercom&installation=acme") == {one, two, three}
    assert ids("state=open") == ids("channel=email") == ids("external_id=3") == {three}
    assert ids(f"since={start.date() + timedelta(days=1)}") == {two}
    assert ids(f"until={start.date()}") == {one, three}


@pytest.mark.parametrize("web", ["sqlite", "postgres"], indirect=True)
def test_pages_are_stable_while_others_come_in(api: Any, seed: Any, shapes: Any) -> None:
    start = shapes.told().closed_at
    made = [seed(shapes.told(str(n), closed_at=start + timedelta(minutes=n // 2))) for n in range(7)]
    assert [line["id"] for line in api.pages("/conversations")] == sorted(
        made, key=lambda row_id: (made.index(row_id) // 2, row_id), reverse=True
    )
    waiting = [seed(shapes.told(f"w{n}"), ended_at=None, created_at=start + timedelta(days=9 + n)) for n in range(3)]
    assert [line["id"] for line in api.pages("/conversations")][7:] == waiting[::-1]
    assert [line["id"] for line in api.pages("/conversations", limit=5)][7:] == waiting[::-1]
    first = api.get("/conversations?limit=3")
    seed(shapes.told("new", closed_at=start + timedelta(days=1)))
    rest = api.get(f"/conversations?limit=200&cursor={first['next']}")
    assert {line["id"] for line in (*first["items"], *rest["items"])} == {*made, *waiting}
    assert len(first["items"]) + len(rest["items"]) == 10


@pytest.mark.parametrize("switched_on", [True, False])
def test_names_in_free_prose_are_masked_where_it_is_switched_on(
    api: Any, seed: Any, shapes: Any, switched_on: bool
) -> None:
    api.web.app.extensions[EXTENSION] = replace(api.web.parts, names=finder(switched_on=switched_on))
    told = shapes.told("4711")
    first = replace(told.messages[0], text="my colleague Deborah Whitlock ordered it")
    found = api.get(f"/conversations/{seed(replace(told, messages=(first, *told.messages[1:])))}")
    masked = "my colleague (name) ordered it"
    assert (found["document"]["messages"][0]["text"] == masked) is switched_on


def test_one_conversation_is_masked_unless_asked_otherwise(api: Any, seed: Any, shapes: Any) -> None:
    row_id = seed(shapes.told("4711"))
    found = api.get(f"/conversations/{row_id}")
    assert found["personal_data"] is False
    shown = json.dumps(found)
    assert not any(word in shown for word in ("ORD-4821", "ada@example.com", '"c-1"', "customer-1", "agent-1"))
    assert found["document"]["messages"][0]["text"].endswith("my order is (number), & nothing came")
    (card,) = found["cards"]
    assert (card["episode"], card["latest"]) == (1, True)
    (proof,) = card["scores"]["context_repeat"]["evidence"]
    assert (proof["message"], proof["answered_in"]) == ("m4", "m0")
    as_it_is = api.get(f"/conversations/{row_id}?personal_data=true")
    assert as_it_is["document"]["contact"]["email"] == "ada@example.com"
    assert "ORD-4821" in json.dumps(as_it_is)


def test_a_key_without_texts_reads_no_word_of_a_customer(api: Any, seed: Any, shapes: Any) -> None:
    c = shapes.told("1")
    rated = replace(shapes.scored(c).scores["satisfaction"], reason="The rating 'call Kofi' cannot be read.")
    row_id = seed(c, shapes.scored(c, satisfaction=rated))
    _, key = api.web.key("read")
    found = api.get(f"/conversations/{row_id}", token=key)
    assert found["cards"][0]["scores"]["satisfaction"]["reason"] == "The rating (removed) cannot be read."
    assert not any(word in json.dumps(found) for word in ("Kofi", "order number?", "still nothing", "ORD-4821"))


def test_every_version_and_episode_of_one_conversation(api: Any, seed: Any, shapes: Any) -> None:
    c = shapes.told("1")
    row_id = seed(c, shapes.scored(c), shapes.scored(c, episode=2))
    cards = api.get(f"/conversations/{row_id}")["cards"]
    assert [(card["episode"], card["latest"]) for card in cards] == [(2, True), (1, False)]


def test_a_conversation_whose_content_is_gone(api: Any, seed: Any) -> None:
    row_id = seed(document=None)
    assert api.get(f"/conversations/{row_id}")["document"] is None


def test_an_import_is_listed_and_shown_like_any_other(api: Any, seed: Any) -> None:
    api.web.installation("intercom", account="file", options={"imported": True})
    seed()
    found = {each["account"]: each for each in api.get("/installations")["items"]}
    assert [found[name]["imported"] for name in ("file", "acme")] == [True, False]
    admin = api.web.admin()
    page = admin.get("/installations")
    assert page.get_data(as_text=True).count("From a file") == 1
    row_id = found["file"]["id"]
    refused = api.web.post(
        admin, f"/installations/{row_id}/writing", form_on="/installations", writing="on", sure="yes"
    )
    assert refused.status_code == 404
    with api.web.parts.database.read() as session:
        assert not session.get_one(Installation, row_id).writing
