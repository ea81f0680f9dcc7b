"""The pages in a real browser: nothing blocked, no page wider than a phone, read by keyboard and by click."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from browsing import serving
from pydantic import SecretStr

from connectors.zendesk.sandbox import Sandbox

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture
def address(web: Any) -> Iterator[str]:
    with serving(web.app) as found:
        yield found


@pytest.fixture(params=[(size, scheme) for size in SIZES for scheme in ("light", "dark")], ids="-".join)
def visitor(request: pytest.FixtureRequest, chromium: Any) -> Iterator[Any]:
    """A page in a browser of its own, which keeps what the console said in `complaints`."""
    size, scheme = request.param
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


def test_an_admin_signs_in_and_reads_the_proof(web: Any, seed: Any, shapes: Any, address: str, visitor: Any) -> None:
    row_id = seed()
    visitor.goto(f"{address}/conversations")
    assert "Sign in to Deskmark" in visitor.inner_text("main")
    visitor.goto(address + web.link())
    visitor.press("button.primary", "Enter")
    visitor.wait_for_url(f"{address}/conversations")

    visitor.click(f'a[href="/c/{row_id}"]')
    assert shapes.sneaky in visitor.inner_text(".message.customer .bubble")
    visitor.click(".score .evidence a.n >> nth=0")
    assert "#proof-" in visitor.url
    assert visitor.locator("mark:target").is_visible()

    for path in ("/", "/conversations", f"/c/{row_id}", "/deliveries", "/installations", "/definitions",
                 "/installations/connect/zendesk"):  # fmt: skip
        visitor.goto(address + path)
        assert visitor.locator("h1").count() == 1
        assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
        assert visitor.locator("[aria-current=page]").count() == 1
    visitor.keyboard.press("Tab")
    assert visitor.evaluate("document.activeElement.className") == "skip"
    assert visitor.complaints == []


def typed(visitor: Any, *keys: str) -> None:
    """Words and the names of two keys, wherever the focus is."""
    for key in keys:
        (visitor.keyboard.press if key in ("Tab", "Enter") else visitor.keyboard.type)(key)


def test_an_admin_gets_by_with_the_keyboard_alone(web: Any, address: str, visitor: Any) -> None:
    """Password, setting up the second step by its key, a key of the API, and every page about people."""
    password = "a cow jumped over the moon"
    web.person("admin", password=password)

    visitor.goto(f"{address}/account")
    visitor.focus("[name=email]")
    typed(visitor, "ada@example.com", "Tab", password, "Enter")
    visitor.wait_for_url(f"{address}/account")
    visitor.focus("section[aria-labelledby=step] [name=current]")
    typed(visitor, password, "Enter")
    visitor.wait_for_selector("svg.qr")
    assert visitor.evaluate("document.querySelector('svg.qr').getBoundingClientRect().width") > 100
    assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth")
    totp = pyotp.TOTP(visitor.inner_text("code.key").replace(" ", ""))
    typed(visitor, totp.at(web.clock()), "Enter")
    visitor.wait_for_selector("ul.codes")
    assert visitor.locator("ul.codes li").count() == 10

    visitor.goto(f"{address}/people/keys")
    visitor.focus("[name=name]")
    typed(visitor, "BI", "Enter")
    visitor.wait_for_selector("text=Keep this key now")
    for path in ("/account", "/people", "/people/add", "/people/keys", "/people/audit"):
        visitor.goto(address + path)
        assert visitor.locator("h1").count() == 1
        assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
        assert visitor.locator("[aria-current=page]").count() >= 1
    assert visitor.complaints == []


@pytest.mark.usefixtures("no_helpdesk")
def test_a_helpdesk_is_connected_with_the_form(web: Any, address: str, visitor: Any) -> None:
    visitor.goto(address + web.link())
    visitor.click("button:has-text('Sign in')")
    visitor.wait_for_url(f"{address}/")
    visitor.goto(f"{address}/installations")
    visitor.click("text=Connect Intercom")
    visitor.fill("[name=account]", "acme")
    visitor.fill("[name=access_token]", "token")
    visitor.fill("[name=client_secret]", "secret")
    visitor.click("button:has-text('Connect')")
    visitor.wait_for_url(re.compile(f"{address}/installations/[0-9a-f]{{12}}$"))

    assert "Intercom is connected" in visitor.inner_text("main")
    visitor.click("button:has-text('Switch writing on')")
    visitor.click("button:has-text('Yes, switch writing on')")
    assert visitor.is_visible("button:has-text('Switch writing off')")
    assert visitor.complaints == []


def test_an_admin_connects_by_signing_in_at_the_helpdesk(make_web: Any, sqlite_url: str, chromium: Any) -> None:
    """The whole way in a browser: the guide, the helpdesk's own page, back with tokens, what is missing is made."""
    with Sandbox(with_fields=False) as sandbox:
        secret = SecretStr(sandbox.secrets["client_secret"])
        client = {"zendesk_client_id": sandbox.secrets["client_id"], "zendesk_client_secret": secret}
        web = make_web(sqlite_url, sandbox=True, **client)
        with serving(web.app) as address:
            visitor = chromium.new_page()
            visitor.set_default_timeout(60_000)
            complaints: list[str] = []
            visitor.on("console", lambda message: complaints.append(message.text))
            visitor.goto(address + web.link())
            visitor.click("button:has-text('Sign in')")
            visitor.wait_for_url(f"{address}/")
            visitor.goto(f"{address}/installations/connect/zendesk")
            visitor.click("summary:has-text('Ticket fields')")
            assert visitor.is_visible("text=dm__resolution__confirmed")
            form = visitor.locator("form[action$='/oauth/zendesk']")
            form.locator("[name=account]").fill("acme")
            form.locator("[name=stand_in]").fill(sandbox.base_url)
            form.locator("button").click()
            assert "read" in visitor.inner_text("main")
            visitor.click("a:has-text('Sign in at Zendesk')")
            assert visitor.url.startswith(f"{sandbox.base_url}/oauth/authorizations/new")
            visitor.click("button:has-text('Allow')")
            visitor.wait_for_url(re.compile(f"{address}/installations/[0-9a-f]{{12}}$"))
            assert "Zendesk is connected" in visitor.inner_text("main")
            visitor.click("button:has-text('Make what is missing')")
            assert "fetched: signing secret" in visitor.inner_text("main")
            visitor.context.close()
    assert len(sandbox.access.refreshes) == 1
    assert [said for said in complaints if "favicon" not in said and "404" not in said] == []
