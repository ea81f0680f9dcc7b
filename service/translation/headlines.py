"""The verdicts that a note begins with, said in a language and heard again in whichever it was written.

Notes stand on tickets for years, so what was once said must go on being heard: when a catalogue's words for a verdict
change, tickets whose note has the old ones get one correction. `tests/translation` pins the words for that reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from service.translation.catalogue import Context, say, template
from service.translation.languages import Language

SEPARATOR = ", "


def said(headline: str, language: Language) -> str:
    """`headline`, verdicts in English with commas between, in `language`.

    >>> said("outcome returned, effort high", Language.FR)
    'le client est revenu pour le même problème, effort élevé pour le client'
    """
    separator = say(language, Context.HEADLINE, SEPARATOR)
    return separator.join(say(language, Context.HEADLINE, verdict) for verdict in headline.split(SEPARATOR))


def heard(text: str) -> str:
    """The English headline that `text` is in any of the languages; `text` itself where it is none.

    >>> heard("Wissenslücke des Bots")
    'knowledge gap'
    """
    for language in Language:
        words = _words(language)
        found = [words.get(part) for part in text.split(say(language, Context.HEADLINE, SEPARATOR))]
        if None not in found:
            return SEPARATOR.join(str(verdict) for verdict in found)
    return text


@cache
def _words(language: Language) -> Mapping[str, str]:
    entries = (entry for entry in template() if entry.msgctxt == Context.HEADLINE and entry.msgid != SEPARATOR)
    return {say(language, Context.HEADLINE, entry.msgid): entry.msgid for entry in entries}
