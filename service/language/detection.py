"""Which language a text or a conversation is in. English is the default: short chat lines are only called something
else when they clearly are.

py3langid's model is loaded at the first text that is not plainly English, so most processes never load it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np
from py3langid import langid

from service.conversation import Conversation, Role

ENGLISH = "en"

_SUPPORTED = """
    ar bg ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv ms nl no pl pt ro ru sk sl sr sv th tr uk vi zh
"""
LANGUAGES = frozenset(_SUPPORTED.split())
"""What support is commonly asked in. Rarer languages only make short English lines look foreign."""

SURE = 0.6
"""Least probability of a language other than English."""

FEWEST_WORDS = 3
"""Fewer words in Latin letters are taken for English: names, codes and typing errors look like any language."""

PLAIN_SHARE = 0.2
"""Share of English function words from which a text is English without asking the model."""

READ_CHARACTERS = 600

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_NOT_PROSE = re.compile(r"https?://\S+|\S+@\S+|`[^`]*`")
# Words that other languages also write (is, was, so, to, for, want ...) are left out.
_FUNCTION = """
    i'm i've i'd i'll my you your you're we our they them their it it's its she the this that these those
    there and or but if then because not don't doesn't didn't can't cannot won't isn't wasn't are were been
    being have had having does did can could would should will what what's when where which who why how from
    with without about into onto than just any some still already again please thanks thank need get got
"""
_FUNCTION_WORDS = frozenset(_FUNCTION.split())


def text_language(text: str) -> str:
    """The ISO 639-1 code of a text's language; English unless it clearly is another.

    >>> text_language("where is my parcel"), text_language("wo ist denn meine Bestellung geblieben")
    ('en', 'de')
    """
    prose = _NOT_PROSE.sub(" ", text[:READ_CHARACTERS])
    words = _WORD.findall(prose.lower())
    foreign_script = _foreign_script(words)
    if not foreign_script and (len(words) < FEWEST_WORDS or _plainly_english(words)):
        return ENGLISH
    found, probability = _identifier().classify(prose)
    if found == ENGLISH or (probability < SURE and not foreign_script):
        return ENGLISH
    return str(found)


def language(conversation: Conversation) -> str:
    """The conversation's language: what the helpdesk says, else what the customer's messages are written in."""
    if conversation.language and conversation.language.strip():
        return re.split(r"[-_]", conversation.language.strip().lower())[0]
    text = ""
    for message in conversation.by(Role.CUSTOMER):
        text += message.text + "\n"
        if len(text) >= READ_CHARACTERS:
            break
    return text_language(text)


def load() -> None:
    """Load the model now: half a second and 40 MB, which a parent of forked workers pays once for all of them."""
    _identifier()


def _plainly_english(words: list[str]) -> bool:
    known = sum(word.replace("\u2019", "'") in _FUNCTION_WORDS for word in words)
    return known >= PLAIN_SHARE * len(words)


def _foreign_script(words: list[str]) -> bool:
    """Whether most letters are not Latin ones."""
    letters = [letter for word in words for letter in word if letter.isalpha()]
    latin = sum(unicodedata.name(letter, "").startswith(("LATIN", "FULLWIDTH LATIN")) for letter in letters)
    return latin * 2 < len(letters)


@lru_cache(maxsize=1)
def _identifier() -> langid.LanguageIdentifier:
    """The model, cut down to `LANGUAGES`: the whole table of 140 languages would stay in memory."""
    whole = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE)
    columns = [i for i, name in enumerate(whole.nb_classes) if name in LANGUAGES]
    return langid.LanguageIdentifier(
        np.ascontiguousarray(whole.nb_ptc[:, columns]),
        np.ascontiguousarray(whole.nb_pc[columns]),
        [whole.nb_classes[i] for i in columns],
        whole.tk_nextmove,
        whole.tk_output,
        norm_probs=True,
        tk_row=whole.tk_row,
    )
