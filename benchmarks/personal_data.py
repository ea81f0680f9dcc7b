"""How much planted personal data is taken out, and how much harmless text stays (see SAMPLES).

The sentences were written for this: invented people, numbers of ranges that are given to nobody, published test cards
and sample IBANs, in eleven languages, beside near-misses such as order numbers, versions, times and prices. One half of
each kind (`dev`) was looked at while the patterns were mended and the other (`held_out`) was only measured. Both share
their wordings, so the third part is the hardest: `fresh` was written afterwards, with names and addresses in free prose
that have no form at all, and nothing was mended by it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from measuring import ROOT, Row, at_least, at_most, lines, of, row

from service.language.masking import mask
from service.language.redaction import redact

SAMPLES = ROOT / "tests" / "samples" / "personal_data.jsonl"
NAMED = {
    "email": "(email)",
    "phone": "(phone)",
    "card": "(card)",
    "iban": "(iban)",
    "secret": "(secret)",
    "address": "(address)",
    "birth_date": "(date of birth)",
    "ip": "(ip)",
    "name": "(name)",
}
"""What a redacted text says in place of each kind."""
NUMBERED = "order_number"
"""Harmless in itself, but it leads to a person: exports replace it by `(number)`, which is no mistake."""
LONGEST_LEFT = 5


def left(kind: str, value: str, safe: str) -> bool:
    """Whether the value can still be read in a text: half of it, and five characters at least, in one piece.

    Of an address the part before the @ counts, of a name each of its words.
    """
    if kind == "name":
        return any(re.search(rf"\b{re.escape(word)}\b", safe) for word in value.split() if len(word) > 2)
    if kind == "email":
        local = re.split(r"@| ?[(\[]at", value)[0]
        value = local if len(local) > 1 else value
    plain, text = (re.sub(r"[\W_]", "", each).casefold() for each in (value, safe))
    size = min(len(plain), max(LONGEST_LEFT, (len(plain) + 1) // 2))
    return any(plain[start : start + size] in text for start in range(len(plain) - size + 1))


def misses(how: Callable[[str], str], samples: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """(kind, value, safe text) of whatever is still readable."""
    for sample in samples:
        safe = how(sample["text"])
        for kind, value in sample["planted"]:
            if left(kind, value, safe):
                yield kind, value, safe


def accused(samples: list[dict[str, Any]]) -> Iterator[tuple[str, bool, str]]:
    """(kind, whether rightly, safe text) of whatever a redacted text names as personal data."""
    for sample in samples:
        safe = redact(sample["text"])
        planted = [kind for kind, _ in sample["planted"]]
        for kind, word in NAMED.items():
            for number in range(safe.count(word)):
                yield kind, number < planted.count(kind), safe


def harmless(samples: list[dict[str, Any]]) -> Iterator[tuple[str, bool, str]]:
    """(about, whether it stayed, safe text) of sentences without personal data; order numbers may become numbers."""
    for sample in samples:
        if not sample["planted"]:
            safe = redact(sample["text"])
            stayed = "(" not in safe.replace("(number)", "") if sample["about"] == NUMBERED else safe == sample["text"]
            yield sample["about"], stayed, safe


def personal_data() -> list[Row]:
    """The rows of the quality table: recall of both ways by kind, precision by kind, harmless sentences kept."""
    samples = lines(SAMPLES)
    fresh = [sample for sample in samples if sample["half"] == "fresh"]
    held_out = [sample for sample in samples if sample["half"] == "held_out"]
    task = "personal data"
    rows = []
    for how, name, aim in ((redact, "exports", 0.97), (mask, "notes", 0.93)):
        value, count = _recall(how, held_out)
        rows.append(row(task, f"taken out of {name}", value, of(value, count), at_least(aim)))
        value, count = _recall(how, fresh)
        rows.append(row(task, f"taken out of {name}, other wordings", value, of(value, count)))
    for kind, (good, count) in sorted(_by_kind(samples).items()):
        rows.append(row(task, f"taken out of exports: {kind}", good / count, of(good / count, count)))
    for kind, (good, count) in sorted(_tally(accused(samples)).items()):
        rows.append(row(task, f"rightly called {kind}", good / count, of(good / count, count)))
    stayed = [stayed for _, stayed, _ in harmless(samples)]
    share = sum(stayed) / len(stayed)
    rows.append(row(task, "harmless sentences left as they are", share, of(share, len(stayed)), at_least(0.9)))
    blamed = [any(word in redact(each["text"]) for word in NAMED.values()) for each in samples if not each["planted"]]
    share = sum(blamed) / len(blamed)
    rows.append(row(task, "harmless sentences called personal", share, of(share, len(blamed)), at_most(0.02)))
    return rows


def _recall(how: Callable[[str], str], samples: list[dict[str, Any]]) -> tuple[float, int]:
    count = sum(len(sample["planted"]) for sample in samples)
    return 1 - len(list(misses(how, samples))) / count, count


def _by_kind(samples: list[dict[str, Any]]) -> Mapping[str, tuple[int, int]]:
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for sample in samples:
        for kind, _ in sample["planted"]:
            found[kind][0] += 1
            found[kind][1] += 1
    for kind, _, _ in misses(redact, samples):
        found[kind][0] -= 1
    return {kind: (good, count) for kind, (good, count) in found.items()}


def _tally(found: Iterator[tuple[str, bool, str]]) -> Mapping[str, tuple[int, int]]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, good, _ in found:
        counts[name][0] += good
        counts[name][1] += 1
    return {name: (good, count) for name, (good, count) in counts.items()}


def main() -> None:
    """Everything that is missed or wrongly taken on the half that may be looked at."""
    samples = [sample for sample in lines(SAMPLES) if sample["half"] == "dev"]
    for how in (redact, mask):
        for kind, value, safe in misses(how, samples):
            print(f"{how.__name__} leaves {kind}: {value!r} in {safe!r}")
    for kind, right, safe in accused(samples):
        if not right:
            print(f"no {kind}: {safe!r}")
    for about, stayed, safe in harmless(samples):
        if not stayed:
            print(f"harmless {about}: {safe!r}")
    for each in personal_data():
        print(" | ".join(each.cells))


if __name__ == "__main__":
    main()
