"""The JSON records of a helpdesk's export file, one after the other: lines or one document, plain, gzip or zip.

A line that is no JSON is told and skipped. A document (`[...]`, or an object whose lists hold the records) is read
piece by piece, so a file of any size takes the memory of its largest record. What the records mean is the helpdesk's
folder's business.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder
from typing import IO, Any, BinaryIO, cast

HEAD = 1 << 16
CHUNK = 1 << 16
ENDINGS = (".json", ".jsonl", ".ndjson")
PAGING = frozenset({"meta", "links", "pages"})
"""Members of a page that are no records."""


@dataclass(frozen=True, slots=True)
class Found:
    """One JSON value of the file. `number` is its line, or its place among the records of a document, from 1."""

    number: int
    value: Any


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A place in the file that holds no JSON, and why."""

    number: int
    reason: str


class NoExport(ValueError):
    """The file cannot be an export at all; the message says why."""


def read(file: BinaryIO, lists: frozenset[str]) -> Iterator[Found | Unreadable]:
    """Every record of `file`; `lists` are the members of a document under which records are listed.

    Raises `NoExport` for a file that holds no JSON from its first byte. What a damaged archive still held
    comes before the word that it is damaged.
    """
    try:
        yield from _read(file, lists)
    except (EOFError, gzip.BadGzipFile, zlib.error, zipfile.BadZipFile) as error:
        yield Unreadable(0, f"the file ends early or is damaged: {error}")


def _read(file: BinaryIO, lists: frozenset[str]) -> Iterator[Found | Unreadable]:
    for stream in _unpacked(file if isinstance(file, io.BufferedReader) else _buffered(file)):
        head = stream.peek(HEAD)
        if not head.strip():
            continue
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        if start not in (b"{", b"["):
            raise NoExport("it holds no JSON: expected JSON, or JSON Lines, also packed with gzip or zip")
        if _is_document(head, lists):
            text = io.TextIOWrapper(stream, "utf-8-sig", errors="replace")
            yield from _Document(text, lists).records()
            text.detach()  # Whoever opened the file closes it.
        else:
            yield from _lines(stream)


def _unpacked(file: io.BufferedReader) -> Iterator[io.BufferedReader]:
    head = file.peek(4)
    if head.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield _buffered(unpacked)
    elif head.startswith(b"PK\x03\x04"):
        if not file.seekable():
            raise NoExport("a zip archive cannot be read from a pipe; name the file")
        with zipfile.ZipFile(file) as archive:
            for name in sorted(n for n in archive.namelist() if n.lower().endswith(ENDINGS)):
                with archive.open(name) as member:
                    yield _buffered(member)
    else:
        yield file


def _buffered(stream: BinaryIO | IO[bytes] | gzip.GzipFile) -> io.BufferedReader:
    return io.BufferedReader(cast(io.RawIOBase, stream), HEAD)


def _is_document(head: bytes, lists: frozenset[str]) -> bool:
    """Whether the file is one document and not a record a line."""
    line, newline, _ = head.partition(b"\n")
    line = line.strip()
    if newline or len(head) < HEAD:
        try:
            return not isinstance(json.loads(line.removeprefix(b"\xef\xbb\xbf")), dict)
        except (ValueError, RecursionError):
            return line.endswith((b"{", b"[", b",")) or line.startswith((b"[", b"\xef\xbb\xbf["))
    start = line[:1024].replace(b" ", b"")
    return start.startswith(b"[") or any(f'"{name}":['.encode() in start for name in lists)


def _lines(stream: io.BufferedReader) -> Iterator[Found | Unreadable]:
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        try:
            yield Found(number, json.loads(line.decode("utf-8-sig", errors="replace")))
        except JSONDecodeError as error:
            yield Unreadable(number, f"is no JSON: {error.msg} at character {error.pos + 1}")
        except ValueError:
            yield Unreadable(number, "holds a number of thousands of digits")
        except RecursionError:
            yield Unreadable(number, "is nested too deeply")


class _Document:
    """One JSON document, read value by value."""

    def __init__(self, stream: io.TextIOBase, lists: frozenset[str]) -> None:
        self._stream = stream
        self._lists = lists
        self._decoder = JSONDecoder()
        self._text = ""
        self._at = 0
        self._ended = False
        self._number = 0

    def records(self) -> Iterator[Found | Unreadable]:
        """Every record; what follows a fault cannot be read any more."""
        try:
            if self._next() == "[":
                yield from self._list()
            else:
                yield from self._object()
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, JSONDecodeError) else "nested too deeply, or a number too long"
            yield Unreadable(self._number + 1, f"is no JSON: {reason}; what follows it cannot be read")

    def _list(self) -> Iterator[Found]:
        self._take("[")
        while self._next() != "]":
            self._number += 1
            try:
                yield Found(self._number, self._value())
            except ValueError:
                self._number -= 1
                raise
            if self._next() != "]":
                self._take(",")
        self._take("]")

    def _object(self) -> Iterator[Found]:
        """The records of the object's lists, or the object itself where it has none of them."""
        rest: dict[str, Any] = {}
        page = False
        self._take("{")
        while self._next() != "}":
            name = self._value()
            self._take(":")
            if name in self._lists and self._next() == "[":
                page = True
                yield from self._list()
            else:
                rest[str(name)] = self._value()
            if self._next() != "}":
                self._take(",")
        if not page or any(value and isinstance(value, list) and name not in PAGING for name, value in rest.items()):
            self._number += 1
            yield Found(self._number, rest)

    def _next(self) -> str:
        """The next character that is not white space, left where it is; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at].isspace():
                self._at += 1
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> None:
        if self._next() != character:
            raise JSONDecodeError(f"expected {character}", "", 0)
        self._at += 1

    def _value(self) -> Any:
        self._next()
        size = CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except JSONDecodeError:
                if not self._more(size):
                    raise
            else:
                # A number that ends where the text ends may go on in the next piece.
                if end < len(self._text) or not self._more(size):
                    self._at = end
                    return value
            size *= 2

    def _more(self, size: int = CHUNK) -> bool:
        piece = "" if self._ended else self._stream.read(size)
        self._ended = not piece
        self._text, self._at = self._text[self._at :] + piece, 0
        return bool(piece)
