"""Errands in the store: of several that are begun at once one is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from service.store import errands, installations
from service.store.database import Database
from service.store.errand_models import ErrandKind
from service.store.models import Installation


def test_of_several_at_once_one_is_begun(database: Database, installation: Installation) -> None:
    ready = Barrier(4)

    def begin(kind: ErrandKind) -> bool:
        ready.wait()
        try:
            with database.begin() as session:
                row = installations.get(session, installation.id)
                assert row is not None
                errands.begin(session, row, kind, actor="ada", stage="finding", options={}, now=installation.created_at)
        except errands.AlreadyUnderWay:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        begun = list(pool.map(begin, (ErrandKind.LEAVE, ErrandKind.WRITE) * 2))

    assert begun.count(True) == 1
    with database.read() as session:
        assert len(errands.of_installation(session, installation.id)) == 1
