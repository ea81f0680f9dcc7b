"""The common steps of troubleshooting, as patterns over plain text, and what each is done to."""

from __future__ import annotations

import re

_OTHER = (
    r"(?:an?other|different|second|other|two|three|several|multiple|various|both|new|fresh|[2-9]|friend'?s?|wife'?s?"
    r"|husband'?s?|partner'?s?|colleague'?s?)"
)
_TABLE: tuple[tuple[str, str], ...] = (
    (
        "bluetooth",
        (
            r"(?:turn|switch|disabl|enabl|toggl)\w*\b(?: \w+){0,3}? bluetooth(?: off| on)?"
            r"|bluetooth (?:is |was )?(?:turned |switched )?(?:(?:on|off) ?(?:and|n|&|/|then) ?(?:off|on)|off"
            r"|on|disabled|enabled)"
        ),
    ),
    (
        "restart",
        (
            r"(?:re-?start|re-?boot|power[- ]?cycl)(?:ed|ing|s|e)?|(?:turn|switch|power)(?:ed"
            r"|ing)?\b(?: \w+){0,4}? off\b(?: and|,| then|, then| & |\W+wait\w*(?: \w+){0,4}"
            r"| for(?: \w+){1,3}? and)*(?: (?:turn|switch)\w*)?(?: (?!is\b|are\b|was\b)\w+){0,2}? (?:back )?on\b"
            r"|(?:held|hold(?:ing)?|(?:long[- ])?press(?:ed|ing)?)(?: down)? (?:the |on )?power(?: (?:button|key))?"
            r"|\boff ?(?:and|n|&|/|then) ?(?:back )?on\b|unplug(?:ged|ging)?(?! the (?:usb|charger|headset"
            r"|cable))|pull(?:ed|ing)? the plug|disconnect\w* (?:the power|(?:(?:the |your |my )?\w+"
            r" ){1,2}from (?:the )?(?:power|mains|wall|socket|electricity))"
            r"|on[- ]and[- ]off"
        ),
    ),
    (
        "factory_reset",
        (
            r"factory[- ]?(?:re-?set|settings|defaults?)|hard[- ]?re-?set|re-?set\w* (?:\w+"
            r" ){0,3}to (?:factory|default)|wip(?:e|ed|ing) (?:it|(?:the |my |your )(?:phone"
            r"|device|disk|drive|tablet|computer|laptop|memory|storage))\b"
        ),
    ),
    (
        "reset_password",
        (
            r"(?:re-?set|chang|updat|creat|set)(?:t?ing|ed|e|ting)? (?:\w+ ){0,4}password"
            r"|password (?:re-?set|recovery|change)|forgot(?:ten)?[- ]password"
        ),
    ),
    (
        "reinstall",
        (
            r"re-?install(?:ed|ing|ation|s)?|(?:uninstall|delet|remov|eras|trash)(?:ed|ing|e|led|ling)?\b(?:"
            r" \w+){0,4}?(?: and|,| then)+(?: then)?(?: \w+){0,1}? (?:re-?)?(?:install"
            r"|download|add|put)\w*(?: \w+){0,2}|(?:fresh|clean) (?:re-?)?install\w*|uninstall(?:ed|ing)?(?! (?:the"
            r" |that |any )?(?:latest |recent |new )?updates?)"
        ),
    ),
    (
        "clear_cache",
        (
            r"(?:clear|delet|empt|wip|flush|clean|remov|purg)(?:ed|ing|e|y|ied|ying|s)?\b(?:"
            r" \w+'?\w*){0,4}? (?:cache|caches|cookies?|browsing data|browser data|temp(?:orary)?"
            r" files|browsing history|browser history|history|app data)|(?:cache|cookies?)"
            r" (?:clear(?:ed|ing|ance)?|clean\w*|delet\w*|is cleared|was cleared)|cleared"
            r" (?:it|everything) out"
        ),
    ),
    (
        "other_browser",
        (
            rf"{_OTHER} (?:web )?browsers?|(?:chrome|firefox|edge|safari|opera|brave)(?:,"
            rf"| and| as well as| or|, and)+ (?:also )?(?:in |on |with )?(?:chrome|firefox"
            rf"|edge|safari|opera|brave)|(?:switch|mov)\w* (?:browsers?|to (?:chrome|firefox"
            rf"|edge|safari|opera|brave))|(?:tried|trying|try|tested|use|used|using)\b(?:"
            rf" \w+){{0,5}}? (?:in |on |with |using )?(?:chrome|firefox|edge|safari|opera"
            rf"|brave)"
        ),
    ),
    ("private_window", r"incognito|private (?:window|browsing|mode|tab)|inprivate"),
    (
        "other_device",
        (
            rf"{_OTHER} (?:\w+ )?(?:devices?|computers?|phones?|laptops?|tablets?|pcs?|machines?"
            rf"|ipads?|iphones?)|(?:on|from|with) my (?:\w+'s )?(?:work|other|old|second)"
            rf" (?:computer|phone|laptop|pc|tablet)"
        ),
    ),
    (
        "other_network",
        (
            rf"{_OTHER} (?:wi-?fi|networks?|connections?|internet)(?: \w+)?|mobile data"
            rf"|cellular data|hot ?spot|4g|5g|tether\w*"
        ),
    ),
    (
        "other_cable",
        (
            rf"{_OTHER} (?:\w+ ){{0,2}}?(?:cables?|leads?|cords?|chargers?|adapters?|usb)"
            r"|(?:swap|replac|chang)(?:e|ed|ing|ped|ping)?\b(?: \w+){0,3}? (?:cables?|leads?|cords?|wires?)"
        ),
    ),
    (
        "wired",
        (
            r"(?:ethernet|lan|network) (?:cable|connection)|wired(?: connection)?|(?:plug"
            r"|connect)\w* (?:\w+ ){0,3}directly|already (?:on|wired|plugged in|using|connected)(?: \w+){0,2}? cable"
            r"|(?:plugged|connected|hooked)(?: \w+){0,3}? (?:by|via|with|through) (?:an? |the )?cable"
        ),
    ),
    ("other_outlet", rf"{_OTHER} (?:\w+ )?(?:outlets?|sockets?|plugs?|(?:usb |hdmi )?ports?|power points?)"),
    (
        "check_cable",
        (
            r"(?:check|inspect|re-?seat|tighten|replug|re-?plug|re-?connect)"
            r"(?:ed|ing|e|d|ped|ping)?\b(?: \w+){0,4}? (?:cables?|wires?|wiring"
            r"|leads?|cords?|connections?|connectors?)|(?:cables?|connections|wires?) (?:are"
            r"|is|were|was) (?:all )?(?:fine|ok|okay|connected|secure|tight|in|plugged"
            r"|checked)"
            r"|(?:cables?|wires?|plugs?) (?:is |are )?(?:sits?|firmly|tight|plugged|connected"
            r"|loose|all the way)\b|re-?seated it"
        ),
    ),
    (
        "log_in_again",
        (
            r"(?:log|sign)(?:ged|ging|ing|ed)?[- ]?(?:\w+ )?(?:out|off)\b(?: \w+){0,5}?(?:"
            r" and|,| then)+(?: \w+){0,2}? in\b|re-?log(?:ged|ging|in)?\b|(?:log|sign)(?:ged"
            r"|ging|ing|ed)?[- ]?(?:out|off)(?! (?:button|page|of a ))|(?:log|sign)\w*"
            r" back in"
        ),
    ),
    (
        "check_spam",
        (
            r"(?:spam|junk|promotions?|trash)(?:[ /]+(?:or |and )?(?:spam|junk))?(?:[ -]?(?:mail"
            r"|folder|box|filter|tab|e-?mails?))?(?! (?:calls?|messages from))"
        ),
    ),
    (
        "disable_addon",
        (
            r"(?:disabl|turn|switch|remov|deactivat|block|paus)(?:ed|ing|e|d)?\b(?: \w+){0,4}?"
            r" (?:extensions?|add-?ons?|ad[- ]?block\w*|plug-?ins?)(?: off)?|without (?:any"
            r" )?(?:extensions?|add-?ons?)|(?:extensions?|ad[- ]?blockers?) (?:are |is"
            r" )?(?:disabled|off|turned off)"
        ),
    ),
    (
        "disable_vpn",
        (
            r"(?:disabl|turn|switch|remov|deactivat|without|disconnect|paus)(?:ed|ing|e"
            r"|d)?\b(?: \w+){0,4}? vpn(?: off)?|vpn (?:is |was )?(?:off|disabled)"
        ),
    ),
    (
        "disable_antivirus",
        (
            r"(?:disabl|turn|switch|remov|deactivat|without|paus)(?:ed|ing|e|d)?\b(?: \w+){0,4}?"
            r" (?:anti-?virus|firewall|defender)(?: off)?|(?:anti-?virus|firewall) (?:is"
            r" |was )?(?:off|disabled)"
        ),
    ),
    (
        "re_pair",
        (
            r"re-?pair(?:ed|ing)? (?:it|the|my|them|with|bluetooth)|re-?pairing|un-?pair(?:ed"
            r"|ing)?|(?:forg[eo]t|forgetting|remov\w+|delet\w+)(?: \w+){0,4}? (?:network"
            r"|wi-?fi|bluetooth|pairing)|pair(?:ed|ing)? (?:\w+ ){0,3}(?:again|anew|afresh)|(?:new|fresh"
            r"|another) pairing"
        ),
    ),
    (
        "reconnect",
        (
            r"re-?connect(?:ed|ing)?(?! (?:the |all )?(?:cables?|wires?))|re-?add(?:ed"
            r"|ing)?|(?:disconnect|remov)\w*(?: \w+){0,4}? and (?:re-?connect|re-?add|add)\w*"
            r"|re-?link(?:ed|ing)?"
        ),
    ),
    ("safe_mode", r"safe[- ]?mode"),
    ("troubleshooter", r"troubleshooter|diagnostics?(?: test)?|speed ?test|self[- ]?test"),
    (
        "charge",
        (
            r"(?:charg)(?:e|ed|ing)\b (?:it|the \w+|them|overnight|fully|for|up|my \w+)"
            r"|fully charged|left (?:it )?(?:\w+ )?charging|on charge"
        ),
    ),
    (
        "battery",
        (
            r"(?:replac|chang|swap|remov|new|fresh|reseat|put in|insert|tak)(?:ed|ing|e"
            r"|d|ped|ping|en)?\b(?: \w+){0,3}? batter(?:y|ies)|batter(?:y|ies) (?:are|is"
            r"|were) (?:brand )?new|needs? (?:a )?(?:new|fresh) batter(?:y|ies)"
        ),
    ),
    (
        "wifi_toggle",
        (
            r"(?:turn|switch|toggl)\w*\b(?: \w+){0,2}? wi-?fi (?:off|on)|(?:turn|switch"
            r"|toggl)\w* (?:off|on) (?:the |your |my )?wi-?fi"
        ),
    ),
    (
        "other_card",
        (
            rf"{_OTHER} (?:bank |credit |debit |payment )?(?:cards?|payment methods?|methods?"
            rf" of payment|payment options?)|(?:paypal|apple pay|google pay) instead"
        ),
    ),
    (
        "bank",
        (
            r"(?:contact|call|ring|phon|speak|spoke|spoken|talk|check|ask)(?:ed|ing|e|d"
            r"|en|s)?\b(?: \w+){0,3}? (?:bank|card issuer|card provider|card company)|(?:my"
            r"|the) bank (?:says|said|confirm\w*|told)"
        ),
    ),
    ("neighbours", r"neighbou?rs?\b|next door|concierge|mailroom"),
    ("airplane_mode", r"(?:airplane|flight|aeroplane) mode"),
    (
        "sim",
        (
            r"(?:remov|re-?insert|re-?seat|swap|t[ao]k|took|tak|pull|eject)(?:ed|ing|e"
            r"|en|d|ped|ping)?\b(?: \w+){0,4}? sim(?: card)?|sim (?:card )?(?:out|re-?inserted"
            r"|in another)"
        ),
    ),
    (
        "refresh",
        (
            r"(?:refresh|re-?load)(?:ed|ing)?\b(?: (?:the |it|my )?(?:page|browser|site"
            r"|tab|website|screen))?|hard refresh"
        ),
    ),
    (
        "close_app",
        (
            r"(?:clos|quit|force[- ]?(?:clos|quit|stop))(?:e|ed|ing|d|ted|ting|ped|ping)?\b(?:"
            r" (?:the |it|my |and |down |all ))*(?:app|application|program|tabs?|reopen\w*"
            r"|browser)|force[- ]?(?:clos|quit|stop)\w*"
        ),
    ),
    (
        "permissions",
        (
            r"(?:check|enabl|allow|grant|turn|switch|give|gave|given|giving)(?:ed|ing|e"
            r"|d)?\b(?: \w+){0,4}? (?:permissions?|notifications?|location(?: services"
            r"| access)?|camera access|microphone access)"
        ),
    ),
    (
        "check_tracking",
        (
            r"(?:check|look|track|follow|click)(?:ed|ing)?\b(?: \w+){0,3}? (?:tracking"
            r" (?:link|page|info\w*|number)|courier'?s? (?:site|website|page))"
        ),
    ),
    (
        "update",
        (
            r"(?<!the )(?<!that )(?<!this )(?<!an )(?<!last )(?<!recent )(?<!windows )(?<!your"
            r" )(?<!software )(?<!new )(?<!night's )(?:updat|upgrad)(?:e|ed|ing|es)?\b(?!"
            r" (?:you\b|us\b|me\b|your (?:address|payment|card|email|e-mail|details|account"
            r"|billing|phone|name|records?|order|profile|booking)|the (?:address|payment"
            r"|card|order|records?|ticket|system with)|my (?:address|payment|card|email"
            r"|details|account|plan)|on (?:this|the|my|your)|from))(?: \w+){0,4}?(?= |$"
            r"|\W)|install(?:ed|ing)?\b(?: \w+){0,2}? (?:latest|newest|update|updates|new"
            r" version|drivers?)|(?:latest|newest|most recent) (?:version|firmware|updates?"
            r"|software|drivers?|patch|release|build)(?:"
            r" (?:of (?:the |your |my )?)?\w+)?|updater|(?:put|made|did|got|applied|took) (?:all |the |every"
            r" )*updates?|up[- ]to[- ]date|(?:app|software|firmware|drivers?|browser|system"
            r"|game|version) (?:is|are) (?:current"
            r"|the (?:latest|newest))|(?:latest|newest) \w+ (?:one|driver|version)"
        ),
    ),
    (
        "clean",
        (
            r"(?:clean|dust|wip|rins|wash)(?:e|ed|ing|d)?\b (?:it|out |the |my |your |all"
            r" )(?! (?:cache|history))|descal(?:e|ed|ing)"
        ),
    ),
    (
        "reset",
        (
            r"re-?set(?:ting|ted)?\b (?:it\b|everything\b|(?:the|my|your|our) (?!(?:\w+"
            r" )?(?:password|link|e-?mail|mail|code))\w+)"
        ),
    ),
    ("wait", r"wait(?:ed|ing)?\b(?: \w+){0,4}? (?:hours?|minutes?|days?|while|week)"),
    (
        "retry",
        (
            r"(?:tr(?:y|ied|ying)|attempt\w*|do(?:ne|ing)?|did|enter\w*|submit\w*|place"
            r"|placed|placing)(?: \w+){0,3}? (?:again|once more|one more time|several times"
            r"|multiple times|many times|twice|three times)|re-?tr(?:y|ied|ying)|re-?submit\w*"
            r"|re-?enter\w*"
        ),
    ),
)
_STEPS = tuple((name, re.compile(rf"\b(?:{pattern})", re.IGNORECASE)) for name, pattern in _TABLE)
_WITH_OBJECT = frozenset({"restart", "reset", "factory_reset", "update", "reinstall", "clean", "charge", "close_app"})
_OBJECTS = tuple(
    (name, re.compile(rf"\b(?:{pattern})\b"))
    for name, pattern in (
        ("network", r"routers?|modems?|hubs?|gateways?|wi-?fi|broadband|internet|extender|access point|mesh"),
        ("computer", r"computers?|laptops?|pcs?|macs?|macbooks?|desktops?|windows"),
        ("phone", r"(?:i|smart)?phones?|mobiles?|handsets?|android|ipad|tablets?|ios"),
        ("app", r"apps?|applications?|programs?|client"),
        ("browser", r"browsers?|chrome|firefox|safari|edge"),
        ("printer", r"printers?"),
        ("firmware", r"firmware"),
        ("driver", r"drivers?"),
        ("tv", r"tvs?|televisions?|set[- ]top box|box|console|(?:streaming )?sticks?"),
        (
            "thing",
            (
                r"speakers?|headsets?|headphones?|earbuds?|watch|camera|doorbell|thermostat"
                r"|hub|lock|bulb|vacuum|monitor|keyboard|mouse|scanner|terminal|reader|dishwasher"
                r"|washer|dryer|oven|fridge|boiler|filter"
            ),
        ),
    )
)


_OWN_NAME = re.compile(r" (?:the|my|your|our) (?:whole |entire |main |old |smart )?([a-z]{3,})\b")
_TURNED = re.compile(r"(?:turn|switch)(?:ed|ing)? (?:the |my |your )?([a-z]{4,})s? off\b")
_ANYTHING = frozenset(
    (
        "device",
        "devices",
        "system",
        "unit",
        "thing",
        "things",
        "equipment",
        "setup",
        "settings",
        "latest",
        "newest",
        "whole",
        "first",
        "most",
        "connection",
        "process",
        "same",
        "data",
        "software",
        "battery",
        "new",
        "one",
    )
)


def _object(words: str) -> str:
    """What a step is done to, of the words beside it; "" when they do not say."""
    found = sorted((m.start(), m.end(), name) for name, pattern in _OBJECTS for m in pattern.finditer(words))
    if not found:
        return ""
    # Of nouns side by side the last is the head: a "printer driver" is a driver.
    head = found[0]
    for place in found[1:]:
        if place[0] == head[1] + 1:
            head = place
    return head[2]


def _switched(own: str) -> str:
    """What "turn X off and on" is done to; "" for a mere "turn it off and on"."""
    match = _TURNED.match(own)
    return match.group(1).rstrip("s") if match and match.group(1) not in _ANYTHING else ""


def _named(words: str) -> str:
    """What a step is done to, where nobody thought of it ("restart the bridge"): its own name; "" when none follows."""
    match = _OWN_NAME.match(words)
    return match.group(1).rstrip("s") if match and match.group(1) not in _ANYTHING else ""


def mentions(text: str) -> list[tuple[str, int, int]]:
    """The steps of the table that plain text speaks of: (role, start, end), each action once per place."""
    found: list[tuple[str, int, int]] = []
    for name, pattern in _STEPS:
        for match in pattern.finditer(text):
            if any(start < match.end() and match.start() < end for _, start, end in found):
                continue
            role = name
            if name in _WITH_OBJECT:
                thing = _object(
                    text[match.start() : match.start() + 12]
                    + re.split(r"[.?!;,]| and | but | then ", text[match.start() + 12 : match.end() + 32])[0]
                )
                thing = thing or _switched(match.group()) or _named(text[match.end() : match.end() + 32])
                role = f"{name}:{thing}" if thing else name
            found.append((role, match.start(), match.end()))
    return found
