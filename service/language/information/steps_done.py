"""The steps a customer says were done."""

from __future__ import annotations

import re

from service.language.information.items import Given, Item, Kind
from service.language.information.replies import not_yet
from service.language.information.step_actions import actions
from service.language.information.step_table import mentions
from service.language.information.step_words import swaps_given, words_of
from service.language.information.steps import asked_steps
from service.language.information.values import plain

_NEGATED = re.compile(
    r"\b(?:haven'?t|have not|hasn'?t|not|never|didn'?t|did not|don'?t|do not|can'?t"
    r"|cannot|can not|couldn'?t|could not|won'?t|will not|wouldn'?t|unable|failed"
    r"|fails|without|before i|should i|shall i|do i|can i|how (?:do|can|to|would)"
    r"|how should|need to|want to|wanted to|would like to|like to|have to|help"
    r" me|please|could you|can you|going to|will|asks? me to|asked me to|told me"
    r" to|says? to|told to|about to|if i|i'?ll|might|may|could try|plan(?:ning)? (?:to|on)|refus\w*|without"
    r" being able to|keeps?"
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
    r"ed\b|unplugged|took|ran|put |got |swapped|updated|switched|reset\b|done\b|checked|tried"
    r"|uninstalled|off ?(?:and|n\b|&|/)|swapp|spoke|went|called|left|\bdid\b|up[- ]to[- ]date"
    r"|latest|fully charged|new$|\b(?:is|are|was|were) (?:all )?(?:fine|ok|okay"
    r"|off|on|disabled|enabled|connected|in)"
)
_RESULT = re.compile(
    r"\b(?:didn'?t|doesn'?t|did not|does not|hasn'?t|haven'?t|made no|makes no"
    r"|no|nothing|won'?t|same|still|wasn'?t|isn'?t|not|neither|without)\b(?: \w+){0,3}?"
    r" (?:help|work|fix|solve|change|difference|luck|effect|result|success|issue"
    r"|problem|error|same|better|joy|anything|happen|nothing|there|either|it|resolve"
    r"|thing|in)\w*|\bdid nothing\b|\bno (?:luck|change|joy|difference|use|effect"
    r"|avail)\b|\bto no avail\b|\bstill\b|\bsame\W*$|,\W*(?:nothing|nada|nope|zilch|no good|useless)\b"
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


_DID_SO = re.compile(
    r"^\W*(?:i )?\w{3,}ed\b|\b(?:i|we)(?:'ve| have)?(?: already| just| also)? \w{2,}ed (?:it|them|that|those"
    r"|this|all)\b"
)
"""The bot's step answered by its verb: "cleaned it", "there was no hair but I cleaned them"."""
_TOLD = re.compile(
    r"\b(?!need|feed|speed|bleed|indeed|red\b|bed\b|based|failed|stopped|crashed|received|charged (?:me"
    r"|twice)|blocked"
    r"|locked|supposed|declined|happened|noticed|bought|ordered|expected|wanted|used to)[a-z]{2,}ed\b"
    r"|\b(?:took|taken|ran"
    r"|put|held|let|blew|done|did|made|wore|hit|dug|slid|shook|tore|wound|bent|laid|hung|went|got|gave|set"
    r"|reset|cut|shut|tried|swapped|been through|brought|spoke|moved"
    r"|left|pulled|threw|fitted|wrote|sent|drained|new|different|another|all the way|off n on|already on)\b"
)
_THEIRS = re.compile(r" (?:his|hers|theirs)\b")
"""Done by another person to a thing of their own."""
_STATE = re.compile(
    r"\b(?:is|are|'s|was|were)(?: already| all| now)? (?:all the way|fully|off|on|up|clean|new|disabled"
    r"|enabled|at (?:max|full)\w*)\b"
)
_NOT_DONE = re.compile(
    r"\b(?:haven'?t|have not|hasn'?t|never|not yet|didn'?t|did not|don'?t|can'?t|cannot|couldn'?t|won'?t"
    r"|unable|will|i'll|i'm|i'd|let'?s|please|like|okay with|ok with|how about"
    r"|going to|might|may|want|need|would|should|if|how|when i|after i|since|asked|says|said|told|keeps?|just got|has"
    r" been|was|were|(?<!.)it(?:s|'s)?|got (?:charged|an? |the|this|stuck)|is|are)\b"
)


def tells_done(piece: str) -> bool:
    """Does a piece of a customer's sentence (plain) tell of something they did?"""
    return bool(_STATE.search(piece) or _TOLD.search(piece)) and not _NOT_DONE.search(_STATE.sub(" ", piece))


def says_done_with(reply: str) -> bool:
    """Does a reply (plain) say that what the bot had ordered was done?"""
    return bool(_DONE_REPLY.search(reply) or _DID_SO.search(reply)) and not not_yet(reply)


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
    done = _DONE_REPLY.search(reply) or (_RESULT.search(reply) and "?" not in reply) or _DID_SO.search(reply)
    if prompt and done and not not_yet(reply):
        weight = 0.95 if len(prompt) == 1 else 0.8
        found += [Given(item, weight) for item in prompt if item.role]
    return found


def _given_in(sentence: str) -> list[Given]:
    found = []
    result = bool(_RESULT.search(sentence))
    for role, start, end in [*mentions(sentence), *actions(sentence)]:
        before, own = sentence[max(0, start - 70) : start], sentence[start:end]
        negated = _NEGATED.search(before[-40:]) and not (
            role == "check_spam" and re.search(r"\b(?:not|n't|nothing) (?:in|there)\b", before)
        )
        if _THEIRS.match(sentence[end:]):
            continue
        if negated and not re.search(r"\b(?:not only|tried|it by)\b[^,]*$", before):
            continue
        past = bool(_PAST.search(own) or own.startswith("already "))
        tried = bool(
            re.search(
                r"\b(?:tried|trying|attempted|did|done|after|by|performed|ran|used|using"
                r"|tested|had a look|looked|searched|bought|fitted"
                r"|even|so far|already)\b",
                before,
            )
        )
        if (
            past
            or tried
            or result
            or (role == "check_spam" and re.search(r"\bin\b", before[-12:]))
            or (_DONE_BEFORE.search(before) and own.endswith("ing"))
        ):
            found.append(Given(Item(Kind.STEP, role), 1.0 if past or tried else 0.85))
    if not _UNDONE.search(sentence) and "?" not in sentence:
        found += [Given(item, 0.9) for item in swaps_given(sentence)]
    if _OWN_WORK.search(sentence) and not _UNDONE.search(sentence) and "?" not in sentence:
        found += [Given(item, 0.85) for item in words_of(sentence)]
    return found
