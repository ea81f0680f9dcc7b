"""The app on the ticket that belongs to an installation, where its helpdesk signs what agents open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.models import Base, Installation


class TicketApp(Base):
    """Zendesk's app in one account. `external_id` is the number of its installation there, for which tokens are made;
    `public_key` (PEM) is the app's, with which they are checked. Neither is a secret. `opened_at`: by an agent, last.
    """

    __tablename__ = "ticket_app"

    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(64))
    public_key: Mapped[str] = mapped_column(Text)
    found_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
