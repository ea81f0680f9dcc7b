"""What a panel shows: verdicts in the agent's language, proofs of this ticket only, what may be said of each."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from service.conversation import Author, Conversation, Message, Role
from service.panel import BAD, GOOD, LABELS, MOST_PROOFS, QUIET, TITLES, Reader, choices, panel
from service.scoring import sentences
from service.scoring.definitions import VERDICTS
from service.scoring.score import Evidence, Score, Scorecard
from service.translation.catalogue import Context, template
from service.translation.languages import Language, percent_in

NOW = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
TALK = Conversation(
    id="4711",
    messages=(
        Message("m0", Author(Role.CUSTOMER), "my order ORD-48213 is late, write to ada@example.com", NOW),
        Message("m1", Author(Role.BOT), "It is on its way."),
        Message("m2", Author(Role.AGENT), "What is your order number?", NOW),
        Message("m3", Author(Role.SYSTEM), "closed", NOW),
    ),
)
ELSEWHERE = Evidence("x", "a word of elsewhere", "", conversation="9120")
ASKED = Evidence("m2", "", "", answered_in="m0")
CARD = Scorecard(
    "zendesk",
    "acme",
    "4711",
    2,
    MappingProxyType(
        {
            "containment": Score("returned", 0.1, 0.92, sentences.CAME_BACK(later="5 h later", percent="92%"),
                                 (ELSEWHERE, Evidence("m3", "", ""))),
            "context_repeat": Score("repeated", 1, 0.9, sentences.AFTER_HANDOFF(listed="the name"), (ASKED, ASKED)),
            "escalation": Score("not_needed", reason="x"),
            "effort": Score(None),
            "repeat_contact": Score("strange"),
        }
    ),
)  # fmt: skip


@pytest.mark.parametrize("language", Language)
def test_it_is_in_the_agents_language(language: Language) -> None:
    made = panel("row", CARD, TALK, Reader(language), link="https://d.example/c/row")
    assert [each.score for each in made.shown] == ["containment", "context_repeat", "escalation"]
    words = [word for each in made.shown for word in (each.title, each.label, *(c.label for c in each.choices))]
    assert all(words)
    if language is not Language.EN:
        english = panel("row", CARD, TALK, Reader(Language.EN))
        assert made.shown[0].reason != english.shown[0].reason
        assert percent_in(language, "92%") in made.shown[0].reason
        assert made.say("Agree") != english.say("Agree")
    assert made.episode == 2


def test_it_quotes_this_ticket_only_and_masked() -> None:
    made = panel("row", CARD, TALK, Reader(Language.EN), link="https://d.example/c/row")
    outcome, context, quiet = made.shown
    assert [(proof.who, proof.quote) for proof in outcome.proofs] == [("Other", "closed")]
    assert "elsewhere" not in str(made)
    given, asked = context.proofs
    assert (given.who, given.at, asked.who) == ("Customer", "09:05", "Agent")
    assert "48213" not in given.quote
    assert "ada@" not in given.quote
    assert made.page(given) == "https://d.example/c/row#message-1"
    assert panel("row", CARD, TALK, Reader(Language.EN)).page(given) == ""
    assert (outcome.tone, outcome.quiet, quiet.tone, quiet.quiet) == ("bad", False, "neutral", True)
    assert made.of("effort") is None


def test_without_text_or_for_whoever_may_not_read_it_there_are_no_quotes() -> None:
    for made in (
        panel("row", CARD, None, Reader(Language.EN)),
        panel("row", CARD, TALK, Reader(Language.EN, quotes=False)),
    ):
        assert not any(each.proofs for each in made.shown)
        assert made.shown[0].reason


def test_what_the_agent_said_before_is_shown() -> None:
    made = panel("row", CARD, TALK, Reader(Language.DE, said={"containment": "confirmed", "escalation": "odd"}))
    assert [each.said for each in made.shown] == ["Bestätigt", "", ""]


def test_not_more_proofs_than_can_be_read() -> None:
    many = tuple(Message(f"n{i}", Author(Role.CUSTOMER), "x") for i in range(9))
    evidence = tuple(Evidence(f"n{i}", "", "") for i in range(9))
    card = Scorecard("zendesk", "acme", "4711", 1, {"containment": Score("unclear", evidence=evidence)})
    made = panel("row", card, Conversation("4711", many), Reader(Language.EN))
    assert len(made.shown[0].proofs) == MOST_PROOFS


def test_every_verdict_has_words() -> None:
    assert LABELS.keys() == TITLES.keys()
    assert all(set(LABELS[name]) == set(VERDICTS[name] or ()) for name in LABELS)
    known = {entry.msgid for entry in template() if entry.msgctxt == Context.PANEL}
    assert {label for words in LABELS.values() for label in words.values()} | set(TITLES.values()) <= known
    verdicts = {verdict for words in LABELS.values() for verdict in words}
    assert verdicts >= BAD | GOOD | QUIET
    assert not BAD & GOOD
    assert choices("intent", None, Language.EN) == ()
    assert [choice.verdict for choice in choices("containment", "human_only", Language.EN)] == ["human_only"]
    assert "pending" not in [choice.verdict for choice in choices("repeat_contact", None, Language.EN)]
