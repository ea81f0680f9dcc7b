"""The sandbox's stand-in for the Developer Hub's page of webhooks: saving the address, and sending a test request."""

from __future__ import annotations

from collections.abc import Callable

import requests
from flask import Blueprint, current_app, request

from connectors.intercom.sandbox.api import refuse

routes = Blueprint("intercom-subscribing", __name__, url_prefix="/developer-hub")

SAVE = "SAVE_WEBHOOK"
"""Where the application keeps what saves an address: it raises `ValueError` for one that will not do."""


@routes.post("/webhook")
def _save() -> str:
    """Save the address in the form field `url`; Intercom calls it at once, and sends it a test request."""
    save: Callable[[str], None] = current_app.config[SAVE]
    try:
        save(request.form.get("url", ""))
    except (ValueError, requests.RequestException) as error:
        refuse(400, "parameter_invalid", f"the webhook is not saved: {error}")
    return "The webhook is saved, and a test request is sent.\n"
