"""Training example: one clear question with one answer known to be right, fit to teach a bot?"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from service.conversation import Message, Role
from service.language.redaction import redact
from service.scoring.intent import stating
from service.scoring.score import Case, Evidence, Score
from service.scoring.unfit import LONGEST, Example, Unfit, unfit
from service.scoring.verified import verified


class Training(StrEnum):
    """Whether a bot can be trained on the conversation."""

    FIT = "fit"
    UNFIT = "unfit"


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
    stated = stating(case.conversation)
    if not stated or not any(m.role in (Role.BOT, Role.AGENT) for m in case.conversation.public):
        reason = "The customer wrote nothing." if not stated else "Nobody answered."
        return Score(verdict=None, reason=reason, details=MappingProxyType({"reasons": ()}))
    example = _example(case, stated)
    reasons = tuple(dict.fromkeys(unfit(case, example)))
    return _unfit(example, reasons) if reasons else _fit(example)


def _example(case: Case, stated: tuple[Message, ...]) -> Example:
    asked = "\n".join(message.text for message in stated)
    answer = verified(case, stated)
    question, told = (
        redact(text[:LONGEST], _people(case), case.names) for text in (asked, answer.text if answer else "")
    )
    return Example(stated, answer, question, told)


def _fit(example: Example) -> Score:
    return Score(
        verdict=Training.FIT.value,
        confidence=0.8,
        reason="One clear question with one verified answer.",
        evidence=_evidence(example),
        details=_details(example, question=example.question, answer=example.told),
    )


def _unfit(example: Example, reasons: tuple[Unfit, ...]) -> Score:
    return Score(
        verdict=Training.UNFIT.value,
        confidence=0.85,
        reason=f"Not fit: {'; '.join(SAYS[reason] for reason in reasons)}.",
        evidence=_evidence(example),
        details=_details(example, reasons),
    )


def _evidence(example: Example) -> tuple[Evidence, ...]:
    question, answer = Evidence.of(example.stated[0], "the question"), example.answer
    if answer is None:
        return (question,)
    return (question, Evidence.of(answer.message, f"the answer, verified by {answer.by}"))


def _details(example: Example, reasons: tuple[Unfit, ...] = (), **taught: str) -> Mapping[str, object]:
    """Why not, what verified the answer, and what is `taught` where it is fit."""
    by = example.answer.by if example.answer else None
    return MappingProxyType({"reasons": tuple(r.value for r in reasons), "verified_by": by, **taught})


def _people(case: Case) -> tuple[str, ...]:
    """Names that the helpdesk knows of the people in the conversation."""
    names = [case.conversation.attributes.get(key) for key in ("name", "customer_name", "requester_name")]
    email = case.conversation.contact.email
    return tuple(name for name in (*names, email) if isinstance(name, str) and name.strip())
