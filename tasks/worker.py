"""What `celery --app tasks.worker` starts: settings from the environment, logs, and the model loaded before the fork.

Importing this module reads the environment; nothing but a worker or beat process does.
"""

from __future__ import annotations

import warnings
from typing import Any

from celery.exceptions import CPendingDeprecationWarning
from celery.signals import setup_logging, worker_init, worker_process_init

from service.language.model import ModelMissing
from service.logs import configure_logs
from service.settings import Settings
from tasks import worker_state
from tasks.celery_app import SCORE, configure

settings = Settings()  # type: ignore[call-arg]  # the environment fills what has no default
app = configure(settings)
# Told at each lost connection; what it advises (cancelling what runs) is not what we want, see `celery_app`.
warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
worker_state.start(settings)


@setup_logging.connect
def _logs(**_: Any) -> None:
    configure_logs(settings.log_level)


@worker_init.connect
def _before_fork(sender: Any, **_: Any) -> None:
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
