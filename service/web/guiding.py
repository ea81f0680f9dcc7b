"""What is known of an installation, for the guide to connecting it. Shared by the page and the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sqlalchemy.orm import Session

from connectors.addresses import on_this_machine
from connectors.guide import Place, State, Step, Value
from connectors.intercom import guide as intercom
from connectors.self_test import Outcome, StepName
from connectors.zendesk import guide as zendesk
from service.settings import Settings
from service.store import audit, pausing, self_tests
from service.store.models import Installation
from service.store.notices import Kind
from service.web.connecting import webhook_url
from tasks.self_testing import steps_of as kept_steps

GUIDES: Mapping[str, Callable[[Place], tuple[Step, ...]]] = MappingProxyType(
    {"zendesk": zendesk.steps, "intercom": intercom.steps}
)
SCOPES: Mapping[str, tuple[Value, ...]] = MappingProxyType({"zendesk": zendesk.SCOPES, "intercom": intercom.SCOPES})
"""What an admin is asked to allow, each with the reason."""


GIVING = ("change installation", "change credentials", "connect helpdesk again", "reconnect installation")
"""What is written down when somebody gives credentials anew."""


def redirect_url(settings: Settings, connector: str) -> str:
    """Where a helpdesk sends people back to, as it is to be entered there."""
    return f"{settings.public_url}/installations/oauth/{connector}"


def signs_in(settings: Settings, connector: str) -> bool:
    """Whether the settings have an OAuth client for all accounts of this helpdesk."""
    return bool(getattr(settings, f"{connector}_client_id", ""))


def steps_before(settings: Settings, connector: str) -> tuple[Step, ...]:
    """The guide for somebody who has connected nothing yet."""
    place = Place(
        webhook_url=webhook_url(settings, connector, "ID"),
        redirect_url=redirect_url(settings, connector),
        prefix=settings.prefix,
        signs_in=signs_in(settings, connector),
        reachable=settings.public_url.startswith("https://"),
    )
    return GUIDES[connector](place)


def steps_of(
    settings: Settings, row: Installation, secrets: Mapping[str, str], *, heard: bool, refused: bool
) -> tuple[Step, ...]:
    """The guide for an installation, with what is done. `secrets` are looked at by their names only.

    `refused`: see `credentials_refused`.
    """
    place = Place(
        webhook_url=webhook_url(settings, row.connector, row.id),
        redirect_url=redirect_url(settings, row.connector),
        prefix=row.prefix,
        id=row.id,
        account=row.account,
        base_url=row.base_url,
        secrets=frozenset(name for name, value in secrets.items() if value),
        options=row.options,
        signs_in=signs_in(settings, row.connector),
        refused=refused,
        heard=heard,
        reachable=settings.public_url.startswith("https://")
        or (settings.local_helpdesks and on_this_machine(row.base_url)),
        writing=row.writing,
    )
    return GUIDES[row.connector](place)


def credentials_refused(session: Session, row: Installation) -> bool:
    """Whether the helpdesk refuses the stored credentials: it is paused for that, or the last self-test failed there.

    A self-test says nothing of credentials that were given after it.
    """
    if row.paused_reason == pausing.REASONS[Kind.CREDENTIALS_REFUSED]:
        return True
    last = self_tests.last(session, row.id)
    if last is None or (StepName.CREDENTIALS, Outcome.FAILED) not in {(s.name, s.outcome) for s in kept_steps(last)}:
        return False
    return not audit.done_since(session, row.id, GIVING, last.asked_at)


def left(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps that are known to be open, or to be mended."""
    return tuple(step for step in steps if step.state in (State.OPEN, State.MEND))
