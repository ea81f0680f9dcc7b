"""How well what was given answers what is asked, for support kinds; and when an answer was of no use."""

from __future__ import annotations

import re

from service.language.information.items import Given, Item, Kind
from service.language.information.questions import calls_unusable
from service.language.information.step_actions import action_fit
from service.language.information.values import plain


def step_fit(asked: str, given: str) -> float:
    """How well a given step answers an asked one, 0..1; "" asks what was tried at all."""
    if asked == given:
        return 1.0
    if not asked:
        return 0.9 if given[0] not in "~=" else 0.5
    if asked[0] == "=" or given[0] == "=":
        return action_fit(asked, given) if asked[0] == given[0] else 0.0
    if asked[0] == "~" or given[0] == "~":
        return _shared(asked, given)
    action, _, thing = asked.partition(":")
    other_action, _, other_thing = given.partition(":")
    if action == other_action:
        if not thing or not other_thing:
            return 0.9
        return (
            0.75
            if "thing" in (thing, other_thing) and not {"app", "browser", "network"} & {thing, other_thing}
            else 0.1
        )
    close = {
        frozenset({"reset", "factory_reset"}): 0.6,
        frozenset({"re_pair", "reconnect"}): 0.7,
        frozenset({"restart", "reset"}): 0.4,
        frozenset({"other_browser", "private_window"}): 0.2,
    }
    if (action, other_action) == ("check_cable", "other_cable"):
        return 0.65
    return close.get(frozenset({action, other_action}), 0.0)


def _shared(asked: str, given: str) -> float:
    """Two steps in free words: the share of the asked words that were said; one word is enough only of a few."""
    if asked[0] != given[0]:
        return 0.0
    mine, theirs = asked[1:].split(), given[1:].split()
    common = [word for word in mine if word in theirs]
    if len(common) >= 2:
        return min(1.0, 0.35 + 0.65 * len(common) / min(len(mine), 5))
    return 0.75 if common and common[0] == mine[0] and len(mine) <= 2 else 0.0


def unusable(raw: str, item: Item) -> bool:
    """Does the message ask for `item` because what was given could not be used?"""
    text = plain(raw)
    if not calls_unusable(text):
        return False
    if item.kind in (Kind.STEP, Kind.PROBLEM, Kind.PRODUCT, Kind.SOFTWARE, Kind.DATE):
        return False
    for sentence in re.split(r"(?<=[.?!;])\s+", text):
        if not calls_unusable(sentence) or (
            re.match(r"(?:and |so |which|what|when|where|who|how)", sentence) and sentence.endswith("?")
        ):
            continue
        nouns = _nouns_in(sentence)
        if not nouns or item.kind in nouns or (item.kind is Kind.IDENTIFIER and item.role.split(":")[0] in nouns):
            return True
    return False


def _nouns_in(sentence: str) -> set[str]:
    """The kinds of identifiers that a sentence names."""
    kinds = {str(kind) for word, kind in _NAMED.items() if re.search(rf"\b{word}s?\b", sentence)}
    return kinds | {role for role in _ROLES if re.search(rf"\b{role}s?\b(?! (?:was|is|shows))", sentence)}


_NAMED = {
    "email": Kind.EMAIL,
    "e-mail": Kind.EMAIL,
    "phone": Kind.PHONE,
    "address": Kind.ADDRESS,
    "screenshot": Kind.MEDIA,
    "photo": Kind.MEDIA,
    "picture": Kind.MEDIA,
    "image": Kind.MEDIA,
    "attachment": Kind.MEDIA,
    "file": Kind.MEDIA,
    "name": Kind.NAME,
    "postcode": Kind.POSTCODE,
}
_ROLES = (
    "order",
    "account",
    "invoice",
    "tracking",
    "ticket",
    "serial",
    "booking",
    "policy",
    "claim",
    "imei",
    "customer",
)


def support_fit(item: Item, gift: Given) -> float:
    """How well a gift answers an asked support item, 0..1."""
    if item.kind is not gift.item.kind:
        return 0.0
    mine, theirs = item.role, gift.item.role
    return gift.weight * _FITS.get(item.kind, _exact)(mine, theirs)


def _exact(mine: str, theirs: str) -> float:
    return 1.0 if mine == theirs else 0.0


_RECORDS = frozenset({"", "order", "account", "customer", "booking", "ticket", "invoice", "membership", "policy"})
"""What a bare number most often names: the records that a support desk is asked about."""


def _identifier(mine: str, theirs: str) -> float:
    if mine == theirs:
        return 1.0
    if ":" in mine or ":" in theirs:
        return 0.0
    if not theirs:
        return 0.75 if mine in _RECORDS else 0.45 if mine[0] == "~" else 0.6
    if not mine:
        likely = theirs in ("ticket", "booking", "claim", "order", "return")
        return 0.85 if likely else 0.7 if theirs in _RECORDS else 0.5
    near = {
        frozenset({"account", "customer"}): 0.5,
        frozenset({"account", "membership"}): 0.4,
        frozenset({"customer", "membership"}): 0.5,
        frozenset({"order", "booking"}): 0.3,
        frozenset({"sku", "serial"}): 0.0,
    }
    return near.get(frozenset({mine, theirs}), 0.0)


def _contact(mine: str, theirs: str) -> float:
    if mine == theirs:
        return 1.0
    (base, fresh), (other_base, other_fresh) = _split(mine), _split(theirs)
    fits = 1.0 if base == other_base else 0.8 if not base or not other_base else 0.0
    if (base == "billing" and not other_base) or "company" in (base, other_base):
        fits = 0.4
    if fresh == other_fresh:
        return fits
    return fits * (0.2 if fresh else 0.6)


def _split(role: str) -> tuple[str, bool]:
    """The role without its mark for "another one", and whether it had it."""
    if role == "other":
        return "", True
    return role.partition(":")[0], role.endswith(":other")


def _error(mine: str, theirs: str) -> float:
    table = {
        ("", "code"): 1.0,
        ("", "text"): 1.0,
        ("", "none"): 0.7,
        ("any", "code"): 1.0,
        ("any", "text"): 1.0,
        ("any", "none"): 0.95,
        ("code", "text"): 0.3,
        ("text", "code"): 0.7,
        ("text", "none"): 0.6,
        ("code", "none"): 0.7,
    }
    return table.get((mine, theirs), _exact(mine, theirs))


def _date(mine: str, theirs: str) -> float:
    if mine == theirs:
        return 1.0
    return (0.75 if mine == "began" else 0.4) if not theirs else 0.0


def _device(mine: str, theirs: str) -> float:
    return 1.0 if mine == theirs or (not mine and theirs == "model") else 0.5


_FITS = {
    Kind.IDENTIFIER: _identifier,
    Kind.EMAIL: _contact,
    Kind.PHONE: _contact,
    Kind.NAME: _contact,
    Kind.ADDRESS: _contact,
    Kind.POSTCODE: _contact,
    Kind.ERROR: _error,
    Kind.DEVICE: _device,
    Kind.STEP: step_fit,
    Kind.DATE: _date,
}
