"""Where requests may go: the vendor's hosts as they are written, and nothing that only looks like them."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from connectors.addresses import ForbiddenAddress, Hosts
from connectors.http import ApiRequest, Http
from connectors.intercom import IntercomConnector
from connectors.limiter import Limiter
from connectors.zendesk import ZendeskConnector

ZENDESK, INTERCOM = ZendeskConnector.hosts, IntercomConnector.hosts


@pytest.mark.parametrize(
    ("hosts", "typed", "stored"),
    [
        (ZENDESK, "https://acme.zendesk.com", "https://acme.zendesk.com"),
        (ZENDESK, "  https://Acme-2.Zendesk.com/ ", "https://acme-2.zendesk.com"),
        (INTERCOM, "https://api.intercom.io", "https://api.intercom.io"),
        (INTERCOM, "https://api.eu.intercom.io/", "https://api.eu.intercom.io"),
        (INTERCOM, "https://api.au.intercom.io", "https://api.au.intercom.io"),
    ],
)
def test_the_vendors_own(hosts: Hosts, typed: str, stored: str) -> None:
    assert hosts.accepted(typed) == stored


TRICKS = (
    "http://acme.zendesk.com",
    "https://acme.zendesk.com:443",
    "https://acme.zendesk.com:8443",
    "https://acme.zendesk.com.",
    "https://acme.zendesk.com/x",
    "https://acme.zendesk.com?x",
    "https://acme.zendesk.com#x",
    "https://acme.zendesk.com//",
    "https://acme.zendesk.com\\.evil.example",
    "https://acme.zendesk.com@evil.example",
    "https://evil.example@acme.zendesk.com",
    "https://user:pass@acme.zendesk.com",
    "https://evil.example/.zendesk.com",
    "https://evil.example#.zendesk.com",
    "https://evil.example?.zendesk.com",
    "https://acme.zendesk.com.evil.example",
    "https://evilzendesk.com",
    "https://zendesk.com",
    "https://.zendesk.com",
    "https://-acme.zendesk.com",
    "https://acme-.zendesk.com",
    "https://a.b.zendesk.com",
    "https://acme%2ezendesk.com",
    "https://xn--acme-9za.zendesk.com",
    "https://acme。zendesk.com",
    "https://acmé.zendesk.com",
    "https://acme.zende\u017fk.com",
    "https://acme.zendes\u212a.com",
    "https://acme.zende\u200bsk.com",
    "https://acme.zendesk.com\nhost: evil",
    "https://acme .zendesk.com",
    "https://127.0.0.1",
    "https://2130706433",
    "https://[::1]",
    "https://169.254.169.254/latest/meta-data",
    "http://127.0.0.1:9000",
    "http://localhost",
    "file:///etc/passwd",
    "gopher://acme.zendesk.com",
    "//acme.zendesk.com",
    "acme.zendesk.com",
    "",
)


@pytest.mark.parametrize("typed", TRICKS)
@pytest.mark.parametrize("hosts", [ZENDESK, INTERCOM], ids=["zendesk", "intercom"])
def test_what_only_looks_like_it(hosts: Hosts, typed: str) -> None:
    with pytest.raises(ForbiddenAddress, match="must be https://"):
        hosts.accepted(typed)


def test_a_vendors_address_is_not_the_others() -> None:
    with pytest.raises(ForbiddenAddress):
        INTERCOM.accepted("https://acme.zendesk.com")
    with pytest.raises(ForbiddenAddress):
        ZENDESK.accepted("https://api.intercom.io")


@pytest.mark.parametrize(
    "typed", ["http://127.0.0.1", "http://localhost:8080", "http://[::1]:1", "http://127.0.0.1:65535"]
)
def test_this_machine_only_where_it_is_switched_on(typed: str) -> None:
    assert replace(ZENDESK, local=True).accepted(typed) == typed
    with pytest.raises(ForbiddenAddress):
        ZENDESK.accepted(typed)


@pytest.mark.parametrize(
    "typed", ["http://127.0.0.2", "http://127.0.0.1:65536", "http://127.0.0.1@evil.example", "http://localhost.evil.example",
              "http://10.0.0.1", "http://127.0.0.1:80/x", "https://evil.example", "http://0x7f000001"]
)  # fmt: skip
def test_this_machine_is_no_more_than_that(typed: str) -> None:
    with pytest.raises(ForbiddenAddress):
        replace(ZENDESK, local=True).accepted(typed)


PIECES = st.sampled_from(
    ["https://", "http://", "acme", ".zendesk.com", "zendesk.com", "evil.example", "@", ":", "443", "/", "\\", "#", "?",
     ".", "..", "%2e", "%00", "\t", "\n", " ", "xn--", "-", "é", "。", "[::1]", "127.0.0.1", ";", "api.intercom.io"]
)  # fmt: skip


@given(
    st.one_of(st.text(), st.lists(PIECES, max_size=8).map("".join), st.lists(PIECES | st.text(max_size=2)).map("".join))
)
def test_whatever_is_accepted_is_the_vendors_for_everybody_who_reads_it(typed: str) -> None:
    """Two other readers of addresses agree: the standard library's, and the one that sends our requests."""
    try:
        address = ZENDESK.accepted(typed)
    except ForbiddenAddress:
        return
    parts = urlsplit(address)
    sent = requests.Request("GET", address + "/api/v2/users/me").prepare().url
    assert sent is not None
    assert sent.isascii()
    assert parts.netloc == parts.hostname == urlsplit(sent).netloc
    assert (parts.scheme, parts.path, parts.query, parts.fragment) == ("https", "", "", "")
    assert parts.netloc.endswith(".zendesk.com")
    assert parts.netloc.count(".") == 2
    assert ZENDESK.accepted(address) == address


@responses.activate
@pytest.mark.parametrize(
    "base", ["https://evil.example", "http://127.0.0.1:1", "https://acme.zendesk.com@evil.example"]
)
def test_nothing_is_sent_elsewhere_whatever_is_stored(base: str) -> None:
    http = Http(base, requests.Session(), Limiter(), name="i", hosts=ZENDESK)
    with pytest.raises(ForbiddenAddress):
        http.send(ApiRequest("GET", "/x"), bucket="api", rate="10/minute")
    assert not responses.calls


@responses.activate
def test_a_path_cannot_become_a_host() -> None:
    http = Http("https://acme.zendesk.com", requests.Session(), Limiter(), name="i", hosts=ZENDESK)
    with pytest.raises(ForbiddenAddress, match="slash"):
        http.send(ApiRequest("GET", "@evil.example/"), bucket="api", rate="10/minute")
    assert not responses.calls
