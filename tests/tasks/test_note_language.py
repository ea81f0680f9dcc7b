"""The note in the installation's language, on both helpdesks' stand-ins; another language posts nothing again."""

from __future__ import annotations

import pytest
from sandboxed import Rig

from service.scoring.score import DEFINITIONS
from service.translation.catalogue import Context, say
from service.translation.languages import Language
from service.writeback import parse_note


def ours(desk: Rig, key: str) -> list[str]:
    return [text for text in desk.desk.snapshot(key).notes if parse_note(text)]


@pytest.mark.parametrize("language", [Language.DE, Language.JA])
def test_it_is_written_in_the_language_of_the_installation_and_once(either: Rig, language: Language) -> None:
    either.make()
    either.change(language=language)
    key = either.seed(0)
    either.arrive(key)
    (text,) = ours(either, key)
    assert say(language, Context.HEADLINE, "outcome unresolved") in text
    assert say(language, Context.NOTE, "definitions {version}, times UTC", version=DEFINITIONS) in text
    assert "unresolved" not in text
    parsed = parse_note(text)
    assert parsed is not None
    assert parsed.headline.startswith("outcome unresolved")
    for another in (Language.FR, Language.EN):
        either.change(language=another)
        either.arrive(key)
        assert ours(either, key) == [text], "the same verdict in another language is no news"
