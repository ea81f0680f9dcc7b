"""Are two conversations about the same issue? The customer's own statements of the problem are compared, as vectors and
by the orders, errors and earlier contacts they name; text, never tags. English.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from service.conversation import Conversation, Message, Role
from service.language.adaptation import WEIGHTS
from service.language.embedding import Vector
from service.language.references import (
    AMOUNT,
    EARLIER_CONTACT,
    STILL,
    Reference,
    conflicting,
    references,
    shared,
    without_codes,
)

# What the text alone cannot know, in log odds, added to the text's. Set by hand: public pairs have no shared order ids.
SAME_MATTER = 2.0
SAME_ERROR = 1.5
SAME_AMOUNT = 1.5
"""A sum of money to the cent."""
SAME_CODE = 1.0
"""A code of which nobody said what it is: as like a product as an order."""
OTHER_MATTER = -2.5
OTHER_MATTER_AT_MOST = -1.0
"""Two orders are two issues however alike the words are: 0.27 as a probability, at most."""
NAMES_EARLIER_CONTACT = 1.5
STILL_NOT_RIGHT = 0.5
BARE_FOLLOW_UP = 1.4
"""Log odds of a message that only follows up ("any news?") and so has no topic to compare; 0.80 as a probability."""

STATEMENT_CHARACTERS = 1000
SHORT_STATEMENT = 4
"""An opening of fewer content words than this ("order problem") is read together with the customer's next message."""
BARE_WORDS = 5

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_COURTESY_WORDS = """
    hi hello hey hiya dear sir madam team there good morning afternoon evening day night greetings thanks thank thx ty
    cheers please ok okay k great perfect awesome cool nice lovely fine sure yes yeah yep no nope bye goodbye regards
    kind best wishes sincerely welcome much appreciated very so lot lots again all well done sorry hope weekend
    agent human person people representative rep operator advisor someone somebody anyone anybody live real speak talk
    chat connect transfer support service customer help question assistance bot start
"""
_FUNCTION_WORDS = """
    a an the i i'm i've i'd i'll me my you your you're u we us our they it it's its he she this that these those is
    are was were be been am do does did have has had can could will would shall should may might must want wanted like
    need and or but if then to of in on at for from with by as about into just now today really here up out get got
    let's what how when where who which why not
"""
_NO_TOPIC = frozenset((_COURTESY_WORDS + _FUNCTION_WORDS).split())
_THANKS_WORDS = "thanks thank thx ty cheers ok okay great perfect awesome cool nice lovely fine appreciated bye goodbye"
_SOLVED_WORDS = (
    "works worked working fixed solved sorted resolved helped did trick solution perfectly finally came arrived"
)
_SOLVED = frozenset(_SOLVED_WORDS.split())
_CONTENT = _SOLVED | frozenset(_THANKS_WORDS.split())
_NEGATIONS = frozenset({"not", "isn't", "doesn't", "didn't", "hasn't", "never", "no", "but"})
_GENERIC_SUBJECT = re.compile(
    r"conversation with\b|\(?no subject\)?$|(?:new )?(?:message|ticket|chat|request|support request)$", re.IGNORECASE
)
_REPLY_MARK = re.compile(r"^(?:(?:re|fwd?|aw|wg)\s*:\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a customer came for: the words to compare, the message to quote, and what the conversation names."""

    text: str
    message: Message
    references: frozenset[Reference]


@dataclass(frozen=True, slots=True)
class SameIssue:
    """How likely two statements are of one issue, and why. `cosine` is of the centred issue vectors."""

    probability: float
    cosine: float
    shared: frozenset[str] = frozenset()
    conflicting: frozenset[str] = frozenset()
    follow_up: bool = False


def statement(conversation: Conversation) -> Statement | None:
    """The customer's opening statement of the problem; `None` when the customer writes no text at all.

    It is the subject and what the customer writes until somebody answers, from the first message that says more than a
    greeting or a wish for a human (the first of all when none does); a very short opening takes the next such message
    in. References are read in all that the customer wrote.
    """
    written = [message for message in conversation.by(Role.CUSTOMER) if message.text.strip()]
    if not written:
        return None
    opening = _opening(conversation, [m for m in written if says_something(m.text)] or written[:1])
    subject = telling_subject(conversation)
    texts = [message.text.strip() for message in opening]
    if subject and not texts[0].lower().startswith(subject.lower().rstrip(".\u2026 ")):
        texts.insert(0, subject)
    if len(texts) > 1:
        texts = [text if text[-1] in ".!?" else f"{text}." for text in texts]
    named = references("\n".join([subject, *(message.text for message in written)]))
    text = " ".join(texts)[:STATEMENT_CHARACTERS]
    return Statement(without_codes(text) or text, opening[0], named)


def says_something(text: str) -> bool:
    """Whether a message says more than hello, thanks, yes or "agent please"."""
    return bool(_content(text))


def only_thanks(text: str) -> bool:
    """Whether a message only thanks, agrees or says that it is solved: nothing to come back for.

    >>> only_thanks("Thanks, that fixed it!"), only_thanks("thanks but it is not fixed")
    (True, False)
    """
    words = [word.lower().replace("\u2019", "'") for word in _WORD.findall(text)]
    if "?" in text or not _NEGATIONS.isdisjoint(words) or _CONTENT.isdisjoint(words):
        return False
    return all(word in _SOLVED for word in _content(text))


def compare(earlier: Statement, later: Statement, earlier_vector: Vector, later_vector: Vector) -> SameIssue:
    """The probability that `later` is about the same issue as `earlier`; the issue vectors are of their texts.

    Logistic in the cosine of the centred vectors (`Embedder.issue_vectors`), then shifted by fixed log odds: a shared
    order, booking or other matter +2.0, a shared error or sum of money to the cent +1.5, another shared code +1.0; both
    naming a matter of one kind but different ones -2.5, and -1.0 at most; the later one saying that it was raised
    before +1.5, or that it is still not right +0.5.
    """
    model = _model()
    cosine = model.cosine(earlier_vector, later_vector)
    both = shared(earlier.references, later.references)
    other = conflicting(earlier.references, later.references)
    odds = model.slope * cosine + model.intercept
    raised_before = bool(EARLIER_CONTACT.search(later.text))
    still = bool(STILL.search(later.text))
    if raised_before and len(_content(EARLIER_CONTACT.sub(" ", later.text))) < BARE_WORDS:
        odds = max(odds, BARE_FOLLOW_UP - NAMES_EARLIER_CONTACT)
    elif still and len(_content(STILL.sub(" ", later.text))) < BARE_WORDS - 2:
        odds = max(odds, BARE_FOLLOW_UP - STILL_NOT_RIGHT)
    odds += NAMES_EARLIER_CONTACT if raised_before else STILL_NOT_RIGHT if still else 0.0
    odds += _shared_odds(both, earlier.references | later.references)
    if other:
        odds = min(odds + OTHER_MATTER, OTHER_MATTER_AT_MOST)
    return SameIssue(1 / (1 + math.exp(-odds)), cosine, both, other, raised_before or still)


def _shared_odds(codes: frozenset[str], named: frozenset[Reference]) -> float:
    """The log odds that shared codes are worth: those of the one that says most."""
    kinds = {reference.kind for reference in named if reference.code in codes}
    worth = {"": SAME_CODE, "error": SAME_ERROR, AMOUNT: SAME_AMOUNT}
    return max((worth.get(kind, SAME_MATTER) for kind in kinds), default=0.0)


@dataclass(frozen=True, slots=True)
class _Model:
    mean: NDArray[np.float32]
    slope: float
    intercept: float

    def cosine(self, a: Vector, b: Vector) -> float:
        left, right = a - self.mean, b - self.mean
        return float(left @ right / max(float(np.linalg.norm(left) * np.linalg.norm(right)), 1e-9))


@lru_cache(maxsize=1)
def _model() -> _Model:
    with np.load(WEIGHTS) as file:
        return _Model(
            file["mean"],
            float(file["slope"]),
            float(file["intercept"]),
        )


def _opening(conversation: Conversation, told: list[Message]) -> list[Message]:
    """The messages from the first of `told` until somebody answers; and the next of `told` when these say little."""
    opening: list[Message] = []
    for message in conversation.public:
        if opening and message.role in (Role.BOT, Role.AGENT):
            break
        if message in told:
            opening.append(message)
    words = sum(len(_content(message.text)) for message in opening)
    if words < SHORT_STATEMENT and len(told) > len(opening):
        opening.append(told[len(opening)])
    return opening


def telling_subject(conversation: Conversation) -> str:
    """The subject without marks of a reply; empty when it says nothing, or is what a helpdesk writes by itself."""
    subject = _REPLY_MARK.sub("", (conversation.subject or "").strip())
    return subject if says_something(subject) and not _GENERIC_SUBJECT.match(subject) else ""


def _content(text: str) -> list[str]:
    """The words that carry a topic: no greetings, function words, numbers or single letters."""
    words = (word.lower().replace("\u2019", "'") for word in _WORD.findall(text))
    return [w for w in words if len(w) > 1 and w not in _NO_TOPIC and not w.isdigit()]
