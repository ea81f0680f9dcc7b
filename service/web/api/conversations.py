"""Stored conversations: the list with its verdicts, and one of them with everything that is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from service.masked import Pseudonyms, masked
from service.scoring.definitions import VERSIONS
from service.store import installations, listing, overview
from service.store.forgetting import without_quotes
from service.store.listing import Line, Place, Sought
from service.store.models import Conversation, Installation, Scorecard, State
from service.store.people_models import Scope
from service.web.api.cursors import cursor, moment_of, place_of
from service.web.api.keys import shows_texts
from service.web.api.routes import Answer, Day, Query, get
from service.web.audited import audited
from service.web.parts import parts
from service.web.problems import Problem
from service.web.rights import visible_ids

MOST = 200
Cursor = Annotated[str | None, Field(description="Where to go on: `next` of the page before.", max_length=500)]
Limit = Annotated[int, Field(ge=1, le=MOST, description="How many at most.")]


def _score_and_verdict(value: str) -> str:
    score, dot, said = value.partition(".")
    if score not in _SCORES or not dot or not said:
        raise ValueError("is no score and verdict with a dot between, such as containment.unresolved")
    return value


_SCORES = frozenset(name for each in VERSIONS.values() for name in each.scores)
Verdict = Annotated[
    str,
    AfterValidator(_score_and_verdict),
    Field(json_schema_extra={"pattern": f"^(?:{'|'.join(sorted(_SCORES))})\\..+$"}),
]


class ScoreSummary(Answer):
    """What one score says, without its reasons."""

    verdict: str | None = Field(description="What stands: what reviewers decided, else what Deskmark said.")
    deskmark_verdict: str | None = Field(description="What Deskmark said, whatever reviewers decided.")
    disputed: bool = Field(description="Whether reviewers contradict each other, so that Deskmark's verdict stays.")
    value: float | None
    confidence: float


class ConversationSummary(Answer):
    """One conversation without a word of it. Scores are those of the card that speaks for it now."""

    id: str
    installation: str
    helpdesk: str
    account: str
    external_id: str = Field(description="The helpdesk's id.")
    channel: str | None
    state: str
    opened_at: datetime | None
    ended_at: datetime | None
    scored_at: datetime | None
    definitions: str | None
    episode: int | None
    scores: dict[str, ScoreSummary]


class Conversations(Answer):
    """One page of conversations."""

    items: list[ConversationSummary]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class ConversationsQuery(Query):
    """Filters of the list; all of them hold."""

    installation: tuple[str, ...] = Field((), description="Id, helpdesk or account; may be repeated.")
    verdict: tuple[Verdict, ...] = Field((), description="score.verdict, e.g. containment.unresolved; may be repeated.")
    channel: str | None = Field(None, description="messaging, email, web, phone, social, api or unknown.")
    state: State | None = Field(None, description="What is known of it.")
    external_id: str | None = Field(None, description="The helpdesk's id.")
    since: Day | None = Field(None, description="First day on which it ended, UTC.")
    until: Day | None = Field(None, description="Last day on which it ended, UTC.")
    cursor: Cursor = None
    limit: Limit = 50


@get("/conversations", Conversations, query=ConversationsQuery)
def conversations(asked: ConversationsQuery) -> Answer:
    """Conversations, the last ended first; those that have not ended come behind.

    Pages go on behind the last conversation, so nothing is skipped or told twice when others come in meanwhile. No text
    and no person is in this list.
    """
    behind = None
    if asked.cursor is not None:
        kind, at, row_id = place_of(asked.cursor, 3)
        behind = Place(kind == _ENDED, moment_of(at), row_id)
    with parts().database.read() as session:
        sought = Sought(
            installation_ids=ids_named(session, asked.installation),
            verdicts=[(score, said) for score, _, said in (each.partition(".") for each in asked.verdict)],
            channel=asked.channel,
            state=asked.state,
            external_id=asked.external_id,
            since=asked.since,
            until=asked.until,
        )
        found = listing.page(session, sought, behind=behind, limit=asked.limit + 1)
    shown = found[: asked.limit]
    more = _behind(shown[-1].place) if len(found) > asked.limit else None
    return Conversations(items=[_line(line) for line in shown], next=more)


_ENDED = "ended"


def _behind(place: Place) -> str:
    return cursor(_ENDED if place.ended else "", place.moment, place.id)


def ids_named(session: Any, names: Sequence[str]) -> tuple[str, ...] | None:
    """The installations that were named, or all that the key reaches; `None` for all. Raises a 400 problem."""
    if not names:
        return visible_ids()
    try:
        return installations.named(session, names, within=visible_ids())
    except installations.UnknownInstallation as error:
        fault = {"parameter": "installation", "detail": "names no connected helpdesk"}
        raise Problem(400, "a parameter cannot be used", faults=[fault]) from error


def _line(line: Line) -> ConversationSummary:
    return ConversationSummary(**_summary(line.conversation, line.installation, line.card))


def _summary(row: Conversation, installation: Installation, card: Scorecard | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "installation": installation.id,
        "helpdesk": installation.connector,
        "account": installation.account,
        "external_id": row.external_id,
        "channel": row.channel,
        "state": row.state,
        "opened_at": row.opened_at,
        "ended_at": row.ended_at,
        "scored_at": row.scored_at,
        "definitions": card.definitions if card else None,
        "episode": card.episode if card else None,
        "scores": _scores(card.stands, heard_of(card)) if card else {},
    }


def _scores(card: Mapping[str, Any], heard: Mapping[str, Mapping[str, Any]]) -> dict[str, ScoreSummary]:
    return {
        name: ScoreSummary(
            verdict=score["verdict"], value=score["value"], confidence=score["confidence"], **heard[name]
        )
        for name, score in card["scores"].items()
    }


def heard_of(card: Scorecard) -> Mapping[str, Mapping[str, Any]]:
    """By score: what Deskmark itself said, and whether reviewers contradict each other."""
    return {
        name: {
            "deskmark_verdict": (card.card["scores"].get(name) or {}).get("verdict"),
            "disputed": bool((score.get("details") or {}).get("disputed")),
        }
        for name, score in card.stands["scores"].items()
    }


class EvidenceShape(Answer):
    """One piece of proof."""

    message: str | None
    quote: str
    shows: str
    answered_in: str | None = None
    conversation: str | None = None


class FullScore(ScoreSummary):
    """What one score says, with its reason and its proof."""

    reason: str
    evidence: list[EvidenceShape] = Field(description="Empty for a key without the scope texts.")
    details: dict[str, Any]


class Card(Answer):
    """The scores of one episode under one version of the definitions."""

    episode: int
    definitions: str
    latest: bool = Field(description="Whether it speaks for the conversation now.")
    scored_at: datetime
    scores: dict[str, FullScore]


class OneConversation(ConversationSummary):
    """One conversation with everything."""

    personal_data: bool = Field(description="Whether texts and people are as they were, or masked.")
    document: dict[str, Any] | None = Field(
        description="The conversation document (docs/conversation.schema.json); null for a key without the scope texts."
    )
    cards: list[Card] = Field(description="Every scorecard, of all episodes and definitions, newest first.")


class ConversationQuery(Query):
    """How to show it."""

    personal_data: Literal["true", "false"] = Field("false", description="Texts and people as they are, not masked.")


@get(
    "/conversations/<conversation_id>",
    OneConversation,
    query=ConversationQuery,
    path_help={"conversation_id": "Deskmark's id, as in the list."},
)
def conversation(asked: ConversationQuery, conversation_id: str) -> Answer:
    """One conversation with its scorecards under all definitions.

    Personal data is masked, and people have pseudonyms, unless `personal_data=true` asks for them. A key without the
    scope `texts` is told verdicts and reasons only. Every look at a transcript is in the audit log.
    """
    p, as_it_is = parts(), asked.personal_data == "true"
    with p.database.read() as session:
        dossier = overview.dossier(session, conversation_id)
    if dossier is None:
        raise Problem(404, "there is no conversation with this id")
    if as_it_is and not shows_texts():
        raise Problem(403, f"this key lacks the scope {Scope.TEXTS.value}")
    row = dossier.conversation
    document, contents = row.document, [card.stands for card in dossier.cards]
    if shows_texts():
        with p.database.begin() as session:
            audited(session, "look at transcript", row.id, row.installation_id, personal_data=asked.personal_data)
    else:
        document, contents = None, [_without_texts(content) for content in contents]
    if not as_it_is and document is not None:
        pseudonyms = Pseudonyms.under(p.settings.pseudonym_secret)
        source = document
        contents = [masked(source, content, pseudonyms, p.names)[1] or {} for content in contents]
        document = masked(source, None, pseudonyms, p.names)[0]
    speaks = next((card for card in dossier.cards if card.latest), None)
    return OneConversation(
        **_summary(row, dossier.installation, speaks),
        personal_data=as_it_is,
        document=document,
        cards=[
            Card(
                episode=card.episode,
                definitions=card.definitions,
                latest=card.latest,
                scored_at=card.scored_at,
                scores=_full(content["scores"], heard_of(card)),
            )
            for card, content in zip(dossier.cards, contents, strict=True)
        ],
    )


def _full(scores: Mapping[str, Any], heard: Mapping[str, Mapping[str, Any]]) -> dict[str, FullScore]:
    return {name: FullScore(**score, **heard[name]) for name, score in scores.items()}


def _without_texts(card: Mapping[str, Any]) -> dict[str, Any]:
    """A card without what may quote a customer."""
    nothing: dict[str, Any] = {"evidence": [], "details": {}}
    return {
        "scores": {
            name: {**score, "reason": without_quotes(score["reason"]), **nothing}
            for name, score in card["scores"].items()
        }
    }
