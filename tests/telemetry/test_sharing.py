"""Counters of several processes meet on the board; a board that is away loses nothing; signs of life grow old."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.registry import Collector

from service.telemetry.board import FORGOTTEN_AFTER, HEARD, Board, BoardDown
from service.telemetry.sharing import Sharing, alone, everybody

NOWHERE = "redis://127.0.0.1:1/0"


class Process:
    """What one process counts with."""

    def __init__(self, board: Board) -> None:
        self.registry = CollectorRegistry()
        self.seen = Counter("seen", "Seen", ("what",), registry=self.registry)
        self.took = Histogram("took_seconds", "Took", buckets=(1, 5, 10), registry=self.registry)
        Gauge("not_shared", "A gauge is nobody's sum", registry=self.registry).set(7)
        self.sharing = Sharing(board, self.registry)


def told(board: Board, process: Process) -> list[str]:
    registry = CollectorRegistry()

    class Everybody(Collector):
        def collect(self) -> Iterator[Metric]:
            yield from everybody(board, process.registry)

    registry.register(Everybody())
    return generate_latest(registry).decode().splitlines()


def test_two_processes_are_added_up(valkey: str) -> None:
    board = Board(valkey)
    one, other = Process(board), Process(board)
    one.seen.labels("webhook").inc(3)
    other.seen.labels("webhook").inc(2)
    other.seen.labels("ping").inc()
    one.took.observe(0.5)
    other.took.observe(7)
    for process in (one, other, one, other):
        assert process.sharing.flush()
    lines = told(board, one)
    assert lines == told(board, other), "whoever is asked says the same"
    assert 'seen_total{what="webhook"} 5.0' in lines
    assert 'seen_total{what="ping"} 1.0' in lines
    buckets = [line for line in lines if line.startswith("took_seconds_bucket")]
    assert buckets == [
        'took_seconds_bucket{le="1.0"} 1.0',
        'took_seconds_bucket{le="5.0"} 1.0',
        'took_seconds_bucket{le="10.0"} 2.0',
        'took_seconds_bucket{le="+Inf"} 2.0',
    ]
    assert "took_seconds_sum 7.5" in lines
    assert not [line for line in lines if line.startswith("not_shared ")]
    assert "# TYPE took_seconds histogram" in lines


def test_what_could_not_be_told_is_told_later(valkey: str) -> None:
    process = Process(Board(NOWHERE))
    process.seen.labels("webhook").inc()
    assert not process.sharing.flush()
    back = Board(valkey)
    process.sharing._board = back
    process.seen.labels("webhook").inc()
    assert process.sharing.flush()
    assert process.sharing.flush(), "nothing new"
    assert 'seen_total{what="webhook"} 2.0' in told(back, process)


def test_a_thread_tells_by_itself_and_once(valkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.telemetry.sharing.EVERY_SECONDS", 0.01)
    board = Board(valkey)
    process = Process(board)
    process.sharing.start()
    process.sharing.start()
    process.seen.labels("webhook").inc()
    while 'seen_total{what="webhook"} 1.0' not in told(board, process):
        pass
    process.seen.labels("last").inc()
    process.sharing.stop()
    assert 'seen_total{what="last"} 1.0' in told(board, process)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_tells_its_own_part_only(valkey: str, tmp_path: Path) -> None:
    board = Board(valkey)
    process = Process(board)
    process.seen.labels("webhook").inc(5)
    process.sharing.flush()
    child = os.fork()
    if child == 0:
        process.sharing._board = Board(valkey)
        process.seen.labels("webhook").inc(2)
        process.sharing.flush()
        os._exit(0)
    os.waitpid(child, 0)
    assert 'seen_total{what="webhook"} 7.0' in told(board, process)


def test_one_process_alone() -> None:
    process = Process(Board(NOWHERE))
    process.seen.labels("webhook").inc(4)
    (seen, *_) = [metric for metric in alone(process.registry) if metric.name == "seen"]
    assert [sample.value for sample in seen.samples] == [4.0]


def test_signs_of_life(valkey: str) -> None:
    board = Board(valkey)
    assert board.heard() == {}
    board.here("score/one")
    board.here("beat/one")
    assert set(board.heard()) == {"score/one", "beat/one"}
    assert all(0 <= age < 60 for age in board.heard().values())
    board.gone("beat/one")
    with redis.Redis.from_url(valkey) as client:
        seconds, _ = client.time()
        client.hset(HEARD, "score/lost", str(seconds - FORGOTTEN_AFTER - 1))
        assert set(board.heard()) == {"score/one"}
        assert client.hkeys(HEARD) == [b"score/one"], "what is gone for long is forgotten"


def test_a_board_that_is_away() -> None:
    board = Board(NOWHERE)
    for ask in (
        lambda: board.add("1", {"x": 1.0}),
        lambda: board.counts("1"),
        lambda: board.here("x"),
        lambda: board.gone("x"),
        lambda: board.hold("x", ("f",)),
        lambda: board.lets_go("x"),
        board.holders,
        board.heard,
    ):
        with pytest.raises(BoardDown):
            ask()
