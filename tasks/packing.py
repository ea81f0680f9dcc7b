"""Making a message of a report: for mail with its charts inside, for a chat with addresses where it fetches them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from service.reports.periodic.chat import MESSAGES, Picture
from service.reports.periodic.mail import mail
from service.reports.periodic.report import Report
from service.settings import Settings
from service.store import report_images, report_routes
from service.store.report_models import ReportRoute, Way
from service.store.secrets import SecretBox, SecretsUnreadable
from tasks.delivering import NotTaken, post, send_mail

Building = Callable[[Session, ReportRoute], Report]
SALT = "report-image"
WIDTH = 1280


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message that is ready to be handed over: a mail, or the content for a chat's address."""

    mail: EmailMessage | None = None
    address: str = ""
    content: dict[str, Any] | None = None

    def hand_over(self, settings: Settings) -> None:
        """Raises what `tasks.delivering` raises."""
        if self.mail is not None:
            send_mail(settings, self.mail)
        else:
            post(settings, self.address, self.content or {})


def packed(
    session: Session, settings: Settings, box: SecretBox, row: ReportRoute, report: Report, *, name: str, now: datetime
) -> Parcel:
    """The report as a message of the route. `name` tells this message from every other of the route.

    Pictures for a chat are kept in `session`. Raises `NotTaken` when the address cannot be read.
    """
    try:
        address = report_routes.address(box, row)
    except SecretsUnreadable:
        raise NotTaken("the stored address cannot be read with the keys of this process") from None
    base = settings.public_url
    if row.way == Way.MAIL:
        message_id = f"<{hashlib.sha256(f'{row.id}/{row.created_at}/{name}'.encode()).hexdigest()[:32]}@deskmark>"
        sender = settings.mail_from
        return Parcel(mail=mail(report, sender=sender, to=address, base=base, message_id=message_id, at=now))
    pictures = _pictures(session, settings, report, now) if row.images and base.startswith("https://") else ()
    return Parcel(address=address, content=MESSAGES[row.way](report, base, pictures))


def _pictures(session: Session, settings: Settings, report: Report, now: datetime) -> tuple[Picture, ...]:
    """The report's charts, kept so that the chat can fetch them."""
    return tuple(
        Picture(image_url(settings, report_images.keep(session, chart.png(width=WIDTH), now=now)),
                f"{chart.title}. {chart.about}")
        for chart in report.charts()
    )  # fmt: skip


def image_url(settings: Settings, name: str) -> str:
    """Where the picture of this name is fetched: signed, so that no name can be tried."""
    return f"{settings.public_url}/reports/images/{_signer(settings).dumps(name)}.png"


def image_name(settings: Settings, token: str) -> str | None:
    """The name in a picture's address; `None` for one that was not signed here."""
    try:
        return str(_signer(settings).loads(token))
    except BadSignature:
        return None


def _signer(settings: Settings) -> URLSafeSerializer:
    # The last key signs: the first one stands for those that are accepted, the oldest first.
    return URLSafeSerializer(list(reversed(settings.session_keys)), salt=SALT)
