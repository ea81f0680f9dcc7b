"""What the reply to a question says about it: the same value again, or something new."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from service.language.information.exchange import items_asked, names, words
from service.language.information.items import Kind
from service.language.information.replies import protests
from service.language.information.values import codes, dates, digits, emails, plain, times, word_set

_ALIASES = {
    "new york city": "nyc",
    "new york": "nyc",
    "ny": "nyc",
    "los angeles": "la",
    "lax": "la",
    "san francisco": "sf",
    "sfo": "sf",
    "san fran": "sf",
    "san diego": "sd",
    "chi-town": "chicago",
    "chi town": "chicago",
    "philly": "philadelphia",
    "las vegas": "vegas",
    "washington d.c.": "washington",
    "washington dc": "washington",
    "atl": "atlanta",
    "united states": "us",
    "united kingdom": "uk",
}
_ALIAS = re.compile(rf"\b(?:{'|'.join(re.escape(name) for name in sorted(_ALIASES, key=len, reverse=True))})(?!\w)")
_GENERIC = word_set(
    "book reserve reservation ticket people person passenger rider seat travel"
    " trip leav depart go return pick drop car rental rent bus flight fly hotel"
    " room restaurant table event movie show apartment bed bedroom bath "
    "appointment doctor dentist therapist city area place location destination"
    " date day time hour search find look visit check transfer send money account"
    " dollar cab ride march month week interest work day night "
    "around start end one way order number issue problem error message tri"
)


@dataclass(frozen=True, slots=True)
class Echo:
    """Counts (capped at 4) of what a reply repeats of, or adds to, what the customer had said before."""

    present: bool
    seen_values: int
    new_values: int
    seen_words: int
    new_words: int
    share: float
    protest: bool

    @property
    def informative(self) -> bool:
        """Does the reply say anything beyond yes, ok and the words of the question?"""
        return self.present and (
            self.seen_values + self.new_values + self.seen_words + self.new_words > 0 or self.protest
        )


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The values of a text (dates, times, numbers, codes, e-mails; normalised) and its other content words."""
    line = digits(plain(text))
    line = _ALIAS.sub(lambda m: _ALIASES[m.group()], line)
    values: set[str] = set()
    taken = bytearray(len(line))
    for found in (*emails(line), *times(line), *dates(line), *codes(line)):
        if any(taken[found.start : found.end]):
            continue
        taken[found.start : found.end] = b"\x01" * (found.end - found.start)
        values.add(_bare(found.value))
    rest = "".join(" " if used else character for character, used in zip(line, taken, strict=True))
    values |= set(re.findall(r"\b\d+\b", rest))
    return frozenset(values), frozenset(w for w in words(rest) if not w.isdigit() and w not in _GENERIC)


def _bare(value: str) -> str:
    """A day without its month, a clock time on a 12-hour dial: both are said in either way."""
    if re.fullmatch(r"(?:\d+|day)-\d+", value):
        return "day-" + value.rsplit("-", 1)[1]
    if re.fullmatch(r"\d\d:\d\d", value):
        return f"t{int(value[:2]) % 12}:{value[3:]}"
    return value


def _chosen(question: str, reply: str) -> frozenset[str]:
    """The options of an either-or question that the reply takes; none when it takes them all."""
    offered = {item.role for item in items_asked(question) if item.kind is Kind.OPTION}
    taken = frozenset(option for option in offered if names(option, reply))
    return taken if len(taken) < len(offered) else frozenset()


def echo(question: str, reply: str | None, earlier: list[str]) -> Echo:
    """How `reply` relates to the customer's `earlier` messages; words of `question` do not count.

    `reply` is None when there is none.
    """
    if reply is None:
        return Echo(False, 0, 0, 0, 0, 0.0, False)
    asked_values, asked_words = tokens(question)
    values, content = tokens(reply)
    values, content = values - asked_values, content - asked_words
    before_values: set[str] = set()
    before_words: set[str] = set()
    for text in earlier:
        some_values, some_words = tokens(text)
        before_values |= some_values
        before_words |= some_words
    chosen = _chosen(question, reply)
    content = content | chosen
    before_words |= {option for option in chosen if any(names(option, text) for text in earlier)}
    seen_values, seen_words = len(values & before_values), len(content & before_words)
    total = len(values) + len(content)
    return Echo(
        present=True,
        seen_values=min(seen_values, 4),
        new_values=min(len(values) - seen_values, 4),
        seen_words=min(seen_words, 4),
        new_words=min(len(content) - seen_words, 4),
        share=(seen_values + seen_words) / total if total else 0.0,
        protest=protests(reply),
    )
