"""Names taken out of a question and its answer: a shared name makes any two texts look alike, whatever is asked.

A name is told by its capitals and by where it stands: who offers something, not what is offered. Text that is written
without capitals is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_][\w&'\u2019-]*|&")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
_SENTENCE_END = re.compile(r"(?:^|[.!?:]|\n)\s*[\"'(]*$")
_PARTED = re.compile(r"[,.;:!?()\n]")
_DANGLING = re.compile(r"\b(?:the|and|at|of|in|by)\s*(?=[.,;:?!]|$)|(?<!\S)&\s*", re.IGNORECASE)

_NEVER_NAMES = frozenset(
    """
    a an the i i'm i've i'd i'll me my we us our you your he she it its it's they their this that these those is are
    was were be am do does did don't doesn't have has had can can't could will would shall should may might must not no
    nor and or but if then so to in on at for from with without about as any some all what which who whom whose when
    where why how yes hi hello hey dear please thanks thank ok okay there there's here also just only very too once
    after before until while sorry unfortunately &
    """.split()
)
_INSIDE = frozenset("and of the & by du de la le on at in for".split())
"""Small words that stand inside a name."""

_OFFERED_AFTER = frozenset(
    """
    offer offers offering offered have has having provide provides provided serve serves served allow allows allowed
    accept accepts accepted permit permits permitted take takes taking get any some no free own own-brand sell sells use
    uses book order bring charge support supports include includes contain contains using via with without for and or
    a an
    """.split()
)
_OFFERED_BEFORE = frozenset(
    """
    option options service services dish dishes food foods menu friendly accessible access fee fees policy available
    allowed permitted possible offered provided included card cards payment payments
    """.split()
)
_IS = frozenset("is are isn't aren't was were be will not currently now also".split())
_IS_OFFERED = frozenset(
    "available allowed possible permitted offered provided accepted included welcome required forbidden".split()
)
"""Words beside what is offered: a capital there writes the thing large, it names nobody."""


SHORT = 4
"""Letters up to which a word in capitals is an abbreviation (VPN, PIN)."""


SHOUTED = 0.7
"""Share of words in capitals from which they say nothing."""

Names = AbstractSet[tuple[str, ...]]
"""Names as words in small letters."""


@dataclass(frozen=True, slots=True)
class _Token:
    """A word at its place: as written, in small letters without its possessive, and whether a comma or stop follows."""

    word: str
    bare: str
    start: int
    end: int
    capital: bool
    opens: bool
    closes: bool
    comma: bool


def without_names(question: str, answer: str, known: Iterable[str] = ()) -> tuple[str, str]:
    """Both texts without the names in either of them and without the `known` ones; a text of names only stays.

    >>> without_names("Does the Blue Heron Lodge have a Sauna?", "Yes, Blue Heron Lodge has a sauna.")
    ('Does have a Sauna?', 'Yes, has a sauna.')
    """
    texts = (question, answer)
    read = [_tokens(text) for text in texts]
    runs = [_runs(tokens) for tokens in read]
    names = {tuple(t.bare for t in tokens[a:b]) for tokens, found in zip(read, runs, strict=True) for a, b in found}
    small = {t.bare for tokens in read for t in tokens if not t.word[0].isupper()}
    names = {name for name in names if len(name) > 1 or name[0] not in small}
    given = {tuple(word.lower() for word in _WORD.findall(name)) for name in known} - {()}
    first, second = (_without(text, tokens, names, given) for text, tokens in zip(texts, read, strict=True))
    return first, second


def _tokens(text: str) -> list[_Token]:
    found = list(_WORD.finditer(text))
    ends = [m.start() for m in found[1:]] + [len(text)] * bool(found)
    tokens: list[_Token] = []
    for match, following in zip(found, ends, strict=True):
        word = match.group()
        bare = (_POSSESSIVE.sub("", word) or word).lower()
        capital = word[0].isupper() and bare not in _NEVER_NAMES
        opens = bool(_SENTENCE_END.search(text[: match.start()]))
        closes = bool(_PARTED.search(text[match.end() : following]))
        comma = text[match.end() : following].strip() == ","
        tokens.append(_Token(word, bare, match.start(), match.end(), capital, opens, closes, comma))
    return tokens


def _runs(tokens: Sequence[_Token], *, opening: bool = False) -> list[tuple[int, int]]:
    """Names as ranges of `tokens`: capitals together, small words of names between them. Shouted text has none.

    One capital that opens a sentence is grammar, and a name only where `opening` ones are wanted too.
    """
    if sum(t.word.isupper() for t in tokens) > SHOUTED * len(tokens):
        return []
    found: list[tuple[int, int]] = []
    start = 0
    while start < len(tokens):
        end = _run_end(tokens, start)
        grammar = end == start + 1 and tokens[start].opens and not opening
        if end > start and not grammar and not _is_offered(tokens, start, end):
            found.append((start, end))
        start = max(end, start + 1)
    return found


def _run_end(tokens: Sequence[_Token], start: int) -> int:
    """Where the run of capitals that begins at `start` ends; `start` itself when none begins there."""
    end = start
    for i in range(start, len(tokens)):
        if tokens[i].capital:
            end = i + 1
        elif end == start or tokens[i].bare not in _INSIDE:
            break
        if tokens[i].closes:
            break
    return end


def _is_offered(tokens: Sequence[_Token], start: int, end: int) -> bool:
    """Whether the capitals write large what is offered: "have Free Parking", "Takeout options", "Visa, Maestro"."""
    if end == start + 1 and tokens[start].word.isupper() and len(tokens[start].word) <= SHORT:
        return True
    if any(tokens[i].comma and i + 1 < len(tokens) and tokens[i + 1].capital for i in (start - 1, end - 1) if i >= 0):
        return True
    told = end
    while told < len(tokens) and tokens[told].bare in _IS and not tokens[told].closes:
        told += 1
    if end < told < len(tokens) and tokens[told].bare in _IS_OFFERED:
        return True
    before = tokens[start - 1].bare if start and not tokens[start - 1].closes else ""
    after = tokens[end].bare if end < len(tokens) and not tokens[end - 1].closes else ""
    return before in _OFFERED_AFTER or after in _OFFERED_BEFORE


def _without(text: str, tokens: Sequence[_Token], names: Names, given: Names) -> str:
    """`text` without the names: whole ones (and those `given`) however they are written, parts where written large."""
    bare = [token.bare for token in tokens]
    whole = given | {name for name in names if len(name) > 1}
    gone = {
        i + k
        for name in whole
        for i in range(len(bare))
        if tuple(bare[i : i + len(name)]) == name
        for k in range(len(name))
    }
    parts = {word for name in names | given for word in name} - _INSIDE
    for start, end in _runs(tokens, opening=True):
        inside = [i for i in range(start, end) if bare[i] in parts]
        gone.update(range(inside[0], inside[-1] + 1) if inside else ())
    gone |= {i for i, word in enumerate(bare) if word == "the" and i + 1 in gone}
    left = {word for i, word in enumerate(bare) if i not in gone} - _NEVER_NAMES
    return _cut(text, [tokens[i] for i in sorted(gone)]) if left else text


def _cut(text: str, gone: Sequence[_Token]) -> str:
    kept, at = [], 0
    for token in gone:
        kept.append(text[at : token.start])
        at = token.end
    plain = " ".join("".join([*kept, text[at:]]).split())
    for _ in range(2):
        plain = " ".join(_DANGLING.sub("", plain).split())
    return re.sub(r"\s+([.,;:?!])", r"\1", plain).strip(" ,;")
