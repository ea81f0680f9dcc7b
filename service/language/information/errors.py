"""Errors, and pictures or files of them: what a clause asks for, what a customer's message or attachment gives."""

from __future__ import annotations

import re

from service.language.information.items import Given, Item, Kind
from service.language.information.questions import asks_outcome

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
    r"|internal))|(?<![\w-])[a-z]{1,4}-?\d{2,6}(?:-\d+)?(?![\w-])(?=[^.?!]{0,60}\b(?:error"
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
_UNKNOWN = re.compile(
    r"^\W*(?:no|nope|none|not sure|i don'?t know|no idea|idk|dunno|yes|yeah|ok(?:ay)?"
    r"|sure|hm+|what|why|agent|human|i can'?t|n/?a)\b\W*(?:\w+\W*){0,2}$|\b(?:no"
    r" idea|don'?t know|not sure|can'?t (?:find|see|tell)|where (?:do|can) i)\b"
)


def asked_media(clause: str) -> set[Item]:
    """The picture, video, document or log that a requesting clause (plain) asks for."""
    media = _MEDIA.search(clause)
    if not media or not _MEDIA_VERB.search(clause) or _BETTER.search(clause):
        return set()
    role = next(role for role, pattern in _MEDIA_ROLES if re.search(rf"^(?:{pattern})", media.group(1)))
    return {Item(Kind.MEDIA, role)}


def asked_error(clause: str) -> set[Item]:
    """The error that a requesting clause (plain) asks for: its "code", its "text", "any" at all, or "" either."""
    if _NOT_ERROR.search(clause) or asks_outcome(clause) or _QUOTED.search(clause) or _ERROR_CODE.search(clause):
        return set()
    exact = re.search(r"\b(?:what|which|exact|say|says|read|copy|paste|wording)\b", clause)
    if _WHAT_ERROR.search(clause) and (exact or not _ANY_ERROR.search(clause)):
        code, text = bool(_CODE_ONLY.search(clause)), bool(re.search(r"message|text|say|read|wording|see", clause))
        return {Item(Kind.ERROR, "code" if code and not text else "text" if text and not code else "")}
    if _ANY_ERROR.search(clause):
        return {Item(Kind.ERROR, "code" if _CODE_ONLY.search(clause) and "message" not in clause else "any")}
    return set()


def evades(text: str) -> bool:
    """Is a plain reply no answer at all: yes, no, not known, a wish for a human?"""
    return bool(_UNKNOWN.search(text))


def given_error(text: str, wanted: frozenset[Item]) -> list[Given]:
    """Error texts and codes in a customer's message (plain), or that there was none."""
    found = []
    if _NO_ERROR.search(text):
        return [Given(Item(Kind.ERROR, "none"), 0.9)]
    code = _ERROR_CODE.search(text)
    if code:
        found.append(Given(Item(Kind.ERROR, "code"), 1.0, re.sub(r"[^0-9a-z]", "", code.group())))
    quoted = _QUOTED.search(text)
    if not code and quoted and re.search(r"\b[a-z]{1,4}[-_]?\d{2,6}\b", quoted.group()):
        found.append(Given(Item(Kind.ERROR, "code"), 0.9))
    said = _SAYS.search(text)
    if said or (quoted and len(quoted.group().split()) >= 2):
        found.append(Given(Item(Kind.ERROR, "text"), 1.0 if said or re.search(r"error|message|says?", text) else 0.75))
    asked_roles = [item.role for item in wanted if item.kind is Kind.ERROR]
    if asked_roles and not found:
        if re.match(r"\W*(?:no|none|nothing|nope)\b\W*(?:$|errors?|messages?|codes?|just|it|there|nothing)", text):
            found.append(Given(Item(Kind.ERROR, "none"), 0.8))
        elif not evades(text) and "?" not in text and len(text.split()) >= 2:
            found.append(Given(Item(Kind.ERROR, asked_roles[0] if asked_roles[0] in ("code", "text") else "text"), 0.9))
        elif asked_roles == ["code"] and re.search(r"\d", text):
            found.append(Given(Item(Kind.ERROR, "code"), 0.95))
    return found


def given_media(text: str, attachments: tuple[str, ...], wanted: frozenset[Item]) -> list[Given]:
    """Pictures and files that came with a customer's message (plain), and the error a picture may show."""
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
