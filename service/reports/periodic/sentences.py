"""Numbers of reports as sentences: a value against the period before, a gap and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from service.charts.data import Point, Series, Tone
from service.figures.gap_life import GapState
from service.figures.results import Unit, Value
from service.figures.wording import interval, number
from service.figures.words import called, part
from service.reports.periodic.data import Alert, Data, Gap, Name, Target
from service.reports.periodic.report import Line

TONES: Mapping[str, str] = {"better": Tone.GOOD, "worse": Tone.BAD}


def shown(value: Value) -> str:
    """The number with its unit, or what is missing for one."""
    if value.value is None:
        return value.note or "no number"
    words = number(value.value, value.unit)
    return f"{words} {value.note}".strip() if value.unit is Unit.MONEY else words


def numbers(value: Value) -> str:
    """What the number rests on, as "28.0 to 34.5 %, n 812"; empty where there is no number."""
    if value.value is None:
        return ""
    ends = interval(value)
    return f"{f'{ends}, ' if ends else ''}n {value.n:,}"


def compared(data: Data, names: Iterable[Name], *, short: bool = False) -> Iterator[Line]:
    """Each value against the period before; what could not be computed is said with what is missing. `short`: called
    by what it is of only."""
    for name in names:
        value, then = data.values.get(name), data.before.get(name)
        if value is None:
            continue
        change = data.moved.get(name)
        word = change.word if change is not None else ""
        own = part(name[1], name[2]) if short else ""
        title = f"{own[0].upper()}{own[1:]}" if own else called(name[0], value)
        yield Line(
            f"{title}: {shown(value)}{_against(data, value, then, word)}.",
            TONES.get(word, Tone.PLAIN),
            numbers(value),
            path(data, name),
        )


def _against(data: Data, value: Value, then: Value | None, word: str) -> str:
    if value.value is None or then is None or then.value is None:
        return ""
    was = f" ({shown(then)} {data.span.against})"
    return f"{was}, {word} by more than chance explains" if word else was


def path(data: Data, name: Name) -> str:
    """The page of the figure over the period's days."""
    figure, value, of = name
    last = data.span.until - timedelta(days=1)
    return f"/figures/{figure}?since={data.span.since}&until={last}&value={value}" + (f"&of={of}" if of else "")


def changes(data: Data, names: Iterable[Name], word: str) -> Iterator[Line]:
    """Only what moved in that direction (better, worse)."""
    return compared(data, (name for name in names if name in data.moved and data.moved[name].word == word))


def gap_line(gap: Gap, text: str, tone: str = Tone.PLAIN) -> Line:
    """A sentence about a gap; its label is a customer's words."""
    seen = (
        f"{gap.before:,} {'question' if gap.before == 1 else 'questions'} in the period before, {gap.messages:,} in all"
    )
    whose = f", assigned to {gap.audience}" if gap.audience else ""
    return Line(f"Gap {gap.id} ({gap.where}{whose}): {text}", tone, seen, f"/gaps/{gap.id}", gap.audience, gap.label)


def worked(gap: Gap) -> Line:
    """Whether the fix of a gap did what it should."""
    effect = gap.effect
    if effect is None:
        return gap_line(gap, "fixed; its effect is not known yet.")
    rates = (
        f"{effect.messages_before} of {effect.conversations_before:,} bot conversations before, "
        f"{effect.messages_after} of {effect.conversations_after:,} after"
    )
    chance = f"{effect.p:.3f}" if effect.p >= 0.001 else "below 0.001"
    if gap.state is GapState.VERIFIED:
        return gap_line(gap, f"fixed, and it worked: {rates} (p {chance}).", Tone.GOOD)
    if gap.state is GapState.REOPENED:
        return gap_line(gap, f"fixed, but it came back: {rates}.", Tone.BAD)
    return gap_line(gap, f"fixed; too early to say whether it worked: {rates}.")


def series(data: Data, name: Name, label: str = "") -> Series:
    """A value's course as a line to draw."""
    points = []
    title = label
    for day, values in data.course:
        value = values.get(name)
        if value is None:
            points.append(Point(day, None))
        else:
            title = title or called(name[0], value)
            points.append(Point(day, value.value, value.low, value.high, value.n))
    return Series(title or name[1], tuple(points))


def target_line(data: Data, target: Target) -> Line:
    """A value against its target of this month, and what next month asks."""
    value, goal = target.now.now, target.now.goal
    if target.now.sure:
        stands, tone = "reached", Tone.GOOD
    elif target.now.reached:
        stands, tone = "reached, but within the interval", Tone.PLAIN
    else:
        stands, tone = "not reached", Tone.WARN
    text = (
        f"{called(target.name[0], value)}: {shown(value)}, target {number(goal, value.unit)} {stands}; "
        f"next month's target is {number(target.following, value.unit)}."
    )
    return Line(text, tone, numbers(value), path(data, target.name))


def basis(data: Data) -> tuple[str, ...]:
    """What the report rests on."""
    span, kinds = data.span, ", ".join(data.helpdesks) or "no helpdesk"
    state = "" if data.is_over else " The period is not over: everything here will still change."
    scope = f" Only conversations about {', '.join(data.intents)}." if data.intents else ""
    against = (
        f"Compared with {span.against} ({span.before.words}, {data.conversations[1]:,} conversations). Where "
        "nothing is said of a difference, chance could explain it (5 %, all values tested together, "
        "Benjamini-Hochberg); intervals are of 95 %."
    )
    made = (
        f"Fewer than {data.least} cases give no number. Conversations of the last days may still turn into returns. "
        f"Definitions version {data.definitions}. Made {data.made_at:%Y-%m-%d %H:%M} UTC."
    )
    counted = f"{data.conversations[0]:,} conversations that ended {span.within} (days of UTC), of {kinds}."
    return f"{counted}{scope}{state}", against, made


def jumped(alert: Alert) -> Line:
    """What left its usual range, and where it stands."""
    stands = f" {alert.stands}" if alert.stands else ""
    return Line(f"{alert.says} ({alert.where}).{stands}", Tone.WARN, path=f"/alerts/{alert.id}")


def won(alert: Alert) -> Line:
    """A win that was announced; a target that was lost again says so."""
    again = f" {alert.lost}" if alert.lost else ""
    tone = Tone.PLAIN if alert.lost else Tone.GOOD
    return Line(f"{alert.says} ({alert.where}).{again}", tone, path=f"/alerts/{alert.id}")


NOTHING = "Nothing ended in this period, so there is nothing to say about conversations."
