"""context_repeat: what counts as asked again after a handoff or a transfer, and the proof of it. Own samples only."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from service.conversation import Author, Conversation, Event, Message, Role
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.scoring.context_repeat import context_repeat
from service.scoring.score import Case, History, Policy, Score

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SAMPLES = Path(__file__).parent.parent / "samples" / "context_dev.jsonl"
SHARED = Path(os.environ.get("DESKMARK_SHARED", Path(__file__).parents[3] / "shared"))
ROLES = {"C": Role.CUSTOMER, "B": Role.BOT, "A": Role.AGENT, "D": Role.AGENT, "S": Role.SYSTEM}


@pytest.fixture(scope="module")
def embedder() -> CachedEmbedder:
    return CachedEmbedder(MiniLM(), MemoryCache())


class Judge(Protocol):
    """Scores a conversation by a policy."""

    def __call__(self, conversation: Conversation, policy: Policy | None = None) -> Score: ...


def talk(*lines: str, timed: bool = True, **changes: Any) -> Conversation:
    """Lines "C: text" (customer), B bot, A and D agents, "N: text" A's note; "handoff" and "transferred" are events."""
    messages, events = [], []
    for i, line in enumerate(lines):
        at = START + timedelta(seconds=30 * i) if timed else None
        if line in ("handoff", "transferred"):
            events.append(Event(f"e{i}", line, at))
            continue
        who, text = line.split(": ", 1)
        note = who == "N"
        author = Author(Role.AGENT if note else ROLES[who], {"A": "a-1", "N": "a-1", "D": "a-2"}.get(who, who))
        messages.append(Message(f"m{i}", author, text, at, internal=note))
    return Conversation("1", tuple(messages), events=tuple(events), **changes)


@pytest.fixture
def judge(embedder: CachedEmbedder) -> Judge:
    def score(conversation: Conversation, policy: Policy | None = None) -> Score:
        return context_repeat(Case(conversation, History(), policy or Policy(), embedder))

    return score


LATE = "C: My order 48213 is late"
OVER = "B: I will get a colleague."


def test_a_number_asked_again(judge: Judge) -> None:
    score = judge(talk(LATE, OVER, "handoff", "A: Hello! What is your order number?", "C: 48213"))
    assert (score.verdict, score.value) == ("repeated", 1)
    assert score.evidence[0].message == "m3"
    assert score.evidence[0].answered_in == "m0"
    assert score.evidence[0].shows == "asks for the order number, given before"
    assert "the order number" in score.reason
    assert score.details["kinds"] == ["identifier"]
    assert score.details["candidates"][0]["message"] == "m3"
    assert score.confidence == score.details["candidates"][0]["probability"]


def test_nothing_asked_again(judge: Judge) -> None:
    score = judge(talk(LATE, OVER, "handoff", "A: I see order 48213. When are you at home?", "C: at 5"))
    assert (score.verdict, score.value, score.evidence) == ("preserved", 0, ())
    assert [c["message"] for c in score.details["candidates"]] == ["m3"]
    assert score.confidence > 0.8


def test_no_handoff_and_no_transfer(judge: Judge) -> None:
    score = judge(talk(LATE, "B: It will arrive tomorrow."))
    assert (score.verdict, score.value, score.evidence) == (None, None, ())
    assert dict(score.details) == {"candidates": [], "kinds": [], "protests": [], "given_again": []}
    assert judge(talk(LATE, "A: What is your order number?")).verdict is None


def test_nobody_answered_after_the_handoff(judge: Judge) -> None:
    assert judge(talk(LATE, OVER, "handoff", "C: hello?")).verdict is None


def test_a_transfer_between_agents(judge: Judge) -> None:
    lines = (LATE, "A: Which colour?", "C: blue", "transferred", "D: What is your order number?", "C: 48213 as I said")
    score = judge(talk(*lines))
    assert [e.message for e in score.evidence] == ["m4"]
    assert "After the transfer" in score.reason
    assert [e.message for e in judge(talk(*lines, timed=False)).evidence] == ["m4"]  # another agent goes on
    assert judge(talk(*(line.replace("D:", "A:") for line in lines), timed=False)).verdict is None


def test_another_queue_is_no_other_agent(judge: Judge) -> None:
    lines = (
        "C: It broke",
        OVER,
        "handoff",
        "A: Which model?",
        "C: X-200",
        "transferred",
        "A: Sorry, which model was it?",
    )
    assert judge(talk(*lines)).verdict == "preserved"
    assert judge(talk(*lines[:-1], "D: Sorry, which model was it?")).verdict == "repeated"


def test_the_customer_s_protest_is_kept(judge: Judge) -> None:
    told = "C: I already told the bot, it is 48213"
    score = judge(talk(LATE, OVER, "handoff", "A: Hello! What is your order number?", told))
    assert score.details["protests"] == [{"message": "m4"}]
    assert score.evidence[0].shows == "asks for the order number, given before; the customer says so"
    unasked = judge(talk(LATE, OVER, "handoff", "A: I see. One moment.", told))
    assert (unasked.verdict, len(unasked.details["protests"])) == ("preserved", 1)


def test_a_number_given_again_unasked(judge: Judge) -> None:
    lines = (LATE, OVER, "handoff", "A: Hello, this is Ada.", "C: hi, it is order 48213 again")
    score = judge(talk(*lines))
    assert score.verdict == "preserved"
    assert score.details["given_again"] == [{"message": "m4", "answered_in": "m0"}]
    asked = judge(talk(*lines[:3], "A: What is your order number?", "C: 48213"))
    assert asked.details["given_again"] == []
    named = judge(talk(*lines[:3], "A: Hello, I see order 48213 here.", "C: yes, 48213"))
    assert named.details["given_again"] == []


def test_what_an_earlier_agent_was_told(judge: Judge) -> None:
    head = ("C: It broke", OVER, "handoff", "A: What is the serial number?", "C: SN 7788-12", "A: One moment.")
    asked = "D: Hi, what is the serial number?"
    assert [e.message for e in judge(talk(*head, asked, "C: 7788-12")).evidence] == ["m6"]
    assert [e.message for e in judge(talk(*head, "transferred", asked, "C: 7788-12")).evidence] == ["m7"]


def test_the_same_agent_may_ask_twice(judge: Judge) -> None:
    lines = ("C: It broke", OVER, "handoff", "A: Which model?", "C: X-200", "A: Sorry, which model was it?", "C: X-200")
    assert judge(talk(*lines)).verdict == "preserved"


def test_notes_are_not_questions(judge: Judge) -> None:
    score = judge(talk(LATE, OVER, "handoff", "N: What is the order number?", "A: Hello, I am looking into it."))
    assert score.verdict == "preserved"


def test_the_subject_counts_as_given(judge: Judge) -> None:
    lines = ("C: Two parts are missing", OVER, "handoff", "A: What is your order number?")
    talked = talk(*lines, subject="Order 5530-1187")
    assert judge(talked).evidence[0].answered_in == "m0"


def test_what_came_while_waiting_counts_as_given(judge: Judge) -> None:
    score = judge(talk("C: It broke", OVER, "handoff", "C: the order is 48213", "A: What is your order number?"))
    assert score.evidence[0].answered_in == "m3"


def test_an_agent_who_writes_twice_in_a_row(judge: Judge) -> None:
    lines = ("A: Hello.", "S: joined", "A: What is your order number?", "C: 48213", "A: Ok")
    score = judge(talk(LATE, OVER, "handoff", *lines))
    assert [e.message for e in score.evidence] == ["m5"]


def test_in_between_it_is_unclear(judge: Judge) -> None:
    talked = talk(LATE, OVER, "handoff", "A: What is your order number?")
    sure = judge(talked).confidence
    score = judge(talked, Policy(repeated_context_threshold=sure + 0.05))
    assert (score.verdict, score.value, score.evidence) == ("unclear", 0, ())


def test_several_things_asked_again_are_listed(judge: Judge) -> None:
    score = judge(
        talk(
            "C: order 48213, it says 'no paper'",
            OVER,
            "handoff",
            "A: What is your order number?",
            "C: 48213",
            "A: And what does the error say?",
            "C: no paper",
        )
    )
    assert score.value == 2
    assert "the order number and the error message" in score.reason


def sample(row: Mapping[str, Any]) -> Conversation:
    messages, events = [], []
    for i, turn in enumerate(row["turns"]):
        at = START + timedelta(seconds=30 * i)
        if turn["role"] == "event":
            events.append(Event(f"e{i}", turn["kind"], at))
            continue
        author = Author(Role(turn["role"]), turn.get("who", turn["role"]))
        attachments = tuple(turn.get("attachments", ()))
        messages.append(Message(f"m{i}", author, turn["text"], at, attachments=attachments))
    subject = str(row["subject"]) if "subject" in row else None
    return Conversation(str(row["id"]), tuple(messages), subject=subject, events=tuple(events))


@pytest.mark.parametrize("samples", [SAMPLES, SAMPLES.with_name("context_identifiers.jsonl")], ids=lambda p: p.stem)
def test_own_samples(judge: Judge, samples: Path) -> None:
    """The samples were tuned on; this keeps them from getting worse, it measures nothing."""
    hits = said = gold = 0
    for line in samples.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        conversation = sample(row)
        score = judge(conversation)
        assert score == judge(conversation)
        flagged = {e.message for e in score.evidence}
        asked = {f"m{i}" for i, turn in enumerate(row["turns"]) if turn.get("label")}
        hits, said, gold = hits + len(flagged & asked), said + len(flagged), gold + len(asked)
    assert hits / said >= 0.95
    assert hits / gold >= 0.9


@pytest.mark.skipif(not (SHARED / "data" / "context_repeat_dev.jsonl").exists(), reason="shared data is absent")
def test_public_conversations_keep_their_figures(judge: Judge) -> None:
    lines = (SHARED / "data" / "context_repeat_dev.jsonl").read_text(encoding="utf-8").splitlines()[:120]
    right = total = 0
    for row in map(json.loads, lines):
        turns = [turn if turn["role"] != "event" else {**turn, "kind": "handoff"} for turn in row["turns"]]
        flagged = {e.message for e in judge(sample({"id": row["conversation_id"], "turns": turns})).evidence}
        for gold in row["gold"]:
            if gold["kind"] == "probe":
                total += 1
                right += (f"m{gold['turn']}" in flagged) == bool(gold["label"])
    assert right / total >= 0.85
