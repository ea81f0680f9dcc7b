"""Every page of the service, from the URL map: a new one cannot be forgotten by the checks that open all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Flask

NO_PAGE: Mapping[str, str] = {
    r"/api/": "JSON for programs",
    r"/static/": "files",
    r"/(healthz|readyz|metrics)": "for machines",
    r".*\.(csv|json|png|svg|zip|txt|xml)$": "a file",
    r"/sign-in/oidc|/installations/oauth/": "leads to and back from another site",
    r"/sign-in/<token>|/choose-password/": "needs a link out of a mail",
    r"/sign-in/code": "needs a password that was just right",
    r"/account/second-step": "leads on to the sign-in for whoever has no account",
    r"/reviews/next": "leads on to a review",
    r"/(webhooks|panels?|apps)/": "for helpdesks",
}
"""Addresses that are no pages, with the reason."""

NEEDED: Mapping[str, str] = {
    "/escalations/answer": "?key=return+label",
    "/installations/<installation_id>/retention": "?days=60",
}
"""What an address cannot do without, by its rule."""

QUERIES: Mapping[str, tuple[str, ...]] = {
    "/conversations": (
        "?page=20", "?verdict=containment.unresolved", "?verdict=escalation.avoidable&helpdesk=zendesk",
        "?verdict=satisfaction.neutral", "?state=scored", "?q=4711",
    ),
    "/": ("?days=30&channel=messaging",),
    "/figures/<name>": ("?days=30&by=week", "?dimension=intent", "?channel=messaging&days=365"),
    "/escalations": ("?days=30&channel=messaging",),
    "/handoffs": ("?days=30&channel=messaging",),
    "/confidence": ("?days=30&channel=messaging",),
    "/outcomes": ("?days=30&channel=messaging",),
    "/gaps": ("?days=30",),
    "/deliveries": ("?page=20",),
}  # fmt: skip
"""What is asked for beside the plain page: filters as people use them."""

NAMES = ("containment", "post_handoff_time", "escalation_accuracy", "knowledge_gaps")
"""Figures whose pages stand for all of them."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rule, and an address of it."""

    rule: str
    path: str


def pages(app: Flask, given: Mapping[str, str], *, queries: bool = False) -> Iterator[Page]:
    """Every page, in order of its rule; `given` says what the parts of addresses are, empty where there is no such
    thing. `queries`: with filters, too.

    Raises `LookupError` with what to do for a part that nobody has told of.
    """
    for rule in sorted({rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}):
        if any(re.match(pattern, rule) for pattern in NO_PAGE):
            continue
        for path in _addresses(rule, given):
            yield Page(rule, path)
        if queries:
            first = list(_addresses(rule, given))[:1]
            yield from (Page(rule, path + query) for path in first for query in QUERIES.get(rule, ()))


def _addresses(rule: str, given: Mapping[str, str]) -> Iterator[str]:
    if rule == "/figures/<name>":
        yield from (f"/figures/{name}" for name in NAMES)
        return

    named = re.findall(r"<(?:[^<>:]+:)?(\w+)>", rule)
    if any(given.get(name) == "" for name in named):
        return

    def part(found: re.Match[str]) -> str:
        if found[1] not in given:
            raise LookupError(f"{rule}: say what {found[1]!r} is, or in tests/support/every_page.py that it is no page")
        return given[found[1]]

    yield re.sub(r"<(?:[^<>:]+:)?(\w+)>", part, rule) + NEEDED.get(rule, "")
