"""The detector on the real lists of Faker: what it reads, what it finds, and what happens without the extra."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from service import name_lists
from service.commands.doctor import doctor
from service.doctor import machine
from service.language.known_names import NOBODY
from service.language.redaction import redact
from service.name_lists import finder, known_names
from service.settings import Settings
from service.store.secrets import new_key

SAMPLES = Path(__file__).parents[1] / "samples"
LISTED = finder(switched_on=True)


def sentences(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLES / name).read_text(encoding="utf-8").splitlines()]


def test_the_package_still_holds_what_is_read_from_it() -> None:
    """Its lists have no promise of their own: a release that renames them must be seen here."""
    lists = known_names()
    assert {"Deborah", "Jürgen", "Solène", "Lucía", "Matteo", "Wouter", "Tiago", "Håkan", "Krzysztof"} <= lists.given
    assert {"Jenkins", "Hoffmann", "Rousseau", "Moreno", "Ferrari", "Bakker", "Pereira", "Nilsson"} <= lists.surnames
    assert {"can", "rose"} <= lists.words
    assert {"charlotte", "victoria"} & lists.places
    assert min(len(lists.given), len(lists.surnames), len(lists.words), len(lists.places)) > 10_000


def test_names_in_free_prose_are_found_in_nine_languages() -> None:
    """How many is measured by `make quality`; here, that it does not get much worse unseen."""
    found = [
        (kept["lang"], all(word not in redact(str(kept["text"]), names=LISTED) for word in name.split()))
        for kept in sentences("names_in_prose.jsonl")
        for _, name in kept["planted"]
    ]
    assert len({language for language, _ in found}) == 9
    assert sum(good for _, good in found) / len(found) >= 0.8


def test_sentences_without_a_person_stay() -> None:
    clean = [str(each["text"]) for each in sentences("personal_data.jsonl") if not each["planted"]]
    assert len(clean) > 300
    assert sum(redact(text, names=LISTED) != redact(text) for text in clean) <= 3


def test_the_same_text_gives_the_same_answer() -> None:
    text = "Raj Patel and Beatriz met Jürgen Hoffmann in Florence"
    assert LISTED.spans(text) == finder(switched_on=True).spans(text) != ()


def test_switched_off_nobody_is_found() -> None:
    assert finder(switched_on=False) is NOBODY
    assert NOBODY.spans("Raj Patel") == ()


def test_without_the_extra_the_setting_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_lists, "find_spec", lambda _: None)
    assert Settings(secret_key="k", session_key="s").pii_names is False
    with pytest.raises(ValidationError, match=r"pip install 'deskmark\[pii\]', or unset it"):
        Settings(secret_key="k", session_key="s", pii_names=True)


@pytest.mark.parametrize("installed", [True, False])
def test_the_doctor_says_how_it_stands(installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not installed:
        monkeypatch.setattr(name_lists, "find_spec", lambda _: None)
    told = {"DESKMARK_SECRET_KEY": new_key(), "DESKMARK_SESSION_KEY": "s" * 40, "DESKMARK_DATA_DIR": str(tmp_path)}
    done = CliRunner(env=told | {"DESKMARK_PII_NAMES": "true"}).invoke(doctor, ["--json"])
    found = json.loads(done.output)["findings"]
    failed = [each["seen"] for each in found if each["part"] == "settings" and each["level"] == "fail"]
    if installed:
        assert not failed
        assert "Names in free prose are masked." in [each["seen"] for each in found]
    else:
        (said,) = failed
        assert said.startswith("DESKMARK_PII_NAMES: needs a package")
        assert "pip install 'deskmark[pii]'" in said


def test_switched_off_the_doctor_says_how_to_switch_it_on() -> None:
    off = Settings(secret_key="k", session_key="s" * 40)
    seen = " ".join(each.seen for each in machine.optional_parts(off))
    assert "not masked: pip install 'deskmark[pii]', DESKMARK_PII_NAMES=true" in seen
