"""Counts packed for the database: a number for each (measure, bucket), and arrays of them that add up fast.

A packed count takes six bytes. The few that do not fit into sixteen bits (sums of milliseconds) are kept beside.
Numbers are given once and never change, so every process may remember those that are committed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from service.figures.tally import Cells, end_of
from service.store.figure_models import Cell
from service.store.statements import insert

SMALL = np.dtype([("cell", "<i4"), ("count", "<u2")])
LARGE = np.dtype([("cell", "<i4"), ("count", "<i8")])
MOST = np.iinfo(np.uint16).max
AT_ONCE = 500

Ints = NDArray[np.int64]
Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of cells, ascending and each once, with their counts, none of which is 0."""

    cells: Ints
    counts: Ints

    def packed(self) -> tuple[bytes, bytes]:
        """What is stored: the small counts and the large ones."""
        small = self.counts <= MOST
        return _pack(SMALL, self.cells[small], self.counts[small]), _pack(
            LARGE, self.cells[~small], self.counts[~small]
        )


def _pack(shape: np.dtype[Any], cells: Ints, counts: Ints) -> bytes:
    packed = np.empty(len(cells), dtype=shape)
    packed["cell"], packed["count"] = cells, counts
    return packed.tobytes()


def added_up(small: Iterable[bytes], large: Iterable[bytes]) -> Counts:
    """All that is packed in these, added up."""
    few, many = np.frombuffer(b"".join(small), dtype=SMALL), np.frombuffer(b"".join(large), dtype=LARGE)
    return count(np.concatenate([few["cell"], many["cell"]]), np.concatenate([few["count"], many["count"]]))


def together(parts: Sequence[Counts]) -> Counts:
    """The sum of one or more."""
    if len(parts) == 1:
        return parts[0]
    return count(np.concatenate([part.cells for part in parts]), np.concatenate([part.counts for part in parts]))


def count(cells: NDArray[Any], counts: NDArray[Any]) -> Counts:
    """Counts by cell, from cells in any order and more than once; exact, as everything is a whole number."""
    if not cells.size:
        nothing = np.empty(0, dtype=np.int64)
        return Counts(nothing, nothing)
    top = int(cells.max()) + 1
    if cells.size * 4 > top:
        found, place = np.arange(top, dtype=np.int64), cells
    else:
        found, place = np.unique(cells.astype(np.int64), return_inverse=True)
    total = np.zeros(len(found), dtype=np.int64)
    np.add.at(total, place, counts.astype(np.int64))
    present = np.flatnonzero(total)
    return Counts(found[present], total[present])


def present(parts: Iterable[Ints]) -> Ints:
    """Every cell of these, once."""
    every = [part for part in parts if part.size]
    there = np.zeros(max((int(part[-1]) + 1 for part in every), default=0), dtype=np.bool_)
    for part in every:
        there[part] = True
    return np.flatnonzero(there)


class Names:
    """What each number means, as far as it was asked for. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.numbers: dict[Name, int] = {}
        self.measures: list[str] = []
        self._ids: dict[str, int] = {}
        self.measure_of: NDArray[np.int16] = np.full(0, -1, dtype=np.int16)
        self.bucket_of: list[str] = []
        self._ends: dict[Name, NDArray[np.int32]] = {}

    def unknown(self, cells: Ints) -> Ints:
        """Those of `cells` (each once) whose names are not known yet."""
        within = cells[cells < len(self.measure_of)]
        return np.concatenate([within[self.measure_of[within] < 0], cells[cells >= len(self.measure_of)]])

    def learn(self, rows: Iterable[tuple[int, str, str]]) -> None:
        """Remember (number, measure, bucket)."""
        with self._lock:
            given = list(rows)
            top = max((number for number, _, _ in given), default=-1) + 1
            measure_of = np.full(max(top, len(self.measure_of)), -1, dtype=np.int16)
            measure_of[: len(self.measure_of)] = self.measure_of
            self.bucket_of.extend([""] * (len(measure_of) - len(self.bucket_of)))
            for number, measure, bucket in given:
                if measure not in self._ids:
                    self.measures.append(measure)
                    self._ids[measure] = len(self.measures) - 1
                measure_of[number] = self._ids[measure]
                self.bucket_of[number] = bucket
                self.numbers[(measure, bucket)] = number
            self.measure_of = measure_of
            self._ends.clear()

    def ends_of(self, measure: str, start: str) -> NDArray[np.int32]:
        """By number of a cell, what `end_of` says of its bucket; -1 for `None` and for other measures."""
        with self._lock:
            known = self._ends.get((measure, start))
            if known is None:
                known = np.full(len(self.measure_of), -1, dtype=np.int32)
                for number in np.flatnonzero(self.measure_of == self.id_of(measure)).tolist():
                    end = end_of(self.bucket_of[number], start)
                    known[number] = -1 if end is None else end
                self._ends[(measure, start)] = known
            return known

    def id_of(self, measure: str) -> int:
        """The place of a measure in `measures`; -2 when nothing of it is known."""
        return self._ids.get(measure, -2)


_names: WeakKeyDictionary[object, Names] = WeakKeyDictionary()


def names_of(session: Session) -> Names:
    """What this process knows of the session's database."""
    bind = session.get_bind()
    assert isinstance(bind, Engine), "our sessions are made for an engine"
    return _names.setdefault(bind.pool, Names())


def named(session: Session, cells: Ints) -> Names:
    """Names that know each of `cells` (each once)."""
    names = names_of(session)
    missing = names.unknown(cells).tolist()
    for start in range(0, len(missing), AT_ONCE):
        wanted = missing[start : start + AT_ONCE]
        rows = session.execute(select(Cell.id, Cell.measure, Cell.bucket).where(Cell.id.in_(wanted)))
        names.learn((number, measure, bucket) for number, measure, bucket in rows)
    return names


def numbered(session: Session, wanted: Iterable[Name]) -> Mapping[Name, int]:
    """The number of each name; new names are given one in this transaction.

    What it gave out itself is not remembered by the process: the transaction may still be rolled back.
    """
    names = names_of(session)
    found = {name: names.numbers.get(name) for name in wanted}
    known = {name: number for name, number in found.items() if number is not None}
    missing = sorted(name for name, number in found.items() if number is None)
    for start in range(0, len(missing), AT_ONCE):
        known.update(_looked_up(session, names, missing[start : start + AT_ONCE]))
    return known


def _looked_up(session: Session, names: Names, missing: Sequence[Name]) -> dict[Name, int]:
    ours: set[Name] = session.info.setdefault("new cells", set())
    known = _stored(session, missing)
    names.learn((number, *name) for name, number in known.items() if name not in ours)
    new = [name for name in missing if name not in known]
    if new:
        # In one order for everybody: two workers that number the same names wait for each other, never in a circle.
        values = [{"measure": measure, "bucket": bucket} for measure, bucket in new]
        session.execute(insert(session, Cell).values(values).on_conflict_do_nothing())
        ours.update(new)
        known.update(_stored(session, new))
    return known


def _stored(session: Session, wanted: Sequence[Name]) -> dict[Name, int]:
    asked = set(wanted)
    statement = select(Cell.measure, Cell.bucket, Cell.id).where(
        Cell.measure.in_({measure for measure, _ in asked}), Cell.bucket.in_({bucket for _, bucket in asked})
    )
    rows = session.execute(statement)
    return {(measure, bucket): number for measure, bucket, number in rows if (measure, bucket) in asked}


class Unpacked(Cells):
    """The cells of a `Tally`, made a mapping measure by measure when asked for: most figures read a few of them."""

    def __init__(self, counts: Counts, names: Names) -> None:
        """`names` knows all of the cells."""
        self._counts, self._names = counts, names
        self._measures: NDArray[np.int16] | None = None
        self._made: dict[str, dict[str, int]] = {}

    @cached_property
    def mark(self) -> Hashable:
        """What a number means never changes, so the packed counts say it all."""
        digest = blake2b(self._counts.cells.tobytes(), digest_size=16)
        digest.update(self._counts.counts.tobytes())
        return self._names, digest.digest()

    def _of(self) -> NDArray[np.int16]:
        """The measure of each cell; found when the first is asked for."""
        if self._measures is None:
            self._measures = self._names.measure_of[self._counts.cells]
        return self._measures

    def __getitem__(self, measure: str) -> Mapping[str, int]:
        made = self._made.get(measure)
        if made is None:
            here = np.flatnonzero(self._of() == self._names.id_of(measure))
            if not here.size:
                raise KeyError(measure)
            buckets = map(self._names.bucket_of.__getitem__, self._counts.cells[here].tolist())
            made = self._made[measure] = dict(zip(buckets, self._counts.counts[here].tolist(), strict=True))
        return made

    def by_end(self, measure: str, start: str) -> Mapping[int, int]:
        """As `Tally.by_end`, of all cells at once."""
        ends = self._names.ends_of(measure, start)[self._counts.cells]
        here = np.flatnonzero(ends >= 0)
        if not here.size:
            return {}
        sums = np.zeros(int(ends[here].max()) + 1, dtype=np.int64)
        np.add.at(sums, ends[here], self._counts.counts[here])
        found = np.flatnonzero(sums)
        return dict(zip(found.tolist(), sums[found].tolist(), strict=True))

    def __iter__(self) -> Iterator[str]:
        return (self._names.measures[number] for number in np.unique(self._of()).tolist())

    def __len__(self) -> int:
        return len(np.unique(self._of()))
