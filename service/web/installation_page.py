"""One page for an installation: its sections, each from a partial template with facts of its own."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from service.store import installations as store
from service.web.parts import parts
from service.web.rights import Right, needs
from service.web.sections import SECTIONS

blueprint = Blueprint("installation", __name__, url_prefix="/installations")


@blueprint.get("/<installation_id>")
@needs(Right.ADMINISTER)
def page(installation_id: str) -> str:
    """Everything about one installation."""
    with parts().database.read() as session:
        row = store.get(session, installation_id) or abort(404)
        imported = store.is_imported(row)
        sections = [(section, section.facts(session, row)) for section in SECTIONS if section.of_files or not imported]
        return render_template("installation.html", row=row, imported=imported, sections=sections)
