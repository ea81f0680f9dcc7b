"""How an endpoint of the API is made: one decorator that puts it into the application and into its OpenAPI document.

So every route is documented, its parameters are checked by what the document says, and what it answers is made from the
documented shape. What tells Deskmark something is a POST and needs the scope `write`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any

from flask import Blueprint, Response, request
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from service.store.people_models import Scope
from service.web.api.keys import admit_key
from service.web.problems import Problem, problem
from service.web.rights import needs

PREFIX = "/api/v1"
blueprint = Blueprint("api", __name__, url_prefix=PREFIX)


class Query(BaseModel):
    """Parameters of one route. A parameter that it does not know is an error: a misspelt filter would show too much."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Body(BaseModel):
    """What a POST carries, as JSON. A key that it does not know is an error, as nobody would notice that it is lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """What one route answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _day(value: object) -> object:
    """A date as people write it: a number of seconds is none, nor is a year that no conversation is from."""
    if isinstance(value, str) and not re.fullmatch(r"(?:19[7-9]|2\d\d)\d-\d\d-\d\d", value, re.ASCII):
        raise ValueError("is no date between 1970 and 2999 such as 2026-01-31")
    return value


Day = Annotated[date, BeforeValidator(_day)]
"""A day in UTC."""


class Nothing(Query):
    """No parameters."""


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint as the document tells it. `path_help` explains the parts of the path."""

    name: str
    path: str
    summary: str
    description: str
    query: type[Query]
    answer: type[Answer]
    path_help: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: type[Body] | None = None
    """What a POST carries; `None`: a GET."""

    @property
    def scope(self) -> Scope:
        """What a key needs for it."""
        return Scope.READ if self.body is None else Scope.WRITE


ROUTES: list[Route] = []
"""Every endpoint, in the order in which they are made."""


def get(
    path: str, answer: type[Answer], *, query: type[Query] = Nothing, path_help: Mapping[str, str] | None = None
) -> Callable[[Callable[..., Answer]], Callable[..., Response]]:
    """Make a function an endpoint: it is given its query and the parts of its path, its docstring describes it."""

    def make(endpoint: Callable[..., Answer]) -> Callable[..., Response]:
        summary, _, description = (endpoint.__doc__ or "").partition("\n")
        name = endpoint.__name__
        text = " ".join(description.split())
        ROUTES.append(Route(name, path, summary, text, query, answer, MappingProxyType(dict(path_help or {}))))

        @needs(Scope.READ)
        def view(**named: str) -> Response:
            return _answered(endpoint(_asked(query), **named))

        blueprint.add_url_rule(path, name, view, methods=["GET"])
        return view

    return make


def post(
    path: str, answer: type[Answer], *, body: type[Body]
) -> Callable[[Callable[..., Answer]], Callable[..., Response]]:
    """The same for what is told: the function is given the body, the answer comes with status 201."""

    def make(endpoint: Callable[..., Answer]) -> Callable[..., Response]:
        summary, _, description = (endpoint.__doc__ or "").partition("\n")
        ROUTES.append(
            Route(endpoint.__name__, path, summary, " ".join(description.split()), Nothing, answer, body=body)
        )

        @needs(Scope.WRITE)
        def view() -> Response:
            _asked(Nothing)
            told = endpoint(_told(body)).model_dump_json()
            return Response(told, status=201, content_type="application/json", headers={"Cache-Control": "no-store"})

        blueprint.add_url_rule(path, endpoint.__name__, view, methods=["POST"])
        return view

    return make


def _told(body: type[Body]) -> Body:
    """The body of this request. Raises a 400 problem that names every key that cannot be used."""
    try:
        return body.model_validate_json(request.get_data())
    except ValidationError as error:
        raise Problem(400, "the body cannot be used", faults=_faults(error, "body")) from error


def _asked(query: type[Query]) -> Query:
    """The parameters of this request. Raises a 400 problem that names every one that cannot be used."""
    lists = {name for name, f in query.model_fields.items() if "tuple" in str(f.annotation)}
    given: dict[str, Any] = {
        name: values if name in lists or len(values) > 1 else values[0] for name, values in request.args.lists()
    }
    try:
        return query.model_validate(given)
    except ValidationError as error:
        raise Problem(400, "a parameter cannot be used", faults=_faults(error, "query")) from error


def _faults(error: ValidationError, whole: str) -> list[dict[str, str]]:
    """What is wrong where; `whole` names the place of a fault of all of it."""
    return [
        {"parameter": ".".join(map(str, fault["loc"][:1])) or whole, "detail": _words(fault["msg"])}
        for fault in error.errors(include_input=False, include_url=False, include_context=False)
    ]


def _words(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return "is not a parameter of this address" if message.startswith("Extra inputs") else message


def _answered(answer: Answer) -> Response:
    """JSON with a tag by which a client can ask whether anything changed. Kept by nobody between us and the client."""
    response = Response(answer.model_dump_json(), content_type="application/json")
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Authorization"
    response.add_etag()
    response.make_conditional(request)
    return response


blueprint.before_request(admit_key)


@blueprint.app_errorhandler(Problem)
def told(error: Problem) -> Response:
    """The problem as an answer."""
    return problem(error.status, error.detail, error.faults, error.headers)
