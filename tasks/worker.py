"""What `celery --app tasks.worker` starts: settings from the environment, logs, and the model loaded before the fork.

Importing this module reads the environment; nothing but a worker or beat process does.
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

from celery.exceptions import CPendingDeprecationWarning
from celery.signals import (
    after_task_publish,
    beat_init,
    heartbeat_sent,
    setup_logging,
    task_prerun,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_shutdown,
)

from service.language.model import ModelMissing
from service.logs import configure_logs
from service.settings import Settings
from service.store.secrets import SecretBox
from service.telemetry.spans import TelemetryMissing
from service.telemetry.watching import Watching
from tasks import worker_state
from tasks.celery_app import SCORE, configure
from tasks.telling import Telling

settings = Settings()
# Before Celery says its first word, which is a warning.
configure_logs(settings.log_level, settings.log_format)
logging.captureWarnings(True)
app = configure(settings)
# Told at each lost connection; what it advises (cancelling what runs) is not what we want, see `celery_app`.
warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
worker_state.start(settings)
telling = Telling(settings.broker, lambda: SecretBox(settings.secret_key.get_secret_value()).fingerprints)
try:
    watching = Watching(settings.sentry_dsn.get_secret_value())
except TelemetryMissing as error:
    raise SystemExit(f"deskmark: {error}") from error


@setup_logging.connect
def _logs(**_: Any) -> None:
    configure_logs(settings.log_level, settings.log_format)


@worker_init.connect
def _before_fork(sender: Any, **_: Any) -> None:
    telling.takes(sender.app.amqp.queues.consume_from, sender.hostname)
    worker_state.prepare()
    if SCORE in sender.app.amqp.queues.consume_from:
        try:
            worker_state.load_models()
        except ModelMissing as error:
            # Celery would log any other exception and go on without a model.
            raise SystemExit(f"deskmark: {error}") from error


@worker_process_init.connect
def _after_fork(**_: Any) -> None:
    worker_state.forked()


@task_prerun.connect
def _before_task(**_: Any) -> None:
    """In whichever process runs tasks: a forked child, or the worker itself where it has threads."""
    telling.counts()
    watching.start("worker")


@heartbeat_sent.connect
def _alive(**_: Any) -> None:
    telling.alive()


@worker_process_shutdown.connect
def _child_ends(**_: Any) -> None:
    telling.child_ends()
    watching.stop()


@worker_shutdown.connect
def _ends(**_: Any) -> None:
    telling.ends()
    watching.stop()


@beat_init.connect
def _beat(**_: Any) -> None:
    telling.beats()
    after_task_publish.connect(_beaten, weak=False)


def _beaten(**_: Any) -> None:
    telling.alive()
