"""Requests built from plans: nothing a customer wrote becomes markup, a link or another path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email_text import html_text
from connectors.intercom import actions


def test_a_note_can_only_be_a_note() -> None:
    request = actions.post_note("700", "hello", "40")
    assert request.json == {"message_type": "note", "type": "admin", "admin_id": "40", "body": "<p>hello</p>"}


def test_lines_become_paragraphs_and_markup_stays_text() -> None:
    body = actions.note_html('Deskmark: outcome likely\n\n- "<a href=x>click</a> & go"\nref 1')
    assert body.startswith("<p>Deskmark: outcome likely</p><p>- ")
    assert "<a" not in body
    assert body.endswith("<p>ref 1</p>")


@pytest.mark.parametrize("live", ["https://evil.example/x", "www.evil.example", "me@evil.example", "{{ secret }}"])
def test_quotes_are_inert_and_our_own_link_is_not(live: str) -> None:
    quoted = html_text(actions.note_html(f'- "{live}"'))
    assert live not in quoted
    assert quoted.replace("\u2060", "") == f'- "{live}"'
    assert f"open {live}" in html_text(actions.note_html(f"Not right? open {live}"))


@given(st.text())
def test_no_note_text_makes_markup(text: str) -> None:
    body = actions.note_html(text)
    assert body.replace("<p>", "").replace("</p>", "").count("<") == 0


def test_attributes_are_whole_numbers_and_strings() -> None:
    types = {"dm_effort": "integer", "dm_definitions": "string", "dm_outcome": "list"}
    fields = {"dm_effort": "6", "dm_definitions": 1, "dm_outcome": None, "dm_new": 3}
    assert actions.attribute_values(fields, types) == {
        "dm_effort": 6, "dm_definitions": "1", "dm_outcome": "", "dm_new": 3,
    }  # fmt: skip
