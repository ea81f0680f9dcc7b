"""The tables of people, their sessions and keys, and of what was done. No password, code, key or session id is kept as
it is: only what recognises it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from service.store.models import BIG, Base


class Role(StrEnum):
    """What a person is here; `service.web.rights` says what each may do. `viewer` is the read-only role."""

    ADMIN = "admin"
    MANAGER = "manager"
    REVIEWER = "reviewer"
    VIEWER = "viewer"


class Scope(StrEnum):
    """What an API key may do: ask, tell of improvements, see transcripts and proof."""

    READ = "read"
    WRITE = "write"
    TEXTS = "texts"


class Person(Base):
    """Somebody who may sign in. `installations` are the ids that the person sees; `None`: all.

    `password_hash` is argon2id, `None` until a password was chosen. `totp_secret` is encrypted; `totp_offered` is one
    that was shown and not confirmed yet. `totp_step` is the time step of the last code that was used, so that no code
    works twice. `subject` is the issuer and the subject of a sign-in by OpenID Connect.
    """

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("email"), UniqueConstraint("subject"))

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    email: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255), default="")
    role: Mapped[str] = mapped_column(String(16))
    installations: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_offered: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_step: Mapped[int | None]
    subject: Mapped[str | None] = mapped_column(String(512))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    last_sign_in_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that stands in once for the one of the authenticator app. Only its hash is kept; a used one is gone."""

    __tablename__ = "recovery_code"

    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)


class PasswordLink(Base):
    """A link with which a person chooses a password, once. Only the hash of its token is kept."""

    __tablename__ = "password_link"
    __table_args__ = (Index(None, "person_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class WebSession(Base):
    """A browser that is signed in. Without a person it is whoever runs the command line, by a sign-in link.

    One that is `awaiting_code` has passed the password only. `seen_at` is kept to the minute.
    """

    __tablename__ = "web_session"
    __table_args__ = (Index(None, "person_id"), Index(None, "expires_at"))

    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"))
    awaiting_code: Mapped[bool] = mapped_column(default=False, server_default=false())
    browser: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ApiKey(Base):
    """A key of the JSON API. `prefix` is its first part, which names it; of the whole only the hash is kept.

    `installations` are the ids it reaches; `None`: all.
    """

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("prefix"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    prefix: Mapped[str] = mapped_column(String(32))
    key_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]]
    installations: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    created_by: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditEntry(Base):
    """One thing that somebody did. It stays when the person, the installation or the conversation is gone."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "at"), Index(None, "actor", "at"), Index(None, "installation_id", "at"))

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(255))
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(255))
    installation_id: Mapped[str | None] = mapped_column(String(32))
    details: Mapped[dict[str, str]] = mapped_column(JSON)
