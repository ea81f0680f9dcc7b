"""Pages of escalations, handoffs and confidence: they open."""

from __future__ import annotations

from typing import Any

import pytest
from insight_facts import facts, keep


@pytest.mark.parametrize("path", ["/escalations", "/handoffs", "/confidence"])
def test_open(web: Any, path: str) -> None:
    keep(web, web.installation("zendesk"), facts(1500))
    html = web.admin().get(path).get_data(as_text=True)
    assert "<h1>" in html
