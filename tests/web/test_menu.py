"""The menu: where the visitor is, and what the visitor may see."""

from __future__ import annotations

import re
from typing import Any

import pytest

from service.web.menu import MENU


def _links(html: str, label: str) -> dict[str, str]:
    """Labels of a navigation with their addresses; the current one's label has a star."""
    (nav,) = re.findall(rf'<nav class="(?:nav|subnav)" aria-label="{label}">(.*?)</nav>', html, re.DOTALL)
    found = re.findall(r'<a href="([^"]+)"( aria-current="\w+")?>([^<]+)</a>', nav)
    return {text + ("*" if current else ""): path for path, current, text in found}


def test_a_page_stands_in_its_group(web: Any) -> None:
    html = web.admin().get("/operations").text
    assert "Setup*" in _links(html, "Main")
    assert _links(html, "Setup")["Operations*"] == "/operations"


def test_a_group_leads_to_the_first_page_that_its_visitor_may_see(web: Any) -> None:
    viewer = web.signed_in(web.person("viewer"))
    html = viewer.get("/definitions").text
    assert _links(html, "Main")["Setup*"] == "/deliveries"
    assert "Operations" not in _links(html, "Setup")


def test_a_conversation_belongs_to_the_list(web: Any, seed: Any) -> None:
    assert "Conversations*" in _links(web.admin().get(f"/c/{seed()}").text, "Main")


def test_no_address_stands_twice() -> None:
    paths = [entry.path for group in MENU for entry in group.entries]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("path", [entry.path for group in MENU for entry in group.entries])
def test_every_entry_leads_to_a_page_that_is_the_current_one(web: Any, path: str) -> None:
    answer = web.admin().get(path, follow_redirects=True)
    assert answer.status_code == 200
    assert re.search(rf'<a href="{path}" aria-current="(page|true)">', answer.text)
