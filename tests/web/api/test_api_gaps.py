"""Knowledge gaps over the API, and how it is told of improvements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from service.store import conversations, gaps, installations
from service.store.gaps import Assignment, Question
from service.store.models import Installation


@pytest.fixture
def gap(web: Any) -> int:
    """A gap of `i1` that one customer asked about, and another helpdesk without any."""
    now = web.parts.now()
    with web.parts.database.begin() as session:
        for name in ("i1", "i2"):
            new = installations.NewInstallation("zendesk", name, "https://acme.example", b"", "dm__", id=name)
            installations.add(session, new, now=now)
        row_id = conversations.announce(session, session.get_one(Installation, "i1"), "1", at=now, now=now)
        question = Question(1, "m0", "no_answer", negative=False, at=now - timedelta(days=2))
        gaps.keep_questions(session, "i1", row_id, [question])
        gaps.save_groups(session, "i1", "{}", labels={1: "wash wool"}, merged={},
                         assigned=[Assignment(row_id, 1, 1)], now=now)  # fmt: skip
        return gaps.listed(session)[0].row.id


def test_gaps_and_improvements(api: Any, gap: int) -> None:
    (only,) = api.get("/knowledge-gaps")["items"]
    assert (only["id"], only["state"], only["label"], only["effect"]) == (gap, "open", "wash wool", None)
    told = {"installation": "i1", "kind": "article_updated", "reference": "article:77", "gaps": [gap]}
    kept = api.post("/improvements", told)
    assert (kept["reference"], kept["gaps"]) == ("article:77", [gap])
    assert api.get("/improvements?installation=i1")["items"] == [kept]
    assert api.get("/improvements?installation=i2")["items"] == []
    (only,) = api.get("/knowledge-gaps?installation=i1")["items"]
    assert only["state"] == "fixed"
    assert only["effect"]["messages_before"] == 1


def test_a_key_without_texts_is_told_no_word_of_customers(api: Any, gap: int) -> None:
    _, key = api.web.key("read")
    (only,) = api.get("/knowledge-gaps", token=key)["items"]
    assert (only["id"], only["label"], only["messages"]) == (gap, None, 1)


def test_told_twice_is_once(api: Any, gap: int) -> None:
    told = {"installation": "i1", "kind": "other", "reference": "x", "at": "2026-01-02T03:04:05Z"}
    assert api.post("/improvements", told)["id"] == api.post("/improvements", {**told, "title": "X"})["id"]
    assert [each["title"] for each in api.get("/improvements")["items"]] == ["X"]


@pytest.mark.parametrize(
    ("change", "parameter", "why"),
    [
        ({"installation": "nobody"}, "installation", "is no connected helpdesk"),
        ({"installation": "i2", "gaps": [1]}, "gaps", "is no knowledge gap of this helpdesk"),
        ({"gaps": [99]}, "gaps", "99 is no knowledge gap"),
        ({"kind": "miracle"}, "kind", "Input should be"),
        ({"at": "2999-01-01T00:00:00Z"}, "at", "lies ahead"),
        ({"at": "2026-01-01T00:00:00"}, "at", "timezone"),
        ({"referense": "x"}, "referense", "not a parameter"),
    ],
)
def test_mistakes_say_what_to_do(api: Any, gap: int, change: dict[str, Any], parameter: str, why: str) -> None:
    told = {"installation": "i1", "kind": "other", "reference": "x", **change}
    (fault,) = api.post("/improvements", told, status=400)["errors"]
    assert fault["parameter"] == parameter
    assert why in fault["detail"]
    assert api.get("/improvements")["items"] == []


def test_telling_takes_a_token_of_its_own(api: Any, gap: int) -> None:
    for token in (None, "wrong"):
        api.post("/improvements", {}, status=401, token=token)
    api.post("/improvements", {}, status=403, token="a token for tests of the API")
    answer = api.web.client().post(
        "/api/v1/improvements", data="{", headers={"Authorization": f"Bearer {'a token that tells the API things'}"}
    )
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["parameter"] == "body"
