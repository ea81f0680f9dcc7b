"""Months of believable facts for the pages about escalations, handoffs and confidence: the same for the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from service.figures.fact import Fact
from service.store import conversations
from service.store.facts import Judged, save
from service.store.models import Installation

FIRST, DAYS = date(2026, 1, 5), 90
INTENTS = ("where is my order", "refund", "cancel subscription", "change address", "invoice", "novel", None)
TEAMS = ("Orders", "Billing", "Second level", None)
REASONS = ("customer_request", "frustration", "loop", "missing_knowledge", "tool_failure", "other")
ANSWERS = ("article:Where is my order?", "article:Refunds and returns", "text:0123456789abcdef", "solved", None)
CONTEXTS = ("preserved", "preserved", "repeated", "unclear")
KINDS = ("order number", "email", "the problem itself", "date")


def fact(number: int, random: Random, *, reports: bool = True) -> Fact:
    """One conversation with a bot, or (every fifth) with a human from the start."""
    day = FIRST + timedelta(days=random.randrange(DAYS))
    intent = random.choices(INTENTS, (8, 6, 4, 3, 3, 2, 1))[0]
    known: dict[str, Any] = {
        "helpdesk": "zendesk", "account": "acme", "conversation": str(number), "episode": 1, "definitions": "2",
        "day": day.isoformat(), "intent": intent, "channel": random.choice(("email", "web", "messaging")),
        "group": random.choice(TEAMS), "language": "en",
    }  # fmt: skip
    if number % 5 == 0:
        known |= {"containment": "human_only", "agent_messages": 2, "direct_seconds": random.lognormvariate(8.6, 1)}
    else:
        known |= _with_bot(random, reports=reports)
    return Fact(**known)


def _with_bot(random: Random, *, reports: bool) -> dict[str, Any]:
    sure = random.betavariate(4, 2)
    known: dict[str, Any] = {"bot_took_part": True, "bot": "bot-1"}
    source = "reported" if reports and random.random() < 0.8 else "estimated"
    known |= {
        "confidence_value": round(sure, 4),
        "confidence_source": source,
        "confidence": "high" if sure > 0.8 else "low",
    }
    went_well = random.random() < 1.15 * sure**1.5
    if went_well:
        kind = random.choice(("confirmed", "likely", "likely", "unclear"))
        return known | {"containment": kind, "escalation": "not_needed"}
    if random.random() < 0.3:
        reason = random.choice(REASONS)
        return known | {"containment": "unresolved", "escalation": "missed", "timing": "never", "reason": reason}
    return known | _handed_over(random)


def _handed_over(random: Random) -> dict[str, Any]:
    verdict = random.choices(("warranted", "avoidable", "unclear"), (6, 3, 1))[0]
    known: dict[str, Any] = {
        "containment": "escalated", "handed_off": True, "agent_messages": random.randint(1, 5), "escalation": verdict,
        "trigger": random.choice(("bot", "customer", "customer", "rule")), "bot_turns_before": random.randint(1, 6),
        "seconds_before": random.lognormvariate(5, 1), "context": random.choice(CONTEXTS),
    }  # fmt: skip
    if known["context"] != "unclear":
        again = known["context"] == "repeated"
        known |= {"re_asks": 1 if again else 0, "re_asked": (random.choices(KINDS, (5, 2, 2, 1))[0],) if again else ()}
    if verdict == "warranted":
        known |= {"timing": random.choice(("on_time", "on_time", "late")), "reason": random.choice(REASONS),
                  "escalation_delay": random.lognormvariate(4.5, 1.4)}  # fmt: skip
    if verdict == "avoidable":
        known |= {"timing": "early", "reason": "other", "had_answer": random.choices(ANSWERS, (6, 3, 3, 1, 1))[0]}
    if random.random() < 0.08:
        return known | {"handoff": "abandoned_in_queue", "waited": random.lognormvariate(6.5, 0.7)}
    return known | {"handoff": "answered", "first_reply": random.lognormvariate(5.6, 1.1),
                    "transfers": random.choice((0, 0, 1)),
                    "handoff_seconds": random.lognormvariate(9, 1), "handoff_business": random.lognormvariate(8, 1),
                    "first_reply_business": random.lognormvariate(5, 1)}  # fmt: skip


def facts(n: int, *, seed: int = 7, reports: bool = True) -> list[Fact]:
    """So many facts; with `reports` the bot says of most conversations how sure it was."""
    random = Random(seed)
    return [fact(number, random, reports=reports) for number in range(n)]


def keep(web: Any, installation_id: str, given: Sequence[Fact]) -> dict[str, Fact]:
    """Save facts as those of conversations of their own; by our id of each."""
    now = web.clock()
    with web.parts.database.begin() as session:
        row = session.get_one(Installation, installation_id)
        rows = {conversations.announce(session, row, one.conversation, at=now, now=now): one for one in given}
        session.flush()
        judged = [Judged(key, installation_id, "2", (one,), now.date()) for key, one in rows.items()]
        save(session, judged, now=now)
    return rows
