"""Records of an export file: lines, documents, packed files, faults; no record is lost beside a bad one."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import export_files
from connectors.export_files import Found, NoExport, Unreadable, read

LISTS = frozenset({"tickets", "users"})


def found(data: bytes | str) -> list[Found | Unreadable]:
    return list(read(io.BytesIO(data.encode() if isinstance(data, str) else data), LISTS))


def values(data: bytes | str) -> list[object]:
    return [item.value for item in found(data) if isinstance(item, Found)]


def test_a_record_a_line_with_the_numbers_of_the_lines() -> None:
    assert found('{"id": 1}\n\n{"id": 2}') == [Found(1, {"id": 1}), Found(3, {"id": 2})]
    assert values(b"\xef\xbb\xbf" + b'{"id": 1}\n{"id": 2}\n') == [{"id": 1}, {"id": 2}]


def test_a_bad_line_is_told_and_the_rest_is_read() -> None:
    first, bad, last = found('{"id": 1}\n{"id": \n{"id": 3}\n')
    assert (first, last) == (Found(1, {"id": 1}), Found(3, {"id": 3}))
    assert isinstance(bad, Unreadable)
    assert bad.number == 2
    assert "is no JSON" in bad.reason


def test_a_bad_first_line_does_not_make_it_a_document() -> None:
    bad, good = found('{"id": oops}\n{"id": 2}\n')
    assert isinstance(bad, Unreadable)
    assert good == Found(2, {"id": 2})


def test_nesting_without_end_is_a_bad_line() -> None:
    bad, good = found("[" * 200_000 + "\n" + '{"id": 2}')[:1] + found('{"id": 2}')
    assert isinstance(bad, Unreadable)
    assert good == Found(1, {"id": 2})
    deep = '{"a":' * 100_000 + "\n"
    assert [type(item) for item in found('{"id": 1}\n' + deep)] == [Found, Unreadable]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_document_gives_the_records_of_its_lists(indent: int | None) -> None:
    tickets, users = [{"id": 1, "tags": ["a"]}, {"id": 2}], [{"id": 7}]
    page = {"count": 2, "tickets": tickets, "users": users, "meta": {"has_more": False}, "next_page": None}
    text = json.dumps(page, indent=indent)
    if indent is None:
        # In one line it is one record, a page, that the reader of the helpdesk takes apart.
        assert values(text) == [page]
    else:
        assert values(text) == [*tickets, *users]
        assert [item.number for item in found(text)] == [1, 2, 3]
    assert values(json.dumps(tickets, indent=indent)) == tickets


def test_a_document_without_lists_of_records_is_one_record() -> None:
    bundle = {"ticket": {"id": 1}, "comments": [{"id": 5}]}
    assert values(json.dumps(bundle, indent=1)) == [bundle]
    page = {"tickets": [{"id": 1}], "groups": [{"id": 3}], "count": 1}
    assert values(json.dumps(page, indent=1)) == [{"id": 1}, {"groups": [{"id": 3}], "count": 1}]


def test_a_long_document_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_files, "HEAD", 64)
    monkeypatch.setattr(export_files, "CHUNK", 7)
    tickets = [{"id": n, "text": "x" * n, "n": 12345.5} for n in range(50)]
    assert values(json.dumps({"tickets": tickets})) == tickets
    assert values(json.dumps(tickets)) == tickets
    # A long line is a record, not a document.
    lines = [{"id": n, "text": "y" * 100} for n in range(3)]
    assert values("\n".join(map(json.dumps, lines))) == lines


def test_what_follows_a_fault_in_a_document_is_lost_and_said_so() -> None:
    good, bad = found('[\n{"id": 1},\n{"id": }\n, {"id": 3}]')
    assert good == Found(1, {"id": 1})
    assert isinstance(bad, Unreadable)
    assert bad.number == 2
    assert "cannot be read" in bad.reason
    assert isinstance(found('[\n{"id": 1}')[-1], Unreadable)


def test_packed_files() -> None:
    lines = b'{"id": 1}\n{"id": 2}\n'
    assert values(gzip.compress(lines)) == [{"id": 1}, {"id": 2}]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("b.json", b'{"id": 2}')
        archive.writestr("a.ndjson", b'{"id": 1}')
        archive.writestr("readme.txt", b"hello")
    assert values(packed.getvalue()) == [{"id": 1}, {"id": 2}]


def test_a_zip_archive_needs_a_file() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with pytest.raises(NoExport, match="pipe"):
        list(read(Pipe(b"PK\x03\x04rest"), LISTS))


@pytest.mark.parametrize("data", ["id,subject\n1,hello\n", "<xml/>", "\x00\x01"])
def test_what_is_no_json_at_all_is_refused(data: str) -> None:
    with pytest.raises(NoExport, match="no JSON"):
        found(data)


@pytest.mark.parametrize("data", ["", "\n \n"])
def test_an_empty_file_has_no_records(data: str) -> None:
    assert found(data) == []


VALUE = st.integers() | st.text(max_size=8) | st.floats(allow_nan=False)
RECORD = st.dictionaries(st.text(max_size=5), VALUE, max_size=4)


@given(st.lists(RECORD, min_size=1, max_size=5), st.booleans())
def test_lines_and_documents_hold_the_same_records(records: list[dict[str, object]], spread: bool) -> None:
    document = json.dumps(records, indent=1 if spread else None, ensure_ascii=False)
    assert values(document) == records == values("\n".join(map(json.dumps, records)))
