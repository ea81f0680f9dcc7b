"""All scores of a conversation, in the order in which they build on one another.

Adding a score: one module with one pure function `Case -> Score`, one entry in `SCORERS`, a test and a row in the docs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from types import MappingProxyType

from service.conversation import Author, Conversation, Message, Role, episodes
from service.language.detection import language
from service.language.embedding import Embedder
from service.language.intents import IntentCatalog
from service.language.known_names import NOBODY, NameFinder
from service.scoring.answer_relevance import answer_relevance
from service.scoring.containment import containment
from service.scoring.context_repeat import context_repeat
from service.scoring.definitions import Definitions, definitions, not_defined
from service.scoring.effort import effort
from service.scoring.escalation import escalation
from service.scoring.handoff_time import handoff_time
from service.scoring.intent import intent
from service.scoring.knowledge_gap import knowledge_gap
from service.scoring.reading import all_as_read, as_read
from service.scoring.repeat_contact import repeat_contact
from service.scoring.resolution_confidence import resolution_confidence
from service.scoring.satisfaction import satisfaction
from service.scoring.score import DEFINITIONS, Case, History, Policy, Score, Scorecard
from service.scoring.sentences import NOT_VALIDATED
from service.scoring.training_example import training_example

Scorer = Callable[[Case], Score]
Watch = Callable[[str], AbstractContextManager[object]]
"""What stands around the computing of a score, by its name: somebody may want to know how long it takes."""

SCORERS: tuple[tuple[str, Scorer], ...] = (
    ("repeat_contact", repeat_contact),
    ("context_repeat", context_repeat),
    ("effort", effort),
    ("escalation", escalation),
    ("satisfaction", satisfaction),
    ("containment", containment),
    ("handoff_time", handoff_time),
    ("answer_relevance", answer_relevance),
    ("intent", intent),
    ("resolution_confidence", resolution_confidence),
    ("knowledge_gap", knowledge_gap),
    ("training_example", training_example),
)
"""Every score that is computed; a later one may read the earlier ones in `Case.so_far`."""

NOT_COMPUTED: Mapping[str, Mapping[str, object]] = MappingProxyType({})
"""Scores that are defined but not computed yet, with the details keys that readers of a scorecard rely on."""

_UNCLEAR_WITHOUT_ENGLISH = frozenset({"context_repeat", "escalation", "containment"})
_LOOK_THEMSELVES = frozenset(
    {"repeat_contact", "answer_relevance", "training_example", "satisfaction", "handoff_time", "resolution_confidence"}
)
"""Scores that mind the language themselves, or read no text at all."""
_STRUCTURAL = frozenset({"returned", "escalated", "human_only"})


def score_conversation(
    conversation: Conversation,
    history: History,
    policy: Policy,
    embedder: Embedder,
    catalog: IntentCatalog | None = None,
    version: str = DEFINITIONS,
    watch: Watch = nullcontext,
    names: NameFinder = NOBODY,
) -> tuple[Scorecard, ...]:
    """One scorecard for each episode, oldest first; the last one speaks of the conversation as it is now.

    What became of the earlier episodes stands on each card in `repeat_contact.details.episodes`.
    The other episodes of the conversation are history of each, as are `history.others`. Without a `catalog` no intent
    is read. `version` is that of the definitions; raises `UnknownDefinitions`. `watch` sees each score being computed.
    `names` finds names in free prose, for the texts that scorecards keep redacted.
    """
    defined = definitions(version)
    pieces = judged_episodes(conversation, policy)
    others = all_as_read(history.others)
    cards: list[Scorecard] = []
    for number, piece in enumerate(pieces, 1):
        beside = tuple(other for other in pieces if other is not piece)
        known = replace(history, others=(*others, *beside))
        case = Case(piece, known, policy, embedder, catalog=catalog, definitions=version, names=names)
        cards.append(_with_earlier(_card(case, number, defined, watch), cards))
    return tuple(cards)


def judged_episodes(conversation: Conversation, policy: Policy) -> tuple[Conversation, ...]:
    """The episodes that `score_conversation` gives a card each, as the scores see them."""
    return episodes(as_read(_with_bots(conversation, policy)))


def _with_earlier(card: Scorecard, earlier: Sequence[Scorecard]) -> Scorecard:
    """`card` with the verdict of repeat_contact for each of the `earlier` episodes, which tags no longer speak of."""
    score = card.scores["repeat_contact"]
    told = tuple({"episode": c.episode, "verdict": c.scores["repeat_contact"].verdict} for c in earlier)
    score = replace(score, details=MappingProxyType({**score.details, "episodes": told}))
    return replace(card, scores=MappingProxyType({**card.scores, "repeat_contact": score}))


def _card(case: Case, number: int, defined: Definitions, watch: Watch) -> Scorecard:
    spoken = language(case.conversation)
    scores: dict[str, Score] = {}
    for name, scorer in SCORERS:
        if name not in defined.scores:
            scores[name] = not_defined(name, defined.version)
            continue
        with watch(name):
            score = scorer(replace(case, so_far=MappingProxyType(scores.copy())))
        scores[name] = score if spoken == "en" else _without_reading(name, score, spoken)
    for name, details in NOT_COMPUTED.items():
        scores[name] = Score(verdict=None, reason="Deskmark does not compute this score yet.", details=details)
    c = case.conversation
    all_of_it = MappingProxyType(scores)
    return Scorecard(c.helpdesk, c.account, c.id, episode=number, scores=all_of_it, definitions=defined.version)


def _without_reading(name: str, score: Score, spoken: str) -> Score:
    """What is left of `score` in a language the text model was not validated for: only what needs no reading.

    A verdict that rests on who wrote and what happened stays. One that rests on text becomes `unclear`, or `None`
    where the vocabulary has no such word, with the reason "language".
    """
    if score.verdict is None or score.verdict in _STRUCTURAL or name in _LOOK_THEMSELVES:
        return score
    return Score(
        verdict="unclear" if name in _UNCLEAR_WITHOUT_ENGLISH else None,
        confidence=0.0,
        reason=NOT_VALIDATED(language=spoken),
        details=MappingProxyType({**_EMPTY_DETAILS.get(name, {}), "language": spoken}),
    )


_EMPTY_DETAILS: Mapping[str, Mapping[str, object]] = {
    "context_repeat": {"candidates": ()},
    "effort": {"messages_until_useful": None, "rephrasings": 0, "channel_switches": 0},
    "escalation": {"timing": None, "reason": None, "trigger": None},
    "containment": {"claimed": "none"},
    "knowledge_gap": {"reason": None, "question": None},
}


def _with_bots(conversation: Conversation, policy: Policy) -> Conversation:
    """`conversation` with the messages of `policy.bot_authors` (author ids) marked as written by a bot."""
    if not policy.bot_authors:
        return conversation

    def marked(message: Message) -> Message:
        if message.author.id not in policy.bot_authors:
            return message
        return replace(message, author=Author(Role.BOT, message.author.id, message.author.group))

    return replace(conversation, messages=tuple(marked(m) for m in conversation.messages))
