"""The sandbox's page on which an admin lets an app in, and the exchange of the code that comes of it for a token."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

from flask import Blueprint, current_app, redirect, render_template_string, request
from werkzeug.wrappers import Response

from connectors.intercom.sandbox.api import refuse
from connectors.intercom.sandbox.workspace import Record

routes = Blueprint("intercom-allowing", __name__)

CLIENT_ID = "sandbox-client"
CODES = "CODES"
PAGE = """<!doctype html><html lang="en"><title>Sandbox of Intercom</title>
<h1>{{ client_id }} wants to access your sandbox workspace</h1>
<form method="post" action="/oauth">
{% for name, value in asked.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
<button name="decision" value="allow">Authorize access</button> <button name="decision" value="deny">Deny</button>
</form></html>"""


@routes.get("/oauth")
def _ask() -> str:
    asked = {name: request.args.get(name, "") for name in ("client_id", "redirect_uri", "state")}
    if asked["client_id"] != CLIENT_ID:
        refuse(400, "parameter_invalid", "no such client")
    return render_template_string(PAGE, asked=asked, **asked)


@routes.post("/oauth")
def _decide() -> Response:
    said = {"state": request.form["state"]}
    if request.form.get("decision") == "allow":
        said["code"] = secrets.token_hex(12)
        current_app.config.setdefault(CODES, set()).add(said["code"])
    else:
        said["error"] = "access_denied"
    return redirect(f"{request.form['redirect_uri']}?{urlencode(said)}")


@routes.post("/auth/eagle/token")
def _token() -> Record:
    """A code is good once."""
    codes: set[str] = current_app.config.setdefault(CODES, set())
    client = (request.form.get("client_id"), request.form.get("client_secret"))
    if client != (CLIENT_ID, current_app.config["CLIENT_SECRET"]) or request.form.get("code") not in codes:
        refuse(401, "server_error", "Unauthorized Code")
    codes.discard(request.form["code"])
    return {"token_type": "Bearer", "token": current_app.config["TOKEN"], "access_token": current_app.config["TOKEN"]}
