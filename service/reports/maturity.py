"""The maturity that an account's data carry, from what is stored."""

from __future__ import annotations

from datetime import timedelta

from service.figures.cells import CONTAINED
from service.figures.maturity import Held, Suggested, suggested
from service.figures.tally import Tally
from service.reports.figures import DAYS
from service.reports.sources import Stored
from service.store import maturity
from service.store.figures import Period

JUDGED = ("warranted", "avoidable", "missed")


def suggestion(source: Stored) -> Suggested:
    """The level for what the source has; conversations are those of its latest 90 days, whatever is filtered."""
    first, last = source.first_day(), source.last_day()
    beside = maturity.kept(source.session, source.installation_ids)
    if first is None or last is None:
        held = Held(intents=beside.intents, reviews=beside.reviews, improvements=beside.improvements)
        return suggested(held, least=source.least)
    since, until = last - timedelta(days=DAYS - 1), last + timedelta(days=1)
    found = source.tallies(since, until, Period.WHOLE, None, {})
    whole = next(iter(found.values()), Tally())
    classes, verdicts = whole.of("containment"), whole.of("escalation")
    held = Held(
        days=(last - first).days + 1,
        conversations=sum(classes.get(name, 0) for name in (*CONTAINED, "escalated")),
        judged=sum(verdicts.get(name, 0) for name in JUDGED),
        intents=beside.intents,
        reviews=beside.reviews,
        improvements=beside.improvements,
    )
    return suggested(held, least=source.least)
