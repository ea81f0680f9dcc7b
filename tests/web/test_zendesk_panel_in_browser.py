"""The app on the ticket in a real browser, inside a frame of another site, as an agent uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import serving
from sqlalchemy import select, update
from ticket_app import INSTALLED, public_pem, token
from zendesk_host import SDK, workspace

from service.store import ticket_apps
from service.store.figure_models import Review
from service.store.models import Installation

axe_of = pytest.importorskip("axe_playwright_python.base", reason="axe-playwright-python is not installed")

KNOWN = {"ticket.id": 4711, "ticket.requester.id": "c-1", "currentUser.locale": "en-US"}


@pytest.fixture
def at(web: Any, seed: Any) -> Iterator[Any]:
    """Opens the ticket in the workspace; gives the page and the app's frame."""
    seed()
    installation = seed.installations["zendesk"]
    with serving(web.app) as deskmark:

        def opening(origin: str) -> tuple[str, str]:
            account = origin.replace("localhost", "127.0.0.1")
            host = account.removeprefix("http://")
            with web.parts.database.begin() as session:
                session.execute(update(Installation).values(base_url=account))
                ticket_apps.keep(session, installation, external_id=INSTALLED, public_key=public_pem(), now=web.clock())
            aud = f"https://{host}/api/v2/apps/installations/{INSTALLED}.json"
            web.app.extensions["deskmark-known"].forget()
            return f"{deskmark}/apps/zendesk/{installation}", token(web.clock(), iss=host, aud=aud)

        def known(**changed: Any) -> str:
            return json.dumps({**KNOWN, **changed})

        yield lambda **changed: workspace(opening, known(**changed))


class Agent:
    """A browser with the ticket open."""

    def __init__(self, chromium: Any, address: str, scheme: str = "light", *, script: bool = True) -> None:
        self.context = chromium.new_context(viewport={"width": 1000, "height": 900}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.complaints: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.context.route("https://static.zdassets.com/**", self._script if script else lambda route: route.abort())
        self.page.goto(f"{address}/agent/tickets/4711")
        self.frame = self.page.frame_locator("iframe")

    def faults(self) -> list[str]:
        """What axe-core finds on the app's page: contrast, names, labels, headings."""
        frame = self.page.frame(name="app")
        frame.evaluate((Path(axe_of.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
        found = frame.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
        return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]

    def _said(self, message: Any) -> None:
        if "escape its sandboxing" not in message.text:  # Of the frame around it, as Zendesk has it too.
            self.complaints.append(message.text)

    def _script(self, route: Any) -> None:
        assert route.request.url.endswith("/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js")
        route.fulfill(body=SDK, content_type="text/javascript")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_agent_reads_disagrees_and_sees_it_kept(web: Any, at: Any, chromium: Any, scheme: str) -> None:
    with serving(at()) as zendesk:
        agent = Agent(chromium, zendesk, scheme)
        app = agent.frame
        app.locator("h1:has-text('What Deskmark found')").wait_for()
        assert app.locator("#context_repeat .chip").inner_text() == "Asked again"
        assert "my order is" in app.locator("#context_repeat .proofs").inner_text()
        height = agent.page.evaluate("document.querySelector('iframe').offsetHeight")
        assert height > 200, "Zendesk was told how tall the page is"
        app.locator("#context_repeat summary").press("Enter")
        agent.page.wait_for_function("(before) => document.querySelector('iframe').offsetHeight > before", arg=height)
        app.locator("#context_repeat select").select_option("preserved")
        app.locator("#context_repeat textarea").fill("that was another order")
        app.locator("#context_repeat button:has-text('Send')").click()
        app.locator("text=Thank you.").wait_for()
        assert app.locator("#context_repeat .chip").inner_text() == "Preserved"
        app.locator("#containment button:has-text('Agree')").press("Enter")
        app.locator("text=You said: Escalated").wait_for()
        assert agent.faults() == []
        assert agent.context.cookies() == [], "browsers keep cookies from frames of other sites"
        assert agent.complaints == []
        agent.context.close()
    with web.parts.database.read() as session:
        said = {row.score: (row.verdict, row.why, row.source) for row in session.scalars(select(Review))}
    assert said == {
        "context_repeat": ("preserved", "that was another order", "panel"),
        "containment": ("escalated", None, "panel"),
    }


def test_it_speaks_japanese(at: Any, chromium: Any) -> None:
    with serving(at(**{"currentUser.locale": "ja"})) as zendesk:
        agent = Agent(chromium, zendesk)
        agent.frame.locator("h1:has-text('Deskmarkの判定')").wait_for()
        assert agent.complaints == []
        agent.context.close()


def ground(agent: Agent) -> str:
    """The colour behind the panel."""
    return str(agent.page.frame(name="app").evaluate("getComputedStyle(document.body).backgroundColor"))


LIGHT, DARK = "rgb(255, 255, 255)", "rgb(26, 29, 33)"


@pytest.mark.parametrize(("machine", "zendesk", "seen"), [("light", "dark", DARK), ("dark", "light", LIGHT)])
def test_it_wears_the_colours_of_zendesk(at: Any, chromium: Any, machine: str, zendesk: str, seen: str) -> None:
    """Zendesk's pages have a scheme of their own, which the page of every answer keeps."""
    with serving(at(colorScheme=zendesk)) as host:
        agent = Agent(chromium, host, machine)
        agent.frame.locator("h1:has-text('What Deskmark found')").wait_for()
        assert ground(agent) == seen
        assert agent.faults() == []
        agent.page.evaluate("turn", machine)
        agent.frame.locator(f"html[data-scheme={machine}]").wait_for()
        assert ground(agent) != seen
        agent.frame.locator("#containment button:has-text('Agree')").press("Enter")
        agent.frame.locator("text=You said: Escalated").wait_for()
        agent.frame.locator(f"html[data-scheme={zendesk}]").wait_for()
        assert agent.complaints == []
        agent.context.close()


def test_it_says_when_zendesk_tells_no_ticket(at: Any, chromium: Any) -> None:
    with serving(at(**{"ticket.id": None})) as zendesk:
        agent = Agent(chromium, zendesk)
        agent.frame.locator("text=Zendesk did not say which ticket is open.").wait_for()
        assert not agent.frame.locator("text=Looking up").is_visible()
        agent.context.close()


def test_it_says_when_zendesks_script_is_kept_away(at: Any, chromium: Any) -> None:
    """By a blocker in the browser, say."""
    with serving(at()) as zendesk:
        agent = Agent(chromium, zendesk, script=False)
        agent.frame.locator("text=Zendesk did not say which ticket is open.").wait_for()
        agent.context.close()


def test_a_reason_that_is_too_long_comes_back(web: Any, at: Any, chromium: Any) -> None:
    long = "word " * 500
    with serving(at()) as zendesk:
        agent = Agent(chromium, zendesk)
        app = agent.frame
        app.locator("#context_repeat summary").press("Enter")
        app.locator("#context_repeat select").select_option("preserved")
        assert "At most 2000 characters." in app.locator("#context_repeat").inner_text()
        app.locator("#context_repeat textarea").fill(long)
        app.locator("#context_repeat button:has-text('Send')").press("Enter")
        app.locator("#context_repeat .error-text:has-text('2499 characters')").wait_for()
        assert app.locator("#context_repeat textarea").input_value() == long
        assert app.locator("#context_repeat select").input_value() == "preserved"
        assert agent.faults() == []
        app.locator("#context_repeat textarea").fill("short")
        app.locator("#context_repeat button:has-text('Send')").press("Enter")
        app.locator("text=Thank you.").wait_for()
        agent.context.close()
    with web.parts.database.read() as session:
        assert [(row.verdict, row.why) for row in session.scalars(select(Review))] == [("preserved", "short")]


def test_another_site_cannot_frame_it(at: Any, chromium: Any) -> None:
    """Whoever has a token could open it, but not inside a page that is not the account's."""
    with serving(at()) as zendesk:
        agent = Agent(chromium, zendesk.replace("127.0.0.1", "localhost"))
        if not agent.complaints:
            agent.page.wait_for_event("console")
        assert any("frame-ancestors" in said for said in agent.complaints)
        assert agent.frame.locator("form").count() == 0
        agent.context.close()
