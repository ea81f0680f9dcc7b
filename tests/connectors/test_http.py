"""What each answer of a helpdesk means for the caller."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import time

import pytest
import requests
import responses

from connectors.addresses import one_of
from connectors.errors import Conflict, ConnectorError, CredentialsRefused, NotFound, Rejected, RetryLater, Throttled
from connectors.http import DEFAULT_WAIT, ApiRequest, Http, wait
from connectors.limiter import Limiter

BASE = "https://desk.example"
READ = ApiRequest("GET", "/tickets/1", query={"include": "users"})


@pytest.fixture
def http() -> Http:
    return Http(BASE + "/", requests.Session(), Limiter(), name="i1", hosts=one_of(BASE))


@responses.activate
def test_an_answer_is_its_json_and_headers(http: Http) -> None:
    responses.get(BASE + "/tickets/1", json={"id": 1}, headers={"X-Left": "9"})
    answer = http.send(READ, bucket="api", rate="10/minute")
    assert (answer.status, answer.body, answer.headers["x-left"]) == (200, {"id": 1}, "9")
    assert responses.calls[0].request.url == BASE + "/tickets/1?include=users"


@responses.activate
def test_nothing_in_it_is_an_empty_mapping(http: Http) -> None:
    responses.get(BASE + "/tickets/1", status=204)
    assert http.send(READ, bucket="api", rate="10/minute").body == {}


@responses.activate
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Rejected),
        (401, CredentialsRefused),
        (403, Rejected),
        (404, NotFound),
        (408, RetryLater),
        (409, Conflict),
        (410, NotFound),
        (422, Rejected),
        (425, RetryLater),
        (429, Throttled),
        (500, RetryLater),
        (503, RetryLater),
        (302, Rejected),
    ],
)
def test_what_a_status_means(http: Http, status: int, error: type[ConnectorError]) -> None:
    responses.get(BASE + "/tickets/1", status=status, body="the customer's words")
    with pytest.raises(error) as failure:
        http.send(READ, bucket="api", rate="10/minute")
    assert type(failure.value) is error
    assert "words" not in str(failure.value)
    cause = failure.value.__cause__
    assert isinstance(cause, requests.HTTPError)
    assert cause.response is not None
    assert cause.response.status_code == status


@responses.activate
def test_after_a_429_the_bucket_rests(http: Http) -> None:
    responses.get(BASE + "/tickets/1", status=429, headers={"Retry-After": "60"})
    with pytest.raises(Throttled) as failure:
        http.send(READ, bucket="api", rate="10/minute")
    assert failure.value.after == 60
    with pytest.raises(Throttled, match="asked to wait"):
        http.send(READ, bucket="api", rate="10/minute")
    assert len(responses.calls) == 1


@responses.activate
def test_a_bucket_can_be_rested_by_hand(http: Http) -> None:
    http.pause("api", 5)
    with pytest.raises(Throttled):
        http.send(READ, bucket="api", rate="10/minute")


@responses.activate
def test_no_connection_and_no_json(http: Http) -> None:
    responses.get(BASE + "/tickets/1", body=requests.ConnectTimeout())
    with pytest.raises(RetryLater, match="ConnectTimeout"):
        http.send(READ, bucket="api", rate="10/minute")
    responses.replace("GET", BASE + "/tickets/1", body="<html>")
    with pytest.raises(RetryLater, match="not JSON"):
        http.send(READ, bucket="api", rate="10/minute")


def test_how_long_to_wait() -> None:
    assert wait({"Retry-After": "12.5"}) == 12.5
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 80 < wait({"Retry-After": soon}) < 91
    assert wait({"Retry-After": "soon"}) == DEFAULT_WAIT
    assert 50 < wait({"X-RateLimit-Reset": str(int(time()) + 60)}) <= 60
    assert wait({"X-RateLimit-Reset": "0"}) == 1.0
    assert wait({}) == DEFAULT_WAIT
