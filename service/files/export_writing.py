"""Exports as files: JSON Lines with the whole conversation, CSV and Parquet with one flat row a conversation."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Protocol, TextIO, cast

from service.files.export_rows import COLUMNS, Cell, Column, Kind, Row
from service.language.plain import escaped
from service.store.database import PRIVATE
from service.store.exports import Scored

ROWS_AT_ONCE = 5000
"""Rows of one row group of a Parquet file, and all that is kept in memory of one."""

FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""First characters by which a spreadsheet takes a text for a formula, the full-width ones among them."""


class Format(StrEnum):
    """How an export is written."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


ENDINGS: Mapping[str, Format] = {".jsonl": Format.JSONL, ".ndjson": Format.JSONL, ".json": Format.JSONL,
                                 ".csv": Format.CSV, ".parquet": Format.PARQUET}  # fmt: skip


class PackageMissing(RuntimeError):
    """A package that is not part of the base install is needed; the message says how to install it."""


class UnknownEnding(ValueError):
    """A file's name asks for a format that no export is written in; the message says which there are."""


class Writer(Protocol):
    """Writes conversations to an open file."""

    def write(self, found: Scored) -> None:
        """Write one conversation."""
        ...

    def finish(self) -> None:
        """Write whatever is still in memory."""
        ...


class JsonLines:
    """The conversation document with its `scorecard`: what `deskmark score` reads and more."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, found: Scored) -> None:
        """One line."""
        card = {**found.cards[-1], "episodes": list(found.cards[:-1])}
        document = {**found.document, "scorecard": card}
        self._file.write(escaped(json.dumps(document, ensure_ascii=False, separators=(",", ":"))).encode() + b"\n")

    def finish(self) -> None:
        """Nothing is kept back."""


class Csv:
    """One row a conversation. UTF-8, commas, a header; no cell can be taken for a formula."""

    def __init__(self, file: BinaryIO, columns: tuple[Column, ...] = COLUMNS) -> None:
        self._columns = columns
        self._text = io.TextIOWrapper(file, "utf-8", newline="", write_through=False)
        self._rows = csv.writer(cast(TextIO, self._text), lineterminator="\n")
        self._rows.writerow([column.name for column in columns])

    def write(self, found: Scored) -> None:
        """One row."""
        row = row_of(found)
        self._rows.writerow([_plain(column.cell(row)) for column in self._columns])

    def finish(self) -> None:
        """Hand on what is in the buffer, and leave the file to whoever opened it."""
        self._text.flush()
        self._text.detach()


class Parquet:
    """One row a conversation, typed columns; a row group every `ROWS_AT_ONCE` rows. Needs the extra `parquet`."""

    def __init__(self, file: BinaryIO, columns: tuple[Column, ...] = COLUMNS) -> None:
        """Raises `PackageMissing`."""
        try:
            self._arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
        except ImportError as error:
            raise PackageMissing(
                "Parquet needs pyarrow (about 170 MB installed), which is not part of the base install: "
                "pip install 'deskmark[parquet]', or pip install pyarrow"
            ) from error
        a = self._arrow
        types = {Kind.TEXT: a.string(), Kind.NUMBER: a.float64(), Kind.COUNT: a.int64(), Kind.FLAG: a.bool_(),
                 Kind.TIME: a.timestamp("us", tz="UTC")}  # fmt: skip
        self._columns = columns
        self._schema = a.schema([a.field(c.name, types[c.kind], metadata={"description": c.says}) for c in columns])
        self._file = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[tuple[Cell, ...]] = []

    def write(self, found: Scored) -> None:
        """One row."""
        row = row_of(found)
        self._rows.append(tuple(column.cell(row) for column in self._columns))
        if len(self._rows) >= ROWS_AT_ONCE:
            self._group()

    def finish(self) -> None:
        """The last row group and the file's footer."""
        if self._rows:
            self._group()
        self._file.close()

    def _group(self) -> None:
        values = [list(column) for column in zip(*self._rows, strict=True)]
        self._file.write_table(self._arrow.table(values, schema=self._schema))
        self._rows.clear()


WRITERS: Mapping[Format, Callable[[BinaryIO], Writer]] = {
    Format.JSONL: JsonLines, Format.CSV: Csv, Format.PARQUET: Parquet,
}  # fmt: skip


def row_of(found: Scored) -> Row:
    """What the columns read of a conversation."""
    return Row(found.id, found.document, found.cards[-1], len(found.cards), found.scored_at, found.names)


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return harmless(cell) if isinstance(cell, str) else repr(cell)


def harmless(text: str) -> str:
    """`text` with an apostrophe before it where a spreadsheet would run it as a formula.

    https://owasp.org/www-community/attacks/CSV_Injection

    >>> harmless("=HYPERLINK(1)"), harmless(" @x"), harmless("a-b")
    ("'=HYPERLINK(1)", "' @x", 'a-b')
    """
    return f"'{text}" if text[:1] in FORMULA or text.lstrip()[:1] in FORMULA else text


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that is there as a whole when all went well, and not at all otherwise. Packed when it ends in .gz.

    Only its owner may read it, whatever a file of that name allowed before.
    """
    draft = path.with_name(f".{path.name}.part")
    draft.unlink(missing_ok=True)  # Left behind by whoever was killed.
    draft.touch(mode=PRIVATE, exist_ok=False)
    try:
        with gzip.open(draft, "wb") if path.suffix == ".gz" else draft.open("wb") as file:
            yield cast(BinaryIO, file)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def format_of(path: Path | None) -> Format | None:
    """The format that a file's name asks for; `None` when it says nothing. Raises `UnknownEnding`."""
    if path is None:
        return None
    ending = (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()
    if ending and ending not in ENDINGS:
        raise UnknownEnding(f'no export is written as "{ending}"; known endings are {", ".join(ENDINGS)}')
    return ENDINGS.get(ending)
