"""Intent catalogs as people have them: JSON Lines, CSV of several kinds, and lines that hold nothing."""

from __future__ import annotations

import pytest

from service.files.intents import BadExample, NoIntentFile, examples
from service.language.intents import Example

REFUND = Example("refund", "I want my money back")


def told(content: bytes) -> list[Example | tuple[int, str]]:
    return [row if isinstance(row, Example) else (row.number, str(row)) for row in examples(content)]


@pytest.mark.parametrize(
    "content",
    [
        b'{"intent": "refund", "text": "I want my money back"}\n',
        b'\xef\xbb\xbf\n{"text": " I want my money back ", "intent": " refund ", "domain": "shop"}',
        b"intent,text\nrefund,I want my money back\n",
        b"Text;id;INTENT\r\nI want my money back;7;refund\r\n\r\n",
        b"intent\ttext\nrefund\tI want my money back\n",
        b'intent,text\n"refund","I want my money back"\n,\n',
    ],
)
def test_the_same_example_in_every_form(content: bytes) -> None:
    assert told(content) == [REFUND]


def test_bad_lines_are_numbered_and_the_rest_is_read() -> None:
    lines = (
        b'{"intent": "refund", "text": "I want my money back"}',
        b"{no json",
        b"[1]",
        b'{"intent": "refund"}',
        b'{"intent": 4, "text": "x"}',
        b'{"intent": "NOVEL", "text": "x"}',
        b'{"intent": "' + b"r" * 201 + b'", "text": "x"}',
        b"",
        b'{"intent": "refund", "text": "I want my money back"}',
    )
    found = told(b"\n".join(lines))
    assert [row for row in found if isinstance(row, Example)] == [REFUND, REFUND]
    bad = [row for row in found if isinstance(row, tuple)]
    assert [number for number, _ in bad] == [2, 3, 4, 5, 6, 7]
    words = ("no JSON", "not an object", "text: ", "intent: ", "novel", "longer than")
    assert all(word in reason for word, (_, reason) in zip(words, bad, strict=True))


def test_csv_lines_are_counted_as_in_an_editor() -> None:
    found = told(b'intent,text\nrefund,"one\ntwo"\nrefund\nrefund,\nrefund,I want my money back\n')
    assert found[0] == Example("refund", "one\ntwo")
    assert [row[0] for row in found[1:3] if isinstance(row, tuple)] == [4, 5]
    assert found[3] == REFUND


def test_a_quote_that_never_ends_is_told_where_it_begins() -> None:
    found = told(b'intent,text\nrefund,I want my money back\nrefund,"open')
    assert found[0] == REFUND
    assert isinstance(found[1], tuple)
    assert found[1][0] == 3


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"refund,I want my money back\n", "intent and text is missing"),
        (b"intent,message\n", "text is missing"),
        (b"", "missing"),
        (b"intent,text\nrefund,caf\xe9\n", "line 2 is not UTF-8"),
    ],
)
def test_a_file_that_is_no_catalog(content: bytes, why: str) -> None:
    with pytest.raises(NoIntentFile, match=why):
        list(examples(content))


def test_reasons_quote_no_text() -> None:
    (bad,) = examples(b'{"intent": "", "text": "my secret"}')
    assert isinstance(bad, BadExample)
    assert "secret" not in str(bad)
