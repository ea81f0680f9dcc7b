"""Training example: one clear question with one answer known to be right, fit to teach a bot?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType

from service.conversation import Message, Role, handoff_position
from service.language.acts import read_bot_turns
from service.language.detection import ENGLISH, language
from service.language.personal_data import personal_data
from service.language.redaction import redact
from service.language.signal_patterns import Signal
from service.language.signals import has, read_agent
from service.language.statements import read_outcome
from service.language.wording import content
from service.scoring.intent import NOVEL, stating
from service.scoring.score import Case, Evidence, Score
from service.scoring.verified import Verified, verified


class Training(StrEnum):
    """Whether a bot can be trained on the conversation."""

    FIT = "fit"
    UNFIT = "unfit"


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


SAYS: Mapping[Unfit, str] = MappingProxyType(
    {
        Unfit.NO_CLEAR_QUESTION: "it holds no clear question",
        Unfit.MIXED_TOPICS: "it holds several questions",
        Unfit.NO_VERIFIED_ANSWER: "no answer is known to be right",
        Unfit.ESCALATED: "a human had to settle it and their answer was not confirmed",
        Unfit.RETURNED: "the customer came back with the same issue",
        Unfit.CASE_SPECIFIC: "the answer is about this customer's own case",
        Unfit.TOO_SHORT: "the answer says too little",
        Unfit.PERSONAL_DATA_LEFT: "personal data is left after masking",
        Unfit.DUPLICATE: "the catalog already holds the question",
        Unfit.TRUNCATED: "the conversation is not complete",
        Unfit.LANGUAGE: "the text model reads English only",
    }
)

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


def training_example(case: Case) -> Score:
    """Whether the conversation is fit to train a bot on.

    Definition. Fit: the customer opens with one clear question (`stating`: it names something; no second
    topic later on), one answer is verified right, nothing personal is left of both after masking, the text is English
    and complete, and the catalog has no near-equal example (cosine 0.95) of the intent. Verified: an answer of the bot
    that the customer marked as helpful or said worked, the last answer of a conversation whose containment is
    `confirmed`, or a human's answer that the customer then said worked or accepted as the last word. An answer about
    this customer's own case (an action done, an order's state) teaches nothing to the next one.

    Verdict `fit` or `unfit`; value is undefined; `details.reasons` says why not (`Unfit`), `details.question` and
    `details.answer` hold the masked texts, `details.verified_by` feedback, containment or human. `None` when the
    customer wrote nothing or nobody answered. Source: `metrics.md` 11.

    >>> from service.conversation import Author, Conversation, Feedback
    >>> from service.scoring.score import History, Policy
    >>> from service.language.model import MiniLM
    >>> asked = Message("m0", Author(Role.CUSTOMER), "How long do I have to return shoes?")
    >>> told = Message("m1", Author(Role.BOT), "Shoes can be returned within 30 days.", feedback=Feedback.HELPFUL)
    >>> from service.scoring.answer_relevance import answer_relevance
    >>> case = Case(Conversation("1", (asked, told)), History(), Policy(), MiniLM())
    >>> from dataclasses import replace
    >>> training_example(replace(case, so_far={"answer_relevance": answer_relevance(case)})).verdict
    'fit'
    """
    conversation = case.conversation
    stated = stating(conversation)
    if not stated or not any(m.role in (Role.BOT, Role.AGENT) for m in conversation.public):
        reason = "The customer wrote nothing." if not stated else "Nobody answered."
        return Score(verdict=None, reason=reason, details=MappingProxyType({"reasons": ()}))
    asked = "\n".join(message.text for message in stated)
    answer = verified(case, stated)
    question = redact(asked[:LONGEST], _people(case), case.names)
    told = redact(answer.text[:LONGEST], _people(case), case.names) if answer else None
    reasons = tuple(dict.fromkeys(_reasons(case, stated, asked, answer, (question, told or ""))))
    details = {"reasons": tuple(r.value for r in reasons), "verified_by": answer.by if answer else None}
    if not reasons:
        details |= {"question": question, "answer": told}
    evidence = [Evidence.of(stated[0], "the question")]
    if answer:
        evidence.append(Evidence.of(answer.message, f"the answer, verified by {answer.by}"))
    fit = not reasons
    return Score(
        verdict=Training.FIT.value if fit else Training.UNFIT.value,
        confidence=0.8 if fit else 0.85,
        reason="One clear question with one verified answer."
        if fit
        else f"Not fit: {'; '.join(SAYS[r] for r in reasons)}.",
        evidence=tuple(evidence),
        details=MappingProxyType(details),
    )


def _people(case: Case) -> tuple[str, ...]:
    """Names that the helpdesk knows of the people in the conversation."""
    names = [case.conversation.attributes.get(key) for key in ("name", "customer_name", "requester_name")]
    email = case.conversation.contact.email
    return tuple(name for name in (*names, email) if isinstance(name, str) and name.strip())


def _reasons(
    case: Case, stated: tuple[Message, ...], asked: str, answer: Verified | None, masked: tuple[str, str]
) -> Iterator[Unfit]:
    """Everything that speaks against it."""
    conversation = case.conversation
    if language(conversation) != ENGLISH:
        yield Unfit.LANGUAGE
    if conversation.truncated:
        yield Unfit.TRUNCATED
    if not _is_clear(asked):
        yield Unfit.NO_CLEAR_QUESTION
    if _is_mixed(case, stated):
        yield Unfit.MIXED_TOPICS
    if _verdict(case, "repeat_contact") == "returned":
        yield Unfit.RETURNED
    if answer is None:
        yield Unfit.ESCALATED if handoff_position(conversation) is not None else Unfit.NO_VERIFIED_ANSWER
    else:
        yield from _about_answer(case, answer)
    if any(personal_data(text) for text in masked):
        yield Unfit.PERSONAL_DATA_LEFT
    if _is_known(case, asked):
        yield Unfit.DUPLICATE


def _about_answer(case: Case, answer: Verified) -> Iterator[Unfit]:
    told = has(read_agent([answer.text])[0], Signal.ACTED) or _DONE.search(answer.text) is not None
    acted = answer.message.role is Role.AGENT and told
    acts = {act.message_id: act for act in read_bot_turns(case.conversation.public)}
    act = acts.get(answer.message.id)
    done = act is not None and act.success >= 0.5
    if (
        acted
        or done
        or _STATE.search(answer.text.replace("\u2019", "'"))
        or _OWN_DATA.search(redact(answer.text[:LONGEST]))
    ):
        yield Unfit.CASE_SPECIFIC
    if len(content(answer.text)) < ANSWER_WORDS:
        yield Unfit.TOO_SHORT


def _is_clear(asked: str) -> bool:
    return len(content(asked)) >= QUESTION_WORDS


def _is_mixed(case: Case, stated: tuple[Message, ...]) -> bool:
    """Whether the customer asks for two things at once, or later for something of another topic, unasked."""
    if _asks_twice(case, stated):
        return True
    public = case.conversation.public
    start = public.index(stated[-1])
    prompts = {act.message_id for act in read_bot_turns(public) if act.asks >= 0.5}
    others: list[Message] = []
    before: Message | None = None
    for message in public[start + 1 :]:
        prompted = before is not None and (before.id in prompts or before.text.rstrip().endswith("?"))
        if message.role is Role.CUSTOMER:
            comment = read_outcome(message.text) is not None
            if not prompted and not comment and _ASKS.search(message.text) and len(content(message.text)) > 2:
                others.append(message)
        else:
            before = message
    if not others:
        return False
    vectors = case.embedder.vectors(["\n".join(m.text for m in stated), *(m.text for m in others)])
    return bool((vectors[1:] @ vectors[0] < OTHER_TOPIC).any())


def _asks_twice(case: Case, stated: tuple[Message, ...]) -> bool:
    """Whether the opening holds two questions of different topics."""
    sentences = re.findall(r"[^.?!\n]+\?", "\n".join(m.text for m in stated)[:LONGEST])
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
