"""A stateful local stand-in for Intercom over real HTTP on 127.0.0.1, for the demo, `deskmark sandbox` and tests.

Nothing outside them imports this package. It enforces the rules of Intercom that hurt, and plays our conversations
in the shape that Intercom gives them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from flask import Flask, Response, jsonify, request

from connectors.email_text import html_text
from connectors.intercom.sandbox import allowing, departing, shapes, subscribing
from connectors.intercom.sandbox import attributes as attribute_api
from connectors.intercom.sandbox.api import create_api
from connectors.intercom.sandbox.departing import Departing
from connectors.intercom.sandbox.hooks import RETRY_DELAY, TIMEOUT, Hooks
from connectors.intercom.sandbox.seeding import Player
from connectors.intercom.sandbox.workspace import Attribute, Record, Workspace
from connectors.stand_in import LoggedRequest, Served
from service.conversation import Conversation, Event, Message, Rating

RATE_LIMIT = 1_667
WINDOW = 10.0
"""Seconds: Intercom spreads 10,000 calls a minute over windows of ten seconds."""


class Snapshot(NamedTuple):
    """What stands on a conversation: tag names, attributes by name, the plain text of its private notes."""

    tags: tuple[str, ...]
    fields: dict[str, Any]
    notes: tuple[str, ...]


class Sandbox(Departing, Served):
    """One Intercom workspace. `start` serves it at `base_url`; everything may be called from any thread.

    With `elsewhere` set the workspace is hosted in another region: its token is unknown here. `withheld` are beginnings
    of paths that the token has no permission for; `skew` is how far the clock in answers is from ours.
    `clock` gives the aware time that new parts get; `retry_delay` is how long a failed webhook waits for its only
    retry; `fin` says whether bots are Fin or workflow bots; with `silent_bot_close` a bot's closing fires no topic,
    which Intercom leaves open.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        token: str = "sandbox-token",  # noqa: S107 - a stand-in's token protects nothing
        client_secret: str = "sandbox-client-secret",  # noqa: S107
        retry_delay: float = RETRY_DELAY,
        webhook_timeout: float = TIMEOUT,
        fin: bool = True,
        silent_bot_close: bool = False,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> None:
        self.secrets: Mapping[str, str] = {"access_token": token, "client_secret": client_secret}
        self.hooks = Hooks(client_secret, retry_delay=retry_delay, timeout=webhook_timeout)
        self.rate_limit = RATE_LIMIT
        self.silent_bot_close = silent_bot_close
        self.elsewhere = False
        self.withheld: set[str] = set()
        self.workspace = Workspace(clock=clock, emit=self._emit)
        if attributes is not None:
            self.workspace.attributes = dict(attributes)
        self._player = Player(self.workspace, fin=fin)
        self._calls: list[float] = []
        self._refusals, self._refuse_until = 0, 0.0
        super().__init__(create_api(self.workspace, token), "intercom-sandbox")
        self._app.config.update(NEWEST_VERSION=False, CLIENT_SECRET=client_secret)
        self._app.config[subscribing.SAVE] = self.connect_webhook
        for api in (attribute_api, allowing, departing, subscribing):
            self._app.register_blueprint(api.routes)
        self._watch(self._app)

    def stop(self) -> None:
        """Stop serving and sending; nothing is left running."""
        self.hooks.stop()
        super().stop()

    def offer_newest_version(self) -> Self:
        """Let version 2.16 be used, in which attributes can be made over the API."""
        self._app.config["NEWEST_VERSION"] = True
        return self

    def connect_webhook(self, url: str) -> None:
        """Subscribe `url` to all topics, as saving it in the Developer Hub does: a HEAD request, then a ping."""
        self.hooks.connect(url)
        self.ping()

    def ping(self) -> None:
        """Fire the `ping` topic, as the test button and Intercom's own schedule do."""
        item = {"type": "ping", "message": "test notification"}
        self.hooks.send(shapes.notification(self.workspace, "ping", item))

    def seed(self, conversation: Conversation, *, ended: bool = True) -> str:
        """Play a conversation in, with its webhooks, and close it if `ended`; its id here."""
        with self._lock:
            record = self._player.begin(conversation)
            if ended and record["state"] != "closed":
                self._player.close(record, conversation.closed_at)
            return str(record["id"])

    def with_ids(self, conversation: Conversation) -> Conversation:
        """The conversation as it is read back: bots under the operator's id, and no brand, which none names."""
        with self._lock:
            return self._player.with_ids(conversation)

    def end(self, conversation_id: str, at: datetime | None = None) -> None:
        """Close a conversation at `at`, by default now."""
        with self._lock:
            self._player.close(self._record(conversation_id), at or self.workspace.clock())

    def continue_(
        self,
        conversation_id: str,
        messages: Iterable[Message] = (),
        events: Iterable[Event] = (),
        *,
        rating: Rating | None = None,
        ended: bool = True,
        at: datetime | None = None,
    ) -> None:
        """Play more into a conversation (writing into a closed one opens it), then close it at `at` if `ended`."""
        with self._lock:
            record = self._record(conversation_id)
            self._player.go_on(record, messages, events)
            if rating is not None:
                self._player.rate(record, rating)
            if ended and record["state"] != "closed":
                self._player.close(record, at)

    def tag(self, conversation_id: str, name: str) -> None:
        """An agent puts a tag on a conversation. Intercom fires no topic for it."""
        with self._lock:
            agent = self.workspace.admin("agent")
            self.workspace.put_tag(self._record(conversation_id), self.workspace.tag(name), agent["id"])

    def snapshot(self, conversation_id: str) -> Snapshot:
        """What stands on a conversation now."""
        with self._lock:
            record = self._record(conversation_id)
            notes = (html_text(part["body"]) for part in record["parts"] if part["part_type"] == "note")
            tags = tuple(tag["name"] for tag in record["tags"]["tags"])
            return Snapshot(tags, dict(record["custom_attributes"]), tuple(notes))

    def refuse_next(self, requests: int, *, seconds: float = 10.0) -> None:
        """Answer the next requests with 429; the window is said to reset in `seconds`."""
        self._refusals, self._refuse_until = requests, time.time() + seconds

    def flush(self, timeout: float = 30.0) -> bool:
        """Wait until no webhook is under way any more."""
        return self.hooks.flush(timeout)

    def _record(self, conversation_id: str) -> Record:
        return self.workspace.conversations[conversation_id]

    def _emit(self, topic: str, conversation: Record, part: Record | None) -> None:
        by_bot = part is not None and part["author"]["type"] == "bot"
        if topic == "conversation.admin.closed" and by_bot and self.silent_bot_close:
            return
        self.hooks.send(shapes.notification(self.workspace, topic, shapes.notified(conversation, part)))

    def _watch(self, app: Flask) -> None:
        app.before_request_funcs.setdefault(None, []).append(self._count)
        app.after_request(self._finish)

    def _count(self) -> tuple[Response, int] | None:
        now = time.time()
        if self.elsewhere:
            return jsonify(shapes.error("unauthorized", "Access Token Invalid")), 401
        if any(request.path.startswith(path) for path in self.withheld):
            return jsonify(shapes.error("token_unauthorized", "Not authorized to access resource")), 403
        self._calls = [moment for moment in self._calls if moment > now - WINDOW] + [now]
        if self._refusals > 0 or len(self._calls) > self.rate_limit:
            self._refusals = max(0, self._refusals - 1)
            words = f"Exceeded rate limit of {self.rate_limit} in 10_seconds"
            return jsonify(shapes.error("rate_limit_exceeded", words)), 429
        return None

    def _finish(self, response: Response) -> Response:
        left = 0 if response.status_code == 429 else max(0, self.rate_limit - len(self._calls))
        reset = (
            self._refuse_until
            if self._refuse_until > time.time()
            else (self._calls[0] if self._calls else time.time()) + WINDOW
        )
        response.headers["X-RateLimit-Limit"] = str(self.rate_limit)
        response.headers["X-RateLimit-Remaining"] = str(left)
        response.headers["X-RateLimit-Reset"] = str(int(reset) + 1)
        self.requests_log.append(LoggedRequest.of(response))
        return response
