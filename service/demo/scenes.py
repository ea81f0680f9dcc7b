"""Reads the scenes of the demo's past from `scenes.txt`; the format is explained at its top."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib.resources import files

from service.language.intents import Example


class Where(StrEnum):
    """How a customer got in touch."""

    CHAT = "chat"
    MAIL = "mail"
    PHONE = "phone"
    WEB = "web"


class Course(StrEnum):
    """How often a scene happens as the months go by; `service.demo.storyline` says in numbers."""

    STEADY = "steady"
    BETTER = "better"
    WORSE = "worse"
    GROWING = "growing"
    NOVEL = "novel"
    SOLAR_GAP = "solar_gap"
    SOLAR_FIXED = "solar_fixed"
    RELEASE = "release"
    OUTAGE = "outage"


KINDS = frozenset("SCBANHTFKR+*?>")


class SceneError(ValueError):
    """A line of the scenes that cannot be read."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a scene: what happens, its text with alternatives still in it, the bot's confidence (0..1)."""

    kind: str
    text: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One conversation of a scene; `after` the end of the part before. `where` is `None` in the first part."""

    lines: tuple[Line, ...]
    after: timedelta = timedelta()
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that happens again and again. `weight`: how often beside others; `where`: the ways it may take."""

    name: str
    weight: float
    where: tuple[Where, ...]
    course: Course
    parts: tuple[Part, ...]

    @property
    def tellings(self) -> int:
        """In how many wordings it is told."""
        return min(10, 3 + round(self.weight / 1.5))


@dataclass
class _Draft:
    """A scene while its lines are read."""

    name: str
    weight: float
    where: tuple[Where, ...]
    course: Course
    parts: list[Part]
    lines: list[Line]
    after: timedelta = timedelta()
    came: Where | None = None

    def end_part(self) -> None:
        """What was read since the last part is one."""
        if not any(line.kind == "C" for line in self.lines):
            raise SceneError(f"nobody asks anything in a part of {self.name!r}")
        self.parts.append(Part(tuple(self.lines), self.after, self.came))
        self.lines = []

    def finished(self) -> Scene:
        """The scene."""
        self.end_part()
        return Scene(self.name, self.weight, self.where, self.course, tuple(self.parts))


def scenes() -> tuple[Scene, ...]:
    """Every scene of the demo's past."""
    return read_scenes(_lines("scenes.txt"))


def catalog() -> tuple[Example, ...]:
    """The examples of the shop's intent catalog."""
    found, intent = [], ""
    for line in _lines("intents.txt"):
        if line.startswith("@ "):
            intent = line.removeprefix("@ ").strip()
        elif line.strip() and not line.startswith("#"):
            found.append(Example(intent, line.strip()))
    return tuple(found)


def read_scenes(lines: Iterable[str]) -> tuple[Scene, ...]:
    """The scenes that these lines tell; raises `SceneError` with the number of the line that cannot be read."""
    told: list[Scene] = []
    draft: _Draft | None = None
    for number, line in enumerate(lines, 1):
        kind, _, rest = line.strip().partition(" ")
        if not kind or kind.startswith("#"):
            continue
        try:
            if kind == "@":
                told += [draft.finished()] if draft else []
                draft = _opened(rest)
            elif draft is None:
                raise SceneError("a turn before any scene")
            elif kind == "~":
                draft.end_part()
                hours, _, where = rest.partition(" ")
                draft.after, draft.came = timedelta(hours=float(hours)), Where(where.strip())
            else:
                draft.lines.append(_line(kind, rest.strip()))
        except ValueError as error:
            raise SceneError(f"line {number}: {error}") from error
    return (*told, *([draft.finished()] if draft else []))


def _opened(header: str) -> _Draft:
    cells = [cell.strip() for cell in header.split("|")]
    if len(cells) != 4:
        raise SceneError("a scene needs name, weight, ways and course")
    ways = tuple(Where(name) for name in cells[2].split())
    return _Draft(cells[0], float(cells[1]), ways, Course(cells[3]), parts=[], lines=[])


def _line(kind: str, text: str) -> Line:
    letter, _, percent = kind.partition("|")
    if letter not in KINDS:
        raise SceneError(f"{kind!r} begins no line of a scene")
    return Line(letter, text, float(percent) / 100 if percent else None)


def _lines(name: str) -> list[str]:
    return files("service.demo").joinpath(name).read_text(encoding="utf-8").splitlines()
