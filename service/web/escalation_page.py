"""What the page of escalations shows: both sides of accuracy, timing, reasons, and what could have been spared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from service.charts.chart import Chart
from service.charts.data import Bin, Tone
from service.charts.histogram import histogram
from service.figures.beside import Beside, Prices
from service.figures.catalogue import figure
from service.figures.had_answer import ARTICLE, SOLVED
from service.figures.rates import Rate
from service.figures.results import Unit, Value, duration, share
from service.figures.rows import handed_over
from service.figures.spread import spread
from service.figures.tally import Tally
from service.figures.times import times_of
from service.figures.wording import number
from service.reports.figures import Key
from service.store import cards, had_answers
from service.store.had_answers import Asked, HadAnswer, Spared
from service.web.figure_page import Row, row
from service.web.insight import Told
from service.web.view import View

ESCALATION, ACCURACY = figure("escalation"), figure("escalation_accuracy")

ANSWERS = 10
"""Answers that are shown at once, and examples of each."""
EXAMPLES = 3

INTENTS = 12
"""Intents that are shown at once."""

TIMING = {"early": Tone.WARN, "on_time": Tone.GOOD, "late": Tone.WARN, "never": Tone.BAD}

SIGNALS: Mapping[str, str] = {
    "customer_request": "asked for a human",
    "frustration": "anger",
    "loop": "had to ask the same again and again",
    "missing_knowledge": "no answer that helped",
    "low_confidence": "the bot was not sure or did not understand",
    "tool_failure": "a tool of the bot failed",
    "policy_restriction": "a matter only a person may handle",
    "unsupported_request": "the bot cannot do that",
}
"""What called for a human, in words that also fit where none came."""

OTHER: Mapping[str, str] = {
    "missed_by": "a person was promised and never came",
    "warranted_by": "the bot itself said that a person would take over",
}
"""The sign that is no other, by the value that counts it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that the bot already had, with the handoffs that it could have spared.

    `title` says which it is as far as everybody may know; `quote` is from the newest conversation, for those who may
    read. `saving` is what the handoffs would not have cost, in words; empty without prices.
    """

    known: HadAnswer
    title: str
    quote: str
    share: str
    saving: str
    examples: Sequence[Spared]


@dataclass(frozen=True, slots=True)
class Intent:
    """One intent (or `None`, not known) with its handoffs and verdicts."""

    name: str | None
    rate: Row
    verdicts: Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class Sums:
    """How the numbers of the page hang together, as conversations. Handed over at some time are `handed`, which are
    `warranted`, `avoidable` and `unclear`; `ended` have that as their outcome; `missed` needed a human and got none;
    of `timed` it is told when the human came, or that none did."""

    warranted: int
    avoidable: int
    unclear: int
    missed: int
    ended: int
    timed: int

    @property
    def handed(self) -> int:
        """In which the bot handed over at some time."""
        return self.warranted + self.avoidable + self.unclear


def sums(tally: Tally) -> Sums:
    """The parts of what was handed over or should have been."""
    verdicts = tally.of("escalation")
    return Sums(
        warranted=verdicts.get("warranted", 0),
        avoidable=verdicts.get("avoidable", 0),
        unclear=tally.count("escalation.unclear"),
        missed=verdicts.get("missed", 0),
        ended=tally.count("containment", "escalated"),
        timed=tally.total("escalation.timing"),
    )


def delay(tally: Tally, least: int) -> tuple[Chart | None, list[Row]]:
    """From the moment at which a human was warranted to the handoff: how it is spread, and its quantiles."""
    times = times_of(tally, "escalation.delay")
    rows = [
        row(ESCALATION, duration(name, times, at=at, least=least))
        for name, at in (("delay", 0.5), ("delay_p75", 0.75), ("delay_p90", 0.9))
    ]
    if rows[0].value.value is None:
        return None, rows
    bins = [Bin(low, high, n) for low, high, n in spread(times)]
    return histogram("From the need to the handoff", bins, unit=Unit.SECONDS, middle=rows[0].value.value), rows


def signal(told: Row) -> str:
    """What called for a human, in words that also fit where none came."""
    return OTHER[told.value.name] if told.value.of == "other" else SIGNALS.get(told.value.of, told.of)


def intents(found: Mapping[Key, Tally], least: int) -> tuple[list[Intent], int]:
    """The intents with the most needless and missed handoffs first; and how many more there are."""
    rows = [_intent(of, counted, least) for (_, of), counted in found.items()]
    known = [each for each in rows if each.rate.value.n]
    known.sort(key=lambda each: (-_wrong(each), -each.rate.value.n, each.name or ""))
    return known[:INTENTS], max(0, len(known) - INTENTS)


def _wrong(intent: Intent) -> int:
    return sum(intent.verdicts[word].value.hits or 0 for word in ("avoidable", "missed"))


def _intent(of: str | None, counted: Tally, least: int) -> Intent:
    told = Told.of(ACCURACY, handed_over.escalation_accuracy(counted, Beside(least=least)))
    rate = share("rate", handed_over.rate(counted), least=least)
    verdicts = {each.value.of: each for each in told.rows("verdict")}
    return Intent(of, row(ESCALATION, rate), verdicts)


def each_costs(tally: Tally, prices: Prices | None) -> float | None:
    """What the human part of a handed-over conversation costs on average; `None` without prices or handoffs."""
    handoffs = tally.count("containment", "escalated")
    if prices is None or not handoffs:
        return None
    work = tally.of("work")
    answered, messages = work.get("escalated\thuman", 0), work.get("escalated\tagent_messages", 0)
    return (answered * prices.human_conversation + messages * prices.agent_message) / handoffs


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers behind most avoidable handoffs; `more` answers with `left` handoffs are not shown, of `unknown`
    handoffs the answer is not known. `saving`: what all of them cost, in words."""

    items: tuple[Answer, ...]
    more: int
    left: int
    unknown: int
    saving: str


def answers(session: Session, view: View, avoidable: int, *, cost: float | None, currency: str, reads: bool) -> Answers:
    """Avoidable handoffs by the answer that the bot already had; `reads`: whether the visitor may see texts."""
    about = asked(view)
    found = had_answers.groups(session, about, limit=ANSWERS)
    shown = [each.answer for each in found.items]
    newest = had_answers.newest(session, about, shown, each=EXAMPLES) if shown else {}
    quotes = _quotes(session, view, [rows[0] for rows in newest.values()]) if reads else {}
    items = tuple(
        Answer(
            known=each,
            title=title(each.answer),
            quote=quotes.get(each.answer, ""),
            share=_shown(share("share", Rate(min(each.n, avoidable), avoidable), least=1)),
            saving=money(cost, each.n, currency),
            examples=newest.get(each.answer, ()),
        )
        for each in found.items
    )
    left = found.n - sum(each.n for each in found.items)
    return Answers(
        items, found.answers - len(items), left, max(0, avoidable - found.n), money(cost, avoidable, currency)
    )


def asked(view: View) -> Asked:
    """What a view asks of the store."""
    question = view.question()
    return Asked(question.since, question.until, view.reach, question.filters, question.definitions)


def title(answer: str) -> str:
    """What an answer is called, without a word of it.

    >>> title("article:Returns"), title("solved")
    ('Article “Returns”', 'None was needed: the customer had just said that it was solved')
    """
    if answer == SOLVED:
        return "None was needed: the customer had just said that it was solved"
    if answer.startswith(ARTICLE):
        return f"Article “{answer.removeprefix(ARTICLE)}”"
    return "An answer of the bot that comes from no article it named"


def todo(answer: str) -> str:
    """What a manager can do about an answer that the bot had and handed over all the same.

    >>> todo("article:Returns").startswith("Make the article clearer")
    True
    """
    if answer == SOLVED:
        return "Let the bot end the conversation when the customer says that it is solved."
    if answer.startswith(ARTICLE):
        return (
            "Make the article clearer, so that the bot gives the whole answer from it at once; and let the bot ask "
            "whether it helped before it hands over."
        )
    return (
        "Write an article from this answer and give it to the bot, so that it stands by it; and let the bot ask "
        "whether it helped before it hands over."
    )


def money(cost: float | None, n: int, currency: str) -> str:
    """What so many handoffs cost, in words; empty where it is not known."""
    return "" if cost is None or not n else f"{number(cost * n, Unit.MONEY)} {currency}".strip()


def _shown(value: Value) -> str:
    return "" if value.value is None else number(value.value, Unit.SHARE)


def _quotes(session: Session, view: View, newest: Sequence[Spared]) -> dict[str, str]:
    """The bot's answer as the evidence of the newest handoff quotes it."""
    stand = cards.standing(session, [each.conversation for each in newest], view.definitions)
    found = {each.answer: _quote(stand.get((each.conversation, each.episode), {})) for each in newest}
    return {answer: quote for answer, quote in found.items() if quote}


def _quote(card: Mapping[str, Any]) -> str:
    evidence: Sequence[Mapping[str, Any]] = card.get("scores", {}).get("escalation", {}).get("evidence", ())
    return next(_after_first(str(each.get("quote") or "") for each in evidence), "")


def _after_first(quotes: Iterator[str]) -> Iterator[str]:
    """The evidence names the person's repetition first, the bot's own answer behind it."""
    next(quotes, "")
    return quotes
