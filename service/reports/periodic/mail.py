"""A report as e-mail: text, and HTML with its charts as pictures inside the message: nothing is loaded from outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from markupsafe import Markup

from service.reports.periodic.report import Line, Report

WIDTH = 1280
"""Pixels of a picture; shown at half of it, so that it is sharp."""
MARKS = {"good": "#2f8f5b", "warn": "#c98a1b", "bad": "#c4504a"}
_FONT = "font-family:Arial,Helvetica,sans-serif;color:#1b1e22"


def mail(report: Report, *, sender: str, to: str, base: str, message_id: str, at: datetime) -> EmailMessage:
    """The message. `base` is the service's address, for links; empty: there are none. `message_id` names it, so that
    whoever gets it twice can tell. Raises `ValueError` for an address with a line break."""
    message = EmailMessage()
    message["Subject"] = f"{report.title}: {report.headline}"[:200]
    message["From"], message["To"] = sender, to
    message["Date"], message["Message-ID"] = format_datetime(at), message_id
    # What answers by itself leaves such messages alone (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text(report, base))
    charts = list(report.charts())
    message.add_alternative(str(html(report, base)), subtype="html")
    body = message.get_body(("html",))
    assert isinstance(body, EmailMessage)
    for number, chart in enumerate(charts):
        body.add_related(
            chart.png(width=WIDTH), "image", "png", cid=f"<{cid(number)}>", filename=f"chart-{number + 1}.png",
            disposition="inline",
        )  # fmt: skip
    return message


def cid(number: int) -> str:
    """How the picture of a chart is called within the message."""
    return f"chart-{number}@deskmark"


def text(report: Report, base: str) -> str:
    """The report as plain text."""
    return "\n".join(_text(report, base)) + "\n"


def _text(report: Report, base: str) -> Iterator[str]:
    yield from (report.title, "=" * len(report.title), "", report.headline, "")
    for section in report.sections:
        yield from (section.title, "-" * len(section.title))
        for line in section.lines:
            yield f"* {line.text}{f' “{line.words}”' if line.words else ''}"
            if line.numbers:
                yield f"  {line.numbers}"
            if base and line.path:
                yield f"  {base}{line.path}"
        if not section.lines and section.empty:
            yield section.empty
        for chart in section.charts:
            yield f"[{chart.title}] {chart.about}"
        yield ""
    yield from report.basis
    if base:
        yield from ("", f"{base}{report.path}")


def html(report: Report, base: str) -> Markup:
    """The report as HTML for mail programs: styles stand on the elements, pictures are those of the message."""
    parts = [
        _tag("h1", "font-size:22px;margin:0 0 8px", report.title),
        _tag("p", f"font-size:16px;border-left:4px solid {_colour(report.tone)};padding-left:10px", report.headline),
    ]
    number = 0
    for section in report.sections:
        parts.append(_tag("h2", "font-size:17px;margin:26px 0 6px", section.title))
        if section.lines:
            items = Markup("").join(_item(line, base) for line in section.lines)
            parts.append(Markup('<ul style="list-style:none;margin:0;padding:0">{}</ul>').format(items))
        elif section.empty:
            parts.append(_tag("p", "color:#5a616b;margin:4px 0", section.empty))
        for chart in section.charts:
            parts.append(_picture(number, chart.title, chart.about))
            number += 1
    parts.append(_tag("h2", "font-size:15px;margin:26px 0 6px", "What this is based on"))
    parts += [_tag("p", "color:#5a616b;font-size:13px;margin:4px 0", sentence) for sentence in report.basis]
    if base:
        parts.append(Markup('<p><a href="{}{}">Open in Deskmark</a></p>').format(base, report.path))
    inner = Markup("\n").join(parts)
    return Markup(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{}</title></head>'
        '<body style="margin:0;padding:20px;background:#ffffff"><div style="max-width:680px;{}">{}</div></body></html>'
    ).format(report.title, _FONT, inner)


def _tag(name: Literal["h1", "h2", "p"], style: str, words: str) -> Markup:
    return Markup('<{0} style="{1}">{2}</{0}>').format(name, style, words)


def _item(line: Line, base: str) -> Markup:
    words = Markup('<a href="{}{}" style="color:#0b6e5f;text-decoration:none">{}</a>').format(
        base, line.path, line.text
    )
    shown = words if base and line.path else Markup("{}").format(line.text)
    quoted = Markup(" <em>“{}”</em>").format(line.words) if line.words else Markup("")
    numbers = Markup('<br><span style="color:#5a616b;font-size:13px">{}</span>').format(line.numbers)
    return Markup('<li style="border-left:3px solid {};padding:4px 0 4px 10px;margin:6px 0">{}{}{}</li>').format(
        _colour(line.tone), shown, quoted, numbers if line.numbers else ""
    )


def _picture(number: int, title: str, about: str) -> Markup:
    return Markup('<p style="margin:14px 0"><img src="cid:{}" width="640" style="max-width:100%;height:auto" '
                  'alt="{}: {}"></p>').format(cid(number), title, about)  # fmt: skip


def _colour(tone: str) -> str:
    return MARKS.get(tone, "#e1e1db")
