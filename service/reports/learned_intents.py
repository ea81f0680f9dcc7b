"""Examples for an intent catalog from conversations that a human has tagged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from service.conversation import Conversation, episodes
from service.document import from_document
from service.files.intents import LONGEST_NAME, NOVEL_NAME
from service.language.detection import ENGLISH, language
from service.language.intents import Example
from service.language.known_names import NOBODY, NameFinder
from service.language.redaction import redact
from service.scoring.intent import stated_text, stating
from service.store.intents import Learned


def learned(
    documents: Iterable[tuple[str, Mapping[str, Any]]], *, prefixes: Sequence[str], names: NameFinder = NOBODY
) -> Iterator[Learned]:
    """An example of each stored conversation (our id, document) whose intent a human named: what its customer wrote.

    Personal data that is recognised is replaced by its kind. Conversations in a language that the text model was not
    validated for are left out, as are those tagged with two intents: nobody could say which one the message has.
    """
    for row_id, document in documents:
        conversation = from_document(document)
        name = tagged_intent(conversation, prefixes)
        if name is None or language(conversation) != ENGLISH:
            continue
        # A correction speaks of the conversation as it is now: of its last episode.
        latest = episodes(conversation)[-1]
        if stated := stating(latest):
            yield Learned(Example(name, redact(stated_text(latest, stated), names=names)), row_id)


def tagged_intent(conversation: Conversation, prefixes: Sequence[str]) -> str | None:
    """The intent that a human put on the conversation: its corrected intent, else the tag with one of `prefixes`.

    `None` when there is none, or tags name more than one.

    >>> tagged_intent(Conversation(id="1", messages=(), tags=("intent_refund", "vip")), ["intent_"])
    'refund'
    """
    named = {(conversation.intent_corrected or "").strip()} - {""}
    if not named:
        named = {
            tag.removeprefix(prefix) for tag in conversation.tags for prefix in prefixes if tag.startswith(prefix)
        } - {""}
    if len(named) != 1:
        return None
    name = named.pop()
    return name if len(name) <= LONGEST_NAME and name.casefold() != NOVEL_NAME else None
