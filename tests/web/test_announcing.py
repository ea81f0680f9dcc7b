"""Deliveries are announced together, off the request's way, and what waits is sent before the end."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Event

from service.web.announcing import MOST, Announcer


class Slow:
    """A queue that takes its first message and holds it until it may go on."""

    def __init__(self) -> None:
        self.said: list[list[int]] = []
        self.others: list[str] = []
        self.began, self.may_go_on = Event(), Event()

    def ingest(self, delivery_ids: Iterable[int]) -> None:
        self.said.append(list(delivery_ids))
        self.began.set()
        assert self.may_go_on.wait(10)

    def score(self, conversation_ids: Iterable[str]) -> None:
        self.others += conversation_ids

    write_back = score


def test_what_comes_in_meanwhile_goes_into_one_message() -> None:
    slow = Slow()
    announcer = Announcer(slow)
    announcer.ingest([1])
    assert slow.began.wait(10)
    for number in range(2, MOST + 4):
        announcer.ingest([number])
    slow.may_go_on.set()
    announcer.close()
    assert [len(message) for message in slow.said] == [1, MOST, 2]
    assert [each for message in slow.said for each in message] == list(range(1, MOST + 4))


def test_it_starts_again_after_the_end_and_ends_without_a_start() -> None:
    slow = Slow()
    slow.may_go_on.set()
    announcer = Announcer(slow)
    announcer.close()
    for number in (1, 2):
        announcer.ingest([number])
        announcer.close()
    assert slow.said == [[1], [2]]


def test_the_rest_is_passed_on_at_once() -> None:
    slow = Slow()
    announcer = Announcer(slow)
    announcer.score(["a"])
    announcer.write_back(["b"])
    assert slow.others == ["a", "b"]
