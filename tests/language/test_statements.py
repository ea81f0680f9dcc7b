"""What customers say about the outcome, negation and questions minded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.conversation import Author, Message, Role
from service.language.statements import Outcome, read_outcome, read_statements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it works now", Outcome.WORKS),
        ("Thanks, that fixed it!", Outcome.WORKS),
        ("never mind, it's working again", Outcome.WORKS),
        ("ok found it, thanks", Outcome.WORKS),
        ("I managed to log in now", Outcome.WORKS),
        ("The problem is gone", Outcome.WORKS),
        ("it doesn't work", Outcome.FAILS),
        ("still nothing", Outcome.FAILS),
        ("same error as before", Outcome.FAILS),
        ("it works on my phone but not on the laptop", Outcome.FAILS),
        ("I still can't open the file", Outcome.FAILS),
        ("that's not what I asked", Outcome.REJECTS),
        ("no, I meant the other invoice", Outcome.REJECTS),
        ("you didn't answer my question", Outcome.REJECTS),
        ("not the lamp. the table", Outcome.REJECTS),
        ("forget it", Outcome.GIVES_UP),
        ("I'll just call you instead", Outcome.GIVES_UP),
        ("I will contact a human agent about it", Outcome.GIVES_UP),
        ("I'll get back to you when I have the number", Outcome.DEFERS),
        ("talk to you later", Outcome.DEFERS),
        ("ok I'll try that", Outcome.TRIES),
        ("ok thanks", Outcome.ACCEPTS),
        ("Thanks! I'll reach out if I need anything else.", Outcome.ACCEPTS),
        ("I'll think about it", Outcome.ACCEPTS),
        ("does it work now?", None),
        ("I'd be glad if it works", None),
        ("it worked before the update", None),
        ("order 4711", None),
        ("", None),
    ],
)
def test_outcomes(text: str, expected: Outcome | None) -> None:
    assert read_outcome(text) is expected


def reply(answer: str, text: str) -> Outcome | None:
    said = (
        Message("a", Author(Role.CUSTOMER), "it does not work"),
        Message("b", Author(Role.BOT), answer),
        Message("n", Author(Role.AGENT), "fine", internal=True),
        Message("c", Author(Role.CUSTOMER), text),
    )
    statements = read_statements(said)
    assert all(s.message.id == "c" for s in statements), "the first message is the problem, not an outcome"
    return statements[0].outcome if statements else None


@pytest.mark.parametrize(
    ("answer", "text", "expected"),
    [
        ("Did that solve your problem?", "yes", Outcome.WORKS),
        ("Did that solve your problem?", "no", Outcome.FAILS),
        ("Did this answer help you?", "no, that's all, thanks", Outcome.ACCEPTS),
        ("How about Monday at nine?", "Yes, that works", Outcome.ACCEPTS),
        ("Restart it, please.", "Yes, that works", Outcome.WORKS),
        ("Anything else?", "no", None),
    ],
)
def test_a_short_reply_is_read_with_the_question(answer: str, text: str, expected: Outcome | None) -> None:
    assert reply(answer, text) is expected


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert read_outcome(text) is read_outcome(text)
    assert reply("Did it help?", text) in (*Outcome, None)
