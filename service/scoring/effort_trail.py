"""The effort score counted along the way: what it adds up, message by message. Pure; it decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.conversation import Conversation, Role, handoff_position
from service.scoring.score import Score


@dataclass(frozen=True, slots=True)
class Step:
    """How far it has come with one message.

    `message`: the customer's message to the bot, counted from 1, 0 where it is none. `rephrasing`: which rephrasing it
    is, 0: none. `re_ask`: how often an agent has asked again for something given, 0: not with this message. `waited`:
    seconds that the customer had waited for the bot before this message, all waits together; `None` without times.
    `useful`: the first useful answer.
    """

    message: int = 0
    rephrasing: int = 0
    re_ask: int = 0
    waited: float | None = None
    useful: bool = False


def effort_trail(episode: Conversation, effort: Score, context: Score) -> Mapping[str, Step]:
    """By id of the message: only messages that add something. Counted as `service.scoring.effort` counts.

    `effort` and `context` (context_repeat) are the episode's scores; rephrasings, re-asks and the first useful answer
    are those that they cite.
    """
    again = {item.message for item in effort.evidence if item.shows == "asks again"}
    useful = {item.message for item in effort.evidence if item.shows == "first useful answer"}
    asked_again = {item.message for item in context.evidence if context.verdict == "repeated"}
    end = handoff_position(episode)
    automated = len(episode.public) if end is None else end
    steps: dict[str, Step] = {}
    written = rephrased = re_asked = 0
    waited: float | None = None
    since = None
    for position, message in enumerate(episode.public):
        if position < automated and message.role is Role.CUSTOMER:
            written += 1
            rephrased += message.id in again
            steps[message.id] = Step(written, rephrased if message.id in again else 0, waited=waited)
            since = since or message.at
        elif position < automated and message.role is Role.BOT:
            if since is not None and message.at is not None:
                waited = (waited or 0.0) + max(0.0, (message.at - since).total_seconds())
                since = None
            if message.id in useful:
                steps[message.id] = Step(useful=True)
        elif message.role is Role.AGENT and message.id in asked_again:
            re_asked += 1
            steps[message.id] = Step(re_ask=re_asked)
    return steps
