"""Reviewing in a real browser: by keyboard alone, without a script, on a desk and on a phone, light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from browsing import serving

from service.scoring.definitions import VERDICTS
from service.scoring.score import Score
from service.store import opinions

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture
def web(make_web: Any, sqlite_url: str) -> Any:
    return make_web(sqlite_url, review_share=1.0)


@pytest.fixture
def address(web: Any) -> Iterator[str]:
    with serving(web.app) as found:
        yield found


@pytest.fixture(params=[(size, scheme) for size in SIZES for scheme in ("light", "dark")], ids="-".join)
def visitor(request: pytest.FixtureRequest, chromium: Any, web: Any, address: str) -> Iterator[Any]:
    """A reviewer's browser without scripts of pages; what the console said is in `complaints`."""
    size, scheme = request.param
    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=False
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.goto(address + web.link())
    page.click("button:has-text('Sign in')")
    page.wait_for_url(f"{address}/")
    yield page
    context.close()


@pytest.fixture
def row_id(web: Any, seed: Any, shapes: Any) -> str:
    """A conversation of this week with every kind of verdict on it."""
    told = replace(shapes.told("1"), closed_at=web.clock() - timedelta(hours=1))
    rest = {name: Score(None) for name in VERDICTS if name not in ("containment", "context_repeat")}
    needed = {"timing": "late", "warranted_at": "m0", "turns_late": 2}
    rest["escalation"] = Score("warranted", 60.0, 0.4, "Needed.", details=needed)
    card = shapes.scored(told, **rest)
    found: str = seed(told, card)
    with web.parts.database.begin() as session:
        opinions.stand(session, found, [card], review_confidence=0.6)
    return found


def fits(visitor: Any) -> None:
    """One heading of the first order, a place in the menu, nothing that has to be scrolled sideways."""
    assert visitor.locator("h1").count() == 1
    box = visitor.locator("main").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["width"] <= visitor.viewport_size["width"]


def test_a_verdict_is_disagreed_with_by_keyboard(visitor: Any, address: str, row_id: str) -> None:
    visitor.goto(f"{address}/c/{row_id}")
    fits(visitor)
    card = visitor.locator("#score-of-context_repeat")
    card.locator("summary").focus()
    visitor.keyboard.press("Enter")
    visitor.keyboard.press("Tab")
    visitor.keyboard.press("Space")
    visitor.keyboard.press("Tab")
    visitor.keyboard.type("It was only confirmed.")
    visitor.keyboard.press("Tab")
    visitor.keyboard.press("Enter")
    visitor.wait_for_url(re.compile("#score-of-context_repeat$"))
    assert "Deskmark itself said Asked again" in card.inner_text()
    assert "It was only confirmed." in card.inner_text()
    assert visitor.locator(".marker.needed").count() == 1
    card.locator("button:has-text('Take my opinion back')").click()
    visitor.wait_for_url(re.compile("#score-of-context_repeat$"))
    assert "Deskmark itself said" not in visitor.locator("#score-of-context_repeat").inner_text()
    assert visitor.complaints == []


def test_on_phones_verdicts_stand_above_the_messages_else_beside_them(visitor: Any, address: str, row_id: str) -> None:
    visitor.goto(f"{address}/c/{row_id}")
    verdicts, messages = (visitor.locator(place).bounding_box() for place in (".scores", ".transcript"))
    if visitor.viewport_size["width"] < 500:
        assert verdicts["y"] + verdicts["height"] <= messages["y"]
        assert visitor.locator("text=Read the conversation").is_visible()
    else:
        assert verdicts["x"] >= messages["x"] + messages["width"]
        assert not visitor.locator("text=Read the conversation").is_visible()


def test_one_click_agrees(visitor: Any, address: str, row_id: str) -> None:
    visitor.goto(f"{address}/c/{row_id}")
    visitor.locator("#score-of-context_repeat button:has-text('Agree')").click()
    visitor.wait_for_url(re.compile("#score-of-context_repeat$"))
    assert "decided by a person" in visitor.locator("#score-of-context_repeat").inner_text()


def test_the_queue_leads_through_a_blind_review(visitor: Any, address: str, row_id: str) -> None:
    visitor.goto(f"{address}/reviews")
    fits(visitor)
    visitor.click("text=Judge it blind")
    visitor.wait_for_url(re.compile(rf"/reviews/{row_id}\?blind=1$"))
    fits(visitor)
    assert "Asked for again" not in visitor.inner_text("main")
    assert visitor.locator("mark.passage").count() == 0
    visitor.check("input[name='v.context_repeat'][value='preserved']")
    visitor.click("text=Save and compare")
    visitor.wait_for_url(re.compile(rf"/c/{row_id}\?reviewed=1$"))
    assert "Your review is kept" in visitor.inner_text("main")
    visitor.click("text=Next in the queue")
    visitor.wait_for_url(f"{address}/reviews")
    for path in ("/reviews/agreement", "/reviews/thresholds"):
        visitor.goto(address + path)
        fits(visitor)
    assert visitor.complaints == []
