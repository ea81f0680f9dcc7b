"""What the panels beside a ticket have in common: finding the verdicts of a ticket, and keeping what an agent says.

An agent is known to the helpdesk, not to Deskmark: opinions carry an opaque id made of the helpdesk's own. A panel
knows of the tickets of its own installation only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import structlog
from flask import request
from limits import parse
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.card_document import card_from_document
from service.document import from_document
from service.panel import Panel, Reader, panel
from service.store import audit, reviews
from service.store.models import Conversation, Installation, Scorecard
from service.store.opinion_models import Source
from service.store.reviews import Said
from service.translation.languages import Language, language_of
from service.web.opinions import LONGEST_WHY, is_too_long, rules
from service.web.parts import parts
from service.web.throttle import network
from tasks import opinions as work

PER_AGENT = parse("60/minute")
"""What one agent may ask of a panel: tickets opened, buttons pressed."""
PER_REFUSED = parse("60/minute")
"""Requests with a wrong signature from one address."""

NONE_YET = "Deskmark has no verdict on this conversation yet. It is read when it is solved or closed."
THANKS = "Thank you. Your opinion counts in the figures."
NO_CHOICE = "That verdict is not one of those that can be chosen. Nothing was saved."
TOO_LONG_REASON = (
    "Your reason has {n} characters and at most {most} can be kept: nothing was saved. Shorten it and send it again."
)
TOO_MANY = "Too many requests. Try again in a minute."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Agent:
    """Who looks at a panel, as the helpdesk vouches for: `id` is the helpdesk's own name for them."""

    connector: str
    installation_id: str
    id: str

    @property
    def reviewer(self) -> str:
        """How opinions name them: the same each time, without a name in it."""
        whole = f"{self.connector}\0{self.installation_id}\0{self.id}"
        return f"agent-{hashlib.sha256(whole.encode()).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True)
class View:
    """How a panel is to be made. `requester` is who asked on the ticket, as far as the agent's own helpdesk tells it:
    quotes are shown only to whoever can see that; `None`: the helpdesk signed that the agent sees the ticket.
    """

    agent: Agent
    ticket: str
    language: Language
    requester: str | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What an agent says of a verdict."""

    score: str
    verdict: str
    episode: int
    why: str = ""

    @property
    def words(self) -> str:
        """The reason on one line, as it is kept."""
        return " ".join(self.why.replace("\0", " ").split())

    @property
    def too_long(self) -> bool:
        """Whether the reason is more than is kept: the agent is asked to shorten it, nothing is cut off."""
        return is_too_long(self.words)


def too_many(agent: Agent) -> bool:
    """Whether the agent asks too often; this time is counted."""
    return not parts().tries.hit(PER_AGENT, "panel", agent.reviewer)


def refused(installation_id: str, reason: str) -> int:
    """The status for a request that nobody signed: 401, or 429 when the address goes on trying."""
    log.warning("panel refused", installation=installation_id[:64], reason=reason)
    return 401 if parts().tries.hit(PER_REFUSED, "panel refused", network(request.remote_addr)) else 429


def spoken_by(session: Session, installation_id: str) -> Language:
    """The language of the installation."""
    row = session.get(Installation, installation_id)
    return language_of(row.language) if row is not None else Language.EN


def shown(session: Session, view: View) -> Panel | None:
    """The panel of a ticket; `None` while there is no verdict on it, or no such ticket here."""
    mine = (Conversation.installation_id == view.agent.installation_id, Conversation.external_id == view.ticket)
    found = select(Conversation, Scorecard).join(Scorecard, Scorecard.conversation_id == Conversation.id)
    pair = session.execute(found.where(*mine, Scorecard.latest)).one_or_none()
    if pair is None:
        return None
    row, stored = pair
    conversation = from_document(row.document) if row.document is not None else None
    requester = conversation.contact.id if conversation is not None else None
    card = card_from_document(stored.stands)
    reader = Reader(
        view.language,
        said=_said(session, row.id, card.episode, view.agent),
        quotes=view.requester is None or view.requester == requester,
        names=parts().names,
    )
    public = parts().settings.public_url
    return panel(row.id, card, conversation, reader, link=f"{public}/c/{row.id}" if public else "")


def express(session: Session, view: View, made: Panel, opinion: Opinion) -> bool | None:
    """Keep an opinion and all that follows; `None`: it is about nothing that the panel shows. See `announce`.

    Its reason is not `too_long`.

    An opinion on an episode that is not the latest any more would be about other words than those that stand there.
    """
    about = made.of(opinion.score)
    known = {choice.verdict for choice in about.choices} if about else set()
    if opinion.verdict not in known or opinion.episode != made.episode:
        return None
    p, agent = parts(), view.agent
    said = Said(
        agent.installation_id,
        made.row_id,
        made.episode,
        opinion.score,
        opinion.verdict,
        agent.reviewer,
        p.now(),
        why=opinion.words or None,
        source=Source.PANEL,
    )
    pending = work.express(rules(), session, [said])
    audit.record(
        session,
        actor=agent.reviewer,
        action="give opinion",
        target=made.row_id,
        installation_id=agent.installation_id,
        now=p.now(),
        details={"score": opinion.score, "verdict": opinion.verdict, "by": f"{agent.connector} panel"},
    )
    return pending


def asked_to_shorten(panel: Panel, opinion: Opinion) -> str:
    """What is said to an agent whose reason is too long."""
    return panel.say(TOO_LONG_REASON, n=len(opinion.words), most=LONGEST_WHY)


def _said(session: Session, row_id: str, episode: int, agent: Agent) -> dict[str, str]:
    mine = (row for row in reviews.of_conversation(session, row_id) if row.reviewer == agent.reviewer)
    return {row.score: row.verdict for row in mine if row.episode == episode}
