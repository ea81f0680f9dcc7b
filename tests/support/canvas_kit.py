"""Intercom's Canvas Kit as a JSON Schema: the components, their fields and limits.

Written from https://developers.intercom.com/docs/references/canvas-kit/ and the types that Intercom's own Node client
is generated with (`CanvasObject`, `Component`, `ButtonComponent`, `DropdownComponent`, ...). No schema is published.
"""

from __future__ import annotations

import json
from typing import Any

import jsonschema

NAME, TEXT = {"type": "string", "minLength": 1}, {"type": "string"}
FLAG = {"type": "boolean"}


def shape(kind: str, required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", *required],
        "additionalProperties": False,
        "properties": {"type": {"const": kind}, **properties},
    }


ACTION = {"oneOf": [shape("submit", ()), shape("url", ("url",), url={"type": "string", "pattern": "^https?://"})]}
ITEM = shape(
    "item", ("id", "title"), id=NAME, title=NAME, subtitle=TEXT, tertiary_text=TEXT, disabled=FLAG, action=ACTION
)
OPTION = shape("option", ("id", "text"), id=NAME, text=NAME, disabled=FLAG)
COMPONENTS = [
    shape("text", ("text",), id=NAME, text=NAME, align={"enum": ["left", "center", "right"]},
          style={"enum": ["header", "paragraph", "muted", "error"]}, bottom_margin={"const": "none"}),
    shape("button", ("id", "label", "action"), id=NAME, label=NAME, action=ACTION, disabled=FLAG,
          style={"enum": ["primary", "secondary", "link"]}),
    shape("dropdown", ("id", "options"), id=NAME, label=TEXT, value=TEXT, disabled=FLAG,
          save_state={"enum": ["unsaved", "saved", "failed"]},
          options={"type": "array", "items": OPTION, "minItems": 2, "maxItems": 10}),
    shape("textarea", ("id",), id=NAME, label=TEXT, placeholder=TEXT, value=TEXT, error=FLAG, disabled=FLAG),
    shape("list", ("items",), items={"type": "array", "items": ITEM, "minItems": 1}, disabled=FLAG),
    shape("divider", (), id=NAME, bottom_margin={"const": "none"}),
    shape("spacer", (), id=NAME, size={"enum": ["xs", "s", "m", "l", "xl"]}),
]  # fmt: skip
CANVAS = {
    "type": "object",
    "required": ["canvas"],
    "additionalProperties": False,
    "properties": {
        "canvas": {
            "type": "object",
            "required": ["content"],
            "additionalProperties": False,
            "properties": {
                "stored_data": {"type": "object"},
                "content": {
                    "type": "object",
                    "required": ["components"],
                    "additionalProperties": False,
                    "properties": {"components": {"type": "array", "items": {"oneOf": COMPONENTS}}},
                },
            },
        }
    },
}
MOST_BYTES = 64 * 1024


def components(canvas: dict[str, Any]) -> list[dict[str, Any]]:
    """The components of a canvas that is one: shapes, sizes, and no id twice."""
    jsonschema.validate(canvas, CANVAS)
    assert len(json.dumps(canvas).encode()) <= 2 * MOST_BYTES
    assert len(json.dumps(canvas["canvas"]["content"], ensure_ascii=False).encode()) <= MOST_BYTES
    found: list[dict[str, Any]] = canvas["canvas"]["content"]["components"]
    items = [item for each in found for item in each.get("items", [])]
    names = [each["id"] for each in (*found, *items) if "id" in each]
    assert len(names) == len(set(names))
    return found


def texts(canvas: dict[str, Any]) -> str:
    """Everything that can be read on a canvas."""
    return json.dumps(components(canvas), ensure_ascii=False)
