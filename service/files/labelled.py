"""Labelled reviews as evaluation data: conversation documents with what reviewers said of them, one a line.

A line is a conversation document (docs/conversation.schema.json) with one more key, `reviews`: `deskmark score` reads
the same file. Lines without it are only there as their customers' history.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.files.scores import BadLine
from service.scoring.corrected import agreed
from service.scoring.definitions import VERDICTS

Key = tuple[str, str, str, int, str]
"""Helpdesk, account, id, episode, score."""
Counts = Mapping[tuple[str, str, str], int]
"""By (score, Deskmark's verdict, the reviewers')."""


class Label(BaseModel):
    """What one reviewer said of one score; `drawn` is "random" for the random sample."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, frozen=True)

    episode: Annotated[int, Field(ge=1)] = 1
    score: Annotated[str, Field(min_length=1)]
    verdict: Annotated[str, Field(min_length=1, max_length=200)]
    reviewer: str = ""
    blind: bool = False
    drawn: str | None = None


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    helpdesk: str | None = None
    account: str | None = None
    id: str
    reviews: list[Label] = []


@dataclass(slots=True)
class Labels:
    """The labels of a file by what they speak of: a later one of the same reviewer replaces the earlier."""

    sample_only: bool = False
    said: dict[Key, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def taken_from(self, lines: Iterable[bytes], tell: Callable[[BadLine], None]) -> Iterator[bytes]:
        """The same lines, while their labels are kept. Labels that cannot be used go to `tell`.

        What is no conversation at all is left for whoever reads the lines to tell.
        """
        for number, line in enumerate(lines, 1):
            self._keep(number, line, tell)
            yield line

    def _keep(self, number: int, line: bytes, tell: Callable[[BadLine], None]) -> None:
        try:
            found = _Line.model_validate(json.loads(line.decode("utf-8-sig")))
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
            if fault["loc"][:1] == ("reviews",):
                tell(BadLine(number, f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"))
            return
        except (ValueError, RecursionError):
            return
        for label in found.reviews:
            words = VERDICTS.get(label.score, ())
            if label.score not in VERDICTS or (words is not None and label.verdict not in words):
                tell(BadLine(number, f"reviews: {label.score} never says {label.verdict!r}"))
            elif not self.sample_only or label.drawn == "random":
                place = (found.helpdesk or "unknown", found.account or "default", found.id, label.episode, label.score)
                self.said[place][label.reviewer] = label.verdict


@dataclass(slots=True)
class Compared:
    """Scorecards against labels. `disputed`: reviewers contradict each other; `not_said`: no verdict to compare."""

    counts: dict[tuple[str, str, str], int] = field(default_factory=dict)
    disputed: int = 0
    not_said: int = 0

    def add(self, labels: Labels, card: Mapping[str, Any]) -> None:
        """One line of `deskmark score`: the latest episode and the earlier ones."""
        for episode in (card, *card.get("episodes", ())):
            place = (episode["helpdesk"], episode["account"], episode["id"], episode["episode"])
            for name, score in episode["scores"].items():
                said = labels.said.get((*place, name))
                if said:
                    self._compare(name, score["verdict"], agreed(list(said.values())))

    def _compare(self, name: str, ours: str | None, theirs: str | None) -> None:
        if theirs is None:
            self.disputed += 1
        elif ours is None:
            self.not_said += 1
        else:
            self.counts[(name, ours, theirs)] = self.counts.get((name, ours, theirs), 0) + 1
