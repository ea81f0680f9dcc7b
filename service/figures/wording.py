"""Numbers of figures in words: with their unit, short enough for a table's cell."""

from __future__ import annotations

from service.figures.results import Unit, Value

DAY, HOUR, MINUTE = 86_400, 3_600, 60


def number(value: float, unit: Unit) -> str:
    """A value in words, e.g. "61.5 %", "1 h 55 min", "4.20".

    A number that is rounded to nothing has no sign.

    >>> number(0.615, Unit.SHARE), number(6900, Unit.SECONDS), number(-0.001, Unit.MONEY)
    ('61.5 %', '1 h 55 min', '0.00')
    """
    match unit:
        case Unit.SHARE:
            return f"{value:z.1%}".replace("%", " %")
        case Unit.CHANGE:
            return signed(value * 100, 1) + " %"
        case Unit.SECONDS:
            return duration(value)
        case Unit.COUNT:
            return f"{value:z,.0f}"
    return f"{value:z,.2f}"


def signed(value: float, digits: int) -> str:
    """A difference with its sign; what is rounded to nothing has none.

    >>> signed(3.14, 1), signed(-1200.0, 0), signed(-0.004, 2)
    ('+3.1', '-1,200', '0.00')
    """
    words = f"{value:+z,.{digits}f}"
    return words if any(digit in words for digit in "123456789") else words.removeprefix("+")


def duration(seconds: float) -> str:
    """Seconds in their two largest units.

    >>> duration(42), duration(90), duration(200_000), duration(-2871)
    ('42 s', '1 min 30 s', '2 d 7 h', '-47 min 51 s')
    """
    left = round(seconds)
    if left < 0:
        return f"-{duration(-left)}"
    for size, name, below, rest in ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "min"), (MINUTE, "min", 1, "s")):
        if left >= size:
            whole, part = divmod(left, size)
            return f"{whole} {name}" + (f" {part // below} {rest}" if part // below else "")
    return f"{left} s"


def interval(value: Value) -> str:
    """The 95 % interval, as "54.0 to 68.5 %"; empty where there is none."""
    return between(value.low, value.high, value.unit)


def between(low: float | None, high: float | None, unit: Unit) -> str:
    """Two ends, as "54.0 to 68.5 %"; empty where there is none.

    >>> between(0.54, 0.685, Unit.SHARE), between(None, None, Unit.SHARE)
    ('54.0 to 68.5 %', '')
    """
    if low is None or high is None:
        return ""
    lower, upper = number(low, unit), number(high, unit)
    return f"{lower.removesuffix(' %') if upper.endswith(' %') else lower} to {upper}"
