"""A report as a message of a chat: Slack's Block Kit, and an Adaptive Card for Teams.

Sources: docs.slack.dev/reference/block-kit/blocks (at most 50 blocks, 3000 letters a section, 150 a header, an image is
fetched by Slack from `image_url`); learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors (a message of a
workflow's webhook holds one card of at most 28 KB; data: addresses of images are not shown by Teams on desktop and web,
MicrosoftDocs/msteams-docs issue 5355, so images are fetched from an address as well).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.reports.periodic.report import Line, Report, Section

LINES = 6
"""Sentences of a section; the page has all of them."""
BLOCKS, SECTION, HEADER, ALT = 50, 2900, 150, 1900
SLACK_LETTERS = 12_000
"""Slack refuses blocks of more than about 13,000 letters together (slackapi/bolt-js issue 2509)."""
TEAMS_BYTES = 26_000
SIGNS = {"good": "✅ ", "warn": "⚠️ ", "bad": "🔴 "}


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart that the chat can fetch, with what it shows in words."""

    url: str
    alt: str


def slack(report: Report, base: str, pictures: Sequence[Picture] = ()) -> dict[str, Any]:
    """The message for an incoming webhook of Slack. `pictures` are those of the report's charts, in their order;
    without them the message has none. `text` is what notifications show."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(report.title, HEADER)}},
        _mrkdwn(f"{SIGNS.get(report.tone, '')}*{_escaped(report.headline)}*"),
    ]
    at = 0
    for section in report.sections:
        blocks.append(_mrkdwn("\n".join(_slack_lines(section, base))))
        blocks += [
            {"type": "image", "image_url": picture.url, "alt_text": _cut(picture.alt, ALT)}
            for picture in pictures[at : at + len(section.charts)]
        ]
        at += len(section.charts)
    last = [{"type": "context", "elements": [{"type": "mrkdwn", "text": _cut(_escaped(report.basis[0]), SECTION)}]}]
    if base:
        last.append(_mrkdwn(f"<{base}{report.path}|Open in Deskmark>"))
    kept = _fitting(blocks, BLOCKS - len(last))
    return {"text": _escaped(f"{report.title}: {report.headline}"), "blocks": [*kept, *last]}


def _fitting(blocks: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """The first blocks that Slack takes together."""
    kept: list[dict[str, Any]] = []
    letters = 0
    for block in blocks[:most]:
        letters += len(json.dumps(block, ensure_ascii=False))
        if letters > SLACK_LETTERS:
            break
        kept.append(block)
    return kept


def _slack_lines(section: Section, base: str) -> Iterator[str]:
    yield f"*{_escaped(section.title)}*"
    for line in section.lines[:LINES]:
        words = _escaped(line.text)
        linked = f"<{base}{_escaped(line.path)}|{words.replace('|', '/')}>" if base and line.path else words
        yield f"{SIGNS.get(line.tone, '• ')}{linked}{_escaped(_said(line))}"
    yield from map(_escaped, _rest(section))


def _said(line: Line) -> str:
    quoted = f" “{line.words}”" if line.words else ""
    return f"{quoted} ({line.numbers})" if line.numbers else quoted


def _rest(section: Section) -> Iterator[str]:
    if len(section.lines) > LINES:
        yield f"and {len(section.lines) - LINES} more"
    elif not section.lines and section.empty:
        yield section.empty


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _cut(text, SECTION)}}


def _escaped(text: str) -> str:
    """What Slack wants escaped (docs.slack.dev/messaging/formatting-message-text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def teams(report: Report, base: str, pictures: Sequence[Picture] = ()) -> dict[str, Any]:
    """The message for the webhook of a Teams workflow: one Adaptive Card. As `slack`; sections at its end are left out
    when it would become too large."""
    body: list[dict[str, Any]] = [
        _block(report.title, size="Large", weight="Bolder"),
        _block(f"{SIGNS.get(report.tone, '')}{report.headline}", weight="Bolder"),
    ]
    at = 0
    for section in report.sections:
        part = list(_card(section, base, pictures[at : at + len(section.charts)]))
        at += len(section.charts)
        if len(json.dumps([*body, *part])) > TEAMS_BYTES:
            body.append(_block("The rest is on the page."))
            break
        body += part
    body.append(_block(report.basis[0], isSubtle=True, size="Small"))
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    }
    if base:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open in Deskmark", "url": f"{base}{report.path}"}]
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def _card(section: Section, base: str, pictures: Sequence[Picture]) -> Iterator[dict[str, Any]]:
    yield _block(section.title, weight="Bolder", spacing="Large")
    for line in section.lines[:LINES]:
        words = _plain(line.text)
        linked = f"[{words}]({base}{line.path})" if base and line.path else words
        yield _raw(f"{SIGNS.get(line.tone, '')}{linked}{_plain(_said(line))}")
    for words in _rest(section):
        yield _block(words, isSubtle=True)
    for picture in pictures:
        yield {"type": "Image", "url": picture.url, "altText": picture.alt, "size": "Stretch"}


def _block(text: str, **look: Any) -> dict[str, Any]:
    return _raw(_plain(text), **look)


def _raw(text: str, **look: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **look}


_MARKDOWN = re.compile(r"([\\\[\]*_#`<>])")


def _plain(text: str) -> str:
    """Without anything that Teams would read as Markdown."""
    return _MARKDOWN.sub(r"\\\1", text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


MESSAGES: Mapping[str, Any] = {"slack": slack, "teams": teams}
"""The message of each kind of chat."""
