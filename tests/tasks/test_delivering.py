"""Handing over to mail servers and chats: TLS, refusals for now and for good, and what nobody can know."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from mail_server import certificate, mail_server
from pydantic import SecretStr

from service.settings import Settings
from tasks import delivering
from tasks.delivering import NotTaken, Refused, Unsure

HOOK = "https://hooks.slack.com/services/T0/B0/secret"


@pytest.mark.parametrize(
    ("answer", "raised", "words"),
    [
        ({"status": 500}, NotTaken, "the chat answered HTTP 500"),
        ({"status": 429}, NotTaken, "the chat answered HTTP 429"),
        ({"status": 404}, Refused, "the chat refuses the message: HTTP 404"),
        ({"status": 302, "headers": {"Location": "http://169.254.169.254/"}}, Refused, "HTTP 302"),
        ({"body": requests.ConnectionError("secret")}, Unsure, "the chat did not answer: ConnectionError"),
        ({"body": requests.exceptions.SSLError("secret")}, NotTaken, "the chat cannot be reached: SSLError"),
    ],
)
@responses.activate
def test_what_a_chat_answers_is_told_without_its_address(
    settings: Settings, answer: dict[str, Any], raised: type[Exception], words: str
) -> None:
    responses.post(HOOK, **answer)
    with pytest.raises(raised) as error:
        delivering.post(settings, HOOK, {"text": "x"})
    assert words in str(error.value)
    assert "secret" not in str(error.value)
    assert len(responses.calls) == 1, "no redirect is followed"


def test_a_chat_that_cannot_be_reached_is_tried_again(settings: Settings) -> None:
    local = settings.model_copy(update={"sandbox": True})
    with pytest.raises(NotTaken, match="cannot be reached: ConnectionError"):
        delivering.post(local, "http://127.0.0.1:9/hook", {})


@pytest.mark.parametrize("address", ["http://hooks.slack.com/x", "https://hooks.slack.com.evil.example/x",
                                     "https://127.0.0.1/x", "https://user@hooks.slack.com/x"])  # fmt: skip
def test_an_address_that_is_no_chats_is_never_called(settings: Settings, address: str) -> None:
    with pytest.raises(Refused, match="must be the address of an incoming webhook"):
        delivering.post(settings, address, {})


def test_mail_goes_over_tls_to_a_server_that_proves_who_it_is(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path)
    with mail_server(certificate=pem) as box:
        settings = settings.model_copy(
            update={"smtp_url": SecretStr(f"smtp://ada:secret@localhost:{box.port}"), "mail_from": "b@acme.example"}
        )
        message = EmailMessage()
        message["To"], message["From"] = "a@acme.example", "b@acme.example"
        with pytest.raises(NotTaken, match="SSLCertVerificationError"):
            delivering.send_mail(settings, message)
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        delivering.send_mail(settings, message)
        assert (box.over_tls, box.logins) == ([True], [b"secret"])

        wrong = settings.model_copy(update={"smtp_url": SecretStr(f"smtp://ada:wrong@localhost:{box.port}")})
        with pytest.raises(NotTaken, match=r"refuses user or password \(535\)"):
            delivering.send_mail(wrong, message)


def test_a_mail_server_that_is_away_or_not_set_is_said(settings: Settings) -> None:
    with pytest.raises(Refused, match="no mail server is set"):
        delivering.send_mail(settings, EmailMessage())
    away = settings.model_copy(update={"smtp_url": SecretStr("smtps://127.0.0.1:9"), "mail_from": "a@acme.example"})
    with pytest.raises(NotTaken, match="cannot be reached: ConnectionRefusedError"):
        delivering.send_mail(away, EmailMessage())
