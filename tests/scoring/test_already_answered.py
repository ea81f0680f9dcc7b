"""Repetitions of the bot by an agent, on our own pairs and case by case."""

import json
from pathlib import Path

from service.conversation import Author, Message, Role
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.language.wording import content
from service.scoring.already_answered import already_answered, likeness, probability, statements

PAIRS = Path(__file__).parents[1] / "samples" / "escalation_pairs.jsonl"
EMBEDDER = CachedEmbedder(MiniLM(), MemoryCache())
ROLES = {"c": Role.CUSTOMER, "b": Role.BOT, "a": Role.AGENT}
ANSWER = "b: Hold the red button for seven seconds until the light turns blue."


def messages(*turns: str) -> tuple[Message, ...]:
    return tuple(Message(f"m{i}", Author(ROLES[turn[0]]), turn[3:]) for i, turn in enumerate(turns))


def test_our_own_pairs() -> None:
    rows = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    flagged = []
    for row in rows:
        bot, agent = EMBEDDER.vectors([row["bot"], row["agent"]])
        like = likeness(row["agent"], row["bot"], content(row["asked"]), float(bot @ agent))
        flagged.append(probability(like, refers=False, told=False) >= 0.7)
    hits = sum(f and r["repeats"] for f, r in zip(flagged, rows, strict=True))
    assert hits / sum(flagged) >= 0.9
    assert hits / sum(r["repeats"] for r in rows) >= 0.8


def test_greetings_and_questions_are_no_answer() -> None:
    assert statements("Hi, this is Anna from the desk. Which colour is the light?") == ""
    asked = messages("c: it won't pair", ANSWER, "a: Hi, I'm Tom, let me have a look.", "a: Which colour is the light?")
    assert already_answered(asked, 2, EMBEDDER) is None
    assert (
        already_answered(messages("c: it won't pair", "b: Which model?", "a: Hold the red button."), 2, EMBEDDER)
        is None
    )


def test_an_answer_in_several_messages_after_a_greeting() -> None:
    said = messages(
        "c: it won't pair",
        ANSWER,
        "a: Hello, Tom here.",
        "c: hi",
        "a: Please hold the red button",
        "a: for 7 seconds, until the light is blue.",
    )
    found = already_answered(said, 2, EMBEDDER)
    assert found is not None
    assert (found.agent.id, found.bot.id) == ("m4", "m1")
    assert found.probability >= 0.7


def test_an_agent_or_a_customer_who_says_so() -> None:
    plain = messages("c: it won't pair", ANSWER, "a: Press the pairing key a little longer.")
    refers = messages("c: it won't pair", ANSWER, "a: As our bot explained, press the pairing key a little longer.")
    told = (*plain, *messages("c: the bot already told me that"))
    chances = [found.probability for said in (plain, refers, told) if (found := already_answered(said, 2, EMBEDDER))]
    assert chances[0] < min(chances[1:])


def test_a_correction_is_no_repetition() -> None:
    same = likeness("Returns are free within 30 days.", "Returns are free within 30 days.", frozenset(), 1.0)
    other = likeness("Actually that is wrong, it is 14 days.", "Returns are free within 30 days.", frozenset(), 0.7)
    assert probability(same, refers=False, told=False) > 0.9
    assert probability(other, refers=False, told=False) < 0.3
