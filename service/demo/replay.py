"""Gives the demo its past: laid into the local helpdesks, stored as a backfill would, scored by the running workers.

Nothing is made up but the conversations: every verdict, figure and group of questions comes from what always makes it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from connectors.base import Reading
from connectors.history import Whole
from service.conversation import Conversation
from service.demo import staff
from service.demo.play import Helpdesk
from service.demo.scenes import catalog
from service.store import backfills, installations, intents, proposals
from service.store.backfill_models import Backfill, BackfillState
from service.store.models import Conversation as Row
from service.store.models import Installation, State
from service.store.work import of_history
from service.writeback import AlreadyThere
from tasks import figure_alarms, gaps, naming, proposing, recounting
from tasks.backfill_keeping import settle
from tasks.backfilling import FOUND
from tasks.runtime import Runtime

AT_ONCE = 200
"""Conversations stored in one transaction."""

HELD = timedelta(hours=2)
"""How long no worker reads the history that is stored here: no longer than it takes."""

LOOK_SECONDS = 0.5
STUCK_SECONDS = 600.0
"""A past that takes longer to score is given up; what is scored stays."""


def lay_down(helpdesks: Iterable[Helpdesk], told: Iterable[Conversation]) -> tuple[Conversation, ...]:
    """Play a past into the local helpdesks, before anybody listens; the conversations under their numbers there, with
    brands and bots as the helpdesks number them."""
    there = {helpdesk.connector: helpdesk.sandbox for helpdesk in helpdesks}
    return tuple(replace(there[each.helpdesk].with_ids(each), id=there[each.helpdesk].seed(each)) for each in told)


@dataclass(frozen=True, slots=True)
class Replay:
    """The past of the connected helpdesks on its way into the figures. `runtime` works beside the service."""

    runtime: Runtime
    past: tuple[Conversation, ...]

    def teach(self) -> None:
        """Give every helpdesk the shop's intent catalog, before anything is scored."""
        now, known = self.runtime.clock(), catalog()
        with self.runtime.database.begin() as session:
            for row in installations.all_of(session):
                intents.add(session, row.id, known, now=now)

    def begin(self) -> None:
        """Say of every helpdesk that its history is being read, in nobody's hands but ours; nothing where it was."""
        now = self.runtime.clock()
        since = min((each.started_at for each in self.past if each.started_at), default=now)
        with self.runtime.database.begin() as session:
            for row in installations.all_of(session):
                if backfills.get(session, row.id) is None:
                    backfills.begin(session, row.id, since=since, until=now, share=100, now=now)
                    backfills.claim(session, row.id, now=now, lease=HELD)

    def store(self) -> None:
        """Keep everything, due for scoring behind all that is live."""
        self.begin()
        rest = iter(self.past)
        while some := list(islice(rest, AT_ONCE)):
            with self.runtime.database.begin() as session:
                rows = _by_connector(session)
                came: dict[str, Counter[str]] = {row.id: Counter() for row in rows.values()}
                for each in some:
                    reading, row = Whole(Reading(each, ended=True, there=AlreadyThere())), rows[each.helpdesk]
                    ended = each.ended_at or self.runtime.clock()
                    came[row.id].update((FOUND, *settle(self.runtime, session, row, reading, ended)))
                for row_id, counts in came.items():
                    backfills.counted(session.get_one(Backfill, row_id), counts)

    def wait(self, tell: Callable[[int], None]) -> bool:
        """Wait until the workers have scored everything; `tell` gets how many. False: they are stuck."""
        began = time.monotonic()
        while time.monotonic() - began < STUCK_SECONDS:
            scored, waiting = self._progress()
            tell(scored)
            if not waiting:
                return True
            time.sleep(LOOK_SECONDS)
        return False

    def _read(self) -> None:
        """The history is read: from now on figures are compared with its beginning."""
        done = {"state": BackfillState.DONE, "cursor": None, "finished_at": self.runtime.clock(), "lease_until": None}
        with self.runtime.database.begin() as session:
            session.execute(update(Backfill).values(**done, lease=None))

    def sum_up(self) -> None:
        """What the beat does now and then, done at once, and what people did with it: gaps, possible intents,
        reviews, days added up, alarms."""
        self._read()
        gaps.group(self.runtime)
        with self.runtime.database.begin() as session:
            for row in installations.all_of(session):
                proposals.ask_search(session, row.id, now=self.runtime.clock())
        proposing.propose(self.runtime)
        staff.work(self.runtime)
        self.learn_names()
        figure_alarms.watch(self.runtime)
        staff.answer_alerts(self.runtime)

    def learn_names(self) -> None:
        """Add up the days and ask the helpdesks what they call the brands, teams and bots of these days."""
        while recounting.recount(self.runtime).left:
            continue
        with self.runtime.database.read() as session:
            rows = list(installations.all_of(session))
        for row in rows:
            naming.learn(self.runtime.database, self.runtime.client(row), row.id, now=self.runtime.clock())

    def _progress(self) -> tuple[int, int]:
        with self.runtime.database.read() as session:
            past = select(func.count()).select_from(Row).where(of_history())
            scored = session.scalar(past.where(Row.state == State.SCORED)) or 0
            waiting = session.scalar(past.where(Row.due_at.is_not(None))) or 0
        return scored, waiting


def _by_connector(session: Session) -> Mapping[str, Installation]:
    return {row.connector: row for row in installations.all_of(session)}
