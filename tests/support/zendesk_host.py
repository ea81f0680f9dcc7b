"""A stand-in for Zendesk's agent workspace around an app: the frame, the signed opening, the messages of its script.

What a test with it shows: that Deskmark's page can be framed by its account and by nobody else, is opened by the form
that Zendesk posts, asks for the ticket in the script's own messages, and works inside the frame without cookies. What
it cannot show: that Zendesk itself signs, posts and frames like that. `SDK` stands in for Zendesk's script, which is
loaded from Zendesk's address only; the messages are those of the published script (npm zendesk_app_framework_sdk).
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from flask import Flask, request

SDK = """
window.ZAFClient = {
  init() {
    const asked = new URLSearchParams(location.search);
    const origin = asked.get("origin"), appGuid = asked.get("app_guid");
    if (!origin || !appGuid) return false;
    const waiting = {}, heard = {};
    let last = 0, registered;
    const ready = new Promise((resolve) => { registered = resolve; });
    const post = (message) => parent.postMessage(JSON.stringify({ ...message, appGuid }), origin);
    addEventListener("message", (event) => {
      if (event.origin !== origin || event.source !== parent) return;
      const said = JSON.parse(event.data);
      if (said.key === "zaf.app.registered") registered();
      if (waiting[said.id]) waiting[said.id](said.result);
      if (heard[said.key]) heard[said.key](said.message);
    });
    post({ key: "iframe.handshake", message: { version: "2.0.9" } });
    const call = (request, params) => ready.then(() => new Promise((resolve) => {
      waiting[++last] = resolve;
      post({ id: last, request, params });
    }));
    const get = (paths) => call("get", paths);
    return {
      get: (path) => Array.isArray(path) ? get(path) : get([path]).then((found) => {
        if (path in found.errors) throw new Error(path);
        return found;
      }),
      on: (name, hear) => { heard["zaf." + name] = hear; },
      invoke: (name, ...given) => call("invoke", { [name]: given }),
    };
  },
};
"""

HOST = """<!doctype html>
<title>Ticket 4711</title>
<style>body { margin: 0; font: 14px sans-serif; display: flex } main { flex: 1; padding: 1rem }
iframe { border: 0; width: 320px; height: 80px }</style>
<main><h1>Ticket 4711</h1></main>
<iframe name="app" title="Deskmark" sandbox="allow-scripts allow-same-origin allow-forms allow-popups"></iframe>
<form method="post" target="app" action="%(address)s?origin=%(origin)s&amp;app_guid=g-1">
<input type="hidden" name="token" value="%(token)s"></form>
<script>
const frame = document.querySelector("iframe"), known = %(known)s;
window.turn = (scheme) => frame.contentWindow.postMessage(
  JSON.stringify({ key: "zaf.colorScheme.changed", message: scheme }), "*");
window.resized = [];
addEventListener("message", (event) => {
  if (event.source !== frame.contentWindow) return;
  const asked = JSON.parse(event.data);
  const answer = (said) => frame.contentWindow.postMessage(JSON.stringify(said), event.origin);
  if (asked.key === "iframe.handshake") answer({ key: "zaf.app.registered", message: { metadata: {}, context: {} } });
  if (asked.request === "get") {
    const result = { errors: {} };
    for (const path of asked.params) {
      if (path in known) result[path] = known[path];
      else result.errors[path] = { message: "unknown" };
    }
    answer({ id: asked.id, result });
  }
  if (asked.request === "invoke" && asked.params.resize) {
    frame.style.height = asked.params.resize[0].height;
    window.resized.push(asked.params.resize[0].height);
    answer({ id: asked.id, result: {} });
  }
});
document.forms[0].submit();
</script>"""


def workspace(opening: Callable[[str], tuple[str, str]], known: str) -> Flask:
    """The agent's page. `opening` gives address and token of the app for the page's own origin; `known` is JSON of what
    the script can be asked."""
    app = Flask("zendesk-workspace")

    @app.get("/agent/tickets/4711")
    def ticket() -> str:
        origin = request.host_url.rstrip("/")
        address, token = opening(origin)
        return HOST % {"address": escape(address), "origin": escape(origin), "token": escape(token), "known": known}

    return app
