"""Trying a helpdesk's credentials once, right after they were given: whether it lets Deskmark in."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.errors import ConnectorError, CredentialsRefused, NotFound, RetryLater
from connectors.limiter import Limiter
from connectors.registry import connectors
from service.store.database import Database
from service.store.models import Installation
from service.store.secrets import SecretBox
from service.web.kinds import KINDS
from tasks.runtime import Clients, Clock, connected, stored_tokens, utc_now


@dataclass(frozen=True, slots=True)
class Tried:
    """What the helpdesk answered, as a sentence without a full stop.

    `refused`: credentials or address have to be corrected. Neither `let_in` nor `refused`: nobody answered, which says
    nothing of the credentials.
    """

    said: str
    let_in: bool = False
    refused: bool = False


def tried(database: Database, box: SecretBox, installation_id: str, *, local: bool, now: Clock = utc_now) -> Tried:
    """Ask a stored installation's helpdesk one cheap question. No transaction is open meanwhile.

    Raises `SecretsUnreadable`; a helpdesk that does not answer is told.
    """
    with database.read() as session:
        row = session.get_one(Installation, installation_id)
    title = KINDS[row.connector].title
    place = connected(row, box, stored_tokens(row.id, database, box, now))
    try:
        Clients(connectors(), Limiter(), local=local).of(place).ping()
    except CredentialsRefused as error:
        why = str(error).removesuffix(f"; {CredentialsRefused.ADVICE}")
        return Tried(f"Connected, but refused: {why}", refused=True)
    except RetryLater as error:
        return Tried(f"Connected, but {title} could not be asked ({error}); it is asked again by itself")
    except NotFound:
        return Tried(f"Connected, but refused: {row.base_url} answers, but not as {title} does", refused=True)
    except ConnectorError as error:
        return Tried(f"Connected, but refused: {error}", refused=True)
    return Tried(f"{title} lets Deskmark in", let_in=True)
