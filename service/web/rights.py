"""Who may do what: each view names the right it needs, each role has its rights, and whatever names none is refused.

An installation or a conversation that an address names is looked at here, so that no view can forget it: a foreign one
is answered like one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar, cast

from flask import abort, current_app, g, request
from sqlalchemy import select

from service.store.errand_models import Errand
from service.store.gap_models import KnowledgeGap
from service.store.models import Conversation, Delivery
from service.store.people_models import Role, Scope
from service.store.proposal_models import IntentProposal
from service.store.report_models import FigureAlert
from service.web.parts import parts

Owner = Callable[[object], str | None]
View = TypeVar("View", bound=Callable[..., object])


class Right(StrEnum):
    """What a view may need of a signed-in visitor."""

    SEE = "see"
    """Figures, lists, verdicts."""
    READ = "read"
    """Transcripts."""
    REVIEW = "review"
    """Agree and disagree with verdicts."""
    MANAGE = "manage"
    """Gaps, intents, improvements, replay."""
    ADMINISTER = "administer"
    """Installations, people, keys, erasure, operations."""


class Open(StrEnum):
    """Views that need no right."""

    TO_ALL = "to all"
    """Also to whoever is not signed in: what is behind looks at something else, such as a signature."""
    TO_SIGNED_IN = "to signed in"
    """To every role: one's own account."""


Need = Right | Open | Scope
"""What a view can ask for. A `Scope` is what the API asks of a key."""

RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.ADMIN: frozenset(Right),
        Role.MANAGER: frozenset({Right.SEE, Right.READ, Right.REVIEW, Right.MANAGE}),
        Role.REVIEWER: frozenset({Right.SEE, Right.READ, Right.REVIEW}),
        Role.VIEWER: frozenset({Right.SEE}),
    }
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever is signed in. `session_id` is what the browser holds. `installations` are the ids that the visitor sees;
    `None`: all. `person_id` is `None` for the demo and for whoever came by a link of the command line.
    """

    session_id: str
    name: str
    role: Role
    installations: frozenset[str] | None = None
    person_id: str | None = None

    def may(self, right: Right) -> bool:
        """Whether the visitor's role has the right."""
        return right in RIGHTS[self.role]


def needs(need: Need) -> Callable[[View], View]:
    """Say what a view needs. Stands under the route's decorator."""

    def mark(view: View) -> View:
        view.__dict__["needs"] = need
        return view

    return mark


def need_of(view: Callable[..., object]) -> Need | None:
    """What a view needs; `None`: it does not say."""
    return cast("Need | None", getattr(view, "needs", None))


def requested() -> Need | None:
    """What the requested view needs; `None` where there is no such view or it does not say."""
    return need_of(current_app.view_functions[request.endpoint]) if request.endpoint else None


def visitor() -> Visitor | None:
    """Whoever is signed in."""
    return cast("Visitor | None", g.get("visitor"))


def may(right: Right) -> bool:
    """Whether the visitor has the right: for what a page shows to some only."""
    known = visitor()
    return known is not None and known.may(right)


def visible_ids() -> tuple[str, ...] | None:
    """The installations that lists are to show; `None`: all. To somebody nobody knows: none."""
    seen: Collection[str] | None = g.get("reach", ())
    return None if seen is None else tuple(sorted(seen))


def sees(installation_id: str) -> bool:
    """Whether the visitor or the key may know of this installation."""
    seen = visible_ids()
    return seen is None or installation_id in seen


def acting() -> str:
    """Who asks, for the audit log."""
    return cast(str, g.acting)


def recognise(known: Visitor) -> None:
    """Remember who asks, for as long as it is answered."""
    g.visitor, g.reach, g.acting = known, known.installations, known.name


def admit(known: Visitor, right: Right | Open) -> None:
    """Let the visitor go on to the view, or answer: 403 without the right, 404 for what is foreign."""
    if isinstance(right, Right) and not known.may(right):
        abort(403)
    if not within_reach(request.view_args or {}):
        abort(404)


def within_reach(arguments: Mapping[str, object]) -> bool:
    """Whether the visitor may know of everything that these parts of an address name. What there is none of is for the
    view to answer."""
    if visible_ids() is None:
        return True
    owners = (find(arguments[name]) for name, find in OWNERS.items() if name in arguments)
    return all(sees(owner) for owner in owners if owner is not None)


def _owner_in(table: type[Conversation | Delivery | Errand | KnowledgeGap | IntentProposal | FigureAlert]) -> Owner:
    """Looks up the installation of a row by its id."""

    def owner(row_id: object) -> str | None:
        with parts().database.read() as session:
            return session.scalar(select(table.installation_id).where(table.id == row_id))

    return owner


OWNERS: Mapping[str, Owner] = MappingProxyType(
    {
        "installation_id": str,
        "row_id": _owner_in(Conversation),
        "conversation_id": _owner_in(Conversation),
        "delivery_id": _owner_in(Delivery),
        "errand_id": _owner_in(Errand),
        "alert_id": _owner_in(FigureAlert),
        "gap_id": _owner_in(KnowledgeGap),
        "proposal_id": _owner_in(IntentProposal),
    }
)
"""How the installation of a part of an address is found; `None`: there is no such thing."""
