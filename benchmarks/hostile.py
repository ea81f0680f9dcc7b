"""CPU seconds that odd texts take to score: one message of 1 MB, 1 MB in messages of 5,000 characters, and many short
messages. No text may be slow; the table says whether one is.

    python benchmarks/hostile.py [UNIT ...]
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

from service.conversation import Author, Conversation, Message, Role
from service.language import detection
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.scoring.score import History, Policy
from service.scoring.scorecard import score_conversation

UNITS = (
    "a", "a-", "a.b", "7 ", "x@", "http://", "\n", "> ", "e\u0301\u0301", "\U0001f600", "\u05e9\u05dc ", "? ", "shows ",
    "my order 12345 ", "is it working ", "and ", "2026-01-22 ", "AB12 ",
)  # fmt: skip
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
SIZE = 1_000_000
OPENING = (
    (Role.CUSTOMER, "where is my order 12345"),
    (Role.BOT, "Did that help?"),
    (Role.CUSTOMER, "no"),
    (Role.AGENT, "What is your order number?"),
)


def conversation(texts: list[str]) -> Conversation:
    """An opening with a handoff between two halves of `texts`, written by customer and bot, then customer and agent."""
    half = len(texts) // 2
    before = [((Role.CUSTOMER, Role.BOT)[i % 2], text) for i, text in enumerate(texts[:half])]
    after = [((Role.CUSTOMER, Role.AGENT)[i % 2], text) for i, text in enumerate(texts[half:])]
    said = [*OPENING[:2], *before, *OPENING[2:], *after]
    messages = (
        Message(f"m{i}", Author(role), text, START + timedelta(seconds=20 * i)) for i, (role, text) in enumerate(said)
    )
    return Conversation("hostile", tuple(messages))


def seconds(one: Conversation, model: MiniLM) -> float:
    """CPU seconds of one scoring with an empty cache."""
    embedder = CachedEmbedder(model, MemoryCache())
    began = time.process_time()
    score_conversation(one, History(), Policy(), embedder)
    return time.process_time() - began


def main() -> None:
    """Print the table."""
    model = MiniLM()
    model.load()
    detection.load()
    print("| text | one message of 1 MB | 200 of 5,000 characters | 5,000 of 40 characters |\n|---|---|---|---|")
    for unit in sys.argv[1:] or UNITS:
        filled = unit * (SIZE // len(unit))
        once = seconds(conversation([filled]), model)
        pasted = seconds(conversation([f"{i} {filled[:5000]}" for i in range(200)]), model)
        short = seconds(conversation([f"{i} {filled[:40]}" for i in range(5000)]), model)
        print(f"| `{unit!r}` | {once:.1f} s | {pasted:.1f} s | {short:.1f} s |", flush=True)


if __name__ == "__main__":
    main()
