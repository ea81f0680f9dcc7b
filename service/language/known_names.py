"""Names of people in free prose, told by lists of given names and surnames and by what stands around them.

Knows no list itself: whoever has one hands it in. A word that is a name and something else as well (a month, a town, a
colour: April, Florence, Olive) counts only beside another name, and what stands where things and places stand, after
an article or after "in", does not count at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from service.language.personal_data import NO_NAMES

Span = tuple[int, int]
"""Where something begins and ends in a text, in characters."""


class NameFinder(Protocol):
    """Finds people's names in a text. The same text gives the same answer."""

    def spans(self, text: str, /) -> Sequence[Span]:
        """Where the names stand, in their order, none over another."""
        ...

    def __hash__(self) -> int: ...


class NoFinder:
    """Finds nobody: what is used while no detector is switched on."""

    def spans(self, _text: str, /) -> Sequence[Span]:
        """None."""
        return ()


NOBODY: Final = NoFinder()


def hide_found(text: str, names: NameFinder, shown: Callable[[str], str]) -> str:
    """`text` with the names that the finder sees replaced by what `shown` says of each."""
    pieces: list[str] = []
    at = 0
    for start, end in names.spans(text):
        pieces += (text[at:start], shown(text[start:end]))
        at = end
    return "".join((*pieces, text[at:]))


_WORD = re.compile(r"[^\W\d_](?:[\w'\u2019-]*\w)?")
_PARTICLES = frozenset("al ben bin da dal de del della den der di do dos du el la le ter van von zu".split())
_MOST_PARTICLES = 2
_THINGS_FOLLOW = frozenset(
    """
    the this an my your his her our their its any every each no some another
    der die das dem den des ein eine einen einem einer dieser diese dieses im am beim zum zur vom
    le les un une des ces cette au aux
    el los las una unos unas este esta ese esa
    il lo gli uno questo questa nel nella del della dello al alla
    het een deze dit
    ett denna detta
    in at near nach aus em en w
    """.split()
)
"""Words after which things and places stand. Articles that stand before people's names as well are left out."""
_PLACE_FOLLOWS = frozenset("saint sankt san santa santo st s\u00e3o".split())
_PLACES_END = frozenset(
    """
    avenue beach bridge center centre city college court garden gardens gate hall heights hill hills hospital hotel
    house island lake lane park plaza road school springs square station street tower university valley village
    """.split()
)
"""Last words of places that are called like people."""
_ALSO_WORDS = frozenset(
    """
    alexa alpha amber americo angel asia atlanta atlas autumn ava babe basil bishop bob bristol brook brooklyn
    buddy candy canyon captain carlton carol cash celestine chanel charity chase cherry christian chuck claude
    clay clement cliff colt columbia consuelo crystal daisy dale dawn dean dell delta destiny diamond dolly dot
    drew duke earl easter ebony echo eden ember ernst eve faith fern flora ford frank fremont gale gay gene
    ginger golden grace grant grove harmony hazel heather heaven hermes hilton holly hunter ivy jack jasper jay
    jean jewel journey joy juli juni kai kaiser kelvin king lady lance lane lark laurel lee lily link london
    love lucky mai margherita marin marshal mason max mercedes mercy merry miles misty nick noble nova opal
    patience pearl penny pepper phoenix pierce piper poppy precious press princess queen ray reed ridge river
    rob robin rocky roos rosemary royal ruby rusty sage said sandy savannah scarlet serenity shade siri skip
    sonny sterling stone sue sunny sunshine sydney tanner tea till tiny velvet victor victory wade walker ward
    wells whit willow woody leider uma ela jun sep
    """.split()
)
"""Names that are words, seasons, things or brands as well, beyond those that the lists tell of themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownNames:
    """Finds people by lists: `given` names and `surnames` as they are written, `words` and `places` folded.

    A name that is a word is none beside another word; a name that is a place is none alone.
    """

    given: frozenset[str]
    surnames: frozenset[str]
    words: frozenset[str]
    places: frozenset[str]

    def spans(self, text: str) -> Sequence[Span]:
        """Given names with the surnames that follow them, known or not.

        >>> lists = ({"Raj", "Milan"}, {"Patel", "Roe"}, {"will"}, {"milan"})
        >>> names = KnownNames(*map(frozenset, lists))
        >>> text = "Raj Patel and Milan Roe are in Milan"
        >>> [text[start:end] for start, end in names.spans(text)]
        ['Raj Patel', 'Milan Roe']
        """
        words = list(_WORD.finditer(text))
        found: list[Span] = []
        place = 0
        while place < len(words):
            end = self._until(words, place) if self._is_given(words[place][0]) else place
            if end > place and self._is_person(words, place, end):
                end += end == place + 1 and self._may_be_surname(words, end)
                found.append((words[place].start(), words[end - 1].end()))
                place = end
            else:
                place += 1
        return found

    def _until(self, words: Sequence[re.Match[str]], place: int) -> int:
        """The word after the last one of the name that begins at `place`."""
        end = place + 1
        while end < len(words):
            after = end
            while after < len(words) and after - end < _MOST_PARTICLES and words[after][0] in _PARTICLES:
                after += 1
            if after == len(words) or not _one_space(words, end, after) or not self._is_surname(words[after][0]):
                return end
            end = after + 1
        return end

    def _may_be_surname(self, words: Sequence[re.Match[str]], place: int) -> bool:
        """Whether the word, which stands behind a given name, may be a surname that the lists lack."""
        if place == len(words) or not _one_space(words, place, place):
            return False
        word = words[place][0]
        return _capitalised(word) and not self._is_word(word) and word.casefold() not in _PLACES_END

    def _is_given(self, word: str) -> bool:
        return len(word) >= _SHORTEST and _capitalised(word) and _bare(word) in self.given

    def _is_surname(self, word: str) -> bool:
        bare = _bare(word)
        return _capitalised(word) and (bare in self.surnames or bare in self.given)

    def _is_word(self, word: str) -> bool:
        plain = _bare(word).casefold()
        return plain in _ALSO_WORDS or plain in NO_NAMES or plain in self.words

    def _is_person(self, words: Sequence[re.Match[str]], place: int, end: int) -> bool:
        before = words[place - 1][0].casefold() if place else ""
        if before in _PLACE_FOLLOWS or words[place][0].casefold() in _PLACE_FOLLOWS:
            return False
        name = [each[0] for each in words[place:end] if _capitalised(each[0])]
        if len(name) > 1:
            # "Mark Ellison" is somebody, "Sie Friederike" is a word before a name.
            begins = not self._is_word(name[0]) or (_bare(name[1]) in self.surnames and not self._is_word(name[1]))
            return begins and name[-1].casefold() not in _PLACES_END
        alone = _bare(name[0]).casefold() not in self.places and not self._is_word(name[0])
        return alone and before not in _THINGS_FOLLOW


_SHORTEST = 3


def _capitalised(word: str) -> bool:
    return word[0].isupper() and not word.isupper()


def _bare(word: str) -> str:
    """Without an English genitive."""
    return re.sub(r"['\u2019]s$", "", word)


def _one_space(words: Sequence[re.Match[str]], end: int, last: int) -> bool:
    """Whether the words before `end` and up to `last` stand with one character between them, a space."""
    text = words[end].string
    return all(text[words[at - 1].end() : words[at].start()] == " " for at in range(end, last + 1))


def folded(words: Iterable[str]) -> frozenset[str]:
    """Words as `KnownNames.words` and `places` are."""
    return frozenset(word.casefold() for word in words)
