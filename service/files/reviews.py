"""Reviews as a file: JSON Lines or CSV, one a line: conversation, score, verdict, reviewer; bad lines are told.

`episode` (default: the latest), `at` (default: now) and, where several helpdesks are connected, `helpdesk` and
`account` may be given as well. `reviewer` is an opaque id: what looks like an e-mail address is refused.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from service.scoring.definitions import VERDICTS

_EmptyIsNone = BeforeValidator(lambda value: None if value == "" else value)


class ReviewLine(BaseModel):
    """One review."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, frozen=True)

    conversation: Annotated[str, Field(min_length=1)]
    score: str
    verdict: Annotated[str, Field(min_length=1, max_length=200)]
    reviewer: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^@\s]+$")]
    episode: Annotated[Annotated[int, Field(ge=1)] | None, _EmptyIsNone] = None
    at: Annotated[AwareDatetime | None, _EmptyIsNone] = None
    helpdesk: Annotated[str | None, _EmptyIsNone] = None
    account: Annotated[str | None, _EmptyIsNone] = None

    @model_validator(mode="after")
    def _is_a_verdict(self) -> ReviewLine:
        if self.score not in VERDICTS:
            raise ValueError(f"no such score; known are {', '.join(VERDICTS)}")
        words = VERDICTS[self.score]
        if words is not None and self.verdict not in words:
            raise ValueError(f"{self.score} never says so; it says {', '.join(words)}")
        return self


class BadReview(ValueError):
    """A line that holds no review; the message says why."""


class NoReviewFile(ValueError):
    """The file as a whole holds no reviews; the message says why."""


def reviews(content: bytes) -> Iterator[tuple[int, ReviewLine | BadReview]]:
    """Every line of `content` with its number: its review, or what is wrong with it. Blank lines are skipped.

    JSON Lines when the first character is a brace, else CSV with a header. Raises `NoReviewFile`.

    >>> line = b'{"conversation": "4711", "score": "effort", "verdict": "high", "reviewer": "r1"}'
    >>> [(number, review.verdict) for number, review in reviews(line)]
    [(1, 'high')]
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoReviewFile("the file is not UTF-8") from error
    for number, row in _json_lines(text) if text.lstrip().startswith("{") else _csv(text):
        yield number, row if isinstance(row, BadReview) else _review(row)


def _json_lines(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError as error:
                yield number, BadReview(f"no JSON: {error.msg} at character {error.pos + 1}")
            except (ValueError, RecursionError):  # A number of thousands of digits, or brackets in brackets.
                yield number, BadReview("no JSON that can be read")


def _csv(text: str) -> Iterator[tuple[int, Any]]:
    reader = csv.DictReader(text.splitlines(keepends=True))
    try:
        missing = {"conversation", "score", "verdict", "reviewer"} - set(reader.fieldnames or ())
    except csv.Error as error:
        raise NoReviewFile(f"the first line is no CSV: {error}") from error
    if missing:
        raise NoReviewFile(f"the first line names no column {', '.join(sorted(missing))}")
    rows: Iterator[dict[str, Any]] = iter(reader)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, BadReview(f"no CSV, and nothing after it is read: {error}")
            return
        yield reader.line_num, row


def _review(row: object) -> ReviewLine | BadReview:
    try:
        return ReviewLine.model_validate(row)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        said = fault["msg"].removeprefix("Value error, ")
        return BadReview(f"{where}: {said}" if where else said)
