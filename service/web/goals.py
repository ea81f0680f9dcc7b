"""What the account says of itself: its level, what each figure should gain a month. Of the whole service at once."""

from __future__ import annotations

import math

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.figures.catalogue import FIGURES, Maturity
from service.figures.standing import STEP
from service.store import goals
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Right, may, needs, visible_ids

blueprint = Blueprint("goals", __name__, url_prefix="/goals")

SUGGESTED = "suggested"


def may_state() -> bool:
    """Whether the visitor may say what holds for the whole service: a manager who sees every helpdesk."""
    return may(Right.MANAGE) and visible_ids() is None


@blueprint.post("")
@needs(Right.MANAGE)
def change() -> AnyResponse:
    """Keep the level and the monthly steps that the form names; an empty step goes back to the default."""
    if not may_state():
        abort(403)
    level = request.form.get("maturity", "")
    if level not in ("", SUGGESTED, *Maturity):
        abort(400)
    given = {one.name: request.form[one.name] for one in FIGURES if one.name in request.form}
    try:
        asked = {name: _step(text) for name, text in given.items()}
    except ValueError:
        flash("A monthly target is a number of percent, more than 0 and at most 100. Nothing was changed.", "error")
        return redirect(url_for("pages.home") + "#goals")
    now = parts().now()
    with parts().database.begin() as session:
        before, known = goals.maturity(session), goals.steps(session)
        stated = Maturity(level) if level in list(Maturity) else None
        if level and stated is not before:
            goals.set_maturity(session, stated, now=now)
            audited(session, "set maturity", stated or SUGGESTED)
        for name, step in asked.items():
            if step != known.get(name):
                goals.set_step(session, name, step, now=now)
                audited(session, "set target", name, step=f"{STEP if step is None else step:.1%}")
    flash("Kept. Cards and reports go by it from now on.", "good")
    return redirect(url_for("pages.home"))


def _step(text: str) -> float | None:
    """A share from percent; `None` for none and for the default. Raises `ValueError` for what is no step."""
    if not text.strip():
        return None
    step = float(text.replace(",", ".")) / 100
    if not (math.isfinite(step) and 0 < step <= goals.MOST_STEP):
        raise ValueError("no step")
    return None if math.isclose(step, STEP) else step
