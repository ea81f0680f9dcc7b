"""What one message signals: a customer who asks for a person or is angry, a bot that cannot go on, an agent who acted.

Logistic regressions over hashed n-grams and a few patterns, for customers also over the sentence vector. The author is
given by the caller and never read from the wording. Weights are made by `training/signals.py`; no metric is known here.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.conversation import Role
from service.language.embedding import Embedder, Vector, Vectors

WEIGHTS = Path(__file__).parent / "weights" / "signals.npz"
BUCKETS = 2**13
"""n-grams are kept as crc32 modulo this, so that no text of the training data is shipped."""

LONGEST = 2000
"""Characters of a message that are read."""

SENTENCES = 8
"""Sentences of a message that are read."""

SHORTEST = 3
"""Words below which a sentence is read together with the next one."""


class Signal(StrEnum):
    """Closed list of what a message may signal. The comment says who can signal it."""

    ASKS_FOR_HUMAN = "asks_for_human"  # customer
    DECLINES_HUMAN = "declines_human"
    FRUSTRATED = "frustrated"
    ALREADY_TOLD = "already_told"
    NOT_WHAT_I_ASKED = "not_what_i_asked"
    UNSOLVED = "unsolved"
    GIVES_UP = "gives_up"
    SOLVED = "solved"
    THANKS = "thanks"
    SENSITIVE = "sensitive"
    NO_ANSWER = "no_answer"  # bot
    CANNOT_DO = "cannot_do"
    UNSURE = "unsure"
    MISUNDERSTOOD = "misunderstood"
    TOOL_FAILURE = "tool_failure"
    RESTRICTED = "restricted"
    ANNOUNCES_HANDOFF = "announces_handoff"
    OFFERS_HANDOFF = "offers_handoff"
    ACTED = "acted"  # agent


CUSTOMER_SIGNALS = tuple(Signal)[:10]
BOT_SIGNALS = tuple(Signal)[10:18]
AGENT_SIGNALS = (Signal.ACTED,)

Reading = Mapping[Signal, float]
"""Strength of each signal of that author, 0..1. From .5 it counts as present: the level that at most a few in a
thousand public turns without the signal reach (`training/signals.py` prints the rates)."""

PRESENT = 0.5

_PERSON = (
    r"(?:humans?(?: being)?|(?:real|actual|live|proper) (?:person|people|one|agent|human|someone|staff)|agents?|representatives?|reps?"
    r"|advis[eo]rs?|operators?|supervisor|manager|colleagues?|employees?|staff|someone|somebody|anyone|anybody|person|people"
    r"|specialists?|technicians?|customer (?:service|care|support)|support(?: team| staff| person| engineer)?"
    r"|(?:member|one) of (?:the|your) (?:staff|team|people|colleagues)|(?:your|the) team)"
)
_REACH = (
    r"(?:speak|talk|chat|connect|transfer|put me through|put me on|hand me|pass me|escalate|forward|get me|give me"
    r"|get hold of|in touch|reach|(?:want|need) (?:an?|some|your|the)?)"
)
_NOT = r"(?:not|never|cannot|unable|[a-z]+nt)"

_PATTERNS: Mapping[Signal, str] = {
    Signal.ASKS_FOR_HUMAN: rf"\b{_REACH}\b.{{0,20}}\b{_PERSON}\b"
    rf"|^\W*(?:(?:an?|live|real|actual|human) )*{_PERSON}(?: (?:please|pls|plz|now|thanks))*\W*$"
    rf"|\b{_PERSON} (?:to |can |could |should )?(?:please )?(?:call|ring|phone|email|write|contact|review|look at|handle) (?:me|this|my|us)\b"
    r"|\b(?:not|no|skip|past|bypass) (?:to |with )?(?:a |the |this |more )?(?:chat ?)?(?:bots?|robot|machine|automated)\b",
    Signal.DECLINES_HUMAN: rf"\b(?:no need|dont (?:need|want|have to|connect|transfer|call)|do not (?:need|want|connect|transfer)|not necessary|rather not"
    rf"|without|no)\b.{{0,25}}\b(?:{_PERSON}|transfer(?:red)?|call(?:ing)?|connect)\b",
    Signal.FRUSTRATED: r"\b(?:ridiculous|useless|unacceptable|pathetic|terrible|horrible|awful|worst|disgrace\w*|appall\w+|outrageous|furious|livid"
    r"|fed up|sick of|frustrat\w+|angry|annoy(?:ed|ing)|nightmare|joke|wtf|ffs|bullshit|crap|hell|incompetent|scam|garbage|rubbish|sucks"
    r"|stupid|dumb|idiots?|clowns?|theft|thieves|waste of time|wasting my time|losing (?:my )?patience|never (?:again|buying|using|ordering))\b"
    r"|\?\?|!!",
    Signal.ALREADY_TOLD: r"\b(?:already|just) (?:told|said|gave|given|sent|answered|explained|tried|did|provided|asked|mentioned)\b"
    r"|\b(?:as|like) i (?:said|mentioned|wrote|told)\b|\b(?:same|exact) (?:answer|reply|link|thing|question|article)\b"
    r"|\b(?:for the (?:second|third|fourth|last|#\w*) time|how many times|repeat(?:ing)? (?:myself|yourself)|once more|i (?:said|told you))\b|^again\b",
    Signal.NOT_WHAT_I_ASKED: rf"\b{_NOT} (?:really |quite |exactly )?(?:what|the thing) i\b|\b(?:not|isnt|wasnt) (?:my|the) (?:question|issue|problem|point)\b"
    r"|\bmisunderst\w+|\bi (?:asked|meant|was asking)\b|\b(?:didnt|did not|doesnt|havent) answer\w*\b|\bwrong answer\b|\bi (?:didnt|did not) ask\b",
    Signal.UNSOLVED: r"\bstill (?:not|no|nothing|doesnt|dont|cant|wont|isnt|hasnt|havent|the same|same|broken|offline|getting|locked|shows?|says?)\b"
    r"|\b(?:didnt|did not|doesnt|does not|not) (?:work|help|fix|solve|change)\w*\b|\b(?:same|exact same) (?:error|problem|issue|message|thing)\b"
    r"|\b(?:no luck|no change|no difference|nothing (?:happens|happened|changed|changes)|persists?|remains)\b|\b(?:tried|did|done) (?:that|it|all)\b",
    Signal.GIVES_UP: r"\b(?:forget (?:it|about it|this|i asked)|never ?mind|nvm|give up|giving up|whatever|leave it|dont bother|thanks anyway|thank you anyway"
    r"|thanks for nothing|im (?:done|out|off)|elsewhere|somewhere else|no point|pointless|no use|figure it out myself|sort it (?:out )?myself)\b",
    Signal.SOLVED: r"\b(?:that|it|this|all|now|everything) ?(?:s|is|has)? ?(?:now )?(?:work(?:s|ed|ing)|fixed|solved|sorted|resolved|helps|helped|did it|did the trick)\b"
    r"|\b(?:perfect|awesome|brilliant|excellent|lovely|super|all set|all good|got it|found it|figured it out|makes sense|exactly what)\b|^\W*(?:works|fixed|solved|sorted)\b",
    Signal.THANKS: r"\b(?:thanks?|thank (?:you|u)|thx|tnx|ty|cheers|ta|appreciated?)\b",
    Signal.SENSITIVE: r"\b(?:hack(?:ed|er)|fraud\w*|scammed|phishing|unauthori[sz]ed|stolen|identity theft|lawyer|solicitor|attorney|legal action|court|sue|ombudsman"
    r"|gdpr|subpoena|passed away|deceased|bereave\w+|death certificate|died|caught fire|explod\w+|smok(?:e|ing)|burn(?:ed|t)|injur\w+|electric shock|allergic"
    r"|hospital|suicid\w+|kill myself|harass\w+|assault\w*|threaten\w*|unsafe)\b"
    r"|\b(?:i|we) (?:did not|didnt|never) (?:make|made|authori[sz]e|order|do)\b|\b(?:wasnt|was not|not) me\b",
    Signal.NO_ANSWER: rf"\b{_NOT} (?:\w+ ){{0,3}}(?:find|found|know|have|locate|answer)\b.{{0,40}}\b(?:answer|information|info|details?|anything|article|results?|match\w*|that|it|data)\b"
    r"|\b(?:no|nothing) (?:\w+ )?(?:information|results?|details|answer|matching|matched|about|regarding)\b|\bdont know\b",
    Signal.CANNOT_DO: r"\bi(?:m| am)? (?:just a bot|cannot|cant|(?:am )?(?:not able|unable|not equipped|not authori[sz]ed|not set up)|dont have (?:the )?(?:ability|access|permission))\b"
    r"|\b(?:beyond|outside|not within) (?:of )?(?:what i|my)\b|\b(?:isnt|is not|not) (?:something i|supported|available through me|possible for me)\b",
    Signal.UNSURE: r"\b(?:not (?:entirely |completely |###?% )?(?:sure|certain|confident)|best guess|might be wrong|may be related|might or might not|cant (?:be sure|say for))\b",
    Signal.MISUNDERSTOOD: rf"\b(?:rephrase|reword|other words|different words|differently|another way|different way)\b"
    rf"|\b{_NOT} (?:\w+ ){{0,2}}(?:understand|get that|catch|follow(?:ing)?|sure what you mean|make sense)\b|\btrouble understanding\b",
    Signal.TOOL_FAILURE: r"\b(?:went wrong|technical (?:problem|difficult\w+|glitch|issue|error)|error (?:occurred|while)|system error|timed out|failed|keeps failing"
    r"|not responding|unavailable|offline|(?:didnt|did not|couldnt|could not) (?:go through|be (?:completed|submitted|generated|processed|saved))|returned an error|an error)\b"
    rf"|\b{_NOT} (?:able to )?(?:access|reach|load|retrieve|connect to|pull up|open|complete|save)\b",
    Signal.RESTRICTED: r"\b(?:only|must|has to|have to|needs? to|need|requires?|by) .{0,40}\b(?:team|agent|human|person|advis[eo]rs?|specialist|department|supervisor|manager|staff|colleague|manual(?:ly)?)\b"
    r"|\b(?:for (?:your )?(?:security|safety|protection)|privacy|data protection|not (?:permitted|allowed))\b",
    Signal.ANNOUNCES_HANDOFF: r"\b(?:connect(?:ing)?|transfer(?:ring)?|hand(?:ing)?|pass(?:ing|ed)?|rout(?:e|ing)|put|bring(?:ing)?|loop(?:ing)?|forward(?:ed|ing)?|escalat\w+|switching|get|assigned|asked?)\b"
    r".{0,40}\b(?:agent|human|person|people|someone|somebody|team|colleague|teammate|specialist|advis[eo]r|representative|support|department|technicians?|over|through)\b"
    r"|\b(?:agent|human|person|someone|team|colleague|advis[eo]r|specialist|representative)\b.{0,30}\b(?:shortly|soon|with you|in touch|get back|take (?:it|over)|join|contact you|reply)\b|\bin the queue\b",
    Signal.OFFERS_HANDOFF: r"(?:\b(?:would you like|do you (?:want|wish)|shall i|should i|want|i can|i could|can i|if you|let me know|type|say)\b"
    r".{0,50}\b(?:agent|human|person|someone|team|colleague|specialist|advis[eo]r|representative|support|service desk)\b)",
    Signal.ACTED: r"\b(?:i|we)(?:ve| have|ll| will|m)? (?:just |now |also |gone ahead and |manually |already |going to |had )?"
    r"(?:refund\w*|credit\w*|cancel\w*|chang\w*|mov\w*|remov\w*|waiv\w*|correct\w*|reissu\w*|process\w*|issu\w*|rais\w*|escalat\w*|fix\w*|unlock\w*|merg\w*|extend\w*"
    r"|restor\w*|activat\w*|appl(?:y|ied)|add(?:ed)?|book\w*|post\w*|sen[dt]\w*|open\w*|adjust\w*|revers\w*|replac\w*|switch\w*|swap\w*|updat\w*|took|block\w*|releas\w*|made an exception)\b"
    r"|\b(?:refunded|credited|reversed|made an exception|replacement (?:is|on)|on (?:our|my) (?:end|side)|free of charge|goodwill|manually)\b",
}
_COMPILED = {signal: re.compile(pattern) for signal, pattern in _PATTERNS.items()}

_LINK = re.compile(r"(?:https?://|www\.)\S+")
_TOKEN = re.compile(r"[a-z]+|#+|[?!]")
_LONG = re.compile(r"([a-z!?])\1{2,}")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_LETTERS = re.compile(r"[A-Za-z]")
_CAPITALS = re.compile(r"[A-Z]")
MIN_SHOUTED = 8
"""Letters below which capitals say nothing ("OK", "VAT")."""

SHAPES = 3


@dataclass(frozen=True, slots=True)
class _Model:
    """One author's weights, a column for each of its signals; `vectors` is empty where vectors are not read."""

    grams: NDArray[np.float32]
    patterns: NDArray[np.float32]
    vectors: NDArray[np.float32]
    mean: NDArray[np.float32]
    intercepts: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Heard:
    """What one customer message signals, and its vector: the mean of its pieces', length 1."""

    signals: Reading
    vector: Vector


def read_customer(texts: Sequence[str], embedder: Embedder) -> tuple[Heard, ...]:
    """What each customer message signals, in order. Embeds every sentence, as a request hides in a long message.

    A message that turns a person down ("no need for an agent") does not ask for one.
    """
    cut = [pieces(text) for text in texts]
    flat = [piece for parts in cut for piece in parts]
    vectors = embedder.vectors(flat) if flat else np.zeros((0, 0), dtype=np.float32)
    heard, start = [], 0
    for text, parts in zip(texts, cut, strict=True):
        own = vectors[start : start + len(parts)]
        start += len(parts)
        whole = own.mean(axis=0)
        whole = (whole / max(float(np.linalg.norm(whole)), 1e-6)).astype(np.float32)
        units = (text[:LONGEST], *parts) if len(parts) > 1 else parts
        rows = _strengths(Role.CUSTOMER, units, np.vstack([whole[None], own]) if len(parts) > 1 else own)
        reading = dict(zip(CUSTOMER_SIGNALS, rows.max(axis=0).tolist(), strict=True))
        heard.append(Heard(_without_contradiction(reading), whole))
    return tuple(heard)


def read_bot(texts: Sequence[str]) -> tuple[Reading, ...]:
    """What each bot message signals, in order."""
    return tuple(_read_words(Role.BOT, text, BOT_SIGNALS) for text in texts)


def read_agent(texts: Sequence[str]) -> tuple[Reading, ...]:
    """What each agent message signals, in order."""
    return tuple(_read_words(Role.AGENT, text, AGENT_SIGNALS) for text in texts)


def _read_words(role: Role, text: str, signals: Sequence[Signal]) -> Reading:
    parts = pieces(text)
    units = (text[:LONGEST], *parts) if len(parts) > 1 else parts
    return dict(zip(signals, _strengths(role, units, None).max(axis=0).tolist(), strict=True))


def has(reading: Reading, signal: Signal) -> bool:
    """Whether `signal` is present."""
    return reading.get(signal, 0.0) >= PRESENT


def _without_contradiction(reading: dict[Signal, float]) -> Reading:
    if reading[Signal.DECLINES_HUMAN] >= max(PRESENT, reading[Signal.ASKS_FOR_HUMAN]):
        reading[Signal.ASKS_FOR_HUMAN] = min(reading[Signal.ASKS_FOR_HUMAN], 1 - reading[Signal.DECLINES_HUMAN])
    return reading


def normal(text: str) -> str:
    """Lower case without apostrophes, links as `link`, digits as `#`, letters repeated at most twice."""
    plain = _LINK.sub(" link ", text[:LONGEST].lower().replace("\u2019", "'").replace("'", ""))
    return _LONG.sub(r"\1\1", re.sub(r"\d", "#", plain))


def pieces(text: str) -> tuple[str, ...]:
    """The first `SENTENCES` sentences of a message, very short ones joined to the next; at least one piece."""
    joined: list[str] = []
    pending = ""
    for sentence in (s.strip() for s in _SENTENCE.split(text[:LONGEST]) if s.strip()):
        pending = f"{pending} {sentence}".strip()
        if len(pending.split()) >= SHORTEST:
            joined.append(pending)
            pending = ""
    if pending:
        joined = [*joined[:-1], f"{joined[-1]} {pending}"] if joined else [pending]
    return tuple(joined[:SENTENCES]) or (text[:LONGEST],)


@lru_cache(maxsize=4096)
def gram_weights(text: str) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Buckets of the word 1-3-grams and in-word 3-5-grams of `text`, and their weights (length 3)."""
    words = ["^", *_TOKEN.findall(normal(text)), "$"]
    grams = [" ".join(words[i : i + n]) for n in (1, 2, 3) for i in range(len(words) - n + 1)]
    for word in words[1:-1]:
        marked = f"<{word}>"
        grams.extend("~" + marked[i : i + n] for n in (3, 4, 5) for i in range(len(marked) - n + 1))
    counts = Counter(zlib.crc32(gram.encode()) % BUCKETS for gram in grams)
    buckets = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
    weights = np.sqrt(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))
    return buckets, (3 * weights / np.linalg.norm(weights)).astype(np.float32)


def pattern_row(text: str, signals: Sequence[Signal]) -> NDArray[np.float32]:
    """For each signal whether its pattern occurs (0/1), then `SHAPES` shapes: shouting, length, a question."""
    plain = normal(text)
    letters = len(_LETTERS.findall(text))
    shouted = letters >= MIN_SHOUTED and len(_CAPITALS.findall(text)) > 0.7 * letters
    found = [float(bool(_COMPILED[signal].search(plain))) for signal in signals]
    return np.array([*found, float(shouted), min(len(plain.split()), 60) / 30, float("?" in plain)], dtype=np.float32)


VECTOR_SCALE = 4.0


def _strengths(role: Role, units: Sequence[str], vectors: Vectors | None) -> NDArray[np.float64]:
    """One row of strengths for each unit of text."""
    model = _models()[role]
    signals = {Role.CUSTOMER: CUSTOMER_SIGNALS, Role.BOT: BOT_SIGNALS, Role.AGENT: AGENT_SIGNALS}[role]
    rows = np.stack([_piece(model, unit, signals) for unit in units]).astype(np.float64)
    if vectors is not None:
        rows += VECTOR_SCALE * (vectors - model.mean) @ model.vectors
    strengths: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(rows + model.intercepts, -30, 30)))
    return strengths


def _piece(model: _Model, text: str, signals: Sequence[Signal]) -> NDArray[np.float32]:
    buckets, weights = gram_weights(text)
    logits: NDArray[np.float32] = weights @ model.grams[buckets] + pattern_row(text, signals) @ model.patterns
    return logits


@lru_cache(maxsize=1)
def _models() -> Mapping[Role, _Model]:
    """Every author's weights, read once."""
    with np.load(WEIGHTS) as file:
        return {
            role: _Model(
                **{
                    part: file[f"{role}_{part}"].astype(np.float32)
                    for part in ("grams", "patterns", "vectors", "mean", "intercepts")
                }
            )
            for role in (Role.CUSTOMER, Role.BOT, Role.AGENT)
        }
