"""Errors of the API as RFC 9457 has them: `application/problem+json`, in plain words, quoting nothing that was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from flask import Response, request

TYPE = "application/problem+json"
ROOT = "/api/"
"""Where answers are for programs: an unknown address below it is answered with a problem, not with a page."""


class Problem(Exception):
    """Answer with a problem. `faults` names what is wrong with which parameter."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        faults: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = faults
        self.headers = dict(headers or {})


def asked_by_program() -> bool:
    """Whether this request is one to the API."""
    return request.path.startswith(ROOT)


def problem(
    status: int, detail: str, faults: Sequence[Mapping[str, str]] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """The answer. Its type is the status itself, as the standard has it for problems without a page of their own."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.path,
    }
    if faults:
        body["errors"] = list(faults)
    return Response(json.dumps(body), status, {"Cache-Control": "no-store", **(headers or {})}, content_type=TYPE)
