"""How many names in free prose are taken out, without the detector and with it, and what it takes wrongly (SAMPLES).

The sentences were written for this, in nine languages: names in the midst of a sentence, beside sentences without a
person that are full of what is mistaken for one (towns, months, brands, words that are names as well). `dev` was looked
at while the detector was made, `held_out` was written with it and looked at only in part, `fresh` was written when the
rules had been made and nothing was mended by it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from measuring import ROOT, Row, at_least, at_most, lines, of, row
from personal_data import SAMPLES as TYPED
from personal_data import misses

from service.language.known_names import NOBODY
from service.language.masking import mask
from service.language.redaction import redact
from service.name_lists import finder

SAMPLES = ROOT / "tests" / "samples" / "names_in_prose.jsonl"
LISTED = finder(switched_on=True)
Masking = Callable[[str], str]


def names_in_prose() -> list[Row]:
    """The rows of the quality table: names taken out by half, before and after; harmless sentences changed by it."""
    task, samples = "names in free prose", lines(SAMPLES)
    rows = []
    for half, aim in (("held_out", None), ("fresh", at_least(0.8))):
        chosen = [sample for sample in samples if sample["half"] == half]
        rows.append(_recall(task, f"taken out of exports, {half}, without the detector", redact, chosen))
        rows.append(_recall(task, f"taken out of exports, {half}", partial(redact, names=LISTED), chosen, aim))
        rows.append(_recall(task, f"taken out of notes, {half}", partial(mask, names=LISTED), chosen))
        rows.append(_changed(task, f"sentences without a person changed, {half}", chosen))
    typed = lines(TYPED)
    fresh = [sample for sample in typed if sample["half"] == "fresh"]
    rows.append(
        _recall(task, "personal data taken out of exports, other wordings", partial(redact, names=LISTED), fresh)
    )
    rows.append(_recall(task, "personal data taken out of notes, other wordings", partial(mask, names=LISTED), fresh))
    rows.append(_changed(task, "harmless sentences changed", typed, at_most(0.02)))
    return rows


def _recall(task: str, figure: str, how: Masking, samples: list[dict[str, Any]], aim: Any = None) -> Row:
    count = sum(len(sample["planted"]) for sample in samples)
    value = 1 - len(list(misses(how, samples))) / count
    return row(task, figure, value, of(value, count), aim)


def _changed(task: str, figure: str, samples: list[dict[str, Any]], aim: Any = None) -> Row:
    """How many of the sentences without personal data the detector changes."""
    clean = [sample["text"] for sample in samples if not sample["planted"]]
    value = sum(redact(text, names=LISTED) != redact(text, names=NOBODY) for text in clean) / len(clean)
    return row(task, figure, value, of(value, len(clean)), aim)


def main() -> None:
    """What is missed and wrongly taken on the half that may be looked at."""
    listed = partial(redact, names=LISTED)
    samples = [sample for sample in lines(SAMPLES) if sample["half"] == "dev"]
    for _, value, safe in misses(listed, samples):
        print(f"leaves {value!r} in {safe!r}")
    for sample in samples:
        if not sample["planted"] and listed(sample["text"]) != redact(sample["text"]):
            print(f"harmless: {listed(sample['text'])!r}")
    for each in names_in_prose():
        print(" | ".join(each.cells))


if __name__ == "__main__":
    main()
