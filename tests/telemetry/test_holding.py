"""Processes tell which secret keys they hold, and those that would be left behind are found."""

from __future__ import annotations

import pytest
import redis
from prometheus_client import CollectorRegistry

from service.store.secrets import SecretBox, new_key
from service.telemetry.board import FORGOTTEN_AFTER, HOLD, Board, BoardDown
from service.telemetry.holding import LIVING, Holding, apart, lacking, living
from service.telemetry.sharing import Sharing

NOWHERE = "redis://127.0.0.1:1/0"


def test_a_fingerprint_tells_keys_apart_and_nothing_else() -> None:
    old, new = new_key(), new_key()
    first, second = SecretBox(f"{new},{old}").fingerprints
    assert (second,) == SecretBox(old).fingerprints
    assert first != second
    assert len(first) == 12
    assert first not in new


def test_who_would_be_left_behind(valkey: str) -> None:
    board = Board(valkey)
    assert living(board) == []
    web, worker = Holding(board, ("new", "old"), "web"), Holding(board, ("old",), "worker score@here")
    web.tell()
    worker.tell()
    (name,) = lacking(board, "new")
    assert name.startswith("worker score@here on ")
    assert lacking(board, "old") == []
    assert apart(board, ("new", "old")) == [name]
    assert [each[:3] for each in apart(board, ("old",))] == ["web"], "it encrypts with a key that we lack"
    worker.end()
    assert lacking(board, "new") == []


def test_who_was_killed_does_not_count_for_ever(valkey: str) -> None:
    board = Board(valkey)
    with redis.Redis.from_url(valkey) as client:
        client.hset(HOLD, "killed", f"{client.time()[0] - LIVING - 1} old")
        client.hset(HOLD, "long ago", f"{client.time()[0] - FORGOTTEN_AFTER - 1} old")
        assert lacking(board, "new") == []
        assert [each.name for each in board.holders()] == ["killed"]
        assert client.hkeys(HOLD) == [b"killed"]


def test_a_board_that_is_away_is_passed_over_by_who_tells() -> None:
    board = Board(NOWHERE)
    holding = Holding(board, ("f",), "web")
    holding.tell()
    holding.end()
    with pytest.raises(BoardDown):
        lacking(board, "f")


def test_a_web_process_tells_while_it_runs(valkey: str) -> None:
    board = Board(valkey)
    sharing = Sharing(board, CollectorRegistry(), Holding(board, ("f",), "web"))
    sharing._tell()
    (holder,) = living(board)
    assert holder.keys == ("f",)
    sharing.stop()
    assert living(board) == []
