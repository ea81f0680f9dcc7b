"""The languages that agents can be spoken to in."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Language(StrEnum):
    """By the code of ISO 639-1."""

    EN = "en"
    DE = "de"
    FR = "fr"
    ES = "es"
    PT = "pt"
    JA = "ja"


NAMES: Mapping[Language, str] = MappingProxyType(
    {
        Language.EN: "English",
        Language.DE: "Deutsch",
        Language.FR: "Français",
        Language.ES: "Español",
        Language.PT: "Português",
        Language.JA: "日本語",
    }
)
"""What each calls itself."""


SPACED_PERCENT = frozenset({Language.DE, Language.FR, Language.ES})
"""Languages that put a space before the percent sign (DIN 5008; Imprimerie nationale; Real Academia)."""


def percent_in(language: Language, figure: str) -> str:
    """A percentage as the language writes it; the space does not break.

    >>> percent_in(Language.DE, "92%"), percent_in(Language.JA, "92%")
    ('92\\xa0%', '92%')
    """
    return figure.replace("%", "\u00a0%") if language in SPACED_PERCENT else figure


def language_of(locale: str, otherwise: Language = Language.EN) -> Language:
    """The language of a locale as helpdesks write them; `otherwise` where there is none of ours.

    >>> language_of("pt-BR"), language_of("en-001"), language_of("nl", Language.DE)
    (<Language.PT: 'pt'>, <Language.EN: 'en'>, <Language.DE: 'de'>)
    """
    code = locale.replace("_", "-").partition("-")[0].lower()
    return Language(code) if code in set(Language) else otherwise
