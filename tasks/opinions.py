"""What follows when somebody agrees or disagrees with a verdict: what stands, the figures, and what the ticket says.

Everything is one transaction with the opinion itself, so a page that is loaded next shows it; only writing to the
helpdesk is left to the workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from service.document import from_document
from service.language.known_names import NOBODY, NameFinder
from service.scoring.definitions import VERDICTS
from service.scoring.score import Policy, Scorecard
from service.settings import Settings
from service.store import conversations, disputes, facts, models, opinions, reviews, work
from service.store.models import State, WriteState
from service.store.opinion_models import Source
from service.store.reviews import Said
from tasks import gaps, planning
from tasks.runtime import Clock, Ground, policy_of, utc_now


@dataclass(frozen=True, slots=True)
class Rules:
    """What planning needs to know, for whoever is no worker."""

    settings: Settings
    clock: Clock = utc_now
    names: NameFinder = NOBODY

    def policy(self, row: models.Installation) -> Policy:
        """The policy of a stored installation: its own keys over the settings."""
        return policy_of(self.settings, row.policy)


def express(rules: Ground, session: Session, said: Sequence[Said]) -> bool:
    """Keep opinions on one conversation, and all that follows; whether a write-back is due now, to be announced.

    Whoever reviews has looked at what agents disputed, so disputes about it are settled.
    """
    row_id = said[0].conversation_id
    work.lock(session, [row_id])
    reviews.save(session, said)
    if any(each.source != Source.IMPORT for each in said):
        disputes.settle(session, row_id, now=rules.clock())
    return settle(rules, session, row_id)


def take_back(rules: Ground, session: Session, row_id: str, *, episode: int, score: str, reviewer: str) -> bool | None:
    """Remove a reviewer's own opinion, and all that followed; `None` when there is none, else as `express`."""
    work.lock(session, [row_id])
    now = rules.clock()
    if not reviews.take_back(session, row_id, episode=episode, score=score, reviewer=reviewer, now=now):
        return None
    return settle(rules, session, row_id)


def settle(rules: Ground, session: Session, row_id: str) -> bool:
    """Let what stands follow from the opinions: cards, gaps, what is to be written, facts; whether writing is due.

    The caller holds the conversation's row, and this is the last thing its transaction does.
    """
    row = conversations.get(session, row_id)
    assert row is not None, "opinions go with a stored conversation"
    installation = session.get_one(models.Installation, row.installation_id)
    policy = rules.policy(installation)
    standing = opinions.stand_anew(session, row_id, review_confidence=policy.review_confidence)
    pending = False
    if standing and row.document is not None and row.state == State.SCORED and _is_whole(standing[-1]):
        latest = [card for card in standing if card.definitions == standing[-1].definitions]
        gaps.keep(session, installation.id, row_id, from_document(row.document), latest, policy=policy)
        pending = _ask_write_back(rules, session, row, standing[-1])
    facts.rejudge(session, row_id, standing, now=rules.clock())
    return pending


def _is_whole(card: Scorecard) -> bool:
    """Whether the card knows every score: one of an earlier release is written from once it is scored anew."""
    return card.scores.keys() >= VERDICTS.keys()


def _ask_write_back(rules: Ground, session: Session, row: models.Conversation, card: Scorecard) -> bool:
    """Only where writing is on for it, and a conversation that was never written is not begun with (`unasked`)."""
    if planning.ask_write_back(rules, session, row.id, card, anew=False) is not WriteState.PENDING:
        return False
    of_it = update(models.Conversation).where(models.Conversation.id == row.id)
    session.execute(of_it.values(write_state=WriteState.PENDING))
    return True
