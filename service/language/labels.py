"""The most telling words of a group of messages: what they say and the messages of other groups do not.

A term is one to three words side by side, as they stand in the messages. Typed personal data is masked before anything
is counted, and what looks like a name (a capital inside a sentence) counts only when several messages have it.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache

from service.language.masking import mask
from service.language.wording import content, stem

KEPT_TERMS = 60
"""Most frequent terms that are remembered of a group."""
LABEL_TERMS = 3
LONGEST_TERM = 3
"""Words of a term."""
WORTH = (1.0, 1.5, 1.7)
"""More words say more than one: "account balance" before "balance"."""
LEAST_WORTH = 0.25
"""Share of the first term's weight that a further one must have."""
NAMES_NEED = 3
"""Messages of a group that must hold a capitalised word for it to count: a product, not a person."""
MOSTLY = 0.6
"""Share of a term's messages from which a longer one stands for it."""
LONGEST_WORD = 24
"""Letters of a word in other letters: longer ones are clauses of a script without spaces."""
UNNAMED = "(no words)"

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_LATIN = re.compile(r"[a-z]")
_CLAUSE = re.compile(r"[.!?;:,()\n]+")
_MASKED = re.compile(r"(?<!\S)\S*?\*\*\*\S*|\((?:link|address)\)")
_FILLERS = frozenset(
    """
    yeah yep yes nope actually basically maybe guess think thought kind kinda sort gonna wanna gotta umm uhh hmm mhm
    okay right alright sir madam ma'am miss mister calling called call speak speaking talk talking tell told says said
    please name morning evening afternoon today yesterday tomorrow thing things stuff anyway trying tried looking able
    wondering wonder possible help helping assist chance sure course mean means wanted needed going went doing done
    that's i'm i've i'd i'll it's there's what's don't didn't can't won't isn't wasn't doesn't couldn't haven't
    let's he's she's we're you're they're we've you've they've who's where's how's
    one two three four five six seven eight nine ten ago last next since until later soon yet again first
    day days week weeks month months year years hour hours minute minutes after before during another someone somebody
    anyone anybody everyone everything your mine without within
    """.split()
    # The same in the other languages that notes are written in: articles, pronouns, auxiliaries, prepositions.
    + """
    der die das den dem des ein eine einen einem einer eines und oder aber ich du er sie es wir ihr mich mir dich dir
    mein meine meinen meinem meiner dein deine sein seine ihre unser unsere ist sind war waren bin hat habe haben hatte
    wird werden wurde kann können konnte möchte will soll muss nicht kein keine noch schon auch nur sehr für mit von
    vom zum zur bei nach aus auf über unter vor seit wie was wann wer warum wenn dass weil bitte danke hallo guten tag
    les des une dans pour par avec sur sous est sont ont été être avoir avez avons suis pas plus que qui quoi quand
    comment pourquoi mon mes ton votre vos notre nos leur cette ces son ses mais donc merci bonjour salut c'est j'ai
    los las una unos unas del por para con sin sobre está están son fue ser estar tengo tiene hay como cuando donde
    porque pero muy más mis sus nuestro esta este esto ese esa hola gracias buenos días favor qué cómo
    dos das uma uns umas pelo pela com sem sobre está estão foi ser estar tenho tem como quando onde porque mas muito
    mais meu minha seu sua nosso esta este isso não olá obrigado obrigada bom dia por favor
    """.split()
)


def terms(texts: Iterable[str]) -> dict[str, int]:
    """In how many of `texts` each term stands, most frequent first, at most `KEPT_TERMS`.

    >>> terms(["I lost my card", "lost the card!", "Lost card"])
    {'card': 3, 'lost': 3, 'lost card': 1}
    """
    counts: Counter[tuple[str, ...]] = Counter()
    capitals: Counter[tuple[str, ...]] = Counter()
    spellings: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for text in texts:
        found = _terms(text)
        counts.update(found.keys())
        capitals.update(key for key, (_, capital) in found.items() if capital)
        for key, (spelling, _) in found.items():
            spellings[key][spelling] += 1
    kept = [key for key, count in counts.items() if capitals[key] < count or count >= NAMES_NEED]
    ranked = sorted(kept, key=lambda key: (-counts[key], len(key), key))[:KEPT_TERMS]
    return {_commonest(spellings[key]): counts[key] for key in ranked}


def combined(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """The counts of two sets of messages together; spellings of the first win."""
    spelled = {_key(term): term for term in [*other, *one]}
    counts: Counter[str] = Counter()
    for term, count in [*one.items(), *other.items()]:
        counts[spelled[_key(term)]] += count
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:KEPT_TERMS])


def label(
    own: Mapping[str, int], size: int, others: Sequence[tuple[Mapping[str, int], int]], texts: Sequence[str] = ()
) -> str:
    """The `LABEL_TERMS` most telling terms of a group of `size` messages, against `others` (terms and size of each).

    A term weighs p log(p / q): p is the share of the group's messages that have it and q that of the other groups',
    both with half a message added (the term's part of the Kullback-Leibler divergence). They stand in the order in
    which `texts`, messages of the group, say them; without, the weightiest first. `UNNAMED` without any term.

    >>> label({"card": 5, "lost card": 4}, 5, [({"card": 4, "new card": 4}, 4)])
    'lost card'
    """
    elsewhere: Counter[str] = Counter()
    for counts, _ in others:
        for term, count in counts.items():
            elsewhere[" ".join(_key(term))] += count
    total = sum(count for _, count in others)

    def weight(term: str) -> float:
        here = (own[term] + 0.5) / (size + 1)
        there = (elsewhere[" ".join(_key(term))] + 0.5) / (total + 1)
        return here * math.log(here / there) * WORTH[min(term.count(" ") + 1, LONGEST_TERM) - 1]

    chosen: list[str] = []
    taken: set[str] = set()
    often = [term for term in own if own[term] > 1] or list(own)
    for term in sorted(often, key=lambda term: (-weight(term), term)):
        stems = set(_key(term))
        if not chosen or (stems.isdisjoint(taken) and weight(term) > LEAST_WORTH * weight(chosen[0])):
            chosen.append(_fullest(term, own, taken))
            taken |= set(_key(chosen[-1]))
        if len(chosen) == LABEL_TERMS:
            break
    return ", ".join(_as_said(chosen, texts)) or UNNAMED


def _fullest(term: str, own: Mapping[str, int], taken: AbstractSet[str]) -> str:
    """The longest term around `term` that at least `MOSTLY` of its messages say: "zip broke" for "broke"."""
    around = [
        other
        for other, count in own.items()
        if f" {term} " in f" {other} " and count > 1 and count >= MOSTLY * own[term] and taken.isdisjoint(_key(other))
    ]
    return max(around, key=lambda other: (other.count(" "), own[other], other), default=term)


def _as_said(chosen: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The terms in the order of the texts: by the mean of where they stand, 0..1; what is in none stays behind."""
    places: defaultdict[str, list[float]] = defaultdict(list)
    for text in sorted(texts):
        plain = mask(text).casefold().replace("\u2019", "'")
        for term in chosen:
            place = plain.find(term.casefold())
            if place >= 0:
                places[term].append(place / len(plain))
    return sorted(chosen, key=lambda term: sum(places[term]) / len(places[term]) if places[term] else 1.0)


def _terms(text: str) -> dict[tuple[str, ...], tuple[str, bool]]:
    """The terms of one message by their stems: how it spells them, and whether they look like a name."""
    found: dict[tuple[str, ...], tuple[str, bool]] = {}
    for clause in _CLAUSE.split(_MASKED.sub(" . ", mask(text))):
        before: list[tuple[str, bool]] = []
        for place, word in enumerate(_WORD.findall(clause.replace("\u2019", "'"))):
            if not _telling(word.lower()):
                before = []
                continue
            spelled = word.lower() if not word.isupper() else word
            before = [*before[1 - LONGEST_TERM :], (spelled, place > 0 and word[0].isupper() and not word.isupper())]
            for start in range(len(before)):
                term = " ".join(spelling for spelling, _ in before[start:])
                found.setdefault(_key(term), (term, any(capital for _, capital in before[start:])))
    return found


@lru_cache(maxsize=20_000)
def _telling(word: str) -> bool:
    """Whether a word can tell groups apart. Words in other letters than Latin ones are not known, so they can."""
    known = bool(content(word)) if _LATIN.search(word) else len(word) <= LONGEST_WORD
    return len(word) > 2 and word not in _FILLERS and known


def _key(term: str) -> tuple[str, ...]:
    return tuple(stem(word.lower()) for word in term.split())


def _commonest(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda spelling: (-spellings[spelling], spelling))
