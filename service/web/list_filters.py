"""What the address of the list of conversations asks for; each part that cannot be used is told in words for people."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from service.web.given import FILTERS
from service.web.vocabulary import SCORES

WORDS: Mapping[str, str] = {
    "verdict": "verdict", "helpdesk": "helpdesk", "state": "state", "written": "state of writing", "q": "number",
}  # fmt: skip
"""What the list is filtered by, as the address and as people call it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What can be used of the address, "" where a filter is not set; `faults` say what could not, and what is shown."""

    values: Mapping[str, str]
    page: int
    faults: tuple[str, ...]

    @classmethod
    def of(cls, arguments: MultiDict[str, str], known: Mapping[str, Collection[str]]) -> Asked:
        """`known` are the names that a filter may have; one that is not in it may have any."""
        given = {name: arguments.get(name, "").strip() for name in WORDS}
        bad = {name for name, value in given.items() if value and not _is_known(name, value, known)}
        page = arguments.get("page", 1, type=int)
        return cls(
            values={name: "" if name in bad else value for name, value in given.items()},
            page=max(1, page),
            faults=(
                *(_fault(name, given[name], known) for name in WORDS if name in bad),
                *_unheard_of(arguments),
                *_no_page(arguments.get("page", ""), page),
            ),
        )


def verdict_of(value: str) -> tuple[str, str]:
    """The score and what it says, of "score.verdict"."""
    score, _, said = value.partition(".")
    return score, said


def _is_known(name: str, value: str, known: Mapping[str, Collection[str]]) -> bool:
    if name == "verdict":
        score, said = verdict_of(value)
        return score in SCORES and said in SCORES[score].verdicts
    return name not in known or value in known[name]


def _fault(name: str, value: str, known: Mapping[str, Collection[str]]) -> str:
    names = f" Known are: {', '.join(known[name])}." if name in known else " Choose one of the list below."
    return f"There is no {WORDS[name]} “{value[:60]}”, so nothing is filtered by it.{names}"


def _unheard_of(arguments: MultiDict[str, str]) -> Iterator[str]:
    for name, value in arguments.items():
        if name in WORDS or name == "page" or not value:
            continue
        where = " The pages of figures are filtered by it, and list the conversations behind each number."
        can_be = ", ".join(WORDS.values())
        yield (
            f"This list cannot be filtered by “{name[:60]}”, so nothing is filtered by it. It can be by: {can_be}."
            f"{where if name in FILTERS else ''}"
        )


def _no_page(given: str, page: int) -> Iterator[str]:
    if given and (not given.isdecimal() or page < 1):
        yield f"There is no page “{given[:20]}”. Shown is the first."
