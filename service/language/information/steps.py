"""The steps an agent asks for.

A step is `Item(STEP, "restart:network")`: an action and, where it matters, what it is done to. `Item(STEP)` asks what
was tried at all; `Item(STEP, "~descal machin")` is a step outside the table.
"""

from __future__ import annotations

import re

from service.language.information.items import Item, Kind
from service.language.information.questions import asks_outcome, clauses, confirms
from service.language.information.step_actions import actions
from service.language.information.step_table import mentions
from service.language.information.step_words import asked_words, is_own_work, swaps_asked

_GENERIC = re.compile(
    r"\b(?:what|which|anything|any(?:thing)?|all|everything)\b(?: (?!and\b|or\b)\w+'?\w*){0,5}?"
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
    r"\b(?:have|has|had|did|could|can|would|will) (?:you|anyone|it|your \w+)\b|\b(?:can|could|shall|may) we\b"
    r"|\b(?:please|pls|kindly|let's|lets|let us|try|go ahead|make sure|you(?:'ll"
    r"| will|'d| would)? (?:need|have|want|should|can|could|might|may)(?: \w+)?"
    r" (?:to )?|recommend|suggest|advise|i'd (?:like|want|ask) you|we (?:need|ask)"
    r" you|start (?:by|with|off)|first|begin (?:by|with)|worth|how about|what about"
    r"|the (?:first|next) (?:step|thing)|should (?:fix|help|resolve|sort|do)|best"
    r" (?:thing|way)|usually|would you mind|do you mind|mind \w+ing|is (?:it|the|your)|are"
    r" (?:the|your|all)|does (?:it|this|that|the \w+))\b|^(?:and |so |but )?(?:none|nobody|no one|is|are|was"
    r"|were|has|any)\b.*\?"
)
_KNOWN = re.compile(
    r"\b(?:since|as|because|given that|i (?:can )?see(?: that)?|i know|i understand(?:"
    r" that)?|thanks for|thank you for|great that|good that|glad|appreciate|noted"
    r"|although|even though|now that|besides|other than|apart from|aside from|beyond"
    r"|instead of|rather than|no need to|don't need to|you don't have to|not necessary"
    r" to|needn't|without|before you|after you|once you|when you|if you(?:'ve|"
    r" have)? (?:already )?|after|before|while|during|when)\b[^?.!;,]*$"
)
_LEADING = re.compile(
    r"(?:(?:\d[.)]|-|\*|step \d|then|next|now|also|and|so|first|second|third|finally"
    r"|ok(?:ay)?|alright|sure|please|simply|just)\W*)*.{0,3}"
)
"""What may stand before a step that a sentence orders ("then restart it")."""
_DETAIL = re.compile(
    r"^(?:\W*(?:and|so|ok(?:ay)?|thanks|hi|hello|sorry|great|got it|i see|alright|but)\b)*\W*"
    r"(?:which|how(?! about)|when|where|why|who|what(?! (?:about|if)))\b.*\b(?:did|do|does|have|has|was|were"
    r"|is|are)\b"
    r"(?!.*\b(?:tried|so far|done)\b)"
)
"""A question about a step that is taken for granted: "which tablets did you descale it with?"."""
_ELSEWHERE = re.compile(
    r"\b(?:on|in|with|from|using|over|via|by) (?:an?other|a different|any other|a new|your other|a second|someone"
    r"|incognito|(?:a )?private|chrome|firefox|safari|edge|mobile data|(?:a )?(?:cable|hotspot))\b"
)
"""Whether it works elsewhere asks to try it there, not how it went."""
_BARE = re.compile(
    r"(?:\W*(?:hi|hello|hey|ok(?:ay)?|thanks|thank you|sorry|then|next|now|also|and|so|first|great"
    r"|right)\b(?: there)?)*\W*"
    r"(?:tap|click|press|hold|go|open|close|turn|switch|unplug|plug|shut|replace|swap|restart|reset|check|remove|take|put|pull|push|set|select"
    r"|choose|run|use"
    r"|disconnect|connect|enter|scroll|wear|move|clean|wipe|flip|shake|rotate|lift|insert|install|delete|restore) "
)
"""A bare order at the beginning of a clause."""
_INFORMS = re.compile(
    r"(?:tell|send|share|give|provide|let) (?:me|us)\b|(?:what|which|who|how (?:many|much|old|far|long))\b"
    r"|(?:\W*(?:(?:and|so|but|ok(?:ay)?)\b\W*+)+)?(?:is|are|was|were|does|do) (?!(?:the|your|all|both) (?:\w+ ){1,5}?"
    r"(?:clean\w*|empty|full|charged|closed|shut|tight|plugged|connected|seated|inserted|switched|turned)\b)"
)
"""The beginning of what asks for information rather than for a step."""
_DO_IT = re.compile(
    r"\b(?:could|can|would|please|have|did|try)\b.*\b(?:do|done|try|tried|swap(?:ped)?"
    r"|replaced?|changed?|check(?:ed)?|perform(?:ed)?)"
    r" (?:it|that|this|them|so|these|those)\b"
)


def informs(piece: str) -> bool:
    """Does a piece of an agent's message (plain) begin like one that asks for information, not for a step?"""
    return bool(_INFORMS.match(piece))


def orders(clause: str) -> bool:
    """Does an agent's clause (plain) tell the customer to do something, or ask whether they did?"""
    if _DETAIL.match(clause) or (_INFORMS.match(clause) and not mentions(clause)):
        return False
    match = _ASKING.search(clause) or _BARE.match(clause)
    return (
        match is not None
        and not is_own_work(clause.replace("let me know", ""))
        and not _KNOWN.search(clause[: match.start() + 1] + " ")
    )


def asked_steps(text: str) -> tuple[Item, ...]:
    """The steps that an agent's message (plain) tells the customer to take or asks about, in their order.

    `Item(STEP)` asks what was tried at all.
    """
    items: dict[Item, None] = {}
    carried = False
    before_it: list[tuple[str, int, int]] = []
    for clause in clauses(text):
        if (asks_outcome(clause) and not _ELSEWHERE.search(clause)) or _DETAIL.match(clause):
            continue
        if re.match(r"(?:and |so |ok |i see |hi )?are you on\b", clause):
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
            items |= dict.fromkeys(asked_words(clause))
            items |= dict.fromkeys(swaps_asked(clause))
        asking = carried or bool(_ASKING.search(clause) or (said and _LEADING.fullmatch(clause[: said[0][1]])))
        for role, start, _ in said if confirms(clause) and not _ELSEWHERE.search(clause) else [*said, *actions(clause)]:
            before = clause[:start]
            if asking and not is_own_work(before[-45:] + clause[start : start + 12]) and not _KNOWN.search(before):
                items[Item(Kind.STEP, role)] = None
                carried = carried or role[0] != "="
    strong = tuple(item for item in items if item.role not in ("retry", "wait"))
    return strong or tuple(items)
