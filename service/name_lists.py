"""The detector of names in free prose, on the lists of the package Faker (extra `pii`); read when first used.

Faker keeps given names and surnames of some ninety languages and countries up to date, and beside them what names are
mistaken for: ordinary words, towns, countries and colours.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from service.language.known_names import NOBODY, KnownNames, NameFinder, Span, folded

PACKAGE = "faker"
INSTALL = "pip install 'deskmark[pii]'"
_PLACES = ("city", "cities", "countries", "states", "counties", "provinces", "regions", "departments", "municipalit")


def is_installed() -> bool:
    """Whether the package of the extra is there."""
    return find_spec(PACKAGE) is not None


def finder(*, switched_on: bool) -> NameFinder:
    """The detector, which reads its lists when it is first asked; switched off, one that finds nobody."""
    return _Listed() if switched_on else NOBODY


class _Listed:
    """A process that masks nothing reads nothing: the lists take some 40 MB."""

    def spans(self, text: str) -> Sequence[Span]:
        """Where the names stand."""
        return known_names().spans(text)


@cache
def known_names() -> KnownNames:
    """The lists of the installed package. Raises `ModuleNotFoundError` without the extra."""
    return KnownNames(
        given=frozenset(_words("person", lambda name: "first_name" in name)),
        surnames=frozenset(_words("person", lambda name: "last_name" in name)),
        words=folded(
            (
                *_words("lorem", lambda name: name == "word_list"),
                *_words("color", lambda name: name in ("all_colors", "safe_colors")),
            )
        ),
        places=folded(_words("address", lambda name: name.startswith(_PLACES) and not name.endswith(("fixes", "fix")))),
    )


def _words(provider: str, wanted: Callable[[str], bool]) -> Iterator[str]:
    """Every text in the lists of a provider, of all its languages, whose name is `wanted`."""
    package = import_module(f"{PACKAGE}.providers.{provider}")
    for module in pkgutil.iter_modules(package.__path__):
        held = getattr(import_module(f"{package.__name__}.{module.name}"), "Provider", None)
        for name in filter(wanted, dir(held)):
            yield from _texts(getattr(held, name))


def _texts(value: object) -> Iterator[str]:
    """The texts of a list: some hold pairs (a name in two scripts), some are tables whose keys are the names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple, set, frozenset, dict)):
        for each in value:
            yield from _texts(each)
