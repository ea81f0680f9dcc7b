"""Serves the sandbox's API on 127.0.0.1: one request at a time, under its limits, each remembered."""

from __future__ import annotations

from flask import Flask, Response, g, jsonify, request

from connectors.stand_in import LoggedRequest, Served
from connectors.zendesk.sandbox.hooks import Hooks
from connectors.zendesk.sandbox.limits import Limits


class Limited(Served):
    """Served under the API's limits; stopping it stops its webhooks as well."""

    def __init__(self, app: Flask, hooks: Hooks) -> None:
        super().__init__(app, "zendesk-sandbox")
        self.limits = Limits()
        self._hooks = hooks
        self._watch(app)

    def stop(self) -> None:
        """Stop serving and sending; nothing is left running."""
        self._hooks.stop()
        super().stop()

    def _watch(self, app: Flask) -> None:
        app.before_request_funcs.setdefault(None, []).insert(0, self._count)
        app.after_request(self._finish)

    def _count(self) -> tuple[Response, int, dict[str, str]] | None:
        wait = self.limits.take(request.method, request.path)
        if wait is None:
            return None
        body = {"error": "APIRateLimitExceeded", "description": "Number of allowed API requests per minute exceeded"}
        return jsonify(body), 429, {"Retry-After": str(max(1, round(wait)))}

    def _finish(self, response: Response) -> Response:
        response.headers.extend(self.limits.headers(request.method, request.path))
        if ignored := g.get("ignored"):
            keys = ", ".join(f'"{key}"' for key in ignored)
            response.headers["x-zendesk-api-warn"] = (
                '{:allowed_parameters=>{:controller=>"tickets", :action=>"update", '
                f":unpermitted_keys=>[{keys}], :invalid_values=>[]}}}}"
            )
        self.requests_log.append(LoggedRequest.of(response))
        return response
