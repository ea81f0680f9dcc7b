"""Weeks of an account's conversations as facts in a database: stable or changed, with gaps and a fix that worked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from service.figures.fact import Fact
from service.store import conversations, facts, installations, rollups
from service.store.database import Database
from service.store.facts import Judged
from service.store.gap_models import GapMessage, Improvement, ImprovementGap, KnowledgeGap
from service.store.models import Installation

SHAPE = (1.2, 1.1, 1.0, 1.0, 0.9, 0.5, 0.4)
"""How busy Monday to Sunday are."""


@dataclass(frozen=True)
class Rates:
    """How often things happen, of the bot's conversations."""

    escalated: float = 0.25
    confirmed: float = 0.6
    repeated: float = 0.2
    hard: float = 0.15
    gap: float = 0.08
    volume: float = 30.0


@dataclass
class Weeks:
    """`count` weeks of one installation up to but without `until`; `changed` are the rates from a day on."""

    database: Database
    until: date
    count: int = 10
    seed: int = 1
    rates: Rates = field(default_factory=Rates)
    changed: Mapping[date, Rates] = field(default_factory=dict)
    account: str = "acme"
    secrets: bytes = b""

    def lay(self) -> str:
        """Put them into the database; the installation's id."""
        first = self.until - timedelta(weeks=self.count)
        new = installations.NewInstallation(
            connector="zendesk", account=self.account, base_url="https://acme.zendesk.com", secrets=self.secrets,
            prefix="dm__",
        )  # fmt: skip
        with self.database.begin() as session:
            row = installations.add(session, new, now=datetime.combine(first, time(), UTC))
        self.more(row.id, first, (self.until - first).days)
        return row.id

    def more(self, installation_id: str, first: date, count: int) -> None:
        """So many days of conversations of a helpdesk that is there already."""
        rng, rates = Random(self.seed), self.rates
        now = datetime.combine(self.until, time(6), UTC)
        with self.database.begin() as session:
            row = session.get_one(Installation, installation_id)
            for offset in range(count):
                day = first + timedelta(days=offset)
                rates = self.changed.get(day, rates)
                judged = []
                often = rng.gauss(rates.volume, rates.volume**0.5) * SHAPE[day.weekday()]
                for number in range(max(0, round(often))):
                    key = conversations.announce(session, row, f"{day}-{number}", at=now, now=now)
                    judged.append(Judged(key, row.id, "2", [self.fact(rng, row, key, day, rates)], day))
                facts.save(session, judged, now=now)
        with self.database.read() as session:
            days = [day for day in rollups.dirty(session) if day.installation_id == installation_id]
        for dirty in days:
            with self.database.read() as session:
                sums = rollups.add_up(session, dirty)
            with self.database.begin() as session:
                assert sums is not None
                rollups.keep(session, sums)

    def fact(self, rng: Random, row: Installation, key: str, day: date, rates: Rates) -> Fact:
        escalated = rng.random() < rates.escalated
        kept = rng.choices(("confirmed", "likely", "returned", "unresolved", "unclear"),
                           (rates.confirmed, 0.9 - rates.confirmed, 0.05, 0.03, 0.02))[0]  # fmt: skip
        outcome = "escalated" if escalated else kept
        hard = rng.random() < rates.hard
        return Fact(
            helpdesk=row.connector, account=row.account, conversation=key, episode=1, definitions="2",
            day=day.isoformat(), channel="messaging", intent=rng.choice(("refund", "delivery", "password")),
            bot_took_part=True, handed_off=escalated, agent_messages=2 if escalated else 0, containment=outcome,
            escalation=("warranted" if rng.random() < 0.7 else "avoidable") if escalated else "not_needed",
            trigger="bot" if escalated else None, bot_turns_before=3 if escalated else None,
            context=("repeated" if rng.random() < rates.repeated else "preserved") if escalated else None,
            re_asks=1 if escalated else None, effort="high" if hard else "low",
            effort_value=3.0 if hard else round(rng.uniform(5, 7), 2), relevance="relevant" if kept != "unresolved"
            else "irrelevant", gap="gap" if rng.random() < rates.gap else "none", gap_reason="no_answer",
            repeat="returned" if outcome == "returned" else "not_returned",
            satisfaction_value=rng.choice((2.0, 4.0, 5.0)),
        )  # fmt: skip

    def gap(self, installation_id: str, label: str, asked: Mapping[date, int], *, fixed: date | None = None,
            audience: str | None = None) -> int:  # fmt: skip
        """A gap with so many questions on these days, and its fix."""
        with self.database.begin() as session:
            row = session.get_one(Installation, installation_id)
            last = session.query(KnowledgeGap).count()
            at = datetime.combine(min(asked), time(12), UTC)
            gap = KnowledgeGap(installation_id=row.id, group=last + 1, label=label, audience=audience, created_at=at)
            session.add(gap)
            session.flush()
            for day, count in asked.items():
                for number in range(count):
                    at = datetime.combine(day, time(12), UTC)
                    key = conversations.announce(session, row, f"g{gap.id}-{day}-{number}", at=at, now=at)
                    about = {"conversation_id": key, "installation_id": row.id, "gap_id": gap.id, "at": at}
                    session.add(
                        GapMessage(**about, episode=1, message="m1", reason="no_answer", negative=False, loose=False)
                    )
            if fixed is not None:
                at = datetime.combine(fixed, time(9), UTC)
                done = Improvement(installation_id=row.id, kind="article_published", reference=f"article:{gap.id}",
                                   title="How refunds work", at=at, told_at=at)  # fmt: skip
                session.add(done)
                session.flush()
                session.add(ImprovementGap(improvement_id=done.id, gap_id=gap.id))
            return gap.id
