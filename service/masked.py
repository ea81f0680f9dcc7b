"""A conversation document and its scorecard without personal data, still valid and still fit to be counted and joined.

Texts are redacted, people become pseudonyms that stay the same from export to export (keyed hashes: without the key
nobody can go back or try names out), what may hold anything is left out. Knows shapes, not files or databases.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import PurePath
from typing import Any

from service.language.known_names import NOBODY, NameFinder
from service.language.personal_data import NAME, names_in
from service.language.redaction import redact

KEPT_ATTRIBUTES = "ai_agent."
"""Attributes of this family are the helpdesk's own words; any other may be a form's field with a person in it."""

REFERENCES = frozenset({"conversation", "repeat_of", "repeat_of_key", "key"})
"""Keys of a scorecard whose texts name other conversations."""

NOT_NAMES = frozenset("admin contact customer hello help info mail me office sales service support team test".split())
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Names for people that tell nobody who they are. The same `key` gives the same names."""

    key: bytes

    @classmethod
    def under(cls, secret: str) -> Pseudonyms:
        """Those that follow from a secret of the installation."""
        return cls(hmac.new(secret.encode(), b"pseudonyms", sha256).digest())

    def of(self, kind: str, name: str | None) -> str | None:
        """The pseudonym of a name; `None` for none."""
        if name is None:
            return None
        return f"{kind}-{hmac.new(self.key, name.encode(), sha256).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class _Masking:
    """Masks one conversation: names found anywhere in it are taken out everywhere."""

    pseudonyms: Pseudonyms
    people: frozenset[str]
    teams: frozenset[str]
    ids: Mapping[str, str]
    """What a text of the scorecard that is an id becomes: of a person the pseudonym, any other id itself."""
    names: NameFinder = NOBODY

    def text(self, value: str | None) -> str | None:
        """Most texts of scorecards are sentences of our own, so they are looked at once."""
        if value is None:
            return None
        safe = _redacted(value, self.names)
        for person in sorted(self.people, key=len, reverse=True):
            if person.lower() in safe.lower():
                safe = re.sub(rf"\b{re.escape(person)}\b", NAME, safe, flags=re.IGNORECASE)
        return safe

    def document(self, document: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **document,
            "contact": self.contact(document.get("contact") or {}),
            "subject": self.text(document.get("subject")),
            "messages": [self.message(message) for message in document["messages"]],
            "events": [self.event(event) for event in document.get("events") or ()],
            "rating": self.rating(document.get("rating")),
            "tags": [self.text(tag) for tag in document.get("tags") or ()],
            "attributes": {
                name: value
                for name, value in (document.get("attributes") or {}).items()
                if name.startswith(KEPT_ATTRIBUTES)
            },
        }

    def contact(self, contact: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": self.pseudonyms.of("contact", contact.get("id")),
            "external_id": self.pseudonyms.of("external", contact.get("external_id")),
            "email": None,
            "email_verified": False,
        }

    def message(self, message: Mapping[str, Any]) -> dict[str, Any]:
        author = message["author"]
        return {
            **message,
            "author": {**author, "id": _author(author, self.pseudonyms)},
            "text": self.text(message["text"]),
            "attachments": [f"file{PurePath(name).suffix[:8]}" for name in message.get("attachments") or ()],
        }

    def event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """A group is named, a person is not; which of both an event means is told by the teams that wrote."""
        ends = {
            end: event[end] if event.get(end) in self.teams else self.pseudonyms.of("agent", event.get(end))
            for end in ("from", "to")
            if event.get("kind") != "channel_changed"
        }
        return {**event, **ends}

    def rating(self, rating: Mapping[str, Any] | None) -> dict[str, Any] | None:
        if rating is None:
            return None
        score = rating.get("score")
        shown = self.text(score) if isinstance(score, str) else score
        return {**rating, "score": shown, "comment": self.text(rating.get("comment"))}

    def score(self, value: Any, key: str = "") -> Any:
        """Anything in a scorecard; ids stay ids, for they are what joins the proof to the messages."""
        if isinstance(value, Mapping):
            return {name: self.score(item, name) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.score(item, key) for item in value]
        if not isinstance(value, str) or key in REFERENCES:
            return value
        return self.ids[value] if value in self.ids else self.text(value)


def masked(
    document: Mapping[str, Any], card: Mapping[str, Any] | None, pseudonyms: Pseudonyms, names: NameFinder = NOBODY
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The document and its scorecard (`None`: not scored) without personal data; `names` finds names in free prose."""
    masking = _Masking(pseudonyms, _people(document), _teams(document), _ids(document, pseudonyms), names)
    shown = None
    if card is not None:
        shown = {**card, "scores": {name: _score(masking, score) for name, score in card["scores"].items()}}
        if "episodes" in card:
            shown["episodes"] = [masked(document, episode, pseudonyms, names)[1] for episode in card["episodes"]]
    return masking.document(document), shown


def without_people(document: Mapping[str, Any], pseudonyms: Pseudonyms, names: NameFinder = NOBODY) -> dict[str, Any]:
    """The document for whoever shows none of its texts: the customer is a pseudonym, tags are redacted."""
    masking = _Masking(pseudonyms, _people({**document, "messages": ()}), frozenset(), {}, names)
    tags = [masking.text(tag) for tag in document.get("tags") or ()]
    return {**document, "contact": masking.contact(document.get("contact") or {}), "tags": tags}


@lru_cache(maxsize=4096)
def _redacted(text: str, names: NameFinder) -> str:
    return redact(text, names=names)


def _score(masking: _Masking, score: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: masking.score(score.get(name)) for name in ("reason", "evidence", "details")}
    return {**score, **texts}


def _people(document: Mapping[str, Any]) -> frozenset[str]:
    """Names that stand where names stand in any of the texts, and those in the contact's address."""
    found: set[str] = set()
    for text in (document.get("subject") or "", *(message["text"] for message in document["messages"])):
        for name in names_in(text):
            found.update((name, *name.split()))
    address = (document.get("contact") or {}).get("email") or ""
    local = address.partition("@")[0].replace("_", ".").replace("-", ".")
    found.update(part for part in local.split(".") if part.isalpha() and part.lower() not in NOT_NAMES)
    return frozenset(name for name in found if len(name) >= _SHORTEST)


def _author(author: Mapping[str, Any], pseudonyms: Pseudonyms) -> str | None:
    """A bot is no person."""
    role, name = author["role"], author.get("id")
    return name if role == "bot" else pseudonyms.of("contact" if role == "customer" else role, name)


def _ids(document: Mapping[str, Any], pseudonyms: Pseudonyms) -> dict[str, str]:
    """Authors as the messages show them, teams, messages and events by their own names, which tell of nobody."""
    messages = document["messages"]
    authors = {m["author"].get("id"): _author(m["author"], pseudonyms) for m in messages}
    found = {name: shown for name, shown in authors.items() if name and shown}
    plain = (*_teams(document), *(m["id"] for m in messages), *(e["id"] for e in document.get("events") or ()))
    return found | {name: name for name in plain}


def _teams(document: Mapping[str, Any]) -> frozenset[str]:
    teams = {message["author"].get("group") for message in document["messages"]} | {document.get("inbox")}
    return frozenset(team for team in teams if team)
