"""What speaks against training a bot on a conversation: reasons that `training_example` tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.conversation import Message, Role, handoff_position
from service.language.acts import read_bot_turns
from service.language.detection import ENGLISH, language
from service.language.personal_data import personal_data
from service.language.redaction import redact
from service.language.signal_patterns import Signal
from service.language.signals import has, read_agent
from service.language.statements import read_outcome
from service.language.wording import content
from service.scoring.intent import NOVEL
from service.scoring.score import Case
from service.scoring.verified import Verified


class Unfit(StrEnum):
    """Why a bot cannot be trained on it."""

    NO_CLEAR_QUESTION = "no_clear_question"
    MIXED_TOPICS = "mixed_topics"
    NO_VERIFIED_ANSWER = "no_verified_answer"
    ESCALATED = "escalated"
    RETURNED = "returned"
    CASE_SPECIFIC = "case_specific"
    TOO_SHORT = "too_short"
    PERSONAL_DATA_LEFT = "personal_data_left"
    DUPLICATE = "duplicate"
    TRUNCATED = "truncated"
    LANGUAGE = "language"


LONGEST = 2000
"""Characters of a question and of an answer that are taken over."""

QUESTION_WORDS = 2
"""Content words from which a question stands for itself."""

ANSWER_WORDS = 4
"""Content words from which an answer teaches something."""

SAME_EXAMPLE = 0.95
"""Cosine from which the catalog holds the question already."""

OTHER_TOPIC = 0.3
"""Cosine to the opening question below which a later question is of another topic."""

_ASKS = re.compile(
    r"\?|\b(?:how|what|where|when|why|which|who|can|could|do|does|is|are|may) (?:i|you|we|it|there|my|the|your)\b",
    re.IGNORECASE,
)


_DONE = re.compile(
    r"^(?:\W*(?:hello|hi|hey|dear)\b[^,.!]*[,.!]\s*)?(?:done\b|(?:sent|\w{3,}ed)"
    r"(?: (?:it|to|the|your|you|for|now|as)\b|\W*$))",
    re.IGNORECASE,
)
"""A human who begins with what was done: "Moved to the new address."."""

_STATE = re.compile(
    r"\b(?:your|the) (?:order|parcel|package|refund|claim|booking|reservation|payment|invoice|appointment|subscription"
    r"|account|delivery|shipment|ticket|request|application) (?:\S+ )?(?:was|were|has|had|left|arrived|shows"
    r"|is (?:being|on|now|still|already|currently|scheduled|waiting|pending|in))\b"
    r"|\bi (?:can )?see (?:that|here|in|your|an?)\b"
    r"|\bi(?:'ve| have)? (?:just )?(?:checked|looked)\b|\bi(?:'ll| will| am going to|'m going to)\b",
    re.IGNORECASE,
)
"""How things stand with this customer, or what a human will do for them."""

_OWN_DATA = re.compile(r"\((?:email|phone|card|iban|number|login)\)")
"""What redaction leaves where an answer named something of this customer."""


@dataclass(frozen=True, slots=True)
class Example:
    """What a bot would be taught: the customer's opening, the verified answer if there is one, and both masked."""

    stated: tuple[Message, ...]
    answer: Verified | None
    question: str
    told: str

    @property
    def asked(self) -> str:
        """The opening as the customer wrote it."""
        return "\n".join(message.text for message in self.stated)


def unfit(case: Case, example: Example) -> Iterator[Unfit]:
    """Everything that speaks against it."""
    conversation, asked = case.conversation, example.asked
    if language(conversation) != ENGLISH:
        yield Unfit.LANGUAGE
    if conversation.truncated:
        yield Unfit.TRUNCATED
    if len(content(asked)) < QUESTION_WORDS:
        yield Unfit.NO_CLEAR_QUESTION
    if _asks_twice(case, asked) or _asks_on(case, example):
        yield Unfit.MIXED_TOPICS
    if _verdict(case, "repeat_contact") == "returned":
        yield Unfit.RETURNED
    if example.answer is None:
        yield Unfit.ESCALATED if handoff_position(conversation) is not None else Unfit.NO_VERIFIED_ANSWER
    else:
        yield from _about_answer(case, example.answer)
    if any(personal_data(text) for text in (example.question, example.told)):
        yield Unfit.PERSONAL_DATA_LEFT
    if _is_known(case, asked):
        yield Unfit.DUPLICATE


def _about_answer(case: Case, answer: Verified) -> Iterator[Unfit]:
    stands = _STATE.search(answer.text.replace("\u2019", "'")) or _OWN_DATA.search(redact(answer.text[:LONGEST]))
    if stands or _was_done(case, answer):
        yield Unfit.CASE_SPECIFIC
    if len(content(answer.text)) < ANSWER_WORDS:
        yield Unfit.TOO_SHORT


def _was_done(case: Case, answer: Verified) -> bool:
    """Whether the answer tells of an action, the bot's or a human's."""
    act = next((act for act in read_bot_turns(case.conversation.public) if act.message_id == answer.message.id), None)
    if act is not None and act.success >= 0.5:
        return True
    told = _DONE.search(answer.text) is not None or has(read_agent([answer.text])[0], Signal.ACTED)
    return told and answer.message.role is Role.AGENT


def _asks_on(case: Case, example: Example) -> bool:
    """Whether the customer later asks for something of another topic, unasked."""
    others = list(_questions_after(case.conversation.public, example.stated[-1]))
    if not others:
        return False
    vectors = case.embedder.vectors([example.asked, *others])
    return bool((vectors[1:] @ vectors[0] < OTHER_TOPIC).any())


def _questions_after(public: Sequence[Message], opening: Message) -> Iterator[str]:
    """What the customer asks after the opening that is neither a reply to a question nor a comment on an answer."""
    prompts = {act.message_id for act in read_bot_turns(public) if act.asks >= 0.5}
    before: Message | None = None
    for message in public[public.index(opening) + 1 :]:
        if message.role is not Role.CUSTOMER:
            before = message
            continue
        prompted = before is not None and (before.id in prompts or before.text.rstrip().endswith("?"))
        asks = _ASKS.search(message.text) and len(content(message.text)) > 2
        if asks and not prompted and read_outcome(message.text) is None:
            yield message.text


def _asks_twice(case: Case, asked: str) -> bool:
    """Whether the opening holds two questions of different topics."""
    sentences = re.findall(r"[^.?!\n]+\?", asked[:LONGEST])
    questions = [text for text in sentences if len(content(text)) >= QUESTION_WORDS]
    if len(questions) < 2:
        return False
    vectors = case.embedder.vectors(questions)
    return bool((vectors @ vectors.T < OTHER_TOPIC).any())


def _is_known(case: Case, asked: str) -> bool:
    """Whether the catalog holds a near-equal example of the intent; nothing is known without a catalog."""
    name = _verdict(case, "intent")
    catalog = case.catalog
    if catalog is None or name is None or name == NOVEL or name not in catalog.names:
        return False
    own = catalog.vectors[catalog.labels == catalog.names.index(name)]
    return bool((own @ case.embedder.vectors([asked])[0] >= SAME_EXAMPLE).any())


def _verdict(case: Case, name: str) -> str | None:
    score = case.so_far.get(name)
    return score.verdict if score is not None else None
