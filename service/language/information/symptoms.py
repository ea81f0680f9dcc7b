"""What is wrong and with what: error texts and codes, pictures, devices, software, products, and the problem itself."""

from __future__ import annotations

import re

from service.language.information.items import Given, Item, Kind
from service.language.information.questions import asks_outcome
from service.language.information.values import plain

_ERROR = r"(?:errors?|error messages?|messages?|warnings?|alerts?|fault|notification|prompt)"
_WHAT_ERROR = re.compile(
    rf"\b(?:what|which)(?:'s| is| was| are| were)?(?: the| your| that| kind of|"
    rf" type of| sort of)*(?: exact| full| specific| actual| complete| precise|"
    rf" particular)*(?: error| fault)? (?:{_ERROR}|error code|fault code|code)\b"
    rf"|\b(?:provide|share|send|give|tell|copy|paste|know|have|need|type|read|quote"
    rf"|note|post|describe|get|see|exact|exactly|include|forward)\b(?: \w+){{0,6}}?"
    rf" (?:error|warning|fault)(?: (?:message|code|text|number|details?|report|says))?\b"
    r"|\b(?:what|how) (?:exactly )?(?:does|did|do) (?:it|the (?:\w+ )?(?:error"
    r"|message|screen|page|app|display|warning|pop-?up|notification|alert))\b(?:"
    r" \w+){0,3}? (?:say|read|show|display|state|tell)|\bwhat (?:exactly )?(?:do"
    r"|did|can|are) you (?:see|seeing|get|getting)\b(?! (?:from|for|out))|\bwhat(?:'s"
    r"| is| does| exactly is)?(?: \w+){0,3} (?:appear|show(?:s|ing|n)?|display(?:s"
    r"|ed|ing)?|pop(?:s|ping)|com(?:es|ing) up)\b(?: up| on (?:the|your) screen)?"
    r"|\b(?:exact |precise )?wording\b|\berror (?:message|code|text)(?: please)?\W*$"
)
_ANY_ERROR = re.compile(
    r"\b(?:any|an|some|a specific|a particular|is there an?|the exact|see an?|get"
    r" an?|getting an?|getting any|receiv\w+ an?)(?: \w+)? (?:error|warning|fault)(?:"
    r" (?:message|code|text)s?)?\b|\b(?:any|is there a|see a|shows? a) (?:\w+ )?code"
    r" (?:on|showing|displayed|shown)\b"
)
_CODE_ONLY = re.compile(
    r"\b(?:error|fault|status|stop|diagnostic) (?:code|number)s?\b|\bwhich code\b"
    r"|\bwhat code\b|\bcode\b(?: \w+){0,2} (?:shown|display\w*|appear\w*|on the)"
)
_NOT_ERROR = re.compile(
    r"\b(?:same|still|again|go(?:ne|es)? away|disappear\w*|when (?:does|did|do"
    r"|exactly)|how often|every time|since|verification|promo|discount|post|zip"
    r"|tracking|confirmation|voucher|country|access|security|qr)\b(?: \w+){0,4}?"
    r" (?:error|message|warning|codes?)?\b|\b(?:does|did|is|has|will) the (?:\w+"
    r" )?(?:error|message|warning) (?:still|appear|occur|happen|show|gone?|come"
    r"|persist|disappear)|\b(?:leave|send|sent|see|get|got|receive|read) (?:us"
    r"|me|my|our|a|your|the) (?:message|email|last message|chat)\b|\b(?:new|another"
    r"|different|other) (?:error|message|warning)\b"
)
_ERROR_CODE = re.compile(
    r"\b0x[0-9a-f]{3,}\b|\b(?:error|err|fault|exception|status|stop ?code|(?<!discount"
    r" )(?<!promo )(?<!voucher )(?<!coupon )(?<!zip )(?<!post )(?<!area )(?<!access"
    r" )(?<!qr )(?<!gift )(?<!tracking )(?<!activation )(?<!security )code)\b[\s:#-]*(?:code"
    r"|message|number|no\.?|id)?[\s:#-]*(?:is|says?|was|of|like|with|saying|reads?"
    r"|:|=)?\s*\"?(?:[a-z]{1,8}[-_ ]?)?\d{1,6}[\w-]*|\berr_[a-z_]+\b|\bhttp \d{3}\b"
    r"|\b(?:40[0-9]|50[0-4]|429)\b(?= (?:error|page|not found|forbidden|bad gateway"
    r"|internal))|(?<![\w-])[a-z]{1,4}-?\d{2,6}(?:-\d+)?(?![\w-])(?=[^.?!]*\b(?:error"
    r"|display|screen|code|shows?|flash\w*|blink\w*)\b)|\b(?:error|display|screen"
    r"|code|shows?|showing|flash\w*|blink\w*)\b[^.?!]{0,25}?(?<![\w-])[a-z]{1,4}-?\d{1,6}(?![\w-])"
)
_QUOTED = re.compile(r"\"[^\"]{4,160}\"|(?<!\w)'[^']{6,160}'(?!\w)|`[^`]{4,160}`|\*[^*]{4,160}\*")
_SAYS = re.compile(
    r"\b(?:error|message|messages|screen|it|app|page|site|website|which|that|display"
    r"|pop-?up|window|just|only|keeps?|always|box|warning|notification|banner|then)\b(?:"
    r" \w+){0,3}? (?:says?|saying|said|reads?|reading|states?|stating|displays?"
    r"|tells? me|telling me)\b(?: something like| that| just)?[:,]?\s+\S+\s+\S+"
    r"|\b(?:error|message|warning)(?: message)?\s*(?::|-|is|was|=)\s*(?!(?:gone"
    r"|still|there|the same|not|in|on|showing|displayed)\b)\S+(?: \S+)+|\b(?:get"
    r"|getting|got|gives?|see|seeing|shows?|showing|throws?|receiv\w+)\b(?: \w+){0,4}?"
    r" (?:\"|')\S+"
    r"|\b(?:error|message|warning|popup|notification)\b(?: \w+){0,2}? (?:about"
    r"|that|saying)\b[:,]?\s+\S+ \S+|\b(?!(?:an?|the|this|that|same|any|some|no"
    r"|weird|strange|another|red|following|unknown|random|your|my|of|with|and|get"
    r"|see|or)\b)[a-z-]{4,} (?:error|exception)\b"
)
_NO_ERROR = re.compile(
    r"\b(?:no|not an?|without(?: an?| any)?|isn'?t an?|(?:don'?t|doesn'?t|didn'?t"
    r"|never) (?:\w+ ){0,3}?(?:an|any|a)) (?:\w+ )?(?:error|message|warning|code)s?\b"
)
_MEDIA = re.compile(
    r"\b(screen ?shots?|screen ?grabs?|screen recordings?|photo(?:graph)?s?|pictures?"
    r"|pics?|images?|videos?|recordings?|clips?|receipts?|proof of (?:purchase"
    r"|payment|delivery|address|id)|cop(?:y|ies) of|scans?|bank statements?|log"
    r" files?|logs?)\b"
)
_MEDIA_ROLES = (
    ("image", r"screen|photo|pic|image|scan"),
    ("video", r"video|record|clip"),
    ("document", r"receipt|proof|cop|statement"),
    ("log", r"log"),
)
_MEDIA_VERB = re.compile(
    r"\b(?:send|share|attach|upload|provide|add|post|take|forward|email|e-mail"
    r"|include|drop|show|paste|supply|need|get|have|submit|grab|capture)\b"
)
_ATTACHED = re.compile(
    r"\b(?:attach(?:ed|ing)?|upload(?:ed|ing)?|here(?:'s| is| are)|sent|sending"
    r"|enclosed|added|see|i've included|shared|took|posted)\b(?: \w+'?\w*){0,5}?"
    r" (?:screen ?shots?|screen ?grabs?|photos?|pictures?|pics?|images?|videos?"
    r"|recordings?|receipts?|invoice|copy|logs?|log files?|files?|scan)\b|\b(?:screen"
    r" ?shots?|photos?|pictures?|pics?|images?|videos?|receipts?|scan)\b(?: \w+){0,4}?"
    r" (?:attached|above|uploaded|enclosed|below|here)\b"
)
_BETTER = re.compile(
    r"\b(?:clearer|sharper|better|bigger|larger|readable|higher|closer|another"
    r"|different|other|new|full(?:er)?|more|again)\b"
)
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
    r" |specific )?(?:product|item|article|service)\b|\bwhat (?:(?:was|is) it (?:that )?|exactly )?(?:(?:did|have) )?you (?:order(?:ed)?"
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
_UNKNOWN = re.compile(
    r"^\W*(?:no|nope|none|not sure|i don'?t know|no idea|idk|dunno|yes|yeah|ok(?:ay)?"
    r"|sure|hm+|what|why|agent|human|i can'?t|n/?a)\b\W*(?:\w+\W*){0,2}$|\b(?:no"
    r" idea|don'?t know|not sure|can'?t (?:find|see|tell)|where (?:do|can) i)\b"
)
_PROBLEM = re.compile(
    r"\bhow (?:can|may|could|might) (?:i|we) (?:\w+ )?(?:help|assist|be of)|\bwhat"
    r" (?:can|may|could) (?:i|we) (?:do|help)\b|\bwhat(?:'s| is| was| seems to"
    r" be| appears to be| exactly is| seems)\b(?: the| your| exactly| going on"
    r"| happening)*(?: \w+){0,2}? ?(?:problem|issue|trouble|matter|query|concern"
    r"|reason (?:for|you)|going on|wrong|happening|question|nature of)\b|\bwhat"
    r" (?:seems|appears) to be\b"
    r"|\b(?:describe|explain|tell (?:me|us)(?: a (?:bit|little))?(?: more)?(?:"
    r" about)?|outline|summari[sz]e|walk me through|give me (?:an overview|a summary"
    r"|some details|details)|share (?:the )?details|let (?:me|us) know)\b(?: \w+){0,4}?"
    r" (?:your |the |this )?(?:problem|issue|trouble|situation|concern|what(?:'s"
    r"| is| has)? (?:exactly )?(?:happen\w*|going on|the (?:problem|issue))|what"
    r" happened|what you need|what you need help with|happening|enquiry|inquiry"
    r"|query|request)\b|\bwhat brings you\b|\bwhat (?:do you need|would you like"
    r"|are you (?:contacting|reaching out|writing|chatting)|did you (?:contact"
    r"|reach out))\b(?: \w+){0,2}? ?(?:help|about|today|assistance|us|with)\b|\bwhat"
    r" happened\b(?! (?:when|after|next|then|to|with|once|if))|\bwhat is (?:this"
    r"|it) (?:about|regarding)\b|\bwhat can i (?:do|help)\b"
)
_PROBLEM_NOT = re.compile(
    r"\b(?:else|other|another|further|more details?|more information|again|any"
    r" more|anything|still|resolved|solved|fixed|when (?:did|does|do)|started|a"
    r" bit more|little more|more specific|elaborate|more about)\b"
)
_TROUBLE = re.compile(
    r"\b(?:not|n'?t|cannot|unable|issue|problem|errors?|broken|missing|wrong|charged"
    r"|cancel\w*|refund\w*|late|delay\w*|lost|damaged|faulty|stuck|fail\w*|crash\w*"
    r"|freez\w*|locked|declin\w*|blocked|slow|want|wants|need|trying|how (?:do"
    r"|can|to)|why|where|when|never|stopped|double|twice|incorrect|overcharged"
    r"|complain\w*|return|exchange|change|update|replace\w*|expired|invalid|leak\w*"
    r"|noise|dead|won'?t|would like|asking|question|still|keeps|without|instead"
    r"|help (?:me )?with|help)\b"
)
_ONLY_HUMAN = re.compile(
    r"\b(?:(?:speak|talk|chat|connect|transfer|pass|put)\w*(?: me)?(?: \w+){0,2}"
    r" (?:to|with|through)(?: \w+){0,3} (?:human|person|agent|someone|representative"
    r"|rep|advisor|operator|somebody|people|support|colleague)|(?:human|agent|representative"
    r"|operator|real person)(?: please)?)\b"
)
_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|afternoon|evening)|thanks|thank you|ok(?:ay)?"
    r"|yes|no|please|there|team|all)\b[\s,!.]*"
)


def asked_symptoms(clause: str) -> set[Item]:
    """Errors, pictures, devices, software and products that a requesting clause (plain) asks for."""
    items: set[Item] = set()
    media = _MEDIA.search(clause)
    if media and _MEDIA_VERB.search(clause) and not _BETTER.search(clause):
        role = next(role for role, pattern in _MEDIA_ROLES if re.search(rf"^(?:{pattern})", media.group(1)))
        return {Item(Kind.MEDIA, role)}
    items |= _asked_error(clause)
    for role, pattern in _SOFTWARE:
        if pattern.search(clause) and not _states_software(role, clause):
            items.add(Item(Kind.SOFTWARE, role))
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


def _asked_error(clause: str) -> set[Item]:
    if _NOT_ERROR.search(clause) or asks_outcome(clause) or _QUOTED.search(clause) or _ERROR_CODE.search(clause):
        return set()
    if _WHAT_ERROR.search(clause):
        code, text = bool(_CODE_ONLY.search(clause)), bool(re.search(r"message|text|say|read|wording|see", clause))
        return {Item(Kind.ERROR, "code" if code and not text else "text" if text and not code else "")}
    if _ANY_ERROR.search(clause):
        return {Item(Kind.ERROR, "code" if _CODE_ONLY.search(clause) and "message" not in clause else "any")}
    return set()


def asks_problem(text: str) -> bool:
    """Does a plain text ask what the problem is at all ("how can I help you today?")?"""
    return any(_PROBLEM.search(s) and not _PROBLEM_NOT.search(s) for s in re.split(r"(?<=[.?!])\s", text))


def tells_problem(raw: str) -> float:
    """How surely a customer's message says what they want or what is wrong, 0..1."""
    text = plain(raw)
    if _ONLY_HUMAN.search(text):
        text = _ONLY_HUMAN.sub(" ", text)
        if len(text.split()) < 8:
            return 0.0
    text = _GREETING.sub("", _GREETING.sub("", text))
    count = len(text.split())
    if count < 3:
        return 0.0
    if not _TROUBLE.search(text):
        return 0.3 if count < 8 else 0.55
    return 0.95 if count >= 5 else 0.75


def given_symptoms(raw: str, attachments: tuple[str, ...], wanted: frozenset[Item] | set[Item]) -> list[Given]:
    """Errors, pictures, devices, software and products that a customer's message holds."""
    text = plain(raw)
    found = _given_error(text, wanted) + _given_media(text, attachments, wanted)
    found += [Given(Item(Kind.DEVICE, "model"), 1.0, m.group()) for m in _MODEL.finditer(text)]
    found += [Given(Item(Kind.DEVICE), 1.0, m.group()) for m in _DEVICES.finditer(text)]
    if _LOOSE_DEVICE.search(text):
        found.append(Given(Item(Kind.DEVICE), 0.7))
    for role, pattern in (("os", _OS), ("browser", _BROWSER), ("version", _VERSION), ("plan", _PLAN)):
        found += [Given(Item(Kind.SOFTWARE, role), 1.0, m.group()) for m in pattern.finditer(text)]
    if _BOUGHT.search(text):
        found.append(Given(Item(Kind.PRODUCT), 0.8))
    elif _MY_THING.search(text):
        found.append(Given(Item(Kind.PRODUCT), 0.6))
    if not _UNKNOWN.search(text) and "?" not in text and 1 <= len(text.split()) <= 30:
        found += [Given(item, 0.9) for item in wanted if item.kind in (Kind.DEVICE, Kind.SOFTWARE, Kind.PRODUCT)]
    return found


def _given_error(text: str, wanted: frozenset[Item] | set[Item]) -> list[Given]:
    found = []
    if _NO_ERROR.search(text):
        return [Given(Item(Kind.ERROR, "none"), 0.9)]
    code = _ERROR_CODE.search(text)
    if code:
        found.append(Given(Item(Kind.ERROR, "code"), 1.0, re.sub(r"[^0-9a-z]", "", code.group())))
    said = _SAYS.search(text)
    if said or (_QUOTED.search(text) and len(_QUOTED.search(text).group().split()) >= 2):  # type: ignore[union-attr]
        found.append(Given(Item(Kind.ERROR, "text"), 1.0 if said or re.search(r"error|message|says?", text) else 0.75))
    asked_roles = [item.role for item in wanted if item.kind is Kind.ERROR]
    if asked_roles and not found:
        if re.match(r"\W*(?:no|none|nothing|nope)\b\W*(?:$|errors?|messages?|codes?|just|it|there|nothing)", text):
            found.append(Given(Item(Kind.ERROR, "none"), 0.8))
        elif not _UNKNOWN.search(text) and "?" not in text and len(text.split()) >= 2:
            found.append(Given(Item(Kind.ERROR, asked_roles[0] if asked_roles[0] in ("code", "text") else "text"), 0.9))
        elif asked_roles == ["code"] and re.search(r"\d", text):
            found.append(Given(Item(Kind.ERROR, "code"), 0.95))
    return found


def _given_media(text: str, attachments: tuple[str, ...], wanted: frozenset[Item] | set[Item]) -> list[Given]:
    found = []
    roles = set()
    for name in attachments:
        lower = name.lower()
        if re.search(r"\.(?:png|jpe?g|gif|heic|webp|bmp|tiff?)$|screen|photo|image|img", lower):
            roles.add("image")
        if re.search(r"\.(?:mp4|mov|avi|webm|mkv)$", lower):
            roles.add("video")
        if re.search(r"\.(?:log|txt|har|zip)$", lower):
            roles.add("log")
        if re.search(r"\.pdf$|receipt|invoice|proof|statement", lower):
            roles.add("document")
    if attachments and not roles:
        roles.add("image")
    found += [Given(Item(Kind.MEDIA, role), 1.0) for role in sorted(roles)]
    said = _ATTACHED.search(text)
    if said and not attachments:
        word = _MEDIA.search(said.group())
        role = next(
            (r for r, pattern in _MEDIA_ROLES if word and re.search(rf"^(?:{pattern})", word.group(1))), "image"
        )
        found.append(Given(Item(Kind.MEDIA, role), 0.85))
    if "image" in roles:
        about = (
            bool(re.search(r"\berror|message|screen|says?|popup\b", text))
            or any(i.kind in (Kind.ERROR, Kind.MEDIA) for i in wanted)
            or any("screen" in n.lower() or "error" in n.lower() for n in attachments)
        )
        found.append(Given(Item(Kind.ERROR, "text"), 0.85 if about else 0.5))
    return found
