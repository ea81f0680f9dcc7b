"""Connecting a helpdesk by signing in there (OAuth): an admin is sent to the helpdesk and comes back with a code.

What was asked for waits in the visitor's signed cookie, is good for ten minutes and for one return; the code and the
tokens never are in it. The helpdesk's address is looked at before anybody is sent there.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any, cast

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from pydantic import SecretStr
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from connectors.addresses import ForbiddenAddress
from connectors.base import Installation
from connectors.errors import ConnectorError
from connectors.intercom import install as intercom
from connectors.intercom import oauth as intercom_oauth
from connectors.limiter import Limiter
from connectors.tokens import Secrets
from connectors.zendesk import oauth as zendesk_oauth
from service.store import installations as store
from service.store import pausing
from service.store.models import Installation as Row
from service.store.secrets import SecretBox
from service.web import guiding
from service.web.audited import audited
from service.web.connecting_section import connect_page
from service.web.kinds import KINDS, Kind
from service.web.parts import Parts, known, parts
from service.web.rights import Right, needs
from tasks.runtime import Clients

blueprint = Blueprint("allowing", __name__, url_prefix="/installations")

KEY = "allowing"
PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an admin was sent away with. `installation_id`: that one is to be let in again; empty: a new one."""

    connector: str
    account: str
    base_url: str
    installation_id: str
    state: str
    verifier: str
    at: float


@blueprint.post("/oauth/<connector>")
@needs(Right.ADMINISTER)
def begin(connector: str) -> AnyResponse | str | tuple[str, int]:
    """On to the helpdesk that is to be connected, with the OAuth client of the settings."""
    kind, p = KINDS.get(connector) or abort(404), parts()
    client_id, _ = global_client(p, connector)
    if not client_id:
        abort(404)
    account = request.form.get("account", "").strip().lower()
    typed = next(filter(None, (request.form.get(name, "").strip() for name in ("stand_in", "base_url"))), "")
    try:
        base_url = replace(p.connectors[connector].hosts, local=p.settings.local_helpdesks).accepted(
            typed or kind.usual_base_url(account)
        )
    except ForbiddenAddress as error:
        faults = {"account": f"is not an account of {kind.title}: the address {error}"}
        return connect_page(kind, request.form, faults), 422
    return _sent_on(kind, base_url, client_id, account=account)


@blueprint.post("/<installation_id>/oauth")
@needs(Right.ADMINISTER)
def begin_again(installation_id: str) -> str:
    """On to a helpdesk that is connected, with its own OAuth client, else with that of the settings."""
    p = parts()
    with p.database.read() as db:
        row = store.get(db, installation_id) or abort(404)
    kind = KINDS.get(row.connector) or abort(404)
    client_id, _ = client_of(p, row)
    if not client_id:
        abort(404)
    return _sent_on(kind, row.base_url, client_id, account=row.account, installation_id=row.id)


@blueprint.get("/oauth/<connector>")
@needs(Right.ADMINISTER)
def come_back(connector: str) -> AnyResponse:
    """Back from the helpdesk: the code is exchanged, the tokens are kept."""
    asked = _waiting(connector)
    back = redirect(url_for("installations.listing"))
    if asked is None:
        flash("This return from the helpdesk was not expected, or came too late. Start again.", "error")
        return back
    kind = KINDS[connector]
    if asked.installation_id:
        back = redirect(url_for("installation.page", installation_id=asked.installation_id))
    if not (code := request.args.get("code")):
        flash(f"{kind.title} did not let Deskmark in. Nothing was changed.", "error")
        return back
    try:
        installation_id = _let_in(parts(), asked, code)
    except (ConnectorError, WrongAccount) as error:
        flash(f"Not connected: {error}.", "error")
        return back
    known().forget()
    flash(f"{kind.title} is connected.", "good")
    return redirect(url_for("installation.page", installation_id=installation_id))


class WrongAccount(ValueError):
    """Somebody signed in at another account than the one that is connected here."""


def redirect_url(p: Parts, connector: str) -> str:
    """Where the helpdesk sends people back to."""
    known_url = guiding.redirect_url(p.settings, connector)
    return known_url if p.settings.public_url else request.host_url.rstrip("/") + known_url


def global_client(p: Parts, connector: str) -> tuple[str, str]:
    """Id and secret of the OAuth client that the settings name for all accounts; empty where there is none."""
    secret = cast(SecretStr, getattr(p.settings, f"{connector}_client_secret", SecretStr("")))
    return str(getattr(p.settings, f"{connector}_client_id", "")), secret.get_secret_value()


def client_of(p: Parts, row: Row) -> tuple[str, str]:
    """The OAuth client of an installation: its own, else that of the settings."""
    secrets = p.box.unlock(row.secrets)
    own = (secrets.get("client_id", ""), secrets.get("client_secret", ""))
    return own if own[0] else global_client(p, row.connector)


def _sent_on(kind: Kind, base_url: str, client_id: str, *, account: str, installation_id: str = "") -> str:
    """A page with the way to the helpdesk: a link, since a form of ours may lead nowhere else."""
    p = parts()
    asked = Asked(
        kind.connector, account, base_url, installation_id, token_urlsafe(32), token_urlsafe(48), p.now().timestamp()
    )
    session[KEY] = asdict(asked)
    back = redirect_url(p, kind.connector)
    if kind.connector == "zendesk":
        address = zendesk_oauth.authorization_url(
            base_url, client_id=client_id, redirect_uri=back, state=asked.state, verifier=asked.verifier
        )
    else:
        address = intercom_oauth.authorization_url(base_url, client_id=client_id, redirect_uri=back, state=asked.state)
    return render_template(
        "allowing.html",
        kind=kind,
        account=account,
        address=address,
        redirect_url=back,
        scopes=guiding.SCOPES[kind.connector],
    )


def _waiting(connector: str) -> Asked | None:
    """What this visitor was sent away with, if it is what came back; it is good once."""
    kept = session.pop(KEY, None)
    if not isinstance(kept, dict):
        return None
    asked = Asked(**kept)
    fresh = parts().now().timestamp() - asked.at <= PATIENCE.total_seconds()
    same = hmac.compare_digest(asked.state.encode(), request.args.get("state", "").encode())
    return asked if fresh and same and asked.connector == connector else None


def _let_in(p: Parts, asked: Asked, code: str) -> str:
    """Exchange the code and keep the tokens; the installation's id."""
    client = global_client(p, asked.connector)
    if asked.installation_id:
        with p.database.read() as db:
            client = client_of(p, db.get_one(Row, asked.installation_id))
    secrets: dict[str, str] = {"client_id": client[0], "client_secret": client[1]}
    account, base_url = asked.account, asked.base_url
    replace(p.connectors[asked.connector].hosts, local=p.settings.local_helpdesks).check(base_url)
    if asked.connector == "zendesk":
        back = redirect_url(p, asked.connector)
        secrets |= zendesk_oauth.exchanged(base_url, client, code=code, redirect_uri=back, verifier=asked.verifier)
    else:
        secrets |= intercom_oauth.exchanged(base_url, client, code=code)
        account, base_url = _workspace(p, base_url, secrets)
    with p.database.begin() as db:
        row = _row(db, asked, account)
        if row is None:
            return _new(db, p, asked.connector, account, base_url, secrets)
        return _again(db, p, row, base_url, secrets)


def _workspace(p: Parts, base_url: str, secrets: Secrets) -> tuple[str, str]:
    """The id of the workspace that a token is for, and the API's address of the region where it lives."""
    clients = Clients(p.connectors, Limiter(), local=p.settings.local_helpdesks)
    name = f"sign-in-{token_urlsafe(8)}"  # of its own: what is known of a workspace is remembered by this name

    def ask(where: str) -> Any:
        client: Any = clients.of(Installation(name, "intercom", "", where, secrets=secrets))
        return client.me()

    if base_url in intercom.REGIONS.values():
        base_url = intercom.home(ask)
    return str(ask(base_url).app.id_code), base_url


def _row(db: Session, asked: Asked, account: str) -> Row | None:
    """The installation of this account, its row locked; `None`: there is none yet."""
    found = next((row for row in store.all_of(db) if (row.connector, row.account) == (asked.connector, account)), None)
    if asked.installation_id:
        if found is not None and found.id != asked.installation_id:
            raise WrongAccount(f"{account} is connected as {found.id}")
        row = db.get(Row, asked.installation_id, with_for_update=True, populate_existing=True)
        if row is None or (asked.connector == "intercom" and row.account not in (account, "")):
            raise WrongAccount(f"you signed in at {account}, which is another account")
        return row
    return db.get(Row, found.id, with_for_update=True, populate_existing=True) if found else None


def _new(db: Session, p: Parts, connector: str, account: str, base_url: str, secrets: Mapping[str, str]) -> str:
    new = store.NewInstallation(connector, account, base_url, p.box.lock(secrets), p.settings.prefix)
    try:
        row = store.add(db, new, now=p.now())
    except IntegrityError as error:
        raise WrongAccount(f"{account} was connected meanwhile") from error
    audited(db, "connect helpdesk", row.id, row.id, helpdesk=connector, account=account, by="signing in")
    return row.id


def _again(db: Session, p: Parts, row: Row, base_url: str, secrets: Mapping[str, str]) -> str:
    """New tokens in place of all that was kept of the old ones; what waited for them is tried at once."""
    row.secrets = p.box.lock({**_without_tokens(p.box, row), **secrets})
    row.base_url = base_url
    audited(db, "connect helpdesk again", row.id, row.id)
    pausing.resume(db, row.id, now=p.now())
    return row.id


TOKENS = frozenset({"access_token", "refresh_token", "token_expires_at", "renewing_since", "renewing_by"})


def _without_tokens(box: SecretBox, row: Row) -> dict[str, str]:
    return {name: value for name, value in box.unlock(row.secrets).items() if name not in TOKENS}
