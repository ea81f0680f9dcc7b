"""Where messages of chats may be posted: webhooks of Slack and of Teams workflows, and hosts that a setting names.

As for helpdesks (`connectors.addresses`), an address is looked at as written: https, a host of the vendor, no user
name, no other port. What the host resolves to need not be looked at, as https proves that the vendor answers.

Source for Slack: docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. Teams hands out the address of a
workflow itself: at webhook.office.com (connectors of old), logic.azure.com, environment.api.powerplatform.com.
"""

from __future__ import annotations

import re

from connectors.addresses import ForbiddenAddress

_LABELS = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+"
_OWN = (
    r"hooks\.slack(?:-gov)?\.com",
    rf"{_LABELS}webhook\.office\.com",
    rf"{_LABELS}logic\.azure\.(?:com|us)",
    rf"{_LABELS}environment\.api\.powerplatform\.com",
)
_BEHIND = r"/[!-~]{1,1900}"
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::[0-9]{1,5})?")
WORDS = (
    "must be the address of an incoming webhook of Slack (https://hooks.slack.com/...) or of a Teams workflow "
    "(https://...logic.azure.com/..., https://...environment.api.powerplatform.com/...), or of a host that "
    "DESKMARK_CHAT_HOSTS names"
)


def checked(typed: str, *, hosts: str = "", local: bool = False) -> str:
    """The address without white space around it. Raises `ForbiddenAddress`.

    `hosts`: more of them with commas between, each as written, with its port where that is not 443. `local`: a
    stand-in on this machine will do as well.
    """
    address = typed.strip()
    named = [re.escape(host) for host in (each.strip().lower() for each in hosts.split(",")) if _HOST.fullmatch(host)]
    allowed = "|".join((*(rf"{own}(?::443)?" for own in _OWN), *named))
    if re.fullmatch(rf"https://(?:{allowed}){_BEHIND}", address, re.ASCII) and "@" not in address.split("/", 3)[2]:
        return address
    if local and re.fullmatch(rf"http://127\.0\.0\.1:[0-9]{{1,5}}{_BEHIND}", address, re.ASCII):
        return address
    raise ForbiddenAddress(WORDS)


def host(address: str) -> str:
    """The host of a checked address."""
    return address.split("/", 3)[2].partition(":")[0]
