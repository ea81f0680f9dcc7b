"""A real browser, and applications that it reaches."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from werkzeug.serving import make_server

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
LOOKS = [(size, scheme) for size in SIZES for scheme in ("light", "dark")]
"""Every page is looked at in each of these."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@contextmanager
def browser() -> Iterator[Any]:
    """An installed Chromium; the test is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium is installed (on Debian: apt-get install chromium)")
    arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=found, args=arguments)
        yield opened
        opened.close()


@contextmanager
def signed_in(chromium: Any, web: Any, look: tuple[str, str], *, scripts: bool = False) -> Iterator[tuple[Any, str]]:
    """A tab of somebody who signed in, and the application's address; the console has to stay silent."""
    (width, height), scheme = SIZES[look[0]], look[1]
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=scripts
    )
    tab, complaints = context.new_page(), []
    tab.set_default_timeout(60_000)
    tab.on("console", lambda message: complaints.append(message.text))
    with serving(web.app) as address:
        tab.goto(address + web.link())
        tab.click("button:has-text('Sign in')")
        tab.wait_for_url(f"{address}/")
        yield tab, address
        # On a busy machine the browser may find a connection closed that it opened in advance, and opens another one.
        assert [said for said in complaints if "ERR_SOCKET_NOT_CONNECTED" not in said] == []
    context.close()


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The application over HTTP; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
