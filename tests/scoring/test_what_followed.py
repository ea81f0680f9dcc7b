"""What follows an answer moves its relevance, the right way and within bounds."""

from __future__ import annotations

import pytest

from service.conversation import Author, Conversation, Event, EventKind, Message, Role
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.scoring.answers import answers
from service.scoring.bot_part import read_bot_part
from service.scoring.score import Case, History, Policy
from service.scoring.what_followed import Followed, Trace, chance, traces

ROLES = {"C": Role.CUSTOMER, "B": Role.BOT, "A": Role.AGENT}
EMBEDDER = CachedEmbedder(MiniLM(), MemoryCache())
ASK = "C What load does the Kestrel kayak carry?"
ABOUT = "B The Kestrel kayak comes in red and in blue."
NOTHING = Followed(0.0, 0.0, 0.0, 0.0)


def trace(*lines: str, events: tuple[Event, ...] = ()) -> Trace:
    messages = tuple(Message(f"m{i}", Author(ROLES[line[0]]), line[2:]) for i, line in enumerate((ASK, ABOUT, *lines)))
    case = Case(Conversation("1", messages, events=events), History(), Policy(), EMBEDDER)
    part = read_bot_part(messages, EMBEDDER)
    return traces(case, part, answers(part))["m1"]


@pytest.mark.parametrize(
    ("lines", "name", "shown"),
    [
        (["C great, thanks"], "pleased", "m2"),
        (["C that worked"], "pleased", "m2"),
        (["B Let me get a colleague.", "A The Kestrel carries 110 kilos."], "person", "m3"),
        ([ABOUT, "C and the load?", ABOUT], None, "m3"),
    ],
)
def test_what_followed(lines: list[str], name: str | None, shown: str) -> None:
    found = trace(*lines)
    marks = {key: getattr(found.followed, key) for key in ("pleased", "person", "again")}
    assert marks == {key: float(key == name) for key in marks}
    assert found.shown is not None
    assert found.shown.id == shown


def test_the_same_question_leads_back() -> None:
    assert trace("C but which load does it carry, the kayak?").followed.back > 0.2
    assert trace("C is the red one darker than the blue one?").followed.back < 0.2


@pytest.mark.parametrize("lines", [[], ["C 2"], ["B Anything else?"]])
def test_nothing_followed(lines: list[str]) -> None:
    found = trace(*lines)
    assert found.followed == NOTHING
    assert found.shown is None


def test_ok_but_is_not_content_and_a_person_takes_over() -> None:
    assert trace("C ok but that is not it").followed.pleased == 0
    handoff = Event("h", EventKind.HANDOFF)
    assert trace("C hm?", "A Carries 110 kilos on a lake.", events=(handoff,)).followed.person == 1


def test_chance() -> None:
    alone, by_text = chance(0.6, NOTHING)
    pleased, by_reply = chance(0.6, Followed(1.0, 0.0, 0.0, 0.0))
    taken_over, _ = chance(0.6, Followed(0.0, 0.5, 1.0, 1.0))
    assert taken_over < alone < pleased
    assert (by_text, by_reply) == (False, True)
    assert 0 < chance(0.0, NOTHING)[0] < chance(1.0, NOTHING)[0] < 1
