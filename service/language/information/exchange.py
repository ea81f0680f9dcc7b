"""Does an earlier exchange answer a question? Typed items of both, compared; features for the learned matcher."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from service.language.information.asking import asked
from service.language.information.giving import given
from service.language.information.items import Given, Item, Kind
from service.language.information.questions import asks, confirms
from service.language.information.values import digits, plain, word_set

_WORD = re.compile(r"[a-z0-9]+")
_STOP = word_set(
    "a an the i you he she it we they me my your our is are was were be been am"
    " do does did will would can could shall should may might have has had to"
    " of in on at for from with and or but so if then than that this "
    "these those there here what which who whom whose when where how why please"
    " ok okay sure yes no not any some want wanted like need prefer preferred"
    " looking look find get know tell give let us just also about as by up "
    "'s 'm 're 'll 'd s m re ll d t ve im id great good thanks thank certain particular"
    " specific preference mind going go help"
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A customer message before the handoff and the text it answers ("" when it opens the conversation)."""

    message: str
    bot: str
    customer: str
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """How an exchange meets a question: the item asked for, the weight (0..1) with which it was given."""

    item: Item
    weight: float


@lru_cache(maxsize=1024)
def items_asked(text: str) -> frozenset[Item]:
    """`asked` of a raw text, cached: the same question is compared with every exchange."""
    return asked(plain(text))


@lru_cache(maxsize=1024)
def items_given(bot: str, customer: str) -> tuple[Given, ...]:
    """`given` of raw texts, cached."""
    return tuple(given(bot, customer))


def fit(item: Item, gift: Given) -> float:
    """How well what was given answers what is asked, 0..1."""
    meets = _MEETS.get((item.kind, gift.item.kind))
    if meets is None:
        return 0.0
    return gift.weight * (meets if isinstance(meets, float) else meets(item.role, gift.item.role))


def _same(asked_role: str, role: str) -> float:
    return 1.0 if asked_role == role else 0.0


def _moment(asked_role: str, role: str) -> float:
    return 1.0 if asked_role == role else 0.1


def _when_time(asked_role: str, role: str) -> float:
    return 0.4 if asked_role == role else 0.05


def _duration_date(_asked_role: str, role: str) -> float:
    return 0.8 if role == "end" else 0.0


def _date_duration(asked_role: str, _role: str) -> float:
    return 0.4 if asked_role == "end" else 0.0


def _place(asked_role: str, role: str) -> float:
    if asked_role == role:
        return 1.0
    return {("from", "in"): 0.3, ("to", "in"): 0.35, ("in", "from"): 0.45, ("in", "to"): 0.6}.get(
        (asked_role, role), 0.0
    )


def _noun(asked_role: str, role: str) -> float:
    if asked_role == role:
        return 1.0
    return 0.75 if not asked_role or not role else 0.15


def _category_choice(asked_role: str, role: str) -> float:
    return 0.25 if asked_role and asked_role == role else 0.1


def _choice_category(asked_role: str, role: str) -> float:
    return 0.9 if asked_role and asked_role == role else 0.1


_MEETS: dict[tuple[Kind, Kind], float | Callable[[str, str], float]] = {
    (Kind.DATE, Kind.DATE): _moment,
    (Kind.TIME, Kind.TIME): _moment,
    (Kind.WHEN, Kind.DATE): _moment,
    (Kind.WHEN, Kind.TIME): _when_time,
    (Kind.DURATION, Kind.DURATION): 1.0,
    (Kind.DURATION, Kind.DATE): _duration_date,
    (Kind.DATE, Kind.DURATION): _date_duration,
    (Kind.PLACE, Kind.PLACE): _place,
    (Kind.PERSON, Kind.PERSON): 1.0,
    (Kind.COUNT, Kind.COUNT): _same,
    (Kind.AMOUNT, Kind.AMOUNT): 1.0,
    (Kind.PRICE_LEVEL, Kind.PRICE_LEVEL): 1.0,
    (Kind.CATEGORY, Kind.CATEGORY): _noun,
    (Kind.CHOICE, Kind.CHOICE): _noun,
    (Kind.CATEGORY, Kind.CHOICE): _category_choice,
    (Kind.CHOICE, Kind.CATEGORY): _choice_category,
    (Kind.OPTION, Kind.OPTION): _same,
    (Kind.OPTION, Kind.CATEGORY): 0.4,
    (Kind.CATEGORY, Kind.OPTION): 0.6,
    (Kind.CHOICE, Kind.OPTION): 0.3,
}
"""What is asked and what is given: how well they meet, by their roles."""


def best(items: Iterable[Item], gifts: Iterable[Given]) -> dict[Item, float]:
    """For every item asked the best weight with which the gifts answer it."""
    gifts = tuple(gifts)
    return {item: max((fit(item, gift) for gift in gifts), default=0.0) for item in items}


def names(option: str, text: str) -> bool:
    """Does a raw text hold the word that names an option?"""
    return bool(re.search(rf"\b{re.escape(option.rstrip('s'))}", plain(text)))


SLOTS = (
    (Kind.DATE, "start"),
    (Kind.DATE, "end"),
    (Kind.TIME, "start"),
    (Kind.TIME, "end"),
    (Kind.WHEN, "start"),
    (Kind.WHEN, "end"),
    (Kind.DURATION, None),
    (Kind.COUNT, None),
    (Kind.AMOUNT, None),
    (Kind.PRICE_LEVEL, None),
    (Kind.PLACE, "from"),
    (Kind.PLACE, "to"),
    (Kind.PLACE, "in"),
    (Kind.PERSON, None),
    (Kind.CATEGORY, None),
    (Kind.CHOICE, None),
    (Kind.OPTION, None),
)
"""The asked slots the matcher has a feature pair for."""


def words(text: str) -> frozenset[str]:
    """The content words of a text, crudely stemmed."""
    return frozenset(_stem(word) for word in _WORD.findall(digits(plain(text))) if word not in _STOP)


def _stem(word: str) -> str:
    for ending in ("ing", "ies", "es", "ed", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


@lru_cache(maxsize=1024)
def features(question: str, bot: str, customer: str) -> tuple[float, ...]:
    """The matcher's features of a question and one exchange (raw texts); see `FEATURES` for their number."""
    items = items_asked(question)
    before = items_asked(bot) if bot else frozenset()
    gifts = items_given(bot, customer)
    weights = best(items, gifts)
    row: list[float] = []
    for kind, role in SLOTS:
        mine = [weights[i] for i in items if i.kind is kind and (role is None or i.role == role)]
        row += [float(bool(mine)), max(mine, default=0.0)]
    values = sorted(weights.values(), reverse=True)
    top = values[0] if values else 0.0
    kinds = {i.kind for i in before}
    exact = len(items & before) / len(items) if items else 0.0
    typed = sum(i.kind in kinds for i in items) / len(items) if items else 0.0
    reply_question = customer.rstrip().endswith("?")
    theme, said, prompt = words(question), words(customer), words(bot)
    shared = len(theme & prompt) / len(theme) if theme else 0.0
    row += [
        top,
        float(top >= 0.5),
        sum(values) / len(values) if values else 0.0,
        min(len(items), 5) / 5,
        float(not items),
        exact * (not reply_question),
        typed * (not reply_question),
        exact * float(top >= 0.5),
        float(asks(plain(question))),
        float(confirms(plain(question))),
        float(len(question.split()) > 20),
        float(any(c.isdigit() for c in question)),
        shared * (not reply_question),
        len(theme & said) / len(theme) if theme else 0.0,
        min(len(said), 15) / 15,
        float(not bot),
    ]
    return tuple(row)


FEATURES = 2 * len(SLOTS) + 16
