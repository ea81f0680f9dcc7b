"""Every catalogue says every sentence, with all its places, and nothing twice where it would be heard again."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest

from service.scoring import sentences
from service.scoring.sentences import Sentence
from service.translation.catalogue import FOLDER, Context, say_counted, template
from service.translation.languages import NAMES, Language, language_of
from service.translation.reasons import places

ROOT = Path(__file__).parents[2]
OTHERS = [language for language in Language if language is not Language.EN]
LEFT_OUT = frozenset({"role"})
"""English words that a scorer put in: other languages do without them."""


def read(language: Language) -> polib.POFile:
    return polib.pofile(str(FOLDER / f"{language}.po"))


def key(entry: polib.POEntry) -> tuple[str, str, str]:
    return entry.msgctxt, entry.msgid, entry.msgid_plural


def forms(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_said(language: Language) -> None:
    catalogue = read(language)
    assert [key(entry) for entry in catalogue] == [key(entry) for entry in template()]
    assert all(text.strip() for entry in catalogue for text in forms(entry))
    assert not any(entry.fuzzy or entry.obsolete for entry in catalogue)
    assert catalogue.metadata["Language"] == language


@pytest.mark.parametrize("language", OTHERS)
def test_every_place_is_kept(language: Language) -> None:
    for entry in read(language):
        for text in forms(entry):
            assert places(text) == places(entry.msgid) - LEFT_OUT, (language, entry.msgid, text)


@pytest.mark.parametrize("language", OTHERS)
def test_numbers_in_sentences_are_kept(language: Language) -> None:
    for entry in read(language):
        for text in forms(entry):
            assert re.findall(r"\d+", text) == re.findall(r"\d+", entry.msgid) or entry.msgctxt == Context.PANEL


@pytest.mark.parametrize("language", OTHERS)
def test_a_headline_can_be_taken_apart_again(language: Language) -> None:
    words = {entry.msgid: entry.msgstr for entry in read(language) if entry.msgctxt == Context.HEADLINE}
    separator = words.pop(", ")
    assert len(set(words.values())) == len(words)
    assert not [text for text in words.values() if separator in text or re.search(r"[()\n]|: ", text)]
    note = {entry.msgid: entry.msgstr for entry in read(language) if entry.msgctxt == Context.NOTE}
    assert not re.search(r"[():]", note["correction of ref {reference}"])
    assert not re.search(r"[()]", note["definitions {version}, times UTC"])


def test_every_catalogue_is_of_a_language_that_can_be_chosen() -> None:
    assert {path.stem for path in FOLDER.glob("*.po")} == set(OTHERS)
    assert NAMES.keys() == set(Language)
    assert language_of("ja-JP") is Language.JA


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [(Language.EN, 1, "message"), (Language.DE, 1, "Nachricht "), (Language.DE, 2, "Nachrichten"),
     (Language.FR, 2, "messages"), (Language.PT, 1, "mensagem "), (Language.JA, 2, "2件")],
)  # fmt: skip
def test_numbers_take_the_form_of_their_language(language: Language, n: int, said: str) -> None:
    one, many = sentences.USEFUL.one, sentences.USEFUL.many
    assert said in say_counted(language, Context.PART, one, many, n) + " "


def test_every_sentence_with_places_is_listed() -> None:
    listed = {(entry.msgid, entry.msgid_plural) for entry in template()}
    made = [value for value in vars(sentences).values() if isinstance(value, Sentence)]
    assert made
    assert [each for each in made if (each.one, each.many) not in listed] == []


SCORERS = ("containment", "outcomes", "escalation", "context_repeat", "effort", "repeat_contact", "knowledge_gap")


@pytest.mark.parametrize("module", SCORERS)
def test_every_sentence_that_a_score_gives_is_listed(module: str) -> None:
    listed = {entry.msgid for entry in template() if entry.msgctxt == Context.REASON}
    told = set(sentences_in(ROOT / "service/scoring" / f"{module}.py"))
    assert told - listed == set()


def sentences_in(path: Path) -> Iterator[str]:
    """The plain sentences of a module that are no docstrings: what begins with a capital and ends with a full stop."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            if re.fullmatch(r"[A-Z].* .*\.", node.value):
                yield node.value
        elif isinstance(node, ast.JoinedStr):
            words = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
            assert not re.fullmatch(r"[A-Z].* .*\.", words), "a sentence with places belongs to sentences.py"


PANEL = (
    *(ROOT / "service/web/templates/panel").glob("*.html"),
    *(ROOT / "service" / name for name in ("panel.py", "web/ticket_panels.py", "web/zendesk_panel.py")),
    ROOT / "connectors/intercom/canvas.py",
)


def test_the_panel_says_what_is_listed_and_nothing_else_is() -> None:
    listed = {entry.msgid for entry in template() if entry.msgctxt == Context.PANEL}
    sources = [re.sub(r'"\s*\n\s*"', "", path.read_text(encoding="utf-8")) for path in PANEL]
    said = {words for source in sources for words in re.findall(r"\bsay\(\s*[\"'](.+?)[\"']\s*[,)]", source)}
    assert said - listed == set()
    assert {words for words in listed if not any(words in source for source in sources)} == set()
