"""The problem itself and its reason: asked for, and told."""

from __future__ import annotations

import re

from service.language.information.replies import lacks
from service.language.information.values import plain

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
_REASON = re.compile(
    r"\b(?:why (?:do|did|are|would|you|exactly)|(?:the|your) reasons?|reason (?:for"
    r"|why|you))\b[^?.]*\b(?:cancel\w*|return\w*|leav\w*|clos\w*|refund|chang\w*"
    r"|exchange|send\w* back|switch\w*|delet\w*|unhappy|downgrad\w*|stop\w*)\b"
    r"|\breason for (?:the |your )?(?:return|cancel\w*|refund|exchange)\b|^(?:may"
    r"|can) i ask why\b|\bask why\b"
)
_BECAUSE = re.compile(r"\b(?:because|since|as|reason is|due to)\b \w+ \w+")


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


def asks_reason(text: str) -> bool:
    """Does a plain text ask why the customer wants what they want?"""
    return bool(_REASON.search(text))


def gives_reason(raw: str, was_asked: bool) -> float:
    """How surely a customer's message gives a reason, 0..1."""
    text = plain(raw)
    if was_asked and "?" not in raw and not lacks(text):
        return 0.95
    return 0.6 if _BECAUSE.search(text) else 0.0
