"""An application with an API token, and what asks it: every answer is checked against the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest, WerkzeugOpenAPIResponse
from pydantic import SecretStr
from werkzeug.test import EnvironBuilder, TestResponse

TOKEN = "a token for tests of the API"
WRITE_TOKEN = "a token that tells the API things"


@dataclass
class Api:
    """Asks as a program does. `get` refuses any answer that the document does not describe."""

    web: Any
    document: OpenAPI

    def plain(self, path: str, **headers: str) -> TestResponse:
        """Ask without a token and without checking."""
        return self.web.client().get(path, headers=headers)

    def get(self, path: str, *, status: int = 200, token: str | None = TOKEN, **headers: str) -> Any:
        """The body of an answer with this status; `path` is below /api/v1."""
        given = {"Authorization": f"Bearer {token}", **headers} if token else headers
        answer = self.web.client().get(f"/api/v1{path}", headers=given)
        assert answer.status_code == status, answer.get_data(as_text=True)
        request, response = WerkzeugOpenAPIRequest(answer.request), WerkzeugOpenAPIResponse(answer)
        if status == 200:
            self.document.validate_request(request)
        self.document.validate_response(request, response)
        return answer.get_json() if answer.data else None

    def post(self, path: str, body: Any, *, status: int = 201, token: str | None = WRITE_TOKEN) -> Any:
        """Tell something; the body of an answer with this status."""
        given = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.web.client().post(f"/api/v1{path}", json=body, headers=given)
        assert answer.status_code == status, answer.get_data(as_text=True)
        # The body of the request that was answered is read already.
        asked = EnvironBuilder(f"/api/v1{path}", method="POST", json=body, headers=given).get_request()
        request, response = WerkzeugOpenAPIRequest(asked), WerkzeugOpenAPIResponse(answer)
        if status == 201:
            self.document.validate_request(request)
        self.document.validate_response(request, response)
        return answer.get_json()

    def pages(self, path: str, *, limit: int = 2) -> list[dict[str, Any]]:
        """The items of all pages."""
        items: list[dict[str, Any]] = []
        sign = "&" if "?" in path else "?"
        place = ""
        while True:
            page = self.get(f"{path}{sign}limit={limit}{place}")
            assert len(page["items"]) <= limit
            items += page["items"]
            if page["next"] is None:
                return items
            place = f"&cursor={page['next']}"


@pytest.fixture
def web(request: pytest.FixtureRequest, make_web: Callable[..., Any]) -> Any:
    """An application whose API is switched on, over SQLite unless a test asks for "postgres"."""
    kind = getattr(request, "param", "sqlite")
    return make_web(
        request.getfixturevalue(f"{kind}_url"), api_token=SecretStr(TOKEN), api_write_token=SecretStr(WRITE_TOKEN)
    )


@pytest.fixture
def api(web: Any) -> Api:
    """What asks `web`."""
    return Api(web, read_document(web.client().get("/api/v1/openapi.json").get_data(as_text=True)))


@cache
def read_document(text: str) -> OpenAPI:
    """The document, read once: it is the same for every application."""
    config = Config(extra_media_type_deserializers={"application/problem+json": json.loads})
    return OpenAPI.from_dict(json.loads(text), config=config)
