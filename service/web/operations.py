"""Operations: queues, lag, limits, signs of life, and what was given up, to be looked at, replayed or dropped.

Errors, numbers and ids only; no text of a customer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from limits.errors import StorageError
from werkzeug.wrappers import Response as AnyResponse

from connectors.limiter import Budget
from service.store import dead, installations, operations, queries
from service.store.failures import INGEST
from service.store.models import Installation
from service.store.work import SCORING, WRITING
from service.telemetry.board import BoardDown
from service.telemetry.holding import apart
from service.telemetry.metrics import REGISTRY, Stage
from service.telemetry.sharing import alone, everybody
from service.web.lags import Lag, lags
from service.web.limit_words import limit_words, rate_words
from service.web.metrics import ALIVE_WITHIN, heard
from service.web.parts import BrokerDown, Parts, parts
from service.web.rights import Right, acting, needs
from tasks.celery_app import HISTORY, QUEUES, SCORE, WRITEBACK
from tasks.celery_app import INGEST as INGEST_QUEUE
from tasks.telling import BEAT

blueprint = Blueprint("operations", __name__, url_prefix="/operations")

WORDS: Mapping[str, str] = {INGEST: "Taking in", SCORING.name: "Scoring", WRITING.name: "Writing back"}
STAGES: Mapping[str, str] = {
    Stage.WEBHOOK_TO_SCORED: "Webhook to scores",
    Stage.SCORED_TO_WRITTEN: "Scores to helpdesk",
    Stage.WEBHOOK_TO_WRITTEN: "Webhook to helpdesk",
}
PROGRAMS: Mapping[str, str] = {
    INGEST_QUEUE: "Taking in webhooks",
    SCORE: "Scoring",
    HISTORY: "Scoring history",
    WRITEBACK: "Writing back and asking helpdesks",
    BEAT: "Clock",
}
"""What the workers of each queue do, and the beat; logs and `deskmark worker` call them by the queue's own name."""
LISTED = 50


@dataclass(frozen=True, slots=True)
class Program:
    """One queue's workers, or the beat: how many were heard lately, seconds since the last, messages that wait."""

    name: str
    alive: int
    age: float | None
    messages: int | None


@dataclass(frozen=True, slots=True)
class Broker:
    """What the broker tells; nothing where it is away. `other_keys`: processes whose secret keys are not ours."""

    up: bool
    programs: Sequence[Program] = ()
    budgets: Sequence[Budget] = ()
    lags: Sequence[Lag] = ()
    other_keys: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Helpdesk:
    """One installation as it stands; `readable` is whether this process's keys open its credentials."""

    row: Installation
    standing: operations.Standing
    refused_at: datetime | None
    readable: bool


@blueprint.get("")
@needs(Right.ADMINISTER)
def page() -> str:
    """Everything at a glance."""
    p = parts()
    with p.database.read() as session:
        work = operations.overview(session, now=p.now())
        last = queries.last_deliveries(session)
        groups = dead.groups(session)
    helpdesks = [
        Helpdesk(
            row,
            operations.standing(row, p.now()),
            installations.refused_since(row, last.get(row.id)),
            p.box.opens(row.secrets),
        )
        for row in work.installations
    ]
    return render_template(
        "operations.html",
        work=work,
        words=WORDS,
        stages=STAGES,
        programs=PROGRAMS,
        groups=groups,
        helpdesks=helpdesks,
        names={row.id: f"{row.connector.title()} {row.account}" for row in work.installations},
        broker=_broker(p),
        ratio=operations.ratio,
        limit_words=limit_words,
        rate_words=rate_words,
        now=p.now(),
        alive_within=ALIVE_WITHIN,
    )


@blueprint.get("/dead/<kind>")
@needs(Right.ADMINISTER)
def listing(kind: str) -> str:
    """What was given up of one kind of work, of one error where one is asked for."""
    _known(kind)
    error = request.args.get("error") or None
    with parts().database.read() as session:
        rows = dead.listing(session, kind, error=error, limit=LISTED)
        counted = [group for group in dead.groups(session) if group.work == kind]
    return render_template(
        "dead.html", rows=rows, kind=kind, error=error, groups=counted, words=WORDS, most=LISTED, whole=dead.MOST
    )


@blueprint.get("/dead/<kind>/<dead_id>")
@needs(Right.ADMINISTER)
def one(kind: str, dead_id: str) -> str:
    """One piece of dead work: its error, its attempts, where they failed."""
    _known(kind)
    with parts().database.read() as session:
        found = dead.find(session, kind, dead_id)
    if found is None:
        abort(404)
    return render_template("dead_one.html", found=found, dead=found.dead, kind=kind, words=WORDS)


@blueprint.post("/dead/<kind>/<dead_id>")
@needs(Right.ADMINISTER)
def decide(kind: str, dead_id: str) -> AnyResponse:
    """Replay or drop one."""
    _known(kind)
    return _decided(kind, [dead_id])


@blueprint.post("/dead/<kind>")
@needs(Right.ADMINISTER)
def decide_all(kind: str) -> AnyResponse:
    """Replay or drop all of one error."""
    _known(kind)
    error = request.form.get("error", "")
    with parts().database.read() as session:
        ids = [found.id for found in dead.listing(session, kind, error=error, limit=dead.MOST)]
    return _decided(kind, ids)


def _decided(kind: str, ids: Sequence[str]) -> AnyResponse:
    p, doing = parts(), request.form.get("do", "")
    if doing not in ("replay", "drop"):
        abort(400)
    by = dead.Deciding(acting(), p.now(), p.settings.hold)
    with p.database.begin() as session:
        done = (dead.replay if doing == "replay" else dead.drop)(session, kind, ids, by)
    if doing == "replay":
        announce(p, kind, done)
    what = f"{len(done)} {'piece' if len(done) == 1 else 'pieces'} of work"
    flash(f"{what} {'started anew' if doing == 'replay' else 'put aside'}.", "good" if done else "error")
    return redirect(url_for("operations.page"))


def announce(p: Parts, kind: str, started: Sequence[dead.Dead]) -> None:
    """Tell the workers; a message that is lost costs the sweep's time only."""
    if kind == INGEST:
        p.queue.ingest([int(each.id) for each in started])
    elif kind == SCORING.name:
        p.queue.score([each.id for each in started])
    else:
        p.queue.write_back([each.id for each in started])


def _known(kind: str) -> None:
    if kind not in dead.KINDS:
        abort(404)


def _broker(p: Parts) -> Broker:
    try:
        messages = p.waiting()
        ages = heard(p.board.heard) if p.board is not None else {}
        budgets = p.budgets()
        counted = everybody(p.board, REGISTRY) if p.board is not None else alone(REGISTRY)
        other_keys = apart(p.board, p.box.fingerprints) if p.board is not None else ()
        return Broker(True, _programs(ages, messages), budgets, lags(counted), other_keys)
    except (BrokerDown, BoardDown, StorageError):
        return Broker(False)


def _programs(ages: Mapping[str, Sequence[float]], messages: Mapping[str, int]) -> list[Program]:
    found = []
    for name in (*QUEUES, BEAT):
        known = ages.get(name, ())
        alive = sum(age <= ALIVE_WITHIN for age in known)
        found.append(Program(name, alive, min(known, default=None), messages.get(name)))
    return found
