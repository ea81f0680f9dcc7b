"""The web's listening socket, opened here and inherited by web processes: a restart of theirs refuses nobody."""

from __future__ import annotations

import socket
from contextlib import closing
from http.client import HTTPConnection, HTTPException

from service.embedded.faults import EmbeddedError


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `EmbeddedError` naming the setting to change."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise EmbeddedError(
            f"cannot listen on {host}:{port}: {error.strerror or error}. Choose another port with PORT or --port."
        ) from error
    return listening


def reachable(host: str) -> str:
    """The address under which a service that listens on `host` is reached from this machine."""
    return {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only


def answers(host: str, port: int) -> bool:
    """Whether the web process behind the socket is up."""
    with closing(HTTPConnection(reachable(host), port, timeout=2)) as connection:
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
