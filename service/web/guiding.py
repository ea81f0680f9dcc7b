"""What is known of an installation, for the guide to connecting it. Shared by the page and the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from connectors.addresses import on_this_machine
from connectors.guide import Place, State, Step, Value
from connectors.intercom import guide as intercom
from connectors.zendesk import guide as zendesk
from service.settings import Settings
from service.store.models import Installation
from service.web.connecting import webhook_url

GUIDES: Mapping[str, Callable[[Place], tuple[Step, ...]]] = MappingProxyType(
    {"zendesk": zendesk.steps, "intercom": intercom.steps}
)
SCOPES: Mapping[str, tuple[Value, ...]] = MappingProxyType({"zendesk": zendesk.SCOPES, "intercom": intercom.SCOPES})
"""What an admin is asked to allow, each with the reason."""


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


def steps_of(settings: Settings, row: Installation, secrets: Mapping[str, str], *, heard: bool) -> tuple[Step, ...]:
    """The guide for an installation, with what is done. `secrets` are looked at by their names only."""
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
        heard=heard,
        reachable=settings.public_url.startswith("https://")
        or (settings.local_helpdesks and on_this_machine(row.base_url)),
        writing=row.writing,
    )
    return GUIDES[row.connector](place)


def left(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps that are known to be open."""
    return tuple(step for step in steps if step.state is State.OPEN)
