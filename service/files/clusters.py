"""`deskmark cluster`: messages in, the group of each out, one a line, in input order; bad lines are told, not fatal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, StrictInt, StrictStr, ValidationError

from service.files.scores import BadLine
from service.language.cluster_state import ClusterState, StateUnreadable, from_json, to_json
from service.language.clustering import grow
from service.language.embedding import Embedder


class Line(BaseModel):
    """One message to group; other keys are left alone."""

    model_config = ConfigDict(extra="ignore")
    id: StrictStr | StrictInt
    text: StrictStr


@dataclass(frozen=True, slots=True)
class StateFault(Exception):
    """The state file can not be read or written: which, and why."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def read(lines: Iterable[bytes], tell: Callable[[BadLine], None]) -> list[Line]:
    """The valid lines. What is wrong with others goes to `tell`; blank lines are skipped."""
    valid: dict[str, Line] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            message = Line.model_validate_json(line)
        except ValidationError as error:
            tell(BadLine(number, _reason(error)))
            continue
        if str(message.id) in valid:
            tell(BadLine(number, f"id {str(message.id)!r} was already given"))
        elif not message.text.strip():
            tell(BadLine(number, "text: is empty"))
        else:
            valid[str(message.id)] = message
    return list(valid.values())


def clustered(
    messages: list[Line], state: ClusterState, embedder: Embedder
) -> tuple[Iterator[dict[str, Any]], ClusterState]:
    """The group of each message as `contract.md` writes it, and the state after them."""
    grown = grow(state, [message.text for message in messages], embedder)
    labels = {group.id: group.label for group in grown.state.groups}
    rows = zip(messages, grown.assignments, strict=True)
    return ({"id": m.id, "cluster": group, "label": labels[group]} for m, group in rows), grown.state


def load(path: Path | None, model: str) -> ClusterState:
    """The state in a file; an empty one when there is no path or no such file yet. Raises `StateFault`."""
    if path is None or not path.exists():
        return ClusterState(model)
    try:
        return from_json(path.read_bytes(), model)
    except (StateUnreadable, OSError) as error:
        raise StateFault(path, str(error)) from error


def save(path: Path, state: ClusterState) -> None:
    """Put the state in its file, whole or not at all. Raises `StateFault`."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_text(to_json(state), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StateFault(path, str(error)) from error


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
