"""Every setting, typed and in one place. Built once at the edge (command line, web app, worker) and passed in.

Names in the environment start with `DESKMARK_`, except the four that hosting companies set: `DATABASE_URL`,
`REDIS_URL`, `PUBLIC_URL`, `PORT`. Secrets have no default. `.env.example` names them all.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from service import name_lists
from service.figures.beside import Prices
from service.scoring.score import Policy

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["json", "console"]


LOOPBACK = ("127.0.0.1", "localhost", "::1")
ADDRESS_FILE = "run/address"
"""Where in the data folder a running service writes the address of its pages."""
BROKERS = ("redis://", "rediss://")
DATABASES = ("postgres://", "postgresql://", "postgresql+psycopg://", "sqlite://")


def environment_name(field: str) -> str:
    """The environment variable of a setting, by the name of its field or by one that is an environment's already."""
    known = Settings.model_fields.get(field)
    if known is None:
        return field
    alias = known.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"DESKMARK_{field.upper()}"


def setting_faults(error: ValidationError) -> list[str]:
    """Each wrong setting by its name, never with its value: it may be a secret."""
    found = error.errors(include_input=False)
    return [
        f"{environment_name(str(fault['loc'][0])) if fault['loc'] else 'settings'}: "
        f"{fault['msg'].removeprefix('Value error, ')}"
        for fault in found
    ]


def _plain_name(name: str) -> AliasChoices:
    """The name hosting companies use, and ours for whoever has to tell two services apart."""
    return AliasChoices(name, f"DESKMARK_{name}")


class FigureSettings(BaseSettings):
    """What figures read: all that counting a file needs, without the secrets and the data folder of a service."""

    model_config = SettingsConfigDict(env_prefix="DESKMARK_", extra="ignore", frozen=True, populate_by_name=True)

    fewest_cases: int = Field(default=20, ge=1)
    """Figures on fewer cases say "not enough data"."""
    review_share: float = Field(default=0.05, gt=0, le=1)
    """The share of each week's conversations that is drawn for review: what is known of all rests on these."""
    price_bot_conversation: float = Field(default=0, ge=0)
    price_human_conversation: float = Field(default=0, ge=0)
    price_agent_message: float = Field(default=0, ge=0)
    """What the account says its work costs; all at 0: figures leave costs out."""
    price_currency: str = ""

    @property
    def prices(self) -> Prices | None:
        """What work costs, where anything is said of it."""
        given = (self.price_bot_conversation, self.price_human_conversation, self.price_agent_message)
        return Prices(*given, currency=self.price_currency) if any(given) else None


class Settings(FigureSettings):
    """All settings. `Settings()` reads the environment and raises a `ValidationError` that names what is missing."""

    secret_key: SecretStr
    """Fernet keys that encrypt stored tokens, separated by commas; the first one encrypts."""
    session_key: SecretStr
    """Signs the cookies of whoever is signed in: keys separated by commas, the first one signs, all are accepted."""
    pseudonym_key: SecretStr | None = None
    """Makes people's pseudonyms in exports and the API; without it the last session key does. Another key, other names:
    exports from before and after cannot be joined by person any more."""

    data_dir: Path = Path(".deskmark")
    database_url: str = Field(default="", validation_alias=_plain_name("DATABASE_URL"))
    """Empty: SQLite in the data folder."""
    redis_url: str = Field(default="", validation_alias=_plain_name("REDIS_URL"))
    """Empty: `deskmark up` starts a Valkey of its own; anything else needs it."""
    public_url: str = Field(default="", validation_alias=_plain_name("PUBLIC_URL"))
    """The https address under which helpdesks and agents reach this service; no slash at the end."""
    host: str = "127.0.0.1"
    port: int = Field(default=8321, ge=0, le=65535, validation_alias=_plain_name("PORT"))
    log_level: LogLevel = "info"
    log_format: LogFormat = "json"
    """`json`: a JSON object a line; `console`: for people."""
    sentry_dsn: SecretStr = SecretStr("")
    """Where unforeseen errors are told, type and place only; empty: nowhere. Needs the extra `sentry`."""
    session_idle_hours: float = Field(default=12, gt=0)
    """Whoever does nothing for so long has to sign in again."""
    session_days: float = Field(default=14, gt=0)
    """So long after signing in one has to do so again, whatever one does."""
    oidc_issuer: str = ""
    """The address of an OpenID Connect provider; with one, people may sign in there."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = Field(default=None, validate_default=True)
    oidc_domains: str = ""
    """Domains of e-mail addresses that are let in, with commas between; empty: of whomever there is already."""
    oidc_new_role: Literal["", "manager", "reviewer", "viewer"] = ""
    """The role of somebody who comes for the first time; empty: only people who were added are let in."""
    demo: bool = False
    """Sandboxes instead of helpdesks: no sign-in, no settle time, writing switched on."""

    sandbox: bool = False
    """Lets helpdesks on this machine (http://127.0.0.1:...) be connected: stand-ins for development only."""

    zendesk_client_id: str = ""
    zendesk_client_secret: SecretStr = SecretStr("")
    """A global OAuth client of Zendesk: with it the page has a button that connects an account by signing in there."""
    intercom_client_id: str = ""
    intercom_client_secret: SecretStr = SecretStr("")
    """The same for Intercom: the client of an app of ours with OAuth switched on."""

    settle_seconds: float = Field(default=300, ge=0)
    """How long a conversation must have been left alone after it ended before it is read."""
    lease_seconds: float = Field(default=180, gt=0)
    """How long a worker may hold one conversation; a worker that dies holds it no longer than this."""
    max_attempts: int = Field(default=8, ge=1)
    retry_seconds: float = Field(default=15, gt=0)
    """Wait before the second attempt; it doubles with every further one, up to an hour."""
    requeue_seconds: float = Field(default=60, gt=0)
    """After so long a message that brought no result counts as lost and is sent again."""
    sweep_seconds: float = Field(default=5, gt=0)
    poll_seconds: float = Field(default=300, gt=0)
    """How often the helpdesks are asked for ended conversations whose webhook never came."""
    probe_seconds: float = Field(default=60, gt=0)
    """How soon a paused installation's helpdesk is asked whether it answers again; the wait grows to half an hour."""
    quota_pause_seconds: float = Field(default=900, gt=0)
    """An installation pauses when its helpdesk refuses for lack of quota for so long."""
    recheck_seconds: float = Field(default=3600, gt=0)
    """How soon a conversation that could not be written is looked at again; the wait grows with its age."""

    alert_webhook: SecretStr | None = None
    """Where admins are told of troubles: an https address that takes JSON with a text, as Slack and Teams do."""
    alert_missed_share: float = Field(default=0.2, gt=0, le=1)
    """The share of a day's conversations without a webhook from which on the webhook counts as broken."""
    alert_dead: int = Field(default=1, ge=1)
    """So much given-up work of an installation is told."""
    alert_refused: int = Field(default=3, ge=1)
    """So many refused webhooks of an installation are told."""
    alert_due_seconds: float = Field(default=900, gt=0)
    """Work that has been due for so long is told."""
    alert_standstill_seconds: float = Field(default=300, gt=0)
    """When no worker has looked around for so long, everything stands still."""

    smtp_url: SecretStr | None = None
    """The mail server that reports are sent through: smtps://user:password@host:465, or smtp://... with STARTTLS."""
    mail_from: str = ""
    """The sender's address of reports."""
    report_hour: int = Field(default=7, ge=0, le=23)
    """When reports are sent, in the time zone of the helpdesk's business hours."""
    chat_hosts: str = ""
    """Hosts of chat webhooks beside Slack's and Microsoft's own, with commas between."""
    false_alarms_a_month: float = Field(default=1, gt=0, le=30)
    """How many false alarms of figures a month are accepted for each helpdesk, on average."""

    prefix: str = Field(default="dm__", pattern=r"^[a-z0-9_]{2,16}$")
    repeat_window_hours: float = Field(default=24, gt=0)
    review_confidence: float = Field(default=0.6, ge=0, le=1)
    metrics_token: SecretStr | None = None
    """`/metrics` answers only to this bearer token; without one only to this machine itself."""
    api_token: SecretStr | None = Field(default=None, min_length=16)
    """The bearer token of the JSON API, at least 16 characters; without one the API is switched off."""
    api_write_token: SecretStr | None = Field(default=None, min_length=16)
    """The bearer token with which the JSON API may be told of improvements; without one it is told nothing."""
    pii_names: bool = False
    """Masks names in free prose as well, by lists of names. Needs the extra `pii`."""
    model_dir: Path | None = None
    """A folder with the sentence model; without it the installed package's files are used."""

    @field_validator("secret_key", "session_key")
    @classmethod
    def _not_empty(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().strip(", "):
            raise ValueError("must not be empty")
        return value

    @field_validator(
        "pseudonym_key",
        "model_dir",
        "metrics_token",
        "api_token",
        "api_write_token",
        "oidc_client_secret",
        "alert_webhook",
        "smtp_url",
        mode="before",
    )
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("pii_names")
    @classmethod
    def _detector_installed(cls, value: bool) -> bool:
        if value and not name_lists.is_installed():
            raise ValueError(f"needs a package that is not installed: {name_lists.INSTALL}, or unset it")
        return value

    @field_validator("alert_webhook")
    @classmethod
    def _https_only(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not (
            value.get_secret_value().startswith("https://") and urlsplit(value.get_secret_value()).hostname
        ):
            raise ValueError("must be an address that begins with https://")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parts = urlsplit(value.get_secret_value())
            if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
                raise ValueError("must be an address such as smtps://user:password@mail.example.com:465")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(DATABASES):
            raise ValueError(
                "must be the address of a PostgreSQL or SQLite database: postgresql://... or sqlite:///..."
            )
        return value

    @field_validator("redis_url")
    @classmethod
    def _known_broker(cls, value: str) -> str:
        if value and not value.startswith(BROKERS):
            raise ValueError("must be the address of a Redis or Valkey: redis://host:6379/0, or rediss:// with TLS")
        return value

    @field_validator("database_url", "redis_url")
    @classmethod
    def _whole_address(cls, value: str) -> str:
        try:
            urlsplit(value).port  # noqa: B018 - raises; its message would hold a part of the password
        except ValueError:
            wrong = "has a port that is no number; in a password, characters such as / # : are written as %2F %23 %3A"
            raise ValueError(wrong) from None
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _safe_issuer(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and not (parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost")):
            raise ValueError("must be the https:// address of an OpenID Connect provider")
        return value.rstrip("/")

    @field_validator("oidc_client_secret")
    @classmethod
    def _whole_provider(cls, value: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        if others.data.get("oidc_issuer") and not (value and others.data.get("oidc_client_id")):
            raise ValueError("and DESKMARK_OIDC_CLIENT_ID are needed beside DESKMARK_OIDC_ISSUER")
        return value

    @field_validator("oidc_new_role")
    @classmethod
    def _known_domains(cls, value: str, others: ValidationInfo) -> str:
        if value and not str(others.data.get("oidc_domains", "")).strip():
            raise ValueError("needs DESKMARK_OIDC_DOMAINS: whose addresses may be new here")
        return value

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        if value and not (value.startswith(("http://", "https://")) and urlsplit(value).hostname):
            raise ValueError("must be an address that begins with https:// (or http://)")
        return value.rstrip("/")

    @property
    def session_keys(self) -> tuple[str, ...]:
        """The key that signs cookies, then those that are still accepted."""
        return tuple(key.strip() for key in self.session_key.get_secret_value().split(",") if key.strip())

    @property
    def pseudonym_secret(self) -> str:
        """What pseudonyms follow from: it stays the same while an older session key stays in the list."""
        return self.pseudonym_key.get_secret_value() if self.pseudonym_key else self.session_keys[-1]

    @property
    def database(self) -> str:
        """The database's address: what is set, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'deskmark.sqlite3').resolve()}"

    @property
    def broker(self) -> str:
        """The broker's address. Raises `ValueError` when there is none."""
        if not self.redis_url:
            raise ValueError("REDIS_URL is not set; `deskmark up` needs none, a worker or web process of its own does")
        return self.redis_url

    @property
    def local_helpdesks(self) -> bool:
        """Whether a helpdesk may be on this machine."""
        return self.demo or self.sandbox

    @property
    def webhook_base(self) -> str:
        """Where helpdesks send webhooks: PUBLIC_URL, else this machine while stand-ins may be connected, else empty."""
        if self.public_url or not self.local_helpdesks:
            return self.public_url
        last = self.data_dir / ADDRESS_FILE
        return last.read_text().strip() if last.exists() else f"http://127.0.0.1:{self.port}"

    @property
    def demo_fault(self) -> str:
        """Why the demo, which asks nobody who they are, may not run so; empty: it may, or this is none."""
        if self.demo and self.host not in LOOPBACK:
            return f"the demo has no sign-in and therefore runs on 127.0.0.1 only, not on {self.host}"
        if self.demo and self.public_url.startswith("https://"):
            return "the demo has no sign-in and therefore is not for others: unset PUBLIC_URL, or DESKMARK_DEMO"
        return ""

    @property
    def settle(self) -> timedelta:
        """Settle time after the end of a conversation."""
        return timedelta(seconds=self.settle_seconds)

    @property
    def probe(self) -> timedelta:
        """The wait before the first probe of a paused installation."""
        return timedelta(seconds=self.probe_seconds)

    @property
    def poll(self) -> timedelta:
        """Between two looks at a helpdesk."""
        return timedelta(seconds=self.poll_seconds)

    @property
    def too_old(self) -> timedelta:
        """For how long work may be due before it is told."""
        return timedelta(seconds=self.alert_due_seconds)

    @property
    def standstill(self) -> timedelta:
        """For how long no worker may look around before it is told."""
        return timedelta(seconds=self.alert_standstill_seconds)

    @property
    def lease(self) -> timedelta:
        """How long one claim lasts."""
        return timedelta(seconds=self.lease_seconds)

    @property
    def hold(self) -> timedelta:
        """How long a sent message is given to bring a result."""
        return timedelta(seconds=self.requeue_seconds)

    def policy(self) -> Policy:
        """The windows and thresholds that scores read."""
        return Policy(repeat_window=timedelta(hours=self.repeat_window_hours), review_confidence=self.review_confidence)
