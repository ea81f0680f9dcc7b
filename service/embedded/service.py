"""The running service as one object: started, waited for, stopped."""

from __future__ import annotations

import socket
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from service.embedded.faults import EmbeddedError, database_fault
from service.embedded.folder import DataFolder
from service.embedded.keys import kept_keys
from service.embedded.listening import answers, listen, reachable
from service.embedded.programs import embedded_broker, service_programs
from service.language.model import MiniLM, ModelMissing
from service.settings import Settings
from service.store.database import migrate
from service.store.secrets import KeysUnusable, SecretBox
from service.supervisor import Program, Supervisor, SupervisorError


class Embedded:
    """The running service. Start and stop once; everything it starts ends with it, also when it is killed."""

    def __init__(
        self, settings: Settings, *, port: int | None = None, host: str | None = None, demo: bool = False
    ) -> None:
        """`port` 0 takes a free one. `demo` switches the sign-in off and therefore needs a loopback `host`."""
        changes: dict[str, Any] = {"data_dir": settings.data_dir.resolve(), "demo": demo or settings.demo}
        self.host = changes["host"] = settings.host if host is None else host
        self.settings = settings.model_copy(update=changes)
        if self.settings.demo_fault:
            raise EmbeddedError(self.settings.demo_fault)
        self.folder = DataFolder(self.settings.data_dir)
        self._wanted_port = settings.port if port is None else port
        self._web: socket.socket | None = None
        self._supervisor: Supervisor | None = None
        self._stopping = False

    @property
    def port(self) -> int:
        """Where the web process listens; known once started."""
        assert self._web is not None, "start() comes first"
        return int(self._web.getsockname()[1])

    @property
    def base_url(self) -> str:
        """Where the pages are, on this machine; known once started."""
        host = reachable(self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def start(self) -> None:
        """Start everything; returns when webhooks are taken. Raises `EmbeddedError` and leaves nothing running."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        lock = self.folder.hold()
        self._web = listen(self.host, self._wanted_port)
        self.folder.address.write_text(f"{self.base_url}\n")
        try:
            SecretBox(self.settings.secret_key.get_secret_value())
            MiniLM(self.settings.model_dir).check()
            migrate(self.settings.database)
        except (KeysUnusable, ModelMissing) as error:
            raise EmbeddedError(str(error)) from error
        except SQLAlchemyError as error:
            raise EmbeddedError(database_fault(self.settings, error)) from error
        self._supervisor = Supervisor(self._programs(lock), logs=self.folder.logs, pid_file=self.folder.pid_file)
        if self._stopping:  # A signal came before there was anything to stop.
            self._supervisor.request_stop()
        try:
            self._supervisor.start()
        except SupervisorError as error:
            raise EmbeddedError(str(error)) from error

    def _programs(self, lock: int) -> list[Program]:
        """The broker first, if it is ours: everything else waits until it answers."""
        assert self._web is not None
        first: list[Program] = []
        changes: dict[str, Any] = {}
        if not self.settings.redis_url:
            password = kept_keys(self.folder.path)["broker_password"]
            broker = embedded_broker(self.folder, password=password, lock=lock)
            first, changes["redis_url"] = [broker.program], broker.url
        if self.settings.demo and not self.settings.public_url:
            changes["public_url"] = self.base_url  # So that the demo's notes name a page that opens.
        settings = self.settings.model_copy(update=changes)
        web, port = self._web.fileno(), self.port
        rest = service_programs(settings, self.folder, web=web, lock=lock, web_is_up=lambda: answers(self.host, port))
        return [*first, *rest]

    def wait(self) -> None:
        """Wait for the end. Raises `EmbeddedError` when a part kept dying; returns after a stop."""
        if self._supervisor is None:
            return
        self._supervisor.wait()
        if self._supervisor.failure is not None:
            raise EmbeddedError(str(self._supervisor.failure))

    def request_stop(self) -> None:
        """Ask for the stop without waiting, from a signal handler; asked twice, workers are not waited for."""
        self._stopping = True
        if self._supervisor is not None:
            self._supervisor.request_stop()

    def stop(self) -> None:
        """Stop everything and give the data folder free. What was under way is done again at the next start."""
        self._stopping = True
        if self._supervisor is not None:
            self._supervisor.stop()
        if self._web is not None:
            self._web.close()
        self.folder.release()

    def pids(self) -> dict[str, int]:
        """The process of each part, by name."""
        return self._supervisor.pids() if self._supervisor is not None else {}
