"""Devices, software and products: what a clause asks for, what a customer's message gives."""

from __future__ import annotations

import re

from service.language.information.errors import evades
from service.language.information.items import Given, Item, Kind
from service.language.information.questions import asks_outcome

_DEVICE = re.compile(
    r"\b(?:what|which)\b(?:'s| is| are)?(?: \w+){0,4}? (devices?|phones?(?! ?(?:number"
    r"|no\b))|smartphones?|models?|computers?|laptops?|routers?|modems?|printers?"
    r"|tablets?|tvs?|machines?|hardware|make|headsets?|watch|console)\b(?: \w+)?"
    r"|\b(?:your|the|exact|make and|device|phone|printer|router|computer) (?:model"
    r"|make)\b|\b(?:tell|know|share|provide|need|confirm|give|with)\b(?: \w+){0,5}?"
    r" (devices?|model|make)\b|\bare you (?:on|using) (?:an?|your)? ?(?:iphone"
    r"|android|phone|mac|pc|windows|desktop|computer|laptop|tablet|mobile)\b.*\bor\b"
    r"|\bis (?:it|this|that) (?:an?|on) (?:iphone|android|phone|mac|pc|desktop"
    r"|mobile)\b.*\bor\b|\bwhat (?:are you|do you|are they) (?:using|playing on"
    r"|running|working on|play on)\b|\bwhat (?:make|brand)\b|\bmodel (?:number"
    r"|name|no)\b"
)
_SOFTWARE = (
    (
        "browser",
        re.compile(
            r"\b(?:what|which|the|your|and)(?: \w+){0,2} browsers?\b(?! (?:settings|cache"
            r"|tab|window|history))|\b(?:chrome|firefox|safari|edge)(?:,| or|,? or).*\?"
            r"|\bbrowser (?:are|do|version|name|you)\b"
        ),
    ),
    (
        "os",
        re.compile(
            r"\b(?:operating systems?|os\b(?: version)?|windows or (?:a )?mac|mac or (?:a"
            r" )?(?:pc|windows)|ios or android|iphone or android|android or (?:ios|iphone)"
            r"|(?:which|what) version of (?:windows|macos|mac ?os|ios|android)|(?:windows"
            r"|ios|android|macos) version)\b"
        ),
    ),
    (
        "version",
        re.compile(
            r"\b(?:what|which|the|app|software|firmware|current|your|and|its)(?: \w+){0,2}"
            r" versions?\b|\bversion (?:number|are|of|do|is)\b|\bbuild number\b"
        ),
    ),
    (
        "plan",
        re.compile(
            r"\b(?:what|which|your|the)(?: \w+){0,2} (?:plans?|subscriptions?|tiers?|packages?"
            r"|edition|tariff|bundle)(?: type| level| name)?\b(?= (?:are|do|is|you|did"
            r"|does|have|were|on|would you say)|\W*$|\?)"
        ),
    ),
)
_PRODUCT = re.compile(
    r"\b(?:what|which)(?:'s| is| are| was)?(?: the| of (?:our|the))?(?: exact|"
    r" specific)? (?:products?|items?|article|service|appliance|tool|app)\b(?!"
    r" (?:would you like|do you want|interests|should i|can i|number))|\b(?:name"
    r" of|tell me|know|share|specify|details of) (?:the|which|what|your) (?:exact"
    r" |specific )?(?:product|item|article|service)\b|\bwhat (?:(?:was|is) it (?:that"
    r" )?|exactly )?(?:(?:did|have) )?you (?:order(?:ed)?"
    r"|purchase[d]?|buy|bought)\b|\bwhat (?:were|are) you (?:trying to (?:buy|order"
    r"|return))\b"
)
_DEVICES = re.compile(
    r"\b(?:iphone(?: ?\w+)?|ipad(?: ?\w+)?|macbook(?: ?\w+)?|imac|galaxy(?: ?\w+)?"
    r"|pixel(?: ?\d\w*)?|samsung|huawei|xiaomi|oneplus|motorola|nokia|thinkpad"
    r"|dell|lenovo|hp|acer|asus|surface(?: \w+)?|chromebook|kindle|fire (?:tv|stick)"
    r"|roku|apple (?:tv|watch)|playstation|ps[45]|xbox|switch|android (?:phone"
    r"|tablet)|canon|epson|brother|netgear|tp-?link|asus|fritz ?!?box|linksys|sonos"
    r"|fitbit|garmin|bosch|siemens|miele|dyson|philips|laserjet|officejet|echo"
    r"|nest|ring)\b(?: [a-z]*-?\d[\w-]*)?"
)
_MODEL = re.compile(
    r"\bmodel(?: number| no\.?| name)?(?: is|:| =| -)?\s+(?=\S*\d)[\w-]+|\b(?=[a-z]*-?\d)[a-z]{1,4}-?"
    r"\d{2,5}[a-z]{0,3}\b(?= (?:router|printer|modem|headset|camera|model|laptop"
    r"|tv|machine|vacuum|speaker|thermostat))|\b(?:router|printer|modem|headset"
    r"|camera|laptop|tv|vacuum|speaker|thermostat)[ ,(:]+(?:the |model )?(?=[a-z]*-?\d)[a-z]{1,5}-?\d"
    r"{2,5}[a-z]{0,3}\b"
)
_LOOSE_DEVICE = re.compile(
    r"\b(?:on|using|with|from|my|our|an?) (?:my |an? |the |our )?(?:\w+ )?(?:laptop"
    r"|desktop|pc|computer|phone|tablet|android|mac|mobile|iphone|ipad|windows"
    r" (?:pc|laptop|machine|computer))\b"
)
_OS = re.compile(
    r"\b(?:windows(?: (?:\d+|xp|vista|server))?|mac ?os(?: \w+)?|os ?x|ios(?: ?\d[\d.]*)?"
    r"|android(?: ?\d[\d.]*)?|linux|ubuntu|debian|fedora|chrome ?os|sonoma|ventura"
    r"|monterey|big sur|catalina|sequoia)\b"
)
_BROWSER = re.compile(
    r"\b(?:chrome(?! ?os|book|cast)|firefox|safari|(?:microsoft )?edge|opera|brave"
    r"|internet explorer|vivaldi|duckduckgo)\b"
)
_VERSION = re.compile(
    r"\b(?:version|ver\.?|v|build|release)[\s:#]*\d[\d.]*\b|(?<![\w.])\d+\.\d+(?:\.\d+)+\b"
    r"|\b(?:latest|newest|most recent) version\b|\b(?:firmware|app) ?\d+(?:\.\d+)*\b"
)
_PLAN = re.compile(
    r"\b(?:pro|premium|basic|business|enterprise|starter|free|standard|plus|family"
    r"|unlimited|teams?|gold|silver|platinum|essentials?|advanced|student|personal"
    r"|individual|monthly|annual|yearly|ultimate|growth|lite|\d+ ?(?:gb|mb|mbps))\b(?:[-"
    r" ]\w+)? (?:plan|tier|subscription|package|account|edition|licen[cs]e|member(?:ship)?"
    r"|tariff|contract|version)\b|\b(?:plan|tier|subscription|package)(?: is| called"
    r"|:)(?: the)? \w+|\bon (?:the |your )?(?:pro|premium|basic|business|enterprise"
    r"|starter|free|standard|family|unlimited|gold|silver|platinum)\b"
)
_BOUGHT = re.compile(
    r"\b(?:bought|ordered|purchased|received|got|returning|return|exchange|order(?:ed)?"
    r" (?:was|is) for|item is|product is|subscribed to)\b(?: \w+){0,2}? (?:an?"
    r"|the|some|two|three|\d|your|this|these|my|one of your)\s+(?!(?:email|e-mail"
    r"|message|error|refund|reply|response|answer|code|link|call|letter|confirmation"
    r"|notification|charge|bill|invoice|text|order|item|product|package|parcel)\b)[a-z]"
)
_MY_THING = re.compile(
    r"\b(?:my|our|the|your) (?!(?:order|account|problem|issue|question|refund|money"
    r"|card|payment|email|e-mail|password|name|number|package|parcel|delivery|invoice"
    r"|bill|subscription|bank|address|error|same|wrong|app|website|site|page|item"
    r"|product|bot|booking|flight)\b)(?:[a-z0-9-]+ ){1,3}(?:is|isn'?t|are|aren'?t"
    r"|won'?t|stopped|keeps?|doesn'?t|does|has|hasn'?t|arrived|came|broke|i (?:bought"
    r"|ordered|received)|makes|shows|refuses|will|just|can'?t)\b"
)


def asked_equipment(clause: str) -> set[Item]:
    """Devices, software and products that a requesting clause (plain) asks for."""
    items = {
        Item(Kind.SOFTWARE, role)
        for role, pattern in _SOFTWARE
        if pattern.search(clause) and not _states_software(role, clause)
    }
    model = _DEVICE.search(clause)
    if model and not asks_outcome(clause):
        items.add(Item(Kind.DEVICE, "model" if "model" in model.group() else ""))
    if _PRODUCT.search(clause):
        items.add(Item(Kind.PRODUCT))
    return items


def _states_software(role: str, clause: str) -> bool:
    """ "Are you on Chrome?" confirms or guesses one; with "or" it is a real question."""
    pattern = {"browser": _BROWSER, "os": _OS, "version": _VERSION, "plan": _PLAN}[role]
    return bool(pattern.search(clause)) and " or " not in clause and not re.search(r"\b(?:what|which)\b", clause)


def given_equipment(text: str, wanted: frozenset[Item]) -> list[Given]:
    """Devices, software and products in a customer's message (plain); `wanted` is what the message before asked for."""
    found = [Given(Item(Kind.DEVICE, "model"), 1.0, m.group()) for m in _MODEL.finditer(text)]
    found += [Given(Item(Kind.DEVICE), 1.0, m.group()) for m in _DEVICES.finditer(text)]
    if _LOOSE_DEVICE.search(text):
        found.append(Given(Item(Kind.DEVICE), 0.7))
    for role, pattern in (("os", _OS), ("browser", _BROWSER), ("version", _VERSION), ("plan", _PLAN)):
        found += [Given(Item(Kind.SOFTWARE, role), 1.0, m.group()) for m in pattern.finditer(text)]
    if _BOUGHT.search(text):
        found.append(Given(Item(Kind.PRODUCT), 0.8))
    elif _MY_THING.search(text):
        found.append(Given(Item(Kind.PRODUCT), 0.6))
    if not evades(text) and "?" not in text and 1 <= len(text.split()) <= 30:
        found += [Given(item, 0.9) for item in wanted if item.kind in (Kind.DEVICE, Kind.SOFTWARE, Kind.PRODUCT)]
    return found
