"""A score's reason in another language: the English sentence is recognised by its form and said anew.

The English sentence is what is stored and exported, so scorecards of every age can be told in every language. Whatever
no catalogue knows is said to be in English only, and never shown in English among other words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter

from service.translation.catalogue import Context, say, say_counted, template
from service.translation.languages import Language, percent_in

UNTOLD = "The reason was given in English only; Deskmark's page has it."

TAKEN_AS_THEY_ARE: Mapping[str, str] = {
    "n": r"\d+",
    "percent": r"\d+%",
    "version": r"[\w.-]+",
    "language": r"[\w-]+",
    "role": r"(?:(?! and )[^,.;()])+",
}
"""Places that hold no words of ours. Every other holds a `Context.PART`. `role` is English and is left out."""


@dataclass(frozen=True, slots=True)
class _Form:
    one: str
    many: str
    pattern: re.Pattern[str]


def places(sentence: str) -> frozenset[str]:
    """The names of the places in a sentence.

    >>> sorted(places("{first} and {last}"))
    ['first', 'last']
    """
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name)


def reason(english: str, language: Language) -> str:
    """`english`, a reason that a score gave, in `language`."""
    if language is Language.EN:
        return english
    return _said(english, Context.REASON, language) or say(language, Context.REASON, UNTOLD)


def recognised(english: str) -> bool:
    """Whether the catalogues know this reason."""
    return _said(english, Context.REASON, Language.DE) is not None


def _said(english: str, context: Context, language: Language) -> str | None:
    for form in _forms(context):
        match = form.pattern.fullmatch(english)
        values = _values(match.groupdict(), language) if match else None
        if values is None:
            continue
        if form.many:
            return say_counted(language, context, form.one, form.many, int(str(values.pop("n"))), **values)
        return say(language, context, form.one, **values)
    return None


def _values(found: Mapping[str, str], language: Language) -> dict[str, object] | None:
    """What stands in the places, said in `language`; `None` when something there is not known."""
    values: dict[str, object] = {}
    for name, english in found.items():
        told = english if name in TAKEN_AS_THEY_ARE else _said(english, Context.PART, language)
        if told is None:
            return None
        values[name] = percent_in(language, told) if name == "percent" else told
    return values


@cache
def _forms(context: Context) -> tuple[_Form, ...]:
    """The sentences of a context, the most particular first."""
    entries = [entry for entry in template() if entry.msgctxt == context]
    forms = [
        _Form(entry.msgid, entry.msgid_plural, _pattern(form))
        for entry in entries
        for form in (entry.msgid, entry.msgid_plural)
        if form
    ]
    return tuple(sorted(forms, key=lambda form: (len(places(form.one)) > 0, -len(form.pattern.pattern))))


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = []
    for literal, name, _, _ in Formatter().parse(sentence):
        parts.append(re.escape(literal))
        if name:
            parts.append(f"(?P<{name}>{TAKEN_AS_THEY_ARE.get(name, '.+')})")
    return re.compile("".join(parts))
