"""The catalogues: one a language, read from `catalogues/*.po` once. `deskmark.pot` lists every sentence there is."""

from __future__ import annotations

import gettext
import io
from enum import StrEnum
from functools import cache
from pathlib import Path

import polib

from service.translation.languages import Language

FOLDER = Path(__file__).parent / "catalogues"


class Context(StrEnum):
    """Where a sentence stands; the same English words may be said otherwise elsewhere."""

    REASON = "reason"
    """Why a verdict was found: whole sentences that scores produce."""
    PART = "part"
    """What can stand in a place of a reason."""
    HEADLINE = "headline"
    """The verdicts that a note begins with."""
    NOTE = "note"
    """The rest of a note."""
    PANEL = "panel"
    """The panel beside the ticket."""


def template() -> polib.POFile:
    """Every sentence in English, with the context it stands in."""
    return polib.pofile(str(FOLDER / "deskmark.pot"))


@cache
def catalogue(language: Language) -> gettext.NullTranslations:
    """The translations into `language`; English says everything as it is."""
    if language is Language.EN:
        return gettext.NullTranslations()
    return gettext.GNUTranslations(io.BytesIO(polib.pofile(str(FOLDER / f"{language}.po")).to_binary()))


def say(language: Language, context: Context, sentence: str, /, **values: object) -> str:
    """`sentence` in `language`, its places filled with `values`."""
    return catalogue(language).pgettext(context, sentence).format(**values)


def say_counted(language: Language, context: Context, one: str, many: str, /, n: int, **values: object) -> str:
    """The same with the form that the language has for `n` of a thing."""
    return catalogue(language).npgettext(context, one, many, n).format(n=n, **values)
