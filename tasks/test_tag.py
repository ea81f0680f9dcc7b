"""Writes a tag to a conversation and removes it again, and looks each time that nothing else changed."""

from __future__ import annotations

from connectors.base import Client, Reading
from connectors.errors import Conflict, ConnectorError, CredentialsRefused, NotWritable, Rejected
from connectors.self_test import Step, StepName, failed, passed
from service.writeback import Plan

TRIES = 3
"""How often a conversation that changes under our hands is read again."""


def write_and_remove(client: Client, reading: Reading, tag: str) -> Step:
    """Put `tag` on the conversation that `reading` holds, see it there, take it off, see it gone."""
    name, number = StepName.TEST_TAG, reading.conversation.id
    before = frozenset(reading.there.tags) - {tag}
    try:
        written = _write(client, reading, Plan(add_tags=(tag,)))
    except ConnectorError as error:
        return _not_written(error, tag, number)
    try:
        after = _write(client, written, Plan(remove_tags=(tag,)))
    except ConnectorError as error:
        by_hand = f"Remove the tag {tag} from conversation {number} by hand, and test again."
        return failed(name, f"The tag {tag} was written and could not be removed: {error}.", by_hand)
    if tag not in written.there.tags:
        again = "Test again; when it stays so, look for a trigger of the helpdesk that removes tags."
        return failed(name, f"The tag {tag} was accepted and is not on conversation {number}.", again)
    if tag in after.there.tags:
        by_hand = f"Remove the tag {tag} from conversation {number} by hand; look for a trigger that adds tags."
        return failed(name, f"The tag {tag} is still on conversation {number} after it was removed.", by_hand)
    if frozenset(after.there.tags) != before:
        look = f"Look at conversation {number}: somebody, or a trigger that runs on our update, changed its tags."
        return failed(name, "The conversation's other tags are not what they were.", look)
    return passed(name, f"The tag {tag} was written to conversation {number} and removed; its other tags stayed.")


def _write(client: Client, reading: Reading, plan: Plan) -> Reading:
    """Make `plan` true and read what is there then. A conversation that changed meanwhile is read again."""
    for left in reversed(range(TRIES)):
        try:
            client.write(reading, plan)
            break
        except Conflict:
            if not left:
                raise
            reading = client.read(reading.conversation.id)
    return client.read(reading.conversation.id)


def _not_written(error: ConnectorError, tag: str, number: str) -> Step:
    match error:
        case NotWritable():
            action = "Name a conversation that a human took part in and that is not closed for good."
        case CredentialsRefused() | Rejected():
            action = "Give the token the permission to write (see the step scopes), and test again."
        case _:
            action = "Test again in a minute."
    return failed(StepName.TEST_TAG, f"The tag {tag} could not be written to conversation {number}: {error}.", action)
