"""The form of a bot's message: what kinds of phrases it holds, how long it is, how much of it asks.

Form tells what a message does better than its topic; the features are the same for every trade.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

from service.language.patterns import any_of

LONGEST = 4000
"""Characters of a message that are read; what follows cannot change what the message does."""

_LINK = re.compile(r"(?:https?://|www\.)\S+")
_DIGIT = re.compile(r"[0-9]")
_SENTENCE = re.compile(r"[.!?]+(?=\s|$)|\n+")
_NAME = re.compile(r"[a-z,] [A-Z][a-z]")

_NOT = r"(?:n't|nt| not)"
_CAN_NOT = rf"\b(?:(?:ca|could|wo){_NOT}|cannot|can not|(?:'m|am|is|are|was|were|be|been)(?:n't| not)? (?:un)?able to)"
_NOW = r"(?: (?:now|just|also|already|successfully))*"
_DONE = r"(?:[a-z]{2,}ed|sent|set|made|put|done|paid|gone|reset|given|taken|found|complete)"
_SHAPES: tuple[re.Pattern[str], ...] = (
    any_of(r"\?"),
    any_of(r"\?\W*$"),
    any_of(r"^\W*(?:what|which|where|when|who|how|why)\b"),
    any_of(r"\b(?:what|which|where|when|who|how)(?:'s| (?:is|are|do|does|would|will|should|can|did))\b"),
    any_of(
        r"\b(?:confirm|verify|double.check|correct|is that right|sound (?:good|right|ok)|(?:shall|should) i|"
        r"go ahead)\b",
    ),
    any_of(r"\b(?:success\w*|all set|done|good news|(?:it|that) worked|congrat\w*|complete[d]?)\b"),
    any_of(
        r"\b(?:unable|fail\w*|unfortunately|went wrong|error|declined|rejected|technical (?:problem|issue)|"
        r"problem with)\b",
    ),
    any_of(
        r"\b(?:anything|something|what) (?:else|more|further)\b",
        r"\b(?:further|additional|other) (?:help|assistance)\b",
    ),
    any_of(
        r"\b(?:bye|enjoy|(?:great|good|nice|wonderful|lovely) (?:day|one|time|evening|trip|rest|weekend)|"
        r"take care)\b",
    ),
    any_of(r"\b(?:there (?:is|are|'s)|i(?:'ve| have)? found|i see|how about|what about|i have)\b"),
    any_of(
        r"\b(?:would you like|do you (?:want|wish)|are you (?:looking|interested)|would you (?:want|prefer))\b",
    ),
    any_of(r"#"),
    any_of(r"#:##", r"\b# ?[ap]\.?m\b"),
    any_of(r"[$£€]", r"\b(?:dollars?|euros?|pounds?|bucks|cents?)\b"),
    any_of(r"^\W*(?:yes|yeah|yep|no|nope|sure)\b"),
    any_of(r"\b(?:address|located|phone number|it is|it's|they are|its)\b"),
    any_of(r"\b(?:can|could|may) (?:you|i)\b"),
    any_of(r"\bplease\b"),
    any_of(r"\byour\b"),
    any_of(r"\b(?:thanks?|thank you|welcome|pleasure|glad)\b"),
    any_of(r"\b(?:i'll|i will|let me|one moment|hold on|just a (?:moment|second)|bear with)\b"),
    # Support bots beyond booking: steps, articles, outcomes of actions, no answer, refusals, people.
    any_of(r"\blink\b", r"\b(?:article|guide|help cent(?:re|er)|faq|documentation|docs)\b"),
    any_of(
        r"\b(?:go to|click|tap|select|open|navigate|choose|head to|sign in|log in|settings|menu|press)\b",
        r"\s>\s",
    ),
    any_of(
        r"\b(?:because|since|usually|typically|within|up to|takes?|business days?|policy|as long as|must)\b",
    ),
    any_of(r"\byou(?:'ll)? (?:can|need|should|may|have to|find|get)\b"),
    any_of(rf"\b(?:i|we)(?:'ve| have)?{_NOW} (?:{_DONE}|unlocked|cancell?ed|refunded|updated|booked)\b"),
    any_of(rf"\b(?:has|have|is|are|was|were)(?:{_NOW} been)?{_NOW} {_DONE}\b"),
    any_of(
        rf"^(?:\w+[,!.] )?(?:(?!not|n't|\?).)*\b(?:has|have|is|are|'s|'ve)(?: been)?{_NOW} {_DONE}\b(?!.*\?)",
    ),
    any_of(
        rf"\b(?:was|were|has|have|is|are|did|does|could|can){_NOT} (?:been |be |go |yet )*{_DONE}\b",
        r"\bnot (?:go|gone) through\b",
    ),
    any_of(
        rf"{_CAN_NOT} be\b",
        r"(?:\bno longer|\bnot|n't) (?:\w+ )?(?:possible|refundable|allowed|covered|available|eligible)\b",
    ),
    any_of(rf"\b(?:i|we)\b[^.!?]{{0,20}}(?:{_CAN_NOT}|\b(?:unable|not able|not allowed|not in a position))"),
    any_of(
        rf"{_CAN_NOT}(?: \w+)? (?:help|assist|answer|do (?:that|this|it|anything)|tell|say|solve|decide|"
        r"handle)\b",
    ),
    any_of(
        rf"\b(?:do|did|does|could|can|am|'m|have){_NOT}(?: \w+)? (?:understand|get|catch|follow|know|sure|"
        r"recogni[sz]e|certain|clear)\b",
    ),
    any_of(
        r"\b(?:(?:do|have|has)(?:n't| not)(?: got| have)?|have no|no|without)(?: \w+)? (?:info\w*|details?|"
        r"answers?|access|idea|clue)\b",
    ),
    any_of(
        rf"\b(?:could|can|did|do|was|were){_NOT}(?: \w+)? (?:find|locate|see)\b",
        r"\bno (?:results?|matches|articles?)\b",
        r"\bnothing\b",
    ),
    any_of(
        r"\b(?:rephrase|reword|(?:other|different) words|another way|differently|more details?|(?:try|ask)"
        r"\w* again)\b",
    ),
    any_of(
        r"\b(?:only (?:able|help|answer|trained)|not trained|beyond|outside|still learning|out of ideas|"
        r"just a (?:bot|virtual))\b",
    ),
    any_of(r"\b(?:sorry|apologi[sz]e|apologies|afraid|regret)\b"),
    any_of(
        r"\b(?:agent|human|representative|specialist|advisor|colleague|team(?: member)?|someone|live chat|"
        r"person)\b",
    ),
    any_of(
        r"\b(?:connect|transfer|forward|hand|pass|put)\w* (?:you|this|it|over|on|me)\b",
        r"\bin touch\b",
        r"\bticket\b",
    ),
)

SHAPES = len(_SHAPES) + 5
"""Number of shape features of one message."""


def normal(text: str) -> str:
    """Lower case, straight apostrophes, links as the word `link`, every digit as `#`."""
    return _DIGIT.sub("#", _LINK.sub(" link ", text[:LONGEST].lower().replace("\u2019", "'")))


@lru_cache(maxsize=4096)
def shape(text: str) -> tuple[float, ...]:
    """The `SHAPES` shape features of one message: patterns present (0/1), length, sentences, questions, capitals."""
    plain = normal(text)
    sentences = [s for s in _SENTENCE.split(plain) if s.strip()]
    endings = _SENTENCE.findall(plain)
    asked = sum("?" in ending for ending in endings)
    return (
        *(float(bool(pattern.search(plain))) for pattern in _SHAPES),
        math.log1p(len(plain.split())),
        float(min(len(sentences), 10)),
        asked / max(len(sentences), 1),
        float(bool(endings) and "?" in endings[0]),
        float(bool(_NAME.search(text[:LONGEST]))),
    )
