"""What a person newly wrote in an e-mail: without markup, quoted history, signature, or an answering machine.

Every reply otherwise repeats the whole thread, and reading it would find a repeat everywhere. Pure; knows no helpdesk.
"""

from __future__ import annotations

import html
import re

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag
from mailparser_reply import EmailReplyParser

LIMIT = 65_536
"""Characters read of one body: the longest a Zendesk comment can be. Anything beyond is cut before parsing."""

LONGEST_SIGNATURE = 8
"""Lines. A longer tail below a sign-off is text that only looks like a signature."""

_LONGEST_LINE = 500
_MARK = "\ue000"
_MOST_LINES = 1_000
_BLOCKS = re.compile(r"^(?:address|article|div|d[ldt]|footer|form|h[1-6]|header|li|[ou]l|p|pre|section|table|tr)$")
_HIDDEN = ("script", "style", "head", "title", "template", "noscript")
_QUOTES = (
    "blockquote",
    "div.gmail_quote",
    "div.gmail_extra",
    "div.yahoo_quoted",
    "div.moz-cite-prefix",
    "div#appendonsend",
    "div#divRplyFwdMsg",
    "div.gmail_signature",
    "div.moz-signature",
)

# "thread header" lines that mail clients put above quoted history, beyond those that the library knows
_FORWARDED = re.compile(
    r"^[\s>*_-]*(?:-+\s*(?:original|forwarded) message\s*-+|begin forwarded message:)", re.IGNORECASE
)
_QUOTED_LINE = re.compile(r"^\s*(?:>|\|\s)")
_DELIMITER = re.compile(r"^\W*(?:please )?(?:type|write|reply|respond)[^\n]{0,40}\babove this line\b", re.IGNORECASE)
_SIGN_OFF = re.compile(
    r"^(?:--\s*|__+\s*|(?:sent from|sent via|get outlook for|gesendet von|envoyé de)\b.{0,80}"
    r"|(?:(?:many|kind|best|warm|warmest)\s+)?(?:regards|wishes|thanks)[\s,.!]*"
    r"|(?:best|cheers|sincerely|yours(?: sincerely| faithfully| truly)?|all the best|thank you"
    r"|thanks(?: again| in advance)?)"
    r"[\s,.!]*(?:\w{1,20}\s?){0,2})$",
    re.IGNORECASE,
)
_AUTOMATIC_SUBJECT = re.compile(
    r"^\s*(?:re:\s*|aw:\s*)*(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|ooo\b"
    r"|abwesenheit|automatische antwort|réponse automatique|respuesta automática"
    r"|undeliver(?:able|ed)|delivery status notification|mail delivery (?:failed|subsystem)|returned mail)",
    re.IGNORECASE,
)
_AUTOMATIC_TEXT = re.compile(
    r"\b(?:this is an automat(?:ic|ed) (?:reply|response|message|e-?mail)"
    r"|i(?:'m| am| will be)(?: currently)? (?:out of (?:the )?office|on (?:annual |parental |maternity )?leave"
    r"|away from my desk)"
    r"(?=.{0,200}\b(?:until|return|back|urgent|contact|access)\b))",
    re.IGNORECASE | re.DOTALL,
)


def written_text(body: str) -> str:
    """The newly written part of a plain-text e-mail body; empty when it holds nothing but quoted history.

    The library finds the client's reply headers. Two of its guesses are not taken: a line that begins with a dash is
    a list, not a signature; and a sign-off ends the text only when it stands alone on its line with a few lines below.
    """
    text = body[:LIMIT].replace("\r\n", "\n").replace("\r", "\n").replace(_MARK, "")
    kept = "\n".join(_before_delimiter([line.strip() for line in text.split("\n")]))
    # The library's patterns take minutes on thousands of blank lines and seconds on very long ones, which any sender
    # can produce: blank lines are folded, and a long line, never a mail client's header, is put aside meanwhile.
    lines = re.sub(r"\n{3,}", "\n\n", kept).split("\n")[:_MOST_LINES]
    short = [line if len(line) <= _LONGEST_LINE else f"{_MARK}{at}{_MARK}" for at, line in enumerate(lines)]
    replies = EmailReplyParser(languages=["en", "de", "fr", "es"]).read("\n".join(short)).replies
    newest = next((r.full_body for r in replies if _unquoted(r.full_body)), "")
    whole = re.sub(f"{_MARK}(\\d+){_MARK}", lambda found: lines[int(found[1])], newest)
    return _without_signature(_unquoted(whole))


def html_text(markup: str, *, drop_quotes: bool = False) -> str:
    """Readable text of an HTML body: blocks become lines, list items dashes, links their text.

    `drop_quotes` also removes quoted history and signatures that mail clients mark as such.
    """
    if "<" not in markup:
        return html.unescape(markup).strip()
    # unclosed comments and tags would make the parser look for their end again and again, for minutes
    closed = re.sub(r"<!--.*?(?:-->|\Z)", "", markup[: 4 * LIMIT], flags=re.DOTALL)
    soup = BeautifulSoup(re.sub(r"<(?![^<>]{1,2000}>)", "&lt;", closed), "html.parser")
    for hidden in soup(_HIDDEN):
        hidden.decompose()
    if drop_quotes:
        for quote in soup.select(", ".join(_QUOTES)):
            if not quote.decomposed:
                quote.decompose()
    parts: list[str] = []
    _collect(soup, parts)
    text = re.sub(r"[ \t\u00a0]+", " ", "".join(parts))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()


def is_automatic(text: str, subject: str | None = None) -> bool:
    """Whether an e-mail was written by an answering machine or a mail server, by its subject or its own words."""
    if subject and _AUTOMATIC_SUBJECT.search(subject[:300]):
        return True
    return bool(_AUTOMATIC_TEXT.search(text[:1_000]))


def _before_delimiter(lines: list[str]) -> list[str]:
    """Lines above a helpdesk's "reply above this line" mark or a forwarded message."""
    for position, line in enumerate(lines):
        if position and (_DELIMITER.match(line[:200]) or _FORWARDED.match(line[:200])):
            return lines[:position]
    return lines


def _unquoted(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not _QUOTED_LINE.match(line)).strip()


def _without_signature(text: str) -> str:
    lines = text.split("\n")
    for position in range(max(1, len(lines) - LONGEST_SIGNATURE), len(lines)):
        if _SIGN_OFF.match(lines[position].strip()):
            return "\n".join(lines[:position]).strip()
    return text.strip()


def _collect(root: Tag, parts: list[str]) -> None:
    """Append the text below `root`; a stack instead of recursion, since senders choose how deep markup nests."""
    stack: list[PageElement | str] = list(reversed(root.contents))
    while stack:
        item = stack.pop()
        if isinstance(item, Tag):
            stack.extend(_inside(item, parts))
        elif isinstance(item, PreformattedString):
            continue  # comments, doctypes and the like
        elif isinstance(item, NavigableString):
            in_pre = item.parent is not None and item.parent.name == "pre"
            parts.append(str(item) if in_pre else re.sub(r"\s+", " ", str(item)))
        else:
            parts.append(str(item))


def _inside(tag: Tag, parts: list[str]) -> list[PageElement | str]:
    """What is to be read of one tag, last first; the line it starts is appended to `parts` at once."""
    if tag.name == "br":
        parts.append("\n")
        return []
    inside: list[PageElement | str] = list(reversed(tag.contents))
    if _BLOCKS.match(tag.name):
        parts.append("\n- " if tag.name == "li" else "\n")
        inside.insert(0, "\n")
    return inside
