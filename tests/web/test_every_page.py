"""Every page of the URL map in a real browser, over a shop with a past: what nobody should have to look for by hand.

Each is opened at the width of a desk and of a phone, in light and in dark, and on paper: no complaint of the console,
no request that fails, nothing that moves while it loads or hangs over the edge, contrast, names, labels and headings
(axe-core), the skip link, a focus that is seen, no menu in print.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from browsing import serving
from every_page import Page, pages
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.registry import connectors
from service.app import build
from service.demo.past import past
from service.demo.replay import Replay
from service.demo.run import demo_settings
from service.store import installations, sign_in
from service.store.database import Database, migrate
from service.store.gap_models import KnowledgeGap
from service.store.installations import NewInstallation
from service.store.models import Conversation
from service.store.proposal_models import IntentProposal
from service.store.report_models import FigureAlert, ReportRoute
from service.store.secrets import SecretBox
from service.web.parts import REFUSALS, Parts
from tasks import scoring
from tasks.alone import alone

axe_of = pytest.importorskip("axe_playwright_python.base", reason="axe-playwright-python is not installed")

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIZES = {"desk": (1280, 900), "phone": (390, 844)}
TOLD = 100
"""Conversations of the past: enough for numbers on every page, few enough to be scored in seconds."""

MOST_SHIFT = 0.1
"""https://web.dev/articles/cls: "good" up to here."""

SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
UNSEEN = """() => {
  const found = [];
  const all = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary");
  for (const element of [...all].slice(0, 120)) {
    if (element.disabled || !element.checkVisibility()) continue;
    element.focus({ focusVisible: true, preventScroll: true });
    if (document.activeElement !== element) continue;
    const style = getComputedStyle(element);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    if (!ring && style.boxShadow === "none") found.push(element.outerHTML.slice(0, 100));
  }
  return found;
}"""
AXE = """async (rules) => {
  const found = await axe.run(document, { resultTypes: ["violations"], ...rules });
  const where = (node) => node.html.slice(0, 120);
  return found.violations.map((each) => `${each.id}: ${each.nodes.slice(0, 3).map(where).join(" | ")}`);
}"""
STANDARD = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}}


@dataclass(frozen=True)
class Shop:
    """A served application with a past, and the way in for somebody who may see everything."""

    address: str
    link: Callable[[], str]
    pages: tuple[Page, ...]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    settings = demo_settings(folder, 0).model_copy(update={"demo": False, "fewest_cases": 5})
    migrate(settings.database)
    with closing(Database(settings.database)) as database:
        fill(settings, database)
        box = SecretBox(settings.secret_key.get_secret_value())
        app = build(
            Parts(
                settings=settings, database=database, box=box, connectors=connectors(),
                queue=alone(settings, database).queue, waiting=dict, now=lambda: NOW,
            )
        )  # fmt: skip
        with serving(app) as address:
            yield Shop(address, lambda: link(database), tuple(pages(app, places(database))))
        app.extensions[REFUSALS].close()


def fill(settings: Any, database: Database) -> None:
    """The last weeks of the demo's shop, scored by what scores everything."""
    runtime = alone(settings, database)
    runtime = type(runtime)(**{**{name: getattr(runtime, name) for name in runtime.__slots__}, "clock": lambda: NOW})
    with database.begin() as session:
        for name in ("zendesk", "intercom"):
            new = NewInstallation(
                connector=name, account="fernwood", account_group="fernwood", base_url="https://fernwood.example/",
                secrets=runtime.secrets.lock({}), prefix="dm__",
            )  # fmt: skip
            installations.add(session, new, now=NOW - timedelta(days=100))
    told = [each for each in past(NOW) if each.ended_at and each.ended_at > NOW - timedelta(days=80)]
    replay = Replay(runtime, tuple(islice(told[:: len(told) // TOLD], TOLD)))
    replay.teach()
    replay.store()
    with database.read() as session:
        due = session.scalars(select(Conversation.id).order_by(Conversation.ended_at)).all()
    for row_id in due:
        scoring.score(runtime, row_id)
    replay.sum_up()


def places(database: Database) -> dict[str, str]:
    """What the parts of addresses are."""
    with database.read() as session:
        row = session.scalars(select(Conversation).order_by(Conversation.ended_at.desc())).first()
        gap = session.scalars(select(KnowledgeGap.id).order_by(KnowledgeGap.id)).first()
        assert row is not None
        return {
            "row_id": row.id, "conversation_id": row.id, "installation_id": row.installation_id, "gap_id": str(gap),
            "connector": "zendesk", "proposal_id": _any(session, IntentProposal),
            "alert_id": _any(session, FigureAlert), "route_id": _any(session, ReportRoute),
            # Nothing is given up, nobody leaves, and in a demo there are no people.
            "kind": "", "dead_id": "", "errand_id": "", "person_id": "",
        }  # fmt: skip


def _any(session: Session, table: Any) -> str:
    """The number of one row; empty where there is none."""
    return str(session.scalar(select(func.min(table.id))) or "")


def link(database: Database) -> str:
    """The path of a fresh sign-in link."""
    with database.begin() as session:
        return f"/sign-in/{sign_in.new_token(session, now=NOW)}"


@dataclass
class Look:
    """One browser tab that goes from page to page and keeps what is wrong."""

    tab: Any
    shop: Shop
    scheme: str
    axe: str
    wrong: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def at(self, page: Page) -> None:
        """Open a page and check everything that one look can tell."""
        self.said.clear()
        self.tab.emulate_media(color_scheme=self.scheme, media="screen")
        answer = self.tab.goto(self.shop.address + page.path, wait_until="load")
        self.expect(page, answer.status == 200, f"answers {answer.status}")
        self.expect(page, self.tab.locator("h1").count() == 1, "has not exactly one first heading")
        self.expect(page, self.tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), "is too wide")
        shifted = self.tab.evaluate("window.shifted")
        self.expect(page, shifted <= MOST_SHIFT, f"moves while it loads: {shifted}")
        self.tab.evaluate(self.axe)
        for fault in self.tab.evaluate(AXE, STANDARD):
            self.expect(page, False, fault)
        self._keyboard(page)
        self._on_paper(page)
        for complaint in self.said:
            self.expect(page, False, complaint)

    def _keyboard(self, page: Page) -> None:
        if self.tab.evaluate(
            "document.activeElement === document.body && !location.hash"
        ):  # Else the page says where to begin.
            self.tab.keyboard.press("Tab")
            self.expect(page, self.tab.evaluate("document.activeElement.className") == "skip", "has no skip link first")
        self.expect(page, self.tab.locator("main#main").count() == 1, "has nothing to skip to")
        for element in self.tab.evaluate(UNSEEN):
            self.expect(page, False, f"shows no focus on {element}")

    def _on_paper(self, page: Page) -> None:
        self.tab.emulate_media(color_scheme=self.scheme, media="print")
        self.expect(page, not self.tab.locator("header.top").is_visible(), "prints the menu")
        self.tab.emulate_media(color_scheme=self.scheme, media="screen")

    def expect(self, page: Page, holds: bool, otherwise: str) -> None:
        """Keep what does not hold."""
        if not holds:
            self.wrong.append(f"{page.path} {otherwise}")


@pytest.mark.parametrize(("size", "scheme"), [("desk", "light"), ("phone", "dark")])
def test_every_page(shop: Shop, chromium: Any, size: str, scheme: str) -> None:
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    context.add_init_script(SHIFTS)
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    tab.goto(shop.address + shop.link())
    tab.press("button.primary", "Enter")
    tab.wait_for_url(f"{shop.address}/")
    axe = (Path(axe_of.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    look = Look(tab, shop, scheme, axe)
    tab.on("console", lambda message: look.said.append(f"the console says {message.text}"))
    tab.on("pageerror", lambda error: look.said.append(f"an error: {error}"))
    tab.on("requestfailed", lambda request: look.said.append(f"{request.url} failed"))
    tab.on("response", lambda a: look.said.append(f"{a.url} answers {a.status}") if a.status >= 400 else None)
    for page in shop.pages:
        look.at(page)
    context.close()
    assert len(shop.pages) >= 30
    assert not look.wrong, "\n".join(look.wrong)
