"""What became of a gap in sentences and charts: did a fix work, how often it is asked, a brief for whoever mends it.

Whether it worked is never said by hand: it follows from how often the question came before and after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date

from service.charts.bars import bars
from service.charts.chart import Chart
from service.charts.data import Bar, By, Event, Point, Series, Tone
from service.charts.trend import trend
from service.figures.gap_life import DAY, Effect, GapLife, GapState, Rules
from service.figures.rates import Rate, too_few
from service.figures.results import Unit
from service.figures.wording import number
from service.reports.gap_board import Line
from service.reports.gap_examples import Example
from service.reports.gap_names import terms
from service.store.gap_facts import Burden
from service.store.gap_models import Audience

REASONS: Mapping[str, str] = {
    "no_answer": "the bot had no answer",
    "negative_feedback": "the customer said that the answer did not help",
    "low_confidence": "the bot was not sure of its answer",
    "irrelevant": "the answer did not address the question",
    "novel": "the question fits no known intent and got no answer",
}
WANTED: Mapping[str, str] = {
    Audience.CONTENT: "An article or a snippet that the bot can answer from.",
    Audience.PRODUCT: "A look at why customers have to ask: can the product make the question needless?",
    Audience.ENGINEERING: "The cause mended, and until then a word that the bot can give.",
    Audience.MARKETING: "What is promised said plainly where customers read it first.",
}


@dataclass(frozen=True, slots=True)
class Told:
    """Whether the last fix worked: in a word, in a sentence, and in numbers."""

    word: str
    tone: Tone
    says: str
    numbers: str


def told(lived: GapLife, least: int, *, today: date) -> Told | None:
    """What the data says of the gap's last fix; `None` when nothing was done for it."""
    effect = lived.effect
    if effect is None:
        return None
    fixed = max(number for number, step in enumerate(lived.steps) if step.state is GapState.FIXED)
    after = {step.state for step in lived.steps[fixed:]}
    day = f"{effect.fixed_at:%-d %b %Y}"
    if GapState.REOPENED in after:
        again = "It worked for a while, then it came back" if GapState.VERIFIED in after else "It did not work at first"
        rest = " Over the whole time since, it is asked less nevertheless." if effect.p < Rules().level else ""
        says = f"{again}: after what was done on {day} it was asked at least half as often as before.{rest}"
        return Told("Came back", Tone.BAD, says, numbers(effect, least))
    if GapState.VERIFIED in after:
        return Told("It worked", Tone.GOOD, f"What was done on {day} helped, and more than chance explains.",
                    numbers(effect, least))  # fmt: skip
    return Told("Too early to tell", Tone.INFO, f"What was done on {day} is watched. {_next_look(effect, today)}",
                numbers(effect, least))  # fmt: skip


def next_look(effect: Effect, today: date) -> date | None:
    """The next day on which the fix is judged; `None` when all of them have passed."""
    rules = Rules()
    first = effect.fixed_at.astimezone(UTC).date() + rules.settle * DAY
    return next((day for look in rules.looks if (day := first + look * DAY) > today), None)


def _next_look(effect: Effect, today: date) -> str:
    ahead = next_look(effect, today)
    if ahead is None:
        return "At no look so far was the drop more than chance explains."
    return f"Deskmark looks on {ahead:%-d %b %Y}."


def numbers(effect: Effect, least: int) -> str:
    """Before against after, with the interval of the change; what is missing where there is too little."""
    few = too_few(min(effect.conversations_before, effect.conversations_after), least)
    before = _of("28 days before", effect.messages_before, effect.conversations_before)
    after = _of("since then", effect.messages_after, effect.conversations_after)
    ends, ratio = effect.ratio_interval, effect.ratio
    if few or ratio is None or ends is None:
        return f"{before}; {after}. {few[:1].upper()}{few[1:]}{' conversations of the bot.' if few else ''}".strip()
    low, high = ends
    span = f"{_less(high)} to {_less(low)}" if high is not None else f"at most {_less(low)}"
    return f"{before}; {after}: {_less(ratio)} (95 % interval {span}; p {_p(effect.p)})."


def _of(when: str, hits: int, n: int) -> str:
    share = f", {number(min(hits, n) / n, Unit.SHARE)}" if n else ""
    return f"{when} {hits:,} of {n:,} of the bot's conversations{share}"


def _less(ratio: float) -> str:
    return f"{1 - ratio:.0%} fewer".replace("%", " %") if ratio <= 1 else f"{ratio - 1:.0%} more".replace("%", " %")


def _p(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"{p:.3f}"


def effects_chart(lived: GapLife, least: int) -> Chart | None:
    """How often the question came before and after each fix, as a share of the bot's conversations."""
    rows = []
    for effect in lived.effects:
        day = effect.fixed_at.astimezone(UTC).date()
        for when, hits, n, tone in (
            ("28 days before", effect.messages_before, effect.conversations_before, Tone.NEUTRAL),
            ("after", effect.messages_after, effect.conversations_after, Tone.INFO),
        ):
            rows.append(_bar(f"{when} the fix of {day:%-d %b %Y}", Rate(min(hits, n), n), tone, least))
    return bars("Before and after each fix", rows, unit=Unit.SHARE) if rows else None


def _bar(name: str, rate: Rate, tone: Tone, least: int) -> Bar:
    few = too_few(rate.n, least)
    low, high = rate.interval() or (None, None)
    return Bar(name, None, n=rate.n, tone=tone, note=few) if few else Bar(name, rate.value, low, high, rate.n, tone)


def life_chart(weeks: Sequence[tuple[date, int, int]], events: Sequence[Event], least: int) -> Chart | None:
    """Week by week the share of the bot's conversations that asked it, with what was done; `None` without a week."""
    points = []
    for monday, hits, n in weeks:
        rate = Rate(min(hits, n), n)
        low, high = rate.interval() or (None, None)
        points.append(Point(monday, None, n=n) if n < least else Point(monday, rate.value, low, high, n))
    if not points:
        return None
    title = "Share of the bot's conversations that ask it"
    return trend(title, [Series(title, tuple(points))], unit=Unit.SHARE, by=By.WEEK, events=events)


def brief(line: Line, helpdesk: str, examples: Sequence[Example], days: int, name: str = "") -> str:
    """The gap as a text to hand on: the question, masked examples, the bot's answers, the answers people gave.

    `name` is what the gap is called where its terms are not its name.
    """
    row, asked = line.gap.row, line.gap.facts.asked
    parts = [f"Knowledge gap {row.id}: {name or row.label}", f"Helpdesk: {helpdesk}"]
    if name and terms(row) not in ("", name):
        parts.append(f"Words: {terms(row)}")
    if row.audience:
        parts += [f"For: {row.audience}", f"Wanted: {WANTED[row.audience]}"]
    if asked is not None:
        parts.append(f"Asked {asked.messages:,} times since {asked.first:%-d %b %Y}, last on {asked.last:%-d %b %Y}.")
    parts.append(f"In the last {days} days: {of_burden(line.burden)}.")
    reasons = sorted(line.gap.reasons.items(), key=lambda item: -item[1])
    parts.append("Why: " + "; ".join(f"{REASONS.get(name, name)} ({n:,})" for name, n in reasons) + ".")
    for title, quotes in (
        ("What customers ask", [one.question for one in examples]),
        ("What the bot answered", [one.answer for one in examples]),
        ("What a person answered, and the customer said that it helped", [one.wanted for one in examples]),
    ):
        known = list(dict.fromkeys(quote.text for quote in quotes if quote is not None))
        parts += ["", f"{title} (masked):", *(f"- {text}" for text in known[:5])] if known else []
    if not any(one.wanted for one in examples):
        parts += ["", "No person's answer is known to have helped yet."]
    return "\n".join(parts)


def of_burden(burden: Burden) -> str:
    """A burden in words."""
    return (
        f"{burden.messages:,} conversation{'' if burden.messages == 1 else 's'}, {burden.by_person:,} of them answered "
        f"by a person, after {burden.returned:,} the customer came back"
    )


def trend_of(weeks: Sequence[tuple[date, Burden]]) -> str:
    """How the last four whole weeks compare with the four before, in words; empty below eight weeks."""
    counts = [burden.messages for _, burden in weeks]
    if len(counts) < 8:
        return ""
    return f"4 weeks: {sum(counts[-4:])}, before: {sum(counts[-8:-4])}"
