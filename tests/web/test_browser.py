"""The pages in a real browser: nothing blocked, no page wider than a phone, read by keyboard and by click."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium is installed (on Debian: apt-get install chromium)")
    arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def address(web: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, web.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=[(size, scheme) for size in SIZES for scheme in ("light", "dark")], ids="-".join)
def visitor(request: pytest.FixtureRequest, chromium: Any) -> Iterator[Any]:
    """A page in a browser of its own, which keeps what the console said in `complaints`."""
    size, scheme = request.param
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


def test_an_admin_signs_in_and_reads_the_proof(web: Any, seed: Any, shapes: Any, address: str, visitor: Any) -> None:
    row_id = seed()
    visitor.goto(f"{address}/conversations")
    assert "Please sign in" in visitor.inner_text("main")
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
    visitor.click("text=Switch writing on")
    assert visitor.is_visible("text=Switch writing off")
    assert visitor.complaints == []
