"""Cohen's kappa as a value of a figure: with its interval, or with what is missing for it."""

from __future__ import annotations

from service.figures.agreement import Agreement
from service.figures.calibration import Estimate
from service.figures.rates import LEAST, too_few
from service.figures.results import Better, Unit, Value, estimate


def kappa(name: str, found: Agreement, *, of: str, least: int = LEAST) -> Value:
    """The kappa of an agreement `of` a score; without a number below `least` cases, or where it is undefined."""
    n = found.rate.n
    if found.kappa is None or found.low is None or found.high is None or n < least:
        note = too_few(n, least) or "undefined: one side gave a single verdict"
        return Value(name, None, Unit.NUMBER, n, of, better=Better.HIGHER, note=note)
    value = Estimate(found.kappa, found.low, found.high)
    return estimate(name, value, n, of=of, interval="normal", better=Better.HIGHER)
