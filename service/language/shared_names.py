"""Names taken out of a question and its answer: a shared name makes any two texts look alike, whatever is asked.

A name is told by its capitals only, so text without capitals is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[^\W_][\w&'\u2019-]*")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
_SENTENCE_END = re.compile(r"(?:^|[.!?:]|\n)\s*[\"'(]*$")
_DANGLING = re.compile(r"\b(?:the|and|at|of|in|a|an)\s*(?=[.,;:?!]|$)|(?<!\S)&\s*", re.IGNORECASE)
_LETTERS = re.compile(r"[a-z]", re.IGNORECASE)

_NEVER_NAMES = frozenset(
    """
    a an the i i'm i've i'd i'll me my we us our you your he she it its they their this that these those is are was
    were be am do does did have has had can could will would shall should may might must not no nor and or but if then
    so of to in on at by for from with without about as any some all what which who whom whose when where why how yes
    hi hello hey dear please thanks thank ok okay there here also just only very too once after before until while
    """.split()
)


def without_names(question: str, answer: str, known: Iterable[str] = ()) -> tuple[str, str]:
    """Both texts without the names in either of them and without the `known` ones; a text of names only stays.

    >>> without_names("Does the Blue Heron Lodge have a sauna?", "Yes, Blue Heron Lodge has a sauna.")
    ('Does the have a sauna?', 'Yes, has a sauna.')
    """
    names = _names((question, answer)) | {word.lower() for name in known for word in _WORD.findall(name)}
    return _without(question, names), _without(answer, names)


def _names(texts: Sequence[str]) -> frozenset[str]:
    """Words with a capital that never stand in small letters; one that opens a sentence only before another."""
    capital: set[str] = set()
    small: set[str] = set()
    for text in texts:
        words = list(_WORD.finditer(text))
        for here, after in zip(words, [*words[1:], None], strict=True):
            word = _bare(here.group())
            if not word[0].isupper() or word.lower() in _NEVER_NAMES:
                small.add(word.lower())
            elif not _SENTENCE_END.search(text[: here.start()]) or (after is not None and _is_name(after.group())):
                capital.add(word.lower())
    return frozenset(capital - small)


def _is_name(word: str) -> bool:
    return word[0].isupper() and _bare(word).lower() not in _NEVER_NAMES


def _bare(word: str) -> str:
    return _POSSESSIVE.sub("", word) or word


def _without(text: str, names: frozenset[str]) -> str:
    kept = _WORD.sub(lambda found: "" if _bare(found.group()).lower() in names else found.group(), text)
    for _ in range(2):
        kept = _DANGLING.sub("", " ".join(kept.split()))
    kept = re.sub(r"\s+([.,;:?!])", r"\1", kept).strip()
    return kept if _LETTERS.search(kept) else text
