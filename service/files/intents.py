"""An intent catalog as a file: JSON Lines of {"intent", "text"}, or CSV with these two columns; bad lines are told."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator

from service.language.intents import Example

COLUMNS = ("intent", "text")
LONGEST_NAME = 200
NOVEL_NAME = "novel"
"""The word for a message that fits no intent, which therefore names none."""

DELIMITERS = ",;\t"


class NoIntentFile(ValueError):
    """The file as a whole is no catalog; the message says why."""


class BadExample(ValueError):
    """A line that holds no example; the message says why, without quoting its text."""

    def __init__(self, number: int, reason: str) -> None:
        """`number` counts the file's lines from 1."""
        super().__init__(reason)
        self.number = number


def examples(content: bytes) -> Iterator[Example | BadExample]:
    """Every line of `content` in order: its example, or what is wrong with it. Blank lines are skipped.

    JSON Lines when the first character is a brace, else CSV with a header (comma, semicolon or tab).
    Raises `NoIntentFile` when the text is not UTF-8, or the CSV header lacks a column.

    >>> list(examples(b"intent,text\\nrefund,I want my money back\\n"))
    [Example(intent='refund', text='I want my money back')]
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise NoIntentFile(f"line {line} is not UTF-8") from error
    if text.lstrip().startswith("{"):
        return _json_lines(text.split("\n"))
    return _csv(text.splitlines(keepends=True))


def _json_lines(lines: Iterable[str]) -> Iterator[Example | BadExample]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            yield BadExample(number, f"no JSON: {error.msg} at character {error.pos + 1}")
            continue
        except (ValueError, RecursionError):  # A number of thousands of digits, or brackets in brackets.
            yield BadExample(number, "no JSON that can be read")
            continue
        if isinstance(row, dict):
            yield _example(number, row.get("intent"), row.get("text"))
        else:
            yield BadExample(number, "not an object with intent and text")


def _csv(lines: list[str]) -> Iterator[Example | BadExample]:
    header = next((line for line in lines if line.strip()), "")
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    rows = _rows(reader)
    columns = [cell.strip().lower() for cell in next((row for _, row in rows if isinstance(row, list)), [])]
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise NoIntentFile(f"the first line must name the columns intent and text; {' and '.join(missing)} is missing")
    intent, text = (columns.index(name) for name in COLUMNS)
    return _csv_examples(rows, intent, text)


def _rows(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str] | str]]:
    """Rows with the number of the line they begin on; a row that cannot be read is the reason why, and the last."""
    while True:
        number = getattr(reader, "line_num", 0) + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, str(error)
            return
        if any(cell.strip() for cell in row):
            yield number, row


def _csv_examples(
    rows: Iterator[tuple[int, list[str] | str]], intent: int, text: int
) -> Iterator[Example | BadExample]:
    for number, row in rows:
        if isinstance(row, str):
            yield BadExample(number, f"no CSV, and nothing after it is read: {row}")
        elif len(row) <= max(intent, text):
            yield BadExample(
                number, f"{len(row)} column{'' if len(row) == 1 else 's'} where intent and text are needed"
            )
        else:
            yield _example(number, row[intent], row[text])


def _example(number: int, intent: object, text: object) -> Example | BadExample:
    for name, value in (("intent", intent), ("text", text)):
        if not isinstance(value, str) or not value.strip():
            return BadExample(number, f"{name}: a text that is not empty is needed")
    name = str(intent).strip()
    if len(name) > LONGEST_NAME:
        return BadExample(number, f"intent: longer than {LONGEST_NAME} characters")
    if name.casefold() == NOVEL_NAME:
        return BadExample(number, 'intent: "novel" is the word for a message that fits no intent')
    return Example(name, str(text).strip())
