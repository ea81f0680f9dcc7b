"""One message as a short question that stands for many: its telling sentence, without greeting, on one line.

Only punctuation, lengths and the terms that are given decide, so it holds for any language. Pure text, no model.
"""

from __future__ import annotations

import re
from collections.abc import Collection

LONGEST = 110
"""Characters of a question that stands as a name."""
SHORTEST = 12
"""Characters below which a sentence hardly says what it is about ("Any news?")."""
SHORTEST_UNSPACED = 6
READ = 2000
"""Characters of a message that are looked at."""

_SENTENCE = re.compile(r"[^\n]+?(?:[.!?\u2026\u061f]+(?=\s|$)|[\u3002\uff01\uff1f]+|\n|$)")
_END = re.compile(r"[.!\u3002\uff01\s]+\Z")
_ASKS = re.compile(r"[?\uff1f\u061f]\Z")
_WORD = re.compile(r"[^\W\d_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\uffdc]")
"""Letters of scripts that put no space between words: Thai, Lao, Burmese, Khmer, Chinese, Japanese, Korean."""
_MASKED = re.compile(r"\*{3}|\((?:name|email|phone|number|link|address|card|iban|network)\)")


def question(text: str, terms: Collection[str] = ()) -> str:
    """What of `text` says best what is asked: all of it where that is short, else the sentence with most of `terms`.

    Of equal ones a question wins, then the earlier. Sentences of one or two words around it (greetings, thanks) are
    left out. At most `LONGEST` characters, cut at a word; empty for a text without a word.

    >>> question(
    ...     "Hello! I moved to a new flat last week and all is fine so far. The invoice shows my old address, and "
    ...     "the shop does not let me change it.\\nThanks",
    ...     ["invoice", "old address"],
    ... )
    'The invoice shows my old address, and the shop does not let me change it'
    """
    found = [one for one in (" ".join(part.split()) for part in _SENTENCE.findall(text[:READ])) if _WORD.search(one)]
    telling = [one for one in found if not _is_short(one)] or found
    whole = _END.sub("", " ".join(telling))
    if len(whole) <= LONGEST or not telling:
        return whole
    words = {word.casefold() for term in terms for word in _WORD.findall(term)}
    best = max(enumerate(telling), key=lambda item: (_shared(item[1], words), bool(_ASKS.search(item[1])), -item[0]))
    return _cut(_END.sub("", best[1]))


def plainness(text: str) -> float:
    """How well a message could stand for others, 0..1: short and whole is best, masked data and bare words are not.

    >>> plainness("Can I wash the wool blanket in the machine?"), plainness("Any news?") < 1
    (1.0, True)
    """
    short = question(text)
    if not short:
        return 0.0
    told = " ".join(text[:READ].split())
    length: float = min(1.0, len(short) / SHORTEST) * min(1.0, (1.5 * LONGEST / len(told)) ** 0.25)
    return length * (0.9 if _MASKED.search(text) else 1.0)


def _is_short(sentence: str) -> bool:
    """Whether it is a greeting or the like: one or two words."""
    if _UNSPACED.search(sentence):
        return len(sentence) < SHORTEST_UNSPACED
    return len(_WORD.findall(sentence)) < 3


def _shared(sentence: str, words: Collection[str]) -> int:
    plain = sentence.casefold()
    return sum(word in plain for word in words)


def _cut(sentence: str) -> str:
    if len(sentence) <= LONGEST:
        return sentence
    head = sentence[: LONGEST - 1]
    kept = head.rsplit(" ", 1)[0] if " " in head[LONGEST // 2 :] else head
    return kept.rstrip(" ,.;:") + "\u2026"
