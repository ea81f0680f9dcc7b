"""The one runtime of a worker process: settings at start, model before the fork, database and helpdesks after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from connectors.limiter import Limiter
from connectors.registry import connectors
from service.conversation import Author, Conversation, Message, Role
from service.language import detection
from service.language.embedding import CachedEmbedder
from service.language.model import MiniLM
from service.name_lists import finder
from service.scoring.score import History, Policy
from service.scoring.scorecard import score_conversation
from service.settings import Settings
from service.store.database import Database
from service.store.secrets import SecretBox
from service.store.vectors import StoredVectors
from tasks.celery_app import CeleryQueue, publisher
from tasks.runtime import Clients, Runtime, utc_now


@dataclass(slots=True)
class _Process:
    settings: Settings | None = None
    model: MiniLM | None = None
    runtime: Runtime | None = None
    lock: Lock = field(default_factory=Lock)


_process = _Process()


def start(settings: Settings) -> None:
    """Say with which settings this process works; before it forks."""
    _process.settings = settings
    _process.model = MiniLM(settings.model_dir)
    _process.runtime = None


def prepare() -> None:
    """Import what every child needs, so that none of them does it again; opens no connection."""
    assert _process.settings is not None and _process.model is not None, "start() comes first"
    build(_process.settings, _process.model)


def load_models() -> None:
    """Load the sentence model, the scores' weights and lists of names, for children to share. Raises `ModelMissing`."""
    assert _process.settings is not None and _process.model is not None, "start() comes first"
    _process.model.load()
    detection.load()
    finder(switched_on=_process.settings.pii_names).spans("")
    # The scores load their weights when first used: one conversation that has a bit of everything uses them all.
    score_conversation(_EVERYTHING, History(), Policy(), _process.model)


_EVERYTHING = Conversation(
    id="warm-up",
    messages=tuple(
        Message(id=str(number), author=Author(role), text=text)
        for number, (role, text) in enumerate(
            (
                (Role.CUSTOMER, "Where is my order 4711? It should have come on Monday."),
                (Role.BOT, "Sorry, I could not find that. Could you give me your order number?"),
                (Role.CUSTOMER, "I just did: 4711. I want to talk to a human."),
                (Role.AGENT, "Hello, what is your order number?"),
                (Role.CUSTOMER, "4711, thank you."),
            )
        )
    ),
)


def forked() -> None:
    """A child has connections of its own."""
    _process.lock = Lock()
    _process.runtime = None


def runtime() -> Runtime:
    """This process's runtime, made when first asked for."""
    with _process.lock:
        if _process.runtime is None:
            assert _process.settings is not None and _process.model is not None, "start() comes first"
            _process.runtime = build(_process.settings, _process.model)
        return _process.runtime


def build(settings: Settings, model: MiniLM) -> Runtime:
    """A runtime on the real parts that the settings name."""
    database = Database(settings.database)
    return Runtime(
        settings=settings,
        database=database,
        secrets=SecretBox(settings.secret_key.get_secret_value()),
        clients=Clients(connectors(), Limiter(settings.broker), local=settings.local_helpdesks),
        embedder=CachedEmbedder(model, StoredVectors(database, clock=utc_now)),
        queue=CeleryQueue(publisher(settings)),
        names=finder(switched_on=settings.pii_names),
    )
