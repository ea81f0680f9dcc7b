"""The self-test on an installation's page: asking a worker for one, showing the last, confirming who is a bot.

No step is taken in the web process: a worker takes what was asked for within seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from connectors.self_test import Outcome, Step, StepName
from service.store import conversations, installations
from service.store import self_tests as store
from service.store.models import Installation
from service.store.self_test_models import Progress, SelfTest
from service.web.asked import helpdesk
from service.web.audited import audited
from service.web.parts import known, parts
from service.web.rights import Right, needs
from service.web.vocabulary import Tone
from tasks.self_test_roles import spoken_by
from tasks.self_test_signature import heard_since
from tasks.self_testing import steps_of

blueprint = Blueprint("self_test", __name__, url_prefix="/installations")

LOOK_AGAIN = "2"
"""Seconds after which a browser loads the page of a running test again."""
LATE = timedelta(seconds=30)
LONGEST_ID = 255

TITLES: Mapping[StepName, str] = MappingProxyType(
    {
        StepName.CREDENTIALS: "Credentials",
        StepName.REGION: "Region",
        StepName.CLOCK: "Clock",
        StepName.SCOPES: "Permissions",
        StepName.NAMES: "Names of brands, teams and bots (optional)",
        StepName.FIELDS: "Fields",
        StepName.SIGNATURE: "Webhook and signature",
        StepName.CONVERSATION: "Read a conversation",
        StepName.ROLES: "Who is a bot, who is human",
        StepName.TEST_TAG: "Write and remove a test tag",
    }
)
OUTCOMES: Mapping[Outcome, tuple[str, Tone]] = MappingProxyType(
    {
        Outcome.PASSED: ("Passed", Tone.GOOD),
        Outcome.FAILED: ("Failed", Tone.BAD),
        Outcome.OPEN: ("Open", Tone.WARN),
        Outcome.SKIPPED: ("Skipped", Tone.NEUTRAL),
    }
)


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step on the page."""

    title: str
    label: str
    tone: Tone
    step: Step


def self_test_facts(session: Session, row: Installation) -> Mapping[str, Any]:
    """What the section shows: the last test in the light of what came since. `late`: no worker took it yet."""
    test = store.last(session, row.id)
    if test is None:
        return {"test": None}
    now, heard = parts().now(), store.heard(session, row.id)
    steps = [heard_since(step, heard, row.connector, now=now) for step in steps_of(test)]
    bots = _listed(row.options.get("bot_author_ids"))
    return {
        "test": test,
        "under_way": _under_way(test),
        "late": test.state == Progress.ASKED and test.asked_at < now - LATE,
        "steps": [ShownStep(TITLES[step.name], *OUTCOMES[step.outcome], step) for step in steps],
        "unknown": [each for each in test.unknown if each["id"] not in bots],
    }


def _under_way(test: SelfTest) -> bool:
    return test.state != Progress.DONE and test.asked_at > parts().now() - store.LOST_AFTER


@blueprint.get("/<installation_id>/self-test")
@needs(Right.ADMINISTER)
def page(installation_id: str) -> Response:
    """The last self-test by itself; loads itself again until it is done."""
    with parts().database.read() as session:
        row = helpdesk(session, installation_id)
        facts = self_test_facts(session, row)
    answer = make_response(render_template("self_test.html", row=row, facts=facts))
    if facts.get("under_way"):
        answer.headers["Refresh"] = LOOK_AGAIN
    return answer


@blueprint.post("/<installation_id>/self-test")
@needs(Right.ADMINISTER)
def start(installation_id: str) -> AnyResponse:
    """Ask for a test. A tag is written only to a conversation that is named, and only when that is ticked."""
    conversation = request.form.get("conversation", "").strip()[:LONGEST_ID]
    write = request.form.get("write") == "yes"
    if write and not conversation:
        flash("Name the conversation to which the test tag may be written.", "bad")
        return redirect(url_for("self_test.page", installation_id=installation_id))
    now = parts().now()
    with parts().database.begin() as session:
        row = helpdesk(session, installation_id)
        asked = store.ask(session, row.id, external_id=conversation or None, write=write, now=now)
        if asked:
            writes = "yes" if write else "no"
            audited(session, "test installation", row.id, row.id, conversation=conversation, write=writes)
    if not asked:
        flash("A test is under way already.", "warn")
    return redirect(url_for("self_test.page", installation_id=installation_id))


@blueprint.post("/<installation_id>/self-test/bots")
@needs(Right.ADMINISTER)
def confirm_bots(installation_id: str) -> AnyResponse:
    """Remember that these authors are bots, and read the conversations again in which they spoke."""
    now = parts().now()
    with parts().database.begin() as session:
        installations.locked(session, installation_id)
        row = helpdesk(session, installation_id)
        test = store.last(session, row.id) or abort(404)
        offered = {each["id"] for each in test.unknown}
        chosen = [each for each in dict.fromkeys(request.form.getlist("bot")) if each in offered]
        if chosen:
            bots = _listed(row.options.get("bot_author_ids"))
            new = [*bots, *(each for each in chosen if each not in bots)]
            installations.change(session, row.id, options={**row.options, "bot_author_ids": new})
            for external_id in spoken_by(session, row.id, frozenset(chosen)):
                conversations.announce(session, row, external_id, at=now, now=now)
            audited(session, "confirm bots", row.id, row.id, authors=", ".join(chosen))
    known().forget()
    flash("Their messages count as a bot's from now on." if chosen else "Nobody was chosen.", "good")
    return redirect(url_for("self_test.page", installation_id=installation_id))


def _listed(value: object) -> list[str]:
    """Ids as an installation's options hold them: a list, or words with commas between."""
    if isinstance(value, str):
        return [word for word in value.replace(",", " ").split() if word]
    return [str(each) for each in value] if isinstance(value, list) else []
