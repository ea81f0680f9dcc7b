"""The sandbox's page on which an admin lets an application in, and the way back to the application with a code."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template_string, request
from werkzeug.wrappers import Response

from connectors.zendesk.sandbox.account import Refused
from connectors.zendesk.sandbox.answers import parts

allowing = Blueprint("allowing", __name__)

ASKED = ("client_id", "redirect_uri", "scope", "state", "code_challenge")
PAGE = """<!doctype html><html lang="en"><title>Sandbox of Zendesk</title>
<h1>Allow {{ client_id }} to access your sandbox account?</h1><p>Scopes: {{ scope }}</p>
<form method="post" action="/oauth/authorizations">
{% for name, value in asked.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button></form></html>"""


@allowing.get("/oauth/authorizations/new")
def _ask() -> str:
    asked = {name: request.args.get(name, "") for name in ASKED}
    if asked["client_id"] != parts()[1].client_id or request.args.get("response_type") != "code":
        raise Refused(400, {"error": "invalid_request", "error_description": "no such client"})
    return render_template_string(PAGE, asked=asked, **asked)


@allowing.post("/oauth/authorizations")
def _decide() -> Response:
    asked = {name: request.form.get(name, "") for name in ASKED}
    if request.form.get("decision") != "allow":
        said = {"error": "access_denied", "error_description": "The end-user denied the request"}
    else:
        access = parts()[1]
        said = {
            "code": access.code(
                redirect_uri=asked["redirect_uri"], scope=asked["scope"], challenge=asked["code_challenge"]
            )
        }
    return redirect(f"{asked['redirect_uri']}?{urlencode({**said, 'state': asked['state']})}")
