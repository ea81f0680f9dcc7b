"""Steps of troubleshooting: which ones an agent asks for, which ones a customer says were done.

A step is `Item(STEP, "restart:network")`: an action and, where it matters, what it is done to. `Item(STEP, "")` asks
what was tried at all. Steps outside the table are compared by their words ("~descal machin").
"""

from __future__ import annotations

import re

from service.language.information.items import Given, Item, Kind
from service.language.information.questions import asks_outcome, clauses, means_another
from service.language.information.values import plain

_OTHER = (
    r"(?:an?other|different|second|other|two|three|several|multiple|various|both|new|fresh|[2-9]|friend'?s?|wife'?s?"
    r"|husband'?s?|partner'?s?|colleague'?s?)"
)
_TABLE: tuple[tuple[str, str], ...] = (
    (
        "restart",
        r"(?:re-?start|re-?boot|power[- ]?cycl)(?:ed|ing|s|e)?|(?:turn|switch|power)(?:ed"
        r"|ing)?\b(?: \w+){0,4}? off\b(?: and|,| then|, then| & |\W+wait\w*(?: \w+){0,4}"
        r"| for(?: \w+){1,3}? and)*(?: (?:turn|switch)\w*)?(?: \w+){0,2}? (?:back )?on\b"
        r"|\boff and (?:back )?on\b|unplug(?:ged|ging)?(?! the (?:usb|charger|headset"
        r"|cable))|pull(?:ed|ing)? the plug|disconnect\w* (?:the |it from (?:the )?)power"
        r"|on[- ]and[- ]off",
    ),
    ("factory_reset",
        r"factory[- ]?(?:re-?set|settings|defaults?)|hard[- ]?re-?set|re-?set\w* (?:\w+"
        r" ){0,3}to (?:factory|default)|wip(?:e|ed|ing) (?:it|(?:the |my |your )(?:phone"
        r"|device|disk|drive|tablet|computer|laptop|memory|storage))\b"),
    ("reset_password",
        r"(?:re-?set|chang|updat|creat|set)(?:t?ing|ed|e|ting)? (?:\w+ ){0,4}password"
        r"|password (?:re-?set|recovery|change)|forgot(?:ten)?[- ]password"),
    (
        "reinstall",
        r"re-?install(?:ed|ing|ation|s)?|(?:uninstall|delet|remov)(?:ed|ing|e|led|ling)?\b(?:"
        r" \w+){0,4}?(?: and|,| then)+(?: then)?(?: \w+){0,1}? (?:re-?)?(?:install"
        r"|download|add)\w*(?: \w+){0,2}|fresh install\w*|uninstall(?:ed|ing)?(?! (?:the"
        r" |that |any )?(?:latest |recent |new )?updates?)",
    ),
    ("clear_cache",
        r"(?:clear|delet|empt|wip|flush|clean|remov|purg)(?:ed|ing|e|y|ied|ying|s)?\b(?:"
        r" \w+'?\w*){0,4}? (?:cache|caches|cookies?|browsing data|browser data|temp(?:orary)?"
        r" files|browsing history|browser history|history|app data)|(?:cache|cookies?)"
        r" (?:clear(?:ed|ing|ance)?|clean\w*|delet\w*|is cleared|was cleared)|cleared"
        r" (?:it|everything) out"),
    ("other_browser",
        rf"{_OTHER} (?:web )?browsers?|(?:chrome|firefox|edge|safari|opera|brave)(?:,"
        rf"| and| as well as| or|, and)+ (?:also )?(?:in |on |with )?(?:chrome|firefox"
        rf"|edge|safari|opera|brave)|(?:switch|mov)\w* (?:browsers?|to (?:chrome|firefox"
        rf"|edge|safari|opera|brave))|(?:tried|trying|try|tested|use|used|using)\b(?:"
        rf" \w+){{0,5}}? (?:in |on |with |using )?(?:chrome|firefox|edge|safari|opera"
        rf"|brave)"),
    ("private_window", r"incognito|private (?:window|browsing|mode|tab)|inprivate"),
    ("other_device",
        rf"{_OTHER} (?:\w+ )?(?:devices?|computers?|phones?|laptops?|tablets?|pcs?|machines?"
        rf"|ipads?|iphones?)|(?:on|from|with) my (?:\w+'s )?(?:work|other|old|second)"
        rf" (?:computer|phone|laptop|pc|tablet)"),
    ("other_network",
        rf"{_OTHER} (?:wi-?fi|networks?|connections?|internet)(?: \w+)?|mobile data"
        rf"|cellular data|hot ?spot|4g|5g|tether\w*"),
    ("wired",
        r"(?:ethernet|lan|network) (?:cable|connection)|wired(?: connection)?|(?:plug"
        r"|connect)\w* (?:\w+ ){0,3}directly"),
    ("other_cable", rf"{_OTHER} (?:\w+ )?(?:cables?|leads?|cords?|chargers?|adapters?|usb)"),
    ("other_outlet", rf"{_OTHER} (?:\w+ )?(?:outlets?|sockets?|plugs?|(?:usb |hdmi )?ports?|power points?)"),
    ("check_cable",
        r"(?:check|inspect|re-?seat|tighten|replug|re-?plug|re-?connect|swap|replac"
        r"|chang)(?:ed|ing|e|d|ped|ping)?\b(?: \w+){0,4}? (?:cables?|wires?|wiring"
        r"|leads?|cords?|connections?|connectors?)|(?:cables?|connections|wires?) (?:are"
        r"|is|were|was) (?:all )?(?:fine|ok|okay|connected|secure|tight|in|plugged"
        r"|checked)"),
    ("log_in_again",
        r"(?:log|sign)(?:ged|ging|ing|ed)?[- ]?(?:\w+ )?(?:out|off)\b(?: \w+){0,5}?(?:"
        r" and|,| then)+(?: \w+){0,2}? in\b|re-?log(?:ged|ging|in)?\b|(?:log|sign)(?:ged"
        r"|ging|ing|ed)?[- ]?(?:out|off)(?! (?:button|page|of a ))|(?:log|sign)\w*"
        r" back in"),
    ("check_spam",
        r"(?:spam|junk|promotions?|trash)(?:[ /]+(?:or |and )?(?:spam|junk))?(?:[ -]?(?:mail"
        r"|folder|box|filter|tab|e-?mails?))?(?! (?:calls?|messages from))"),
    ("disable_addon",
        r"(?:disabl|turn|switch|remov|deactivat|block|paus)(?:ed|ing|e|d)?\b(?: \w+){0,4}?"
        r" (?:extensions?|add-?ons?|ad[- ]?block\w*|plug-?ins?)(?: off)?|without (?:any"
        r" )?(?:extensions?|add-?ons?)|(?:extensions?|ad[- ]?blockers?) (?:are |is"
        r" )?(?:disabled|off|turned off)"),
    ("disable_vpn",
        r"(?:disabl|turn|switch|remov|deactivat|without|disconnect|paus)(?:ed|ing|e"
        r"|d)?\b(?: \w+){0,4}? vpn(?: off)?|vpn (?:is |was )?(?:off|disabled)"),
    ("disable_antivirus",
        r"(?:disabl|turn|switch|remov|deactivat|without|paus)(?:ed|ing|e|d)?\b(?: \w+){0,4}?"
        r" (?:anti-?virus|firewall|defender)(?: off)?|(?:anti-?virus|firewall) (?:is"
        r" |was )?(?:off|disabled)"),
    ("re_pair",
        r"re-?pair(?:ed|ing)? (?:it|the|my|them|with|bluetooth)|re-?pairing|un-?pair(?:ed"
        r"|ing)?|(?:forg[eo]t|forgetting|remov\w+|delet\w+)(?: \w+){0,3}? (?:network"
        r"|wi-?fi|bluetooth|pairing)|pair(?:ed|ing)? (?:\w+ ){0,3}again|(?:new|fresh|another) pairing"),
    ("reconnect",
        r"re-?connect(?:ed|ing)?(?! (?:the |all )?(?:cables?|wires?))|re-?add(?:ed"
        r"|ing)?|(?:disconnect|remov)\w*(?: \w+){0,4}? and (?:re-?connect|re-?add|add)\w*"
        r"|re-?link(?:ed|ing)?"),
    ("safe_mode", r"safe[- ]?mode"),
    ("troubleshooter", r"troubleshooter|diagnostics?(?: test)?|speed ?test|self[- ]?test"),
    ("charge",
        r"(?:charg)(?:e|ed|ing)\b (?:it|the \w+|them|overnight|fully|for|up|my \w+)"
        r"|fully charged|left (?:it )?(?:\w+ )?charging|on charge"),
    ("battery",
        r"(?:replac|chang|swap|remov|new|fresh|reseat|put in|insert|tak)(?:ed|ing|e"
        r"|d|ped|ping|en)?\b(?: \w+){0,3}? batter(?:y|ies)|batter(?:y|ies) (?:are|is"
        r"|were) (?:brand )?new|needs? (?:a )?(?:new|fresh) batter(?:y|ies)"),
    ("bluetooth",
        r"(?:turn|switch|disabl|enabl|toggl)\w*\b(?: \w+){0,3}? bluetooth(?: off| on)?"
        r"|bluetooth (?:is |was )?(?:turned |switched )?(?:off|on|disabled|enabled)"),
    ("wifi_toggle",
        r"(?:turn|switch|toggl)\w*\b(?: \w+){0,2}? wi-?fi (?:off|on)|(?:turn|switch"
        r"|toggl)\w* (?:off|on) (?:the |your |my )?wi-?fi"),
    ("other_card",
        rf"{_OTHER} (?:bank |credit |debit |payment )?(?:cards?|payment methods?|methods?"
        rf" of payment|payment options?)|(?:paypal|apple pay|google pay) instead"),
    ("bank",
        r"(?:contact|call|ring|phon|speak|spoke|spoken|talk|check|ask)(?:ed|ing|e|d"
        r"|en|s)?\b(?: \w+){0,3}? (?:bank|card issuer|card provider|card company)|(?:my"
        r"|the) bank (?:says|said|confirm\w*|told)"),
    ("neighbours", r"neighbou?rs?\b|next door|concierge|mailroom"),
    ("airplane_mode", r"(?:airplane|flight|aeroplane) mode"),
    ("sim",
        r"(?:remov|re-?insert|re-?seat|swap|t[ao]k|took|tak|pull|eject)(?:ed|ing|e"
        r"|en|d|ped|ping)?\b(?: \w+){0,4}? sim(?: card)?|sim (?:card )?(?:out|re-?inserted"
        r"|in another)"),
    ("refresh",
        r"(?:refresh|re-?load)(?:ed|ing)?\b(?: (?:the |it|my )?(?:page|browser|site"
        r"|tab|website|screen))?|hard refresh"),
    ("close_app",
        r"(?:clos|quit|force[- ]?(?:clos|quit|stop))(?:e|ed|ing|d|ted|ting|ped|ping)?\b(?:"
        r" (?:the |it|my |and |down |all ))*(?:app|application|program|tabs?|reopen\w*"
        r"|browser)|force[- ]?(?:clos|quit|stop)\w*"),
    ("permissions",
        r"(?:check|enabl|allow|grant|turn|switch|give|gave|given|giving)(?:ed|ing|e"
        r"|d)?\b(?: \w+){0,4}? (?:permissions?|notifications?|location(?: services"
        r"| access)?|camera access|microphone access)"),
    ("check_tracking",
        r"(?:check|look|track|follow|click)(?:ed|ing)?\b(?: \w+){0,3}? (?:tracking"
        r" (?:link|page|info\w*|number)|courier'?s? (?:site|website|page))"),
    ("update",
        r"(?<!the )(?<!that )(?<!this )(?<!an )(?<!last )(?<!recent )(?<!windows )(?<!your"
        r" )(?<!software )(?<!new )(?<!night's )(?:updat|upgrad)(?:e|ed|ing|es)?\b(?!"
        r" (?:you\b|us\b|me\b|your (?:address|payment|card|email|e-mail|details|account"
        r"|billing|phone|name|records?|order|profile|booking)|the (?:address|payment"
        r"|card|order|records?|ticket|system with)|my (?:address|payment|card|email"
        r"|details|account|plan)|on (?:this|the|my|your)|from))(?: \w+){0,4}?(?= |$"
        r"|\W)|install(?:ed|ing)?\b(?: \w+){0,2}? (?:latest|newest|update|updates|new"
        r" version|drivers?)|latest (?:version|firmware|update|software|drivers?)(?:"
        r" \w+)?|up[- ]to[- ]date|(?:app|software|firmware|drivers?|browser|system|game|version) (?:is|are) (?:current"
        r"|the (?:latest|newest))|(?:latest|newest) \w+ (?:one|driver|version)"),
    ("clean",
        r"(?:clean|dust|wip|rins|wash)(?:e|ed|ing|d)?\b (?:it|out |the |my |your |all"
        r" )(?! (?:cache|history))|descal(?:e|ed|ing)"),
    ("reset",
        r"re-?set(?:ting|ted)?\b (?:it\b|everything\b|(?:the|my|your|our) (?!(?:\w+"
        r" )?(?:password|link|e-?mail|mail|code))\w+)"),
    ("wait", r"wait(?:ed|ing)?\b(?: \w+){0,4}? (?:hours?|minutes?|days?|while|week)"),
    ("retry",
        r"(?:tr(?:y|ied|ying)|attempt\w*|do(?:ne|ing)?|did|enter\w*|submit\w*|place"
        r"|placed|placing)(?: \w+){0,3}? (?:again|once more|one more time|several times"
        r"|multiple times|many times|twice|three times)|re-?tr(?:y|ied|ying)|re-?submit\w*"
        r"|re-?enter\w*"),
)  # fmt: skip
_STEPS = tuple((name, re.compile(rf"\b(?:{pattern})", re.IGNORECASE)) for name, pattern in _TABLE)
_WITH_OBJECT = frozenset({"restart", "reset", "factory_reset", "update", "reinstall", "clean", "charge", "close_app"})
_OBJECTS = tuple(
    (name, re.compile(rf"\b(?:{pattern})\b"))
    for name, pattern in (
        ("network", r"routers?|modems?|hubs?|gateways?|wi-?fi|broadband|internet|extender|access point|mesh"),
        ("computer", r"computers?|laptops?|pcs?|macs?|macbooks?|desktops?|windows"),
        ("phone", r"(?:i|smart)?phones?|mobiles?|handsets?|android|ipad|tablets?|ios"),
        ("app", r"apps?|applications?|programs?|software|client"),
        ("browser", r"browsers?|chrome|firefox|safari|edge"),
        ("printer", r"printers?"),
        ("firmware", r"firmware"),
        ("driver", r"drivers?"),
        ("tv", r"tvs?|televisions?|set[- ]top box|box|console|streaming stick"),
        (
            "thing",
            r"speakers?|headsets?|headphones?|earbuds?|watch|camera|doorbell|thermostat"
            r"|hub|lock|bulb|vacuum|monitor|keyboard|mouse|scanner|terminal|reader|dishwasher"
            r"|washer|dryer|oven|fridge|boiler|filter",
        ),
    )
)
_GENERIC = re.compile(
    r"\b(?:what|which|anything|any(?:thing)?|all|everything)\b(?: \w+'?\w*){0,5}?"
    r" (?:steps?|troubleshooting|fix(?:es)?|tried|try|attempted|done)\b|\b(?:tried"
    r"|attempted|done) (?:anything|any (?:\w+ )?(?:steps?|troubleshooting|fix(?:es)?"
    r"|solutions?))\b|\btroubleshooting (?:steps? )?(?:have|did|you)\b|\bhave you"
    r" (?:done|tried) (?:any|some)\b"
)
_GENERIC_NOT = re.compile(
    r"\b(?:else|other|further|more|additional|next|were you|are you|trying to|would"
    r" you like|want to)\b|\b(?:i|we)(?:'ll| will| can|'ve| have)\b|\bdid (?:any"
    r"|anything) .*\b(?:change|help|work)|\bwhat (?:have|did) you (?:done|do) (?:with"
    r"|before|when|just)"
)
_ASKING = re.compile(
    r"\b(?:have|has|had|did|could|can|would|will) (?:you|anyone|it|your \w+)\b"
    r"|\b(?:please|pls|kindly|let's|lets|let us|try|go ahead|make sure|you(?:'ll"
    r"| will|'d| would)? (?:need|have|want|should|can|could|might|may)(?: \w+)?"
    r" (?:to )?|recommend|suggest|advise|i'd (?:like|want|ask) you|we (?:need|ask)"
    r" you|start (?:by|with|off)|first|begin (?:by|with)|worth|how about|what about"
    r"|the (?:first|next) (?:step|thing)|should (?:fix|help|resolve|sort|do)|best"
    r" (?:thing|way)|usually|would you mind|do you mind|is (?:it|the|your)|are"
    r" (?:the|your|all))\b|^(?:and |so |but )?(?:none|nobody|no one|is|are|was"
    r"|were|has|any)\b.*\?"
)
_OWN = re.compile(
    r"\b(?:i|we|our \w+)(?:'ve|'ll|'m|'re| have| will| am| are| was| were| can"
    r"| could| just| already| had)*(?: just| already| now| also| gone ahead and"
    r"| going to| try to| trying to)* (?:re|power|clear|updat|refresh|reset|push"
    r"|trigger|run|ran|sent|send|restart|clean|re-?sent|issued|generat|enabl|disabl"
    r"|install|check|log|chang|wait|ask)|\blet me\b|\ballow me\b|\b(?:shall|should"
    r"|can|could|may) i\b|\bon (?:my|our) (?:side|end)\b"
)
_KNOWN = re.compile(
    r"\b(?:since|as|because|given that|i (?:can )?see(?: that)?|i know|i understand(?:"
    r" that)?|thanks for|thank you for|great that|good that|glad|appreciate|noted"
    r"|although|even though|now that|besides|other than|apart from|aside from|beyond"
    r"|instead of|rather than|no need to|don't need to|you don't have to|not necessary"
    r" to|needn't|without|before you|after you|once you|when you|if you(?:'ve|"
    r" have)? (?:already )?|after|before|while|during|when)\b[^?.!;,]*$"
)
_NEGATED = re.compile(
    r"\b(?:haven'?t|have not|hasn'?t|not|never|didn'?t|did not|don'?t|do not|can'?t"
    r"|cannot|can not|couldn'?t|could not|won'?t|will not|wouldn'?t|unable|failed"
    r"|fails|without|before i|should i|shall i|do i|can i|how (?:do|can|to|would)"
    r"|how should|need to|want to|wanted to|would like to|like to|have to|help"
    r" me|please|could you|can you|going to|will|asks? me to|asked me to|told me"
    r" to|says? to|told to|about to|if i|i'?ll|refus\w*|without being able to|keeps?"
    r" (?:on )?(?:asking|telling)|by itself|itself|randomly|keeps|constantly)(?:"
    r" (?:\w+'?\w*)){0,2}\s*$"
)
_DONE_BEFORE = re.compile(
    r"\b(?:tried|trying|did|done|attempted|performed|ran|already|also|even|been"
    r"|after|by|restarted|cleared|i've|i have|we've|we have|have|i|we|twice|then"
    r"|and|so far|from|in|on|with|checked|used|using|not in|nothing in|isn'?t in"
    r"|wasn'?t in|my|the|same)\b"
)
_PAST = re.compile(
    r"ed\b|unplugged|took|ran|swapped|updated|switched|reset\b|done\b|checked|tried"
    r"|uninstalled|off and|swapp|spoke|went|called|left|\bdid\b|up[- ]to[- ]date"
    r"|latest|fully charged|new$|\b(?:is|are|was|were) (?:all )?(?:fine|ok|okay"
    r"|off|on|disabled|enabled|connected|in)"
)
_RESULT = re.compile(
    r"\b(?:didn'?t|doesn'?t|did not|does not|hasn'?t|haven'?t|made no|makes no"
    r"|no|nothing|won'?t|same|still|wasn'?t|isn'?t|not|neither|without)\b(?: \w+){0,3}?"
    r" (?:help|work|fix|solve|change|difference|luck|effect|result|success|issue"
    r"|problem|error|same|better|joy|anything|happen|nothing|there|either|it|resolve"
    r"|thing|in)\w*|\bdid nothing\b|\bno (?:luck|change|joy|difference|use|effect"
    r"|avail)\b|\bto no avail\b|\bstill\b"
)
_DONE_REPLY = re.compile(
    r"^\W*(?:(?:yes|yeah|yep|yup|ya|sure|of course|i did|i have|done|did|already"
    r"|tried|ok(?:ay)?,? (?:done|did|i did|tried)|both|all of (?:them|that|those)"
    r"|several times|twice|many times|multiple times)\b(?!.*\b(?:how do i|haven'?t"
    r" tried)\b)|(?:no|nope|nah)\b.{0,12}\b(?:still|luck|change|same|difference"
    r"|didn'?t|doesn'?t|good|use|help)|(?:still|same|nothing|that (?:didn'?t|doesn'?t"
    r"|did not|does not)|it (?:didn'?t|doesn'?t|still)|didn'?t|doesn'?t|not working"
    r"|no (?:luck|change|difference|joy|effect)|just did))|\b(?:did|done|tried)"
    r" (?:that|this|it|them|those|all|both|everything|so)\b|\b(?:that|it|this|they"
    r"|none of (?:that|those|these|them))(?: all)? (?:didn'?t|doesn'?t|did not"
    r"|does not|hasn'?t|changed nothing|did nothing|made no|helped|worked)\b|\bno"
    r" (?:luck|change|difference|joy)\b|\bstill (?:the )?(?:same|not|nothing|doesn'?t"
    r"|won'?t|get|happen|no|broken|failing|red|blink)"
)
_NOT_YET = re.compile(
    r"\b(?:not yet|haven'?t|have not|will (?:try|do)|i'?ll (?:try|do|give)|let"
    r" me try|how do i|how can i|where (?:do|is|can)|can'?t (?:do|find|get)|don'?t"
    r" know how|didn'?t try|never tried|no i (?:didn'?t|did not)|what (?:do|does"
    r"|is)|trying (?:now|it now))\b"
)
_STOP = frozenset(
    "a an the i you he she it we they me my your our us is are was were be been"
    " being am do does did done doing will would can could shall should may might"
    " must has have had having to of in on at for from with and or but so if then"
    " than that this "
    "these those there here what which who when where how why please pls ok okay"
    " sure yes no not any some want need like just also about as by up out off"
    " again already try tried trying attempt attempted make sure go ahead let"
    " lets give gave good "
    "once more first next now kindly you've i've we've i'd i'll let's yet maybe"
    " perhaps quickly one time times few minute minutes second seconds see tell"
    " know still all both too really same did didn't doesn't don't haven't isn't"
    " it's help work works "
    "worked problem issue nothing changes change thing things thank thanks hi"
    " hello hey take ask asked suggest recommend start step steps begin another"
    " different other new very well back them its into over after before while"
    " really properly right "
    "manage managed remember possible able happen get got look looked check checked"
    " checking mind you're alright great".split()
)
_VERB_ASK = re.compile(
    r"\b(?:have you (?:already |also |ever |perhaps )*(?:tried |attempted )?|did"
    r" you (?:already |also )*(?:try|attempt|remember|manage)?|(?:try|tried|suggest"
    r"|recommend|start (?:by|with)|go ahead and|would you mind|how about) |(?:please"
    r"|kindly|could you|can you|would you|let's|you(?:'ll)? (?:need|have) to|you"
    r" (?:can|should)|i'd like you to|make sure)\b)"
)
_INFORMATION = re.compile(
    r"\b(?:let'?s (?:get|see|look|find|have|take|go|hope)|tell|share|send|provide"
    r"|give me|give us|let me know|describe|explain|confirm|specify|attach|upload"
    r"|forward|know|have your|need your|what|which|who|why|how|when|where|receive"
    r"|bought|buy|order(?:ed)?|place[d]?|cancel(?:led)?|pay|paid|notice|remind"
    r"|wait|bear|allow|elaborate|clarify|reply|screenshot|photo|email|e-mail|contacted"
    r"|used|use|changed your|moved)\b"
)


def _object(words: str) -> str:
    """What a step is done to, of the words beside it; "" when they do not say."""
    found = [(match.start(), name) for name, pattern in _OBJECTS if (match := pattern.search(words))]
    return min(found)[1] if found else ""


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
                role = f"{name}:{thing}" if thing else name
            found.append((role, match.start(), match.end()))
    return found


_SWAP_ASKED = re.compile(
    r"\b(?:tr(?:y|ied|ying)|us(?:e|ed|ing)|test(?:ed|ing)?|swap\w*|replac\w*|chang\w*"
    r"|put\w*)\b(?: \w+){0,4}? (?:an?other|a different|different|a new|new|fresh)"
    r" (?P<thing>[a-z]{3,})"
)
_SWAP_GIVEN = re.compile(
    r"\b(?:chang(?:ed|ing)|replac(?:ed|ing)|swapp(?:ed|ing)|exchanged)\b (?:out"
    r" )?(?:the |my |its |all |both )*(?P<thing>[a-z]{3,})|\b(?:another|different"
    r"|new|other|second|two|three|several|multiple|fresh) (?P<other>[a-z]{3,})"
)


def _swapped(pattern: re.Pattern[str], text: str) -> set[Item]:
    """Things replaced by another of their kind: "swap:bulb"."""
    things = {
        match.groupdict().get("thing") or match.groupdict().get("other") or "" for match in pattern.finditer(text)
    }
    return {Item(Kind.STEP, f"swap:{_stem(thing)}") for thing in things if thing and thing not in _STOP}


_LEADING = re.compile(
    r"(?:(?:\d[.)]|-|\*|step \d|then|next|now|also|and|so|first|second|third|finally|ok(?:ay)?|alright|sure|please|simply|just)\W*)*.{0,3}"
)
"""What may stand before a step that a sentence orders ("then restart it")."""
_DO_IT = re.compile(
    r"\b(?:could|can|would|please|have|did|try)\b.*\b(?:do|done|try|tried|swap(?:ped)?|replaced?|changed?|check(?:ed)?|perform(?:ed)?)"
    r" (?:it|that|this|them|so|these|those)\b"
)


def asked_steps(text: str) -> tuple[Item, ...]:
    """The steps that an agent's message (plain) tells the customer to take or asks about, in their order.

    `Item(STEP)` asks what was tried at all.
    """
    items: dict[Item, None] = {}
    carried = False
    before_it: list[tuple[str, int, int]] = []
    for clause in clauses(text):
        if asks_outcome(clause) or re.match(r"(?:and |so |ok |i see |hi )?are you on\b", clause):
            continue
        if (
            _GENERIC.search(clause)
            and not _GENERIC_NOT.search(clause)
            and ("?" in clause or re.search(r"\b(?:tell|let|share|know|list)\b", clause))
        ):
            items[Item(Kind.STEP)] = None
        said = sorted(mentions(clause), key=lambda mention: mention[1])
        if not said and before_it and _DO_IT.search(clause):
            items |= dict.fromkeys(Item(Kind.STEP, role) for role, _, _ in before_it)
        before_it = said
        if not said or all(role in ("retry", "wait", "reset", "clean", "check_cable", "charge") for role, _, _ in said):
            items |= dict.fromkeys(_asked_words(clause))
            items |= dict.fromkeys(_swapped(_SWAP_ASKED, clause))
        asking = carried or bool(_ASKING.search(clause) or (said and _LEADING.fullmatch(clause[: said[0][1]])))
        for role, start, _ in said:
            before = clause[:start]
            if asking and not _OWN.search(before[-45:] + clause[start : start + 12]) and not _KNOWN.search(before):
                items[Item(Kind.STEP, role)] = None
                carried = True
    strong = tuple(item for item in items if item.role not in ("retry", "wait"))
    return strong or tuple(items)


def _asked_words(clause: str) -> set[Item]:
    """A step outside the table, by the words of its clause: "~descal machin"."""
    match = _VERB_ASK.search(clause)
    if (
        not match
        or means_another(clause.replace("once more", "again"))
        or " or " in clause
        or _INFORMATION.search(clause)
        or _OWN.search(clause)
    ):
        return set()
    return _by_words(clause[match.start() :])


def _by_words(text: str) -> set[Item]:
    words = list(dict.fromkeys(_stem(word) for word in re.findall(r"[a-z'-]{3,}", text) if word not in _STOP))
    return {Item(Kind.STEP, "~" + " ".join(words))} if words and len(words) <= 14 else set()


def _stem(word: str) -> str:
    """The word without its ending: "descaled" and "descaling" are "descal", as is "descale"."""
    base = re.sub(r"(?:ings?|ed|es|e|s)$", "", word) if len(word) > 4 else word
    return base[:-1] if len(base) > 3 and base[-1] == base[-2] else base


def given_steps(bot: str, raw: str) -> list[Given]:
    """The steps that a customer's message says were done, read with the bot message it answers."""
    found: list[Given] = []
    for sentence in re.split(r"(?<=[.?!;])\s+|\n", plain(raw)):
        if sentence.rstrip().endswith("?") and re.match(
            r"\W*(?:should|shall|do|can|could|how|what|would|is|where)\b", sentence
        ):
            continue
        found += _given_in(sentence)
    prompt = asked_steps(plain(bot)) if bot else set()
    reply = plain(raw)
    done = (
        _DONE_REPLY.search(reply)
        or (_RESULT.search(reply) and "?" not in reply)
        or re.match(r"\W*(?:i )?\w{3,}ed\b", reply)
    )
    if prompt and done and not _NOT_YET.search(reply):
        weight = 0.95 if len(prompt) == 1 else 0.8
        found += [Given(item, weight) for item in prompt if item.role]
    return found


def _given_in(sentence: str) -> list[Given]:
    found = []
    result = bool(_RESULT.search(sentence))
    for role, start, end in mentions(sentence):
        before, own = sentence[max(0, start - 70) : start], sentence[start:end]
        negated = _NEGATED.search(before[-40:]) and not (
            role == "check_spam" and re.search(r"\b(?:not|n't|nothing) (?:in|there)\b", before)
        )
        if negated and not re.search(r"\b(?:not only|tried|it by)\b[^,]*$", before):
            continue
        past = bool(_PAST.search(own))
        tried = bool(
            re.search(r"\b(?:tried|trying|attempted|did|done|after|by|performed|even|so far|already)\b", before)
        )
        if (
            past
            or tried
            or result
            or role == "check_spam"
            and re.search(r"\bin\b", before[-12:])
            or (_DONE_BEFORE.search(before) and own.endswith("ing"))
        ):
            found.append(Given(Item(Kind.STEP, role), 1.0 if past or tried else 0.85))
    if not _UNDONE.search(sentence) and "?" not in sentence:
        found += [Given(item, 0.9) for item in _swapped(_SWAP_GIVEN, sentence)]
    if _OWN_WORK.search(sentence) and not _UNDONE.search(sentence) and "?" not in sentence:
        found += [Given(item, 0.85) for item in _by_words(sentence)]
    return found


_OWN_WORK = re.compile(
    r"\b(?:i|we|i've|we've|already|have|and|then|tried|by|after|even|been|did)\b(?:"
    r" already| also| just| even| tried| then| now| all| have)* ([a-z-]{3,}(?:ed"
    r"|ing)|reset|put|took|cut|held|ran|swapped|pressed|shut|cleaned)\b|^\W*(?!need"
    r"|bas)[a-z]{3,}ed\b|\b(?:is|are) (?:open|closed|in|on|off|fresh|new|fine|clean"
    r"|charged|full|connected|dry)\b"
)
_UNDONE = re.compile(
    r"\b(?:haven'?t|have not|not yet|never|didn'?t (?!help|work|change|fix|do)"
    r"|did not (?!help|work|change)|can'?t|cannot|couldn'?t|unable|how (?:do|can"
    r"|to)|want to|need to|would like|will|i'll|going to)\b"
)


def step_fit(asked: str, given: str) -> float:
    """How well a given step answers an asked one, 0..1; "" asks what was tried at all."""
    if asked == given:
        return 1.0
    if not asked:
        return 0.9 if not given.startswith("~") else 0.5
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
    return close.get(frozenset({action, other_action}), 0.0)


def _shared(asked: str, given: str) -> float:
    """Two steps in free words: the share of the asked words that were said, when at least two are or all of a few are."""
    if asked[0] != given[0]:
        return 0.0
    mine, theirs = asked[1:].split(), given[1:].split()
    common = [word for word in mine if word in theirs]
    if len(common) >= 2:
        return min(1.0, 0.35 + 0.65 * len(common) / min(len(mine), 5))
    return 0.75 if common and common[0] == mine[0] and len(mine) <= 2 else 0.0
