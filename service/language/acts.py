"""What each bot message does: answers, says it is done or failed, has no answer, or asks for something.

Five logistic regressions over hashed word 1-2-grams of the message and shape features of it, of the bot's previous
message and of the customer's previous one: a "yes" after "shall I book it?" makes the next message an outcome.
The weights are made by `training/acts.py`; this module only reads text and knows no metric.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.conversation import Message, Role

WEIGHTS = Path(__file__).parent / "weights" / "acts_bot_turns.npz"

LABELS = ("useful", "success", "failure", "no_answer", "asks")
"""The order of the regressions in the weights file."""

WORD_SCALE = 3.0
LONGEST = 4000
"""Characters of a message that are read; what follows cannot change what the message does."""

NOTHING = "."
"""Stands for a previous message that does not exist."""

_LINK = re.compile(r"(?:https?://|www\.)\S+")
_DIGIT = re.compile(r"[0-9]")
_TOKEN = re.compile(r"[a-z']+|#+|[?!$]")
_SENTENCE = re.compile(r"[.!?]+(?=\s|$)|\n+")

_NOT = r"(?:n't|nt| not)"
_CAN_NOT = rf"\b(?:(?:ca|could|wo){_NOT}|cannot|can not|(?:'m|am|is|are|was|were|be|been)(?:n't| not)? (?:un)?able to)"
_NOW = r"(?: (?:now|just|also|already|successfully))*"
_DONE = r"(?:[a-z]{2,}ed|sent|set|made|put|done|paid|gone|reset|given|taken|found|complete)"
_SHAPES: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        r"\?",
        r"\?\W*$",
        r"^\W*(?:what|which|where|when|who|how|why)\b",
        r"\b(?:what|which|where|when|who|how)(?:'s| (?:is|are|do|does|would|will|should|can|did))\b",
        r"\b(?:confirm|verify|double.check|correct|is that right|"
        r"sound (?:good|right|ok)|(?:shall|should) i|go ahead)\b",
        r"\b(?:success\w*|all set|done|good news|(?:it|that) worked|congrat\w*|complete[d]?)\b",
        r"\b(?:unable|fail\w*|unfortunately|went wrong|error|declined|"
        r"rejected|technical (?:problem|issue)|problem with)\b",
        r"\b(?:anything|something|what) (?:else|more|further)\b|\b(?:further|additional|other) (?:help|assistance)\b",
        r"\b(?:bye|enjoy|(?:great|good|nice|wonderful|lovely) (?:day|one|time|evening|trip|rest|weekend)|take care)\b",
        r"\b(?:there (?:is|are|'s)|i(?:'ve| have)? found|i see|how about|what about|i have)\b",
        r"\b(?:would you like|do you (?:want|wish)|are you (?:looking|interested)|would you (?:want|prefer))\b",
        r"#",
        r"#:##|\b# ?[ap]\.?m\b",
        r"[$£€]|\b(?:dollars?|euros?|pounds?|bucks|cents?)\b",
        r"^\W*(?:yes|yeah|yep|no|nope|sure)\b",
        r"\b(?:address|located|phone number|it is|it's|they are|its)\b",
        r"\b(?:can|could|may) (?:you|i)\b",
        r"\bplease\b",
        r"\byour\b",
        r"\b(?:thanks?|thank you|welcome|pleasure|glad)\b",
        r"\b(?:i'll|i will|let me|one moment|hold on|just a (?:moment|second)|bear with)\b",
        # Support bots beyond booking: steps, articles, outcomes of actions, no answer, refusals, people.
        r"\blink\b|\b(?:article|guide|help cent(?:re|er)|faq|documentation|docs)\b",
        r"\b(?:go to|click|tap|select|open|navigate|choose|head to|sign in|log in|settings|menu|press)\b|\s>\s",
        r"\b(?:because|since|usually|typically|within|up to|takes?|business days?|policy|as long as|must)\b",
        r"\byou(?:'ll)? (?:can|need|should|may|have to|find|get)\b",
        rf"\b(?:i|we)(?:'ve| have)?{_NOW} (?:{_DONE}|unlocked|cancell?ed|refunded|updated|booked)\b",
        rf"\b(?:has|have|is|are|was|were)(?:{_NOW} been)?{_NOW} {_DONE}\b",
        rf"^(?:\w+[,!.] )?(?:(?!not|n't|\?).)*\b(?:has|have|is|are|'s|'ve)(?: been)?{_NOW} {_DONE}\b(?!.*\?)",
        rf"\b(?:was|were|has|have|is|are|did|does|could|can){_NOT} (?:been |"
        rf"be |go |yet )*{_DONE}\b|\bnot (?:go|gone) through\b",
        rf"{_CAN_NOT} be\b|(?:\bno longer|\bnot|n't) (?:\w+ )?(?:possible|"
        rf"refundable|allowed|covered|available|eligible)\b",
        rf"\b(?:i|we)\b[^.!?]{{0,20}}(?:{_CAN_NOT}|\b(?:unable|not able|not allowed|not in a position))",
        rf"{_CAN_NOT}(?: \w+)? (?:help|assist|answer|do (?:that|this|it|anything)|tell|say|solve|decide|handle)\b",
        rf"\b(?:do|did|does|could|can|am|'m|have){_NOT}(?: \w+)? (?:understand|"
        rf"get|catch|follow|know|sure|recogni[sz]e|certain|clear)\b",
        rf"\b(?:(?:do|have|has)(?:n't| not)(?: got| have)?|have no|no|"
        rf"without)(?: \w+)? (?:info\w*|details?|answers?|access|idea|clue)\b",
        rf"\b(?:could|can|did|do|was|were){_NOT}(?: \w+)? (?:find|locate|"
        rf"see)\b|\bno (?:results?|matches|articles?)\b|\bnothing\b",
        r"\b(?:rephrase|reword|(?:other|different) words|another way|differently|more details?|(?:try|ask)\w* again)\b",
        r"\b(?:only (?:able|help|answer|trained)|not trained|beyond|"
        r"outside|still learning|out of ideas|just a (?:bot|virtual))\b",
        r"\b(?:sorry|apologi[sz]e|apologies|afraid|regret)\b",
        r"\b(?:agent|human|representative|specialist|advisor|colleague|team(?: member)?|someone|live chat|person)\b",
        r"\b(?:connect|transfer|forward|hand|pass|put)\w* (?:you|this|it|over|on|me)\b|\bin touch\b|\bticket\b",
    )
)
SHAPES = len(_SHAPES) + 5
"""Number of shape features of one message."""

Row = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BotAct:
    """What one bot message does, each as a probability 0..1; they are independent and need not add up to 1.

    useful: offers or informs (facts, steps, a link, a policy, a completed action); a question, a greeting, a promise to
    look and a non-answer are not. success, failure: says that the wanted action was done, or that it could not be.
    no_answer: does not understand, does not know or cannot help. asks: needs something of the customer to go on
    ("anything else?" does not).
    """

    message_id: str
    useful: float
    success: float
    failure: float
    no_answer: float
    asks: float


@dataclass(frozen=True, slots=True)
class Claim:
    """What the bot's words claim in the end: `verdict` is success, failure or none, each with its probability."""

    verdict: str
    success: float
    failure: float
    none: float

    @property
    def probability(self) -> float:
        """Of the verdict."""
        return max(self.success, self.failure, self.none)


@dataclass(frozen=True, slots=True)
class _Model:
    """Weights: sorted n-gram hashes, their idf, coefficients (n-grams x labels, 3 * SHAPES x labels), intercepts."""

    grams: NDArray[np.uint32]
    idf: Row
    words: NDArray[np.float32]
    shapes: NDArray[np.float32]
    intercepts: Row


def read_bot_turns(messages: Sequence[Message]) -> tuple[BotAct, ...]:
    """One `BotAct` for each public bot message of `messages`, in order.

    `messages` is a conversation or a part of it from its start; what is internal or from an agent is skipped. A
    customer's message reaches the reading of later bot messages only.
    """
    acts: list[BotAct] = []
    previous_bot = previous_customer = NOTHING
    for message in messages:
        if message.internal:
            continue
        if message.role is Role.BOT:
            acts.append(BotAct(message.id, *_probabilities(message.text, previous_bot, previous_customer)))
            previous_bot = message.text
        elif message.role is Role.CUSTOMER:
            previous_customer = message.text
    return tuple(acts)


def normal(text: str) -> str:
    """Lower case, straight apostrophes, links as the word `link`, every digit as `#`."""
    return _DIGIT.sub("#", _LINK.sub(" link ", text[:LONGEST].lower().replace("\u2019", "'")))


def gram_counts(text: str) -> Counter[int]:
    """How often each hashed word 1-gram and 2-gram occurs in `text`."""
    words = _TOKEN.findall(normal(text))
    pairs = (f"{a} {b}" for a, b in pairwise(words))
    return Counter(zlib.crc32(gram.encode()) for gram in (*words, *pairs))


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
        float(bool(re.search(r"[a-z,] [A-Z][a-z]", text[:LONGEST]))),
    )


@lru_cache(maxsize=1)
def _model() -> _Model:
    """The weights, read once."""
    with np.load(WEIGHTS) as file:
        return _Model(
            grams=file["grams"],
            idf=file["idf"].astype(np.float32),
            words=file["words"].astype(np.float32),
            shapes=file["shapes"].astype(np.float32),
            intercepts=file["intercepts"].astype(np.float32),
        )


@lru_cache(maxsize=8192)
def _probabilities(text: str, previous_bot: str, previous_customer: str) -> tuple[float, ...]:
    """One probability for each of `LABELS`."""
    model = _model()
    positions, weights = word_weights(text, model.grams, model.idf)
    around = np.array([*shape(text), *shape(previous_bot), *shape(previous_customer)], dtype=np.float32)
    logits = model.intercepts + weights @ model.words[positions] + around @ model.shapes
    return tuple(float(1 / (1 + math.exp(-z))) for z in np.clip(logits, -30, 30))


def word_weights(text: str, grams: NDArray[np.uint32], idf: Row) -> tuple[NDArray[np.intp], Row]:
    """Columns of the known n-grams of `text` and their TF-IDF weights (sublinear, length `WORD_SCALE`)."""
    counts = gram_counts(text)
    hashes = np.fromiter(counts.keys(), dtype=np.uint32, count=len(counts))
    times = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
    columns = np.minimum(np.searchsorted(grams, hashes), len(grams) - 1)
    known = grams[columns] == hashes
    columns = columns[known]
    weights = (1 + np.log(times[known])) * idf[columns]
    length = float(np.linalg.norm(weights))
    return columns, (weights * (WORD_SCALE / length) if length else weights).astype(np.float32)


def first_of(useful: Sequence[float], counts: Sequence[int]) -> int | None:
    """The most probable count at the first useful turn; `None` when "no turn is useful" is the most probable.

    `useful` holds each turn's probability, `counts` what is counted at it (such as customer messages so far, never
    falling). Turn k is the first one with probability p_k * prod(1 - p_j, j < k); turns of equal count add up.
    """
    chances: dict[int | None, float] = {}
    none_yet = 1.0
    for probability, count in zip(useful, counts, strict=True):
        chances[count] = chances.get(count, 0.0) + none_yet * probability
        none_yet *= 1 - probability
    chances[None] = none_yet
    return max(chances, key=lambda count: chances[count])


def last_claim(turns: Sequence[tuple[float, float]]) -> Claim:
    """The last outcome claimed, from each turn's probabilities (success, failure) in order.

    Walks back from the end: the turn reached decides with its own probabilities, what is left falls to the turn before.
    """
    success = failure = 0.0
    alive = 1.0
    for done, failed in reversed(turns):
        both = max(done + failed, 1.0)
        success += alive * done / both
        failure += alive * failed / both
        alive *= max(0.0, 1 - (done + failed) / both)
    verdict = max((success, "success"), (failure, "failure"), (alive, "none"))[1]
    return Claim(verdict, success, failure, alive)
