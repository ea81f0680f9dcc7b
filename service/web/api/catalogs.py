"""What conversations and figures are made of: connected helpdesks, definitions, intents."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field
from sqlalchemy import func, select

from service.scoring.definitions import VERSIONS
from service.scoring.score import DEFINITIONS
from service.store import installations as store
from service.store import queries
from service.store.intent_models import IntentExample
from service.store.statements import one_of
from service.web.api.routes import Answer, get
from service.web.parts import parts
from service.web.rights import visible_ids
from service.web.vocabulary import described


class InstallationShape(Answer):
    """One connected helpdesk account."""

    id: str
    helpdesk: str
    account: str
    account_group: str | None
    enabled: bool
    writing: bool = Field(description="Whether verdicts are written to the helpdesk.")
    imported: bool = Field(description="Whether its conversations come from a file.")
    connected_at: datetime
    last_webhook_at: datetime | None


class Installations(Answer):
    """All connected helpdesks."""

    items: list[InstallationShape]


@get("/installations", Installations)
def installations(_: object) -> Answer:
    """Connected helpdesks, by name and account. No credential ever comes out."""
    with parts().database.read() as session:
        heard = queries.last_deliveries(session)
        items = [
            InstallationShape(
                id=row.id,
                helpdesk=row.connector,
                account=row.account,
                account_group=row.account_group,
                enabled=row.enabled,
                writing=row.writing,
                imported=store.is_imported(row),
                connected_at=row.created_at,
                last_webhook_at=heard.get(row.id),
            )
            for row in store.all_of(session, within=visible_ids())
        ]
    return Installations(items=items)


class VerdictShape(Answer):
    """One verdict in words."""

    name: str
    meaning: str


class ScoreShape(Answer):
    """One score in words."""

    name: str
    title: str
    question: str
    unit: str
    verdicts: list[VerdictShape]


class DefinitionsShape(Answer):
    """One version of the definitions with the scores that it knows."""

    version: str
    current: bool = Field(description="Whether new conversations are scored under it.")
    scores: list[ScoreShape]


class DefinitionsList(Answer):
    """All versions, oldest first."""

    items: list[DefinitionsShape]


@get("/definitions", DefinitionsList)
def definitions(_: object) -> Answer:
    """Versions of the definitions, oldest first, with what each score and verdict means."""
    items = [
        DefinitionsShape(
            version=each.version,
            current=each.version == DEFINITIONS,
            scores=[_score(name) for name in sorted(each.scores)],
        )
        for each in VERSIONS.values()
    ]
    return DefinitionsList(items=items)


def _score(name: str) -> ScoreShape:
    words = described(name)
    verdicts = [VerdictShape(name=verdict, meaning=said.meaning) for verdict, said in words.verdicts.items()]
    return ScoreShape(name=name, title=words.title, question=words.question, unit=words.unit, verdicts=verdicts)


class IntentShape(Answer):
    """One intent of an account's catalog."""

    installation: str
    name: str
    examples: int = Field(description="How many example messages the catalog holds.")


class Intents(Answer):
    """All catalogs."""

    items: list[IntentShape]


@get("/intents", Intents)
def intents(_: object) -> Answer:
    """Intents that conversations are told apart by, for each connected helpdesk. The examples' texts stay inside."""
    statement = select(IntentExample.installation_id, IntentExample.intent, func.count())
    statement = statement.where(one_of(IntentExample.installation_id, visible_ids()))
    statement = statement.group_by(IntentExample.installation_id, IntentExample.intent)
    with parts().database.read() as session:
        rows = session.execute(statement.order_by(IntentExample.installation_id, IntentExample.intent)).all()
    return Intents(items=[IntentShape(installation=row[0], name=row[1], examples=row[2]) for row in rows])
