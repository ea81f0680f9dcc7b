"""Text without the characters that steer a terminal or turn the order of writing: what is shown is what is there."""

from __future__ import annotations

import re

KEPT = "\n\t"
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_TURNING = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_TABLE = {
    **{code: None for code in (*_CONTROLS, *_TURNING) if chr(code) not in KEPT},
    0x0D: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n",
}  # fmt: skip


def plain(text: str) -> str:
    """`text` without control characters (but tabs and line ends) and without marks of direction.

    >>> plain("\\x1b[31mred\\x1b[0m \\u202egpj.exe")
    '[31mred[0m gpj.exe'
    """
    return text.translate(_TABLE)


def one_line(text: str) -> str:
    """The same on one line, for a cell of a table.

    >>> one_line("a\\n\\x07b\\tc")
    'a b c'
    """
    return " ".join(plain(text).split())


def escaped(json_text: str) -> str:
    """A JSON text in which nothing steers the terminal it is printed on; it says the same.

    >>> print(escaped('{"a": "' + chr(0x9B) + '2J"}'))
    {"a": "\\u009b2J"}
    """
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", json_text)


_STEERING = re.compile(f"[\x7f-\x9f{''.join(map(chr, _TURNING))}\u2028\u2029]")
