"""What Intercom lists of things that went: requests by the specification of 2.16, pages, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import responses
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest

from connectors.base import Change, Signal
from connectors.errors import NotFound, Rejected
from connectors.http import ApiRequest, ApiResponse
from connectors.intercom import watching

HOST = "https://api.intercom.io"
SINCE = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize("request_", [watching.deleted(2), watching.merge_history("5ba682d23d7cf92bef87bfd3")])
def test_requests_are_in_the_specification(shared: Path, request_: ApiRequest) -> None:
    loaded = yaml.safe_load((shared / "specs" / "intercom-2.16.yaml").read_text(encoding="utf-8"))
    openapi = OpenAPI.from_dict(loaded, config=Config(spec_validator_cls=None))
    assert request_.headers is not None
    openapi.validate_request(
        MockRequest(
            HOST,
            "get",
            request_.path,
            args=dict(request_.query or {}),
            headers={"Authorization": "Bearer x", **request_.headers},
        )
    )


def answer(body: Any) -> ApiResponse:
    return ApiResponse(200, json.loads(json.dumps(body)), {})


def page(number: int, total: int, *gone: tuple[str, int]) -> dict[str, Any]:
    found = [{"type": "conversation", "id": name, "deleted_at": at} for name, at in gone]
    return {"conversations": found, "pages": {"page": number, "total_pages": total, "next": None}}


def test_pages_until_what_is_older() -> None:
    late, early = int(SINCE.timestamp()) + 60, int(SINCE.timestamp()) - 60
    pages = {"1": page(1, 3, ("9", late), ("8", late)), "2": page(2, 3, ("7", late), ("6", early))}
    first = watching.changes(lambda asked: answer(pages[(asked.query or {})["page"]]), SINCE, "")
    assert (first.found, first.place) == ((Change(Signal.DELETED, "9"), Change(Signal.DELETED, "8")), "2")
    second = watching.changes(lambda asked: answer(pages[(asked.query or {})["page"]]), SINCE, "2")
    assert (second.found, second.place) == ((Change(Signal.DELETED, "7"),), None)


@pytest.mark.parametrize("refusal", [Rejected("400"), NotFound("404")])
def test_what_is_refused_is_left_out(refusal: Exception) -> None:
    def send(_: ApiRequest) -> ApiResponse:
        raise refusal

    assert watching.changes(send, SINCE, "").place is None
    assert watching.merged(send, "c1") == {}


@responses.activate
def test_another_version_for_these_alone() -> None:
    """The header of a single request goes before that of the session."""
    import requests  # noqa: PLC0415
    from near import near  # noqa: PLC0415

    from connectors.http import Http  # noqa: PLC0415
    from connectors.intercom import IntercomConnector  # noqa: PLC0415
    from connectors.intercom.transport import Transport  # noqa: PLC0415
    from connectors.limiter import Limiter  # noqa: PLC0415

    responses.get(f"{HOST}/conversations/deleted", json=page(1, 1))
    http = Http(HOST, requests.Session(), Limiter(), name="i", hosts=near(IntercomConnector()))
    Transport(http, "token").send(watching.deleted(1))
    sent = responses.calls[0].request.headers
    assert (sent["Intercom-Version"], sent["Authorization"]) == ("2.16", "Bearer token")
