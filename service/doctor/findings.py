"""What was found: a line for each thing that was looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How it is. `warn`: it works and may not for long, or something is left to do; `fail`: something does not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: the part, how it is, what was seen, and (unless all is well) what to do."""

    part: str
    level: Level
    seen: str
    action: str = ""


def ok(part: str, seen: str) -> Finding:
    """All is well."""
    return Finding(part, Level.OK, seen)


def warn(part: str, seen: str, action: str) -> Finding:
    """It works, and should be looked at."""
    return Finding(part, Level.WARN, seen, action)


def fail(part: str, seen: str, action: str) -> Finding:
    """It does not work."""
    return Finding(part, Level.FAIL, seen, action)


def document(findings: Iterable[Finding]) -> dict[str, Any]:
    """All findings as JSON: `ok` is whether nothing fails."""
    listed = list(findings)
    return {"ok": all(each.level is not Level.FAIL for each in listed), "findings": [asdict(each) for each in listed]}
