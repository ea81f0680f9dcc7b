"""Steps of troubleshooting: which ones an agent asks for, which ones a customer says were done.

A step is `Item(STEP, "restart:network")`: an action and, where it matters, what it is done to. `Item(STEP, "")` asks
what was tried at all. Steps outside the table are compared by their verb ("~descal").
"""

from __future__ import annotations

import re

from service.language.information.items import Given, Item, Kind
from service.language.information.questions import asks_outcome, clauses, means_another
from service.language.information.values import plain

_OTHER = r"(?:an?other|different|second|other|two|three|several|multiple|new|fresh|friend'?s|wife'?s|husband'?s|partner'?s|colleague'?s)"
_TABLE: tuple[tuple[str, str], ...] = (
    (
        "restart",
        r"(?:re-?start|re-?boot|power[- ]?cycl)(?:ed|ing|s|e)?|(?:turn|switch|power)(?:ed|ing)?\b(?: \w+){0,4}? off\b(?: and|,| then|, then| & |\W+wait\w*(?: \w+){0,4}| for(?: \w+){1,3}? and)*(?: (?:turn|switch)\w*)?(?: \w+){0,2}? (?:back )?on\b|\boff and (?:back )?on\b|unplug(?:ged|ging)?(?! the (?:usb|charger|headset|cable))|pull(?:ed|ing)? the plug|disconnect\w* (?:the |it from (?:the )?)power|on[- ]and[- ]off",
    ),
    ("factory_reset", r"factory[- ]?(?:re-?set|settings|defaults?)|hard[- ]?re-?set|re-?set\w* (?:\w+ ){0,3}to (?:factory|default)|wip(?:e|ed|ing) (?:the |my |it|your )"),
    ("reset_password", r"(?:re-?set|chang|updat|creat|set)(?:t?ing|ed|e|ting)? (?:\w+ ){0,4}password|password (?:re-?set|recovery|change)|forgot(?:ten)?[- ]password"),
    (
        "reinstall",
        r"re-?install(?:ed|ing|ation|s)?|(?:uninstall|delet|remov)(?:ed|ing|e|led|ling)?\b(?: \w+){0,4}?(?: and|,| then)+(?: then)?(?: \w+){0,1}? (?:re-?)?(?:install|download|add)\w*(?: \w+){0,2}|fresh install\w*|uninstall(?:ed|ing)?",
    ),
    ("clear_cache", r"(?:clear|delet|empt|wip|flush|clean|remov|purg)(?:ed|ing|e|y|ied|ying|s)?\b(?: \w+'?\w*){0,4}? (?:cache|caches|cookies?|browsing data|browser data|temp(?:orary)? files|browsing history|browser history|history|app data)|(?:cache|cookies?) (?:clear(?:ed|ing|ance)?|clean\w*|delet\w*|is cleared|was cleared)|cleared (?:it|everything) out"),
    ("other_browser", rf"{_OTHER} (?:web )?browsers?|(?:chrome|firefox|edge|safari|opera|brave)(?:,| and| as well as| or|, and)+ (?:also )?(?:in |on |with )?(?:chrome|firefox|edge|safari|opera|brave)|(?:switch|mov)\w* (?:browsers?|to (?:chrome|firefox|edge|safari|opera|brave))|(?:tried|trying|try|tested|use|used|using)\b(?: \w+){{0,5}}? (?:in |on |with |using )?(?:chrome|firefox|edge|safari|opera|brave)"),
    ("private_window", r"incognito|private (?:window|browsing|mode|tab)|inprivate"),
    ("other_device", rf"{_OTHER} (?:\w+ )?(?:devices?|computers?|phones?|laptops?|tablets?|pcs?|machines?|ipads?|iphones?)|(?:on|from|with) my (?:\w+'s )?(?:work|other|old|second) (?:computer|phone|laptop|pc|tablet)"),
    ("other_network", rf"{_OTHER} (?:wi-?fi|networks?|connections?|internet)(?: \w+)?|mobile data|cellular data|hot ?spot|4g|5g|tether\w*"),
    ("wired", r"(?:ethernet|lan|network) (?:cable|connection)|wired(?: connection)?|(?:plug|connect)\w* (?:\w+ ){0,3}directly"),
    ("other_cable", rf"{_OTHER} (?:\w+ )?(?:cables?|leads?|cords?|chargers?|adapters?|usb)"),
    ("other_outlet", rf"{_OTHER} (?:\w+ )?(?:outlets?|sockets?|plugs?|(?:usb |hdmi )?ports?|power points?)"),
    ("check_cable", r"(?:check|inspect|re-?seat|tighten|replug|re-?plug|re-?connect|swap|replac|chang)(?:ed|ing|e|d|ped|ping)?\b(?: \w+){0,4}? (?:cables?|wires?|wiring|leads?|cords?|connections?|connectors?)|(?:cables?|connections|wires?) (?:are|is|were|was) (?:all )?(?:fine|ok|okay|connected|secure|tight|in|plugged|checked)"),
    ("log_in_again", r"(?:log|sign)(?:ged|ging|ing|ed)?[- ]?(?:\w+ )?(?:out|off)\b(?: \w+){0,5}?(?: and|,| then)+(?: \w+){0,2}? in\b|re-?log(?:ged|ging|in)?\b|(?:log|sign)(?:ged|ging|ing|ed)?[- ]?(?:out|off)(?! (?:button|page|of a ))|(?:log|sign)\w* back in"),
    ("check_spam", r"(?:spam|junk|promotions?|trash)(?:[ /]+(?:or |and )?(?:spam|junk))?(?:[ -]?(?:mail|folder|box|filter|tab|e-?mails?))?(?! (?:calls?|messages from))"),
    ("disable_addon", r"(?:disabl|turn|switch|remov|deactivat|block|paus)(?:ed|ing|e|d)?\b(?: \w+){0,4}? (?:extensions?|add-?ons?|ad[- ]?block\w*|plug-?ins?)(?: off)?|without (?:any )?(?:extensions?|add-?ons?)|(?:extensions?|ad[- ]?blockers?) (?:are |is )?(?:disabled|off|turned off)"),
    ("disable_vpn", r"(?:disabl|turn|switch|remov|deactivat|without|disconnect|paus)(?:ed|ing|e|d)?\b(?: \w+){0,4}? vpn(?: off)?|vpn (?:is |was )?(?:off|disabled)"),
    ("disable_antivirus", r"(?:disabl|turn|switch|remov|deactivat|without|paus)(?:ed|ing|e|d)?\b(?: \w+){0,4}? (?:anti-?virus|firewall|defender)(?: off)?|(?:anti-?virus|firewall) (?:is |was )?(?:off|disabled)"),
    ("re_pair", r"re-?pair(?:ed|ing)? (?:it|the|my|them|with|bluetooth)|re-?pairing|un-?pair(?:ed|ing)?|(?:forg[eo]t|forgetting|remov\w+|delet\w+)(?: \w+){0,3}? (?:network|wi-?fi|bluetooth|pairing)|pair(?:ed|ing)? (?:\w+ ){0,3}again"),
    ("reconnect", r"re-?connect(?:ed|ing)?(?! (?:the |all )?(?:cables?|wires?))|re-?add(?:ed|ing)?|(?:disconnect|remov)\w*(?: \w+){0,4}? and (?:re-?connect|re-?add|add)\w*|re-?link(?:ed|ing)?"),
    ("safe_mode", r"safe[- ]?mode"),
    ("troubleshooter", r"troubleshooter|diagnostics?(?: test)?|speed ?test|self[- ]?test"),
    ("charge", r"(?:charg)(?:e|ed|ing)\b (?:it|the \w+|them|overnight|fully|for|up|my \w+)|fully charged|left (?:it )?(?:\w+ )?charging|on charge"),
    ("battery", r"(?:replac|chang|swap|remov|new|fresh|reseat|put in|insert|tak)(?:ed|ing|e|d|ped|ping|en)?\b(?: \w+){0,3}? batter(?:y|ies)|batter(?:y|ies) (?:are|is|were) new"),
    ("other_card", rf"{_OTHER} (?:bank |credit |debit |payment )?(?:cards?|payment methods?|methods? of payment|payment options?)|(?:paypal|apple pay|google pay) instead"),
    ("bank", r"(?:contact|call|ring|phon|speak|spoke|spoken|talk|check|ask)(?:ed|ing|e|d|en|s)?\b(?: \w+){0,3}? (?:bank|card issuer|card provider|card company)|(?:my|the) bank (?:says|said|confirm\w*|told)"),
    ("neighbours", r"(?:check|ask|look|spoke|speak|spoken)(?:ed|ing)?\b(?: \w+){0,4}? (?:neighbou?rs?|next door|reception|concierge|mailroom|safe place)|neighbou?rs? (?:don'?t|didn'?t|haven'?t|have not|has|have|hasn'?t|got)"),
    ("airplane_mode", r"(?:airplane|flight|aeroplane) mode"),
    ("sim", r"(?:remov|re-?insert|re-?seat|swap|t[ao]k|took|tak|pull|eject)(?:ed|ing|e|en|d|ped|ping)?\b(?: \w+){0,4}? sim(?: card)?|sim (?:card )?(?:out|re-?inserted|in another)"),
    ("refresh", r"(?:refresh|re-?load)(?:ed|ing)?\b(?: (?:the |it|my )?(?:page|browser|site|tab|website|screen))?|hard refresh"),
    ("close_app", r"(?:clos|quit|force[- ]?(?:clos|quit|stop))(?:e|ed|ing|d|ted|ting|ped|ping)?\b(?: (?:the |it|my |and |down |all ))*(?:app|application|program|tabs?|reopen\w*|browser)|force[- ]?(?:clos|quit|stop)\w*"),
    ("permissions", r"(?:check|enabl|allow|grant|turn|switch|give|gave|given|giving)(?:ed|ing|e|d)?\b(?: \w+){0,4}? (?:permissions?|notifications?|location(?: services| access)?|camera access|microphone access)"),
    ("check_tracking", r"(?:check|look|track|follow|click)(?:ed|ing)?\b(?: \w+){0,3}? (?:tracking (?:link|page|info\w*|number)|courier'?s? (?:site|website|page))"),
    ("update", r"(?:updat|upgrad)(?:e|ed|ing|es)?\b(?! (?:you\b|us\b|me\b|your (?:address|payment|card|email|e-mail|details|account|billing|phone|name|records?|order|profile|booking)|the (?:address|payment|card|order|records?|ticket|system with)|my (?:address|payment|card|email|details|account|plan)|on (?:this|the|my|your)|from))(?: \w+){0,4}?(?= |$|\W)|install(?:ed|ing)?\b(?: \w+){0,2}? (?:latest|newest|update|updates|new version|drivers?)|latest (?:version|firmware|update|software|drivers?)(?: \w+)?|up[- ]to[- ]date"),
    ("clean", r"(?:clean|dust|wip|rins|wash)(?:e|ed|ing|d)?\b (?:it|out |the |my |your |all )(?! (?:cache|history))|descal(?:e|ed|ing)"),
    ("reset", r"(?:re-?set)(?:ting|ted)?\b (?:it|the |my |your |everything|to\b|button)?(?!\s*(?:password|link|e-?mail))"),
    ("wait", r"wait(?:ed|ing)?\b(?: \w+){0,4}? (?:hours?|minutes?|days?|while|week)"),
    ("retry", r"(?:tr(?:y|ied|ying)|attempt\w*|do(?:ne|ing)?|did|enter\w*|submit\w*|place|placed|placing)(?: \w+){0,3}? (?:again|once more|one more time|several times|multiple times|many times|twice|three times)|re-?tr(?:y|ied|ying)|re-?submit\w*|re-?enter\w*"),
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
        ("thing", r"speakers?|headsets?|headphones?|earbuds?|watch|camera|doorbell|thermostat|hub|lock|bulb|vacuum|monitor|keyboard|mouse|scanner|terminal|reader|dishwasher|washer|dryer|oven|fridge|boiler|filter"),
    )
)
_GENERIC = re.compile(
    r"\b(?:what|which|anything|any(?:thing)?|all|everything)\b(?: \w+'?\w*){0,5}? (?:steps?|troubleshooting|fix(?:es)?|tried|try|attempted|done)\b|\b(?:tried|attempted|done) (?:anything|any (?:\w+ )?(?:steps?|troubleshooting|fix(?:es)?|solutions?))\b|\btroubleshooting (?:steps? )?(?:have|did|you)\b|\bhave you (?:done|tried) (?:any|some)\b"
)
_GENERIC_NOT = re.compile(r"\b(?:else|other|further|more|additional|next|were you|are you|trying to|would you like|want to)\b|\b(?:i|we)(?:'ll| will| can|'ve| have)\b|\bdid (?:any|anything) .*\b(?:change|help|work)|\bwhat (?:have|did) you (?:done|do) (?:with|before|when|just)")
_ASKING = re.compile(
    r"\b(?:have|has|had|did|could|can|would|will) (?:you|anyone|it|your \w+)\b|\b(?:please|pls|kindly|let's|lets|let us|try|go ahead|make sure|you(?:'ll| will|'d| would)? (?:need|have|want|should|can|could|might|may)(?: \w+)? (?:to )?|recommend|suggest|advise|i'd (?:like|want|ask) you|we (?:need|ask) you|start (?:by|with|off)|first|begin (?:by|with)|worth|how about|what about|the (?:first|next) (?:step|thing)|should (?:fix|help|resolve|sort|do)|best (?:thing|way)|usually|would you mind|do you mind|is (?:it|the|your)|are (?:the|your|all))\b"
)
_OWN = re.compile(
    r"\b(?:i|we|our \w+)(?:'ve|'ll|'m|'re| have| will| am| are| was| were| can| could| just| already| had)*(?: just| already| now| also| gone ahead and| going to| try to| trying to)* (?:re|power|clear|updat|refresh|reset|push|trigger|run|ran|sent|send|restart|clean|re-?sent|issued|generat|enabl|disabl|install|check|log|chang|wait|ask)|\blet me\b|\ballow me\b|\b(?:shall|should|can|could|may) i\b|\bon (?:my|our) (?:side|end)\b"
)
_KNOWN = re.compile(
    r"\b(?:since|as|because|given that|i (?:can )?see(?: that)?|i know|i understand(?: that)?|thanks for|thank you for|great that|good that|glad|appreciate|noted|although|even though|now that|besides|other than|apart from|aside from|beyond|instead of|rather than|no need to|don't need to|you don't have to|not necessary to|needn't|without|before you|after you|once you|when you|if you(?:'ve| have)? (?:already )?|after|before|while|during|when)\b[^?.!;,]*$"
)
_NEGATED = re.compile(r"\b(?:haven'?t|have not|hasn'?t|not|never|didn'?t|did not|don'?t|do not|can'?t|cannot|can not|couldn'?t|could not|won'?t|will not|wouldn'?t|unable|failed|fails|without|before i|should i|shall i|do i|can i|how (?:do|can|to|would)|how should|need to|want to|wanted to|would like to|like to|have to|help me|please|could you|can you|going to|will|asks? me to|asked me to|told me to|says? to|told to|about to|if i|i'?ll|refus\w*|without being able to|keeps? (?:on )?(?:asking|telling)|by itself|itself|randomly|it|keeps|constantly)(?: (?:\w+'?\w*)){0,2}\s*$")
_DONE_BEFORE = re.compile(r"\b(?:tried|trying|did|done|attempted|performed|ran|already|also|even|been|after|by|restarted|cleared|i've|i have|we've|we have|have|i|we|twice|then|and|so far|from|in|on|with|checked|used|using|not in|nothing in|isn'?t in|wasn'?t in|my|the|same)\b")
_PAST = re.compile(r"ed\b|unplugged|took|ran|swapped|updated|switched|reset\b|done\b|checked|tried|uninstalled|off and|swapp|spoke|went|called|left|\bdid\b|up[- ]to[- ]date|latest|fully charged|are new")
_RESULT = re.compile(
    r"\b(?:didn'?t|doesn'?t|did not|does not|hasn'?t|haven'?t|made no|makes no|no|nothing|won'?t|same|still|wasn'?t|isn'?t|not|neither|without)\b(?: \w+){0,3}? (?:help|work|fix|solve|change|difference|luck|effect|result|success|issue|problem|error|same|better|joy|anything|happen|nothing|there|either|it|resolve|thing|in)\w*|\bdid nothing\b|\bno (?:luck|change|joy|difference|use|effect|avail)\b|\bto no avail\b|\bstill\b"
)
_DONE_REPLY = re.compile(
    r"^\W*(?:(?:yes|yeah|yep|yup|ya|sure|of course|i did|i have|done|did|already|tried|ok(?:ay)?,? (?:done|did|i did|tried)|both|all of (?:them|that|those)|several times|twice|many times|multiple times)\b(?!.*\b(?:how do i|haven'?t tried)\b)|(?:no|nope|nah)\b.{0,12}\b(?:still|luck|change|same|difference|didn'?t|doesn'?t|good|use|help)|(?:still|same|nothing|that (?:didn'?t|doesn'?t|did not|does not)|it (?:didn'?t|doesn'?t|still)|didn'?t|doesn'?t|not working|no (?:luck|change|difference|joy|effect)|just did))|\b(?:did|done|tried) (?:that|this|it|them|those|all|both|everything|so)\b|\b(?:that|it|this|they|none of (?:that|those|these|them))(?: all)? (?:didn'?t|doesn'?t|did not|does not|hasn'?t|changed nothing|did nothing|made no|helped|worked)\b|\bno (?:luck|change|difference|joy)\b|\bstill (?:the )?(?:same|not|nothing|doesn'?t|won'?t|get|happen|no|broken|failing|red|blink)"
)
_NOT_YET = re.compile(r"\b(?:not yet|haven'?t|have not|will (?:try|do)|i'?ll (?:try|do|give)|let me try|how do i|how can i|where (?:do|is|can)|can'?t (?:do|find|get)|don'?t know how|didn'?t try|never tried|no i (?:didn'?t|did not)|what (?:do|does|is)|trying (?:now|it now))\b")
_VERB_ASK = re.compile(
    r"\b(?:have you (?:already |also |maybe |perhaps |yet )*(?:tried |attempted )?(?:to )?|did you (?:already |also |try |attempt |manage |remember )*(?:to )?|(?:try|tried|trying|suggest|recommend|start by|worth|mind|how about) |(?:please|could you|can you|would you|let's|go ahead and|you(?:'ll)? (?:need|have) to|you (?:can|should)|i'd like you to|make sure to) (?:please |also |just |then |try (?:to )?|now )*)(?P<verb>[a-z][a-z-]{2,})(?: (?P<object>[a-z' -]{0,50}))?"
)
_COMMON_VERBS = frozenset(
    "try tried trying have had been being was see seen get got getting make made making give gave giving given send sent sending tell told telling provide provided providing share sharing let know use used using find found go going do doing done did "
    "look looking take taking took call called calling receive received buy bought order ordered place placed notice noticed contact contacted confirm confirmed confirming describe explain say help helping need want like come came keep check checked "
    "checking please also just then not you your the that this any and for with ask asked bear stay hold wait feel rest access happen mind able attach upload forward reply copy paste elaborate clarify specify state mention describing walk read think add "
    "speak talk write enter remind choose select pay paid purchase purchased pick picked change changed file report reported experience experiencing encounter encountered sign signed log logged register open opened notice visit follow allow".split()
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
                thing = _object(text[match.start() : match.start() + 12] + re.split(r"[.?!;,]| and | but | then ", text[match.start() + 12 : match.end() + 32])[0])
                role = f"{name}:{thing}" if thing else name
            found.append((role, match.start(), match.end()))
    return found


def asked_steps(text: str) -> set[Item]:
    """The steps that an agent's message (plain) tells or asks the customer to take, or "what have you tried"."""
    items: set[Item] = set()
    carried = False
    for clause in clauses(text):
        if asks_outcome(clause):
            continue
        if _GENERIC.search(clause) and not _GENERIC_NOT.search(clause) and ("?" in clause or re.search(r"\b(?:tell|let|share|know|list)\b", clause)):
            items.add(Item(Kind.STEP))
        said = mentions(clause)
        if not said:
            items |= _asked_verb(clause)
        starts = [start for _, start, _ in said if start <= 3]
        asking = bool(_ASKING.search(clause)) or bool(starts) or bool(re.match(r"(?:\d[.)]|-|\*|step \d|then|next|now|also|first|second|third|finally|ok(?:ay)?|alright|sure)\b", clause)) or carried
        for role, start, _ in said:
            before = clause[:start]
            if asking and not _OWN.search(before[-45:] + clause[start : start + 12]) and not _KNOWN.search(before):
                items.add(Item(Kind.STEP, role))
                carried = True
    weak = {item for item in items if item.role in ("retry", "wait")}
    return items - weak if items != weak else items


def _asked_verb(clause: str) -> set[Item]:
    """A step outside the table: its verb and the words it is done to."""
    match = _VERB_ASK.search(clause)
    if not match or match.group("verb") in _COMMON_VERBS or means_another(clause):
        return set()
    return {Item(Kind.STEP, "~" + _stem(match.group("verb")))}


def _stem(verb: str) -> str:
    """The verb without its ending: "descaled" and "descaling" are "descal", as is "descale"."""
    base = re.sub(r"(?:ing|ed|es|e|s)$", "", verb) if len(verb) > 4 else verb
    return base[:-1] if len(base) > 3 and base[-1] == base[-2] else base


def given_steps(bot: str, raw: str) -> list[Given]:
    """The steps that a customer's message says were done, read with the bot message it answers."""
    found: list[Given] = []
    for sentence in re.split(r"(?<=[.?!;])\s+|\n", plain(raw)):
        if sentence.rstrip().endswith("?") and re.match(r"\W*(?:should|shall|do|can|could|how|what|would|is|where)\b", sentence):
            continue
        found += _given_in(sentence)
    prompt = asked_steps(plain(bot)) if bot else set()
    reply = plain(raw)
    if prompt and _DONE_REPLY.search(reply) and not _NOT_YET.search(reply):
        weight = 0.95 if len(prompt) == 1 else 0.8
        found += [Given(item, weight) for item in prompt if item.role]
    return found


def _given_in(sentence: str) -> list[Given]:
    found = []
    result = bool(_RESULT.search(sentence))
    for role, start, end in mentions(sentence):
        before, own = sentence[max(0, start - 70) : start], sentence[start:end]
        negated = _NEGATED.search(before[-40:]) and not (role == "check_spam" and re.search(r"\b(?:not|n't|nothing) (?:in|there)\b", before))
        if negated and not re.search(r"\b(?:not only|tried|it by)\b[^,]*$", before):
            continue
        past = bool(_PAST.search(own))
        tried = bool(re.search(r"\b(?:tried|trying|attempted|did|done|after|by|performed|even|so far|already)\b", before))
        if past or tried or result or role == "check_spam" and re.search(r"\bin\b", before[-12:]) or (_DONE_BEFORE.search(before) and own.endswith("ing")):
            found.append(Given(Item(Kind.STEP, role), 1.0 if past or tried else 0.85))
    for match in re.finditer(r"\b(?:i|we|i've|we've|already|have|and|then|tried|by|after|even|been)\b(?: already| also| just| even| tried| then| now)* ([a-z-]{4,}(?:ed|ing))\b", sentence):
        if match.group(1) not in _COMMON_VERBS and not _NEGATED.search(sentence[: match.start(1)][-25:]):
            found.append(Given(Item(Kind.STEP, "~" + _stem(match.group(1))), 0.85))
    return found


def step_fit(asked: str, given: str) -> float:
    """How well a given step answers an asked one, 0..1; "" asks what was tried at all."""
    if asked == given:
        return 1.0
    if not asked:
        return 0.9 if not given.startswith("~") else 0.5
    action, _, thing = asked.partition(":")
    other_action, _, other_thing = given.partition(":")
    if action == other_action:
        if not thing or not other_thing:
            return 0.9
        return 0.75 if "thing" in (thing, other_thing) and not {"app", "browser", "network"} & {thing, other_thing} else 0.1
    close = {frozenset({"reset", "factory_reset"}): 0.6, frozenset({"re_pair", "reconnect"}): 0.7, frozenset({"restart", "reset"}): 0.4, frozenset({"other_browser", "private_window"}): 0.2}
    return close.get(frozenset({action, other_action}), 0.0)
