"""Steps as an action done to things: "took the battery out" and "remove the battery" are both "=reseat battery".

It knows no list of steps, only classes of actions and words for the same thing, so that a step is recognised on
equipment nobody thought of. A role is "=" with the class, then the things in alphabetical order.
"""

from __future__ import annotations

import re

from service.language.information.step_words import stem
from service.language.information.values import word_set

_OWNER = (
    r"(?:(?:my|your) )?(?:(?!(?:let|it|that|what|there|here|who|where|how|he|she)')\w+'s"
    r"|friends?|wifes|husbands?|brothers|sisters|sons?|daughters|neighbou?rs|colleagues)"
)
_CLASSES = tuple(
    (name, re.compile(rf"\b(?:{pattern})\b"))
    for name, pattern in (
        (
            "reseat",
            (
                r"tak(?:e|en|ing) (?=[^.?!;]{0,30}\bout\b)|took (?=[^.?!;]{0,30}\bout\b)|(?:tak(?:e|en|ing)|took) out"
                r"|pull(?:ed|ing)? (?:out|off)?|remov(?:e|ed|ing)|eject(?:ed|ing)?|re-?insert(?:ed|ing)?"
                r"|re-?seat(?:ed|ing)?|re-?plug(?:ged|ging)?|unplug(?:ged|ging)?|detach(?:ed|ing)?|re-?attach(?:ed|ing)?"
                r"|unclip(?:ped|ping)?|re-?fit(?:ted|ting)?|pop(?:ped|ping)? out|(?:put|push(?:ed)?|plug(?:ged)?) back"
            ),
        ),
        (
            "clean",
            r"clean(?:ed|ing|er)?|wip(?:e|ed|ing)|rins(?:e|ed|ing)|wash(?:ed|ing)?|dust(?:ed|ing)?|brush(?:ed|ing)?",
        ),
        ("descale", r"descal(?:e|ed|ing)"),
        (
            "swap",
            (
                r"(?:swap|swapp|replac|chang|exchang)(?:e|ed|ing)?(?: (?:out|over))?"
                r"|(?:(?<=\btry )|(?<=\btried )|(?<=\btrying )|(?<=\buse )|(?<=\bused )|(?<=\busing )|(?<=\bon )"
                r"|(?<=\bwith )|(?<=\bin )|(?<=\binto )|(?<=\bfrom )|(?<=\bto )|(?<=\bput )|(?<=\band )"
                r"|(?<=, )|(?<=^))(?:an? |the )?"
                r"(?:my |your )?(?:another|other|different|spare|fresh|new|second|2nd|two|three|2|3|several"
                rf"|{_OWNER})"
            ),
        ),
        ("reset", r"(?:hard |factory |soft )?re-?set(?:ting|ted)?|paper ?clip|pin ?hole|restor(?:e|ed|ing)"),
        (
            "request",
            r"re-?quest(?:ed|ing)?|re-?sen[dt](?:ing)?|ask(?:ed|ing)? for|(?:get|got|order(?:ed)?) (?:a |an )?new",
        ),
        ("off", r"(?:turn|switch)(?:ed|ing)? off|(?:disabl|deactivat|paus)(?:e|ed|ing)|kill(?:ed|ing)?"),
        ("on", r"(?:turn|switch)(?:ed|ing)? on|(?:enabl|activat)(?:e|ed|ing)"),
        ("press", r"hold|held|holding|press(?:ed|ing)?|push(?:ed|ing)?"),
        ("run", r"run|ran|running|execut(?:e|ed|ing)|perform(?:ed|ing)?"),
        ("move", r"mov(?:e|ed|ing)|bring|brought|relocat(?:e|ed|ing)"),
        ("close", r"clos(?:e|ed|ing)|quit|shut(?:ting)?(?: down)?|end(?:ed)? task"),
        ("delete", r"delet(?:e|ed|ing)|empt(?:y|ied|ying)|eras(?:e|ed|ing)"),
        ("enter", r"(?:re-?)?(?:enter|typ)(?:e|ed|ing)?|(?:re-?)?typing"),
        (
            "adjust",
            r"(?:re-?)?calibrat(?:e|ed|ing)|tighten(?:ed|ing)?|align(?:ed|ing)?|adjust(?:ed|ing)?|level(?:led)?",
        ),
        ("pair", r"(?:re-?|un-?)?pair(?:ed|ing)?|forg[eo]t|forgetting|forgotten"),
        ("fill", r"(?:re-?)?fill(?:ed|ing)?|top(?:ped|ping)? up"),
        ("check", r"check(?:ed|ing)?|inspect(?:ed|ing)?|look(?:ed|ing)? (?:at|in|into)|examin(?:e|ed|ing)"),
    )
)
_SAME = {
    word: name
    for name, words in {
        "cable": "cable cables lead leads cord cords wire wires ethernet lan hdmi patchcable",
        "outlet": "outlet outlets socket sockets plug plugs",
        "charger": "charger chargers adapter adapters adaptor psu brick charging",
        "network": "wifi wi-fi network networks hotspot internet wlan",
        "phone": "phone phones mobile smartphone iphone android handset",
        "computer": "computer computers laptop laptops pc pcs mac macbook desktop machine",
        "app": "app apps application applications program programs programme programmes software",
        "sensor": "sensor sensors detector detectors",
        "console": "console consoles playstation xbox ps5 ps4",
        "browser": "browser browsers chrome firefox safari edge opera brave",
        "link": "link links",
        "code": "code codes pin otp",
        "mail": "mail e-mail email mails emails",
        "card": "card cards",
        "battery": "battery batteries accu akku",
        "antivirus": "antivirus anti-virus virus anti virusscanner",
        "addon": "extension extensions addon addons add-on add-ons plugin plugins adblock adblocker blocker",
        "settings": "settings setting defaults default",
    }.items()
    for word in words.split()
}
_NO_THING = word_set(
    "one ones way time times thing things something anything it them that this issue problem problems case same"
    " side result results error back out in off on down over again help agent person human colleague day days week"
    " minute minutes min second seconds hour hours twice once yes no and or then to of for from with at by as into"
    " than the a an my your our its their his her all both each every any some please just also already firmly"
    " fully properly completely still when if while until after before but so not is are was were has have had do"
    " did does been be being would could can will should i you we they he she me us up i've you've very well now"
    " there here today yesterday morning tonight last night first whole entire few couple ten twenty thirty sixty"
    " sec secs hrs long about around button different another other new spare fresh lot lots made make sure recently"
    " nothing luck joy try tried use used using test tested quick quickly possible hand handy instead rather"
    " york zealand question account order name message address update version password"
)
_CUT = re.compile(r"[.?!;:,()+\n]| - |\b(?:and|but|then|or|so|because|when|while|until|which|that)\b")
_PRONOUN = re.compile(r" (?:a |the )?(?:new |fresh |other )?(?:it|them|one|ones|those)\b")
_REACH = 45
"""Characters after an action in which the thing it is done to stands."""


def actions(text: str) -> list[tuple[str, int, int]]:
    """The actions plain text speaks of: (role, start, end); an action whose thing is not named is left out."""
    found: list[tuple[str, int, int]] = []
    for name, pattern in _CLASSES:
        for match in pattern.finditer(text):
            beside = _CUT.split(text[match.end() : match.end() + _REACH], maxsplit=1)[0]
            things = _things(beside, from_end=False)
            if not things and _PRONOUN.match(beside):
                things = _things(text[: match.start()].rsplit(".", 1)[-1][-2 * _REACH :], from_end=False)
            if not things and name in _PASSIVE:
                things = _things(_CUT.split(text[max(0, match.start() - _REACH) : match.start()])[-1], from_end=True)
            if things:
                found.append((f"={name} " + " ".join(sorted(things)), match.start(), match.end()))
    return found


_PASSIVE = frozenset({"clean", "descale", "swap", "reset", "off", "on", "fill", "adjust", "reseat"})
"""Actions that may follow their thing: "are the contacts clean", "has it been descaled"."""


def action_fit(asked: str, given: str) -> float:
    """How well a given action answers an asked one, 0..1: of the same class, by how many of the things are shared."""
    mine, theirs = asked[1:].split(), given[1:].split()
    if mine[0] != theirs[0]:
        return 0.0
    common = set(mine[1:]) & set(theirs[1:])
    if not common:
        return 0.0
    return 0.9 if len(common) == min(len(mine), len(theirs)) - 1 else 0.6


def _things(words: str, *, from_end: bool) -> set[str]:
    """The first two (or the last two) things that words name, each by one name for all its names."""
    named = [_SAME.get(word) or stem(word) for word in re.findall(r"[a-z][a-z'-]+\d?", words) if word not in _NO_THING]
    return set(named[-2:] if from_end else named[:2])
