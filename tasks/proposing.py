"""Possible new intents: the messages of each account that fit none are grouped, once a day and when somebody asks."""

from __future__ import annotations

from datetime import timedelta

import structlog

from service.language.embedding import CachedEmbedder, MemoryCache
from service.reports.proposed_intents import proposed
from service.store import installations, intents, proposals
from service.store.proposals import Found
from tasks.runtime import Runtime

DAYS = timedelta(days=90)
MOST = 1000
"""Messages that are grouped at once, the latest: as many as a worker reads within its lease."""
log = structlog.get_logger(__name__)


def propose(runtime: Runtime) -> int:
    """Look for new intents wherever that is due; for how many accounts it was."""
    with runtime.database.read() as session:
        ids = [row.id for row in installations.all_of(session)]
    return sum(_propose(runtime, installation_id) for installation_id in ids)


def _propose(runtime: Runtime, installation_id: str) -> bool:
    now = runtime.clock()
    with runtime.database.begin() as session:
        if intents.revision(session, installation_id) is None:
            return False  # Without a catalog nothing is novel.
        if not proposals.begin_search(session, installation_id, now=now):
            return False
    with runtime.database.read() as session:
        last = intents.last_ended(session, installation_id)
        since = (last or now) - DAYS
        novel = list(intents.novel_documents(session, installation_id, since=since, limit=MOST))
    found = proposed(novel, CachedEmbedder(runtime.embedder, MemoryCache()), runtime.names) if novel else []
    with runtime.database.begin() as session:
        groups = [Found(each.label, each.conversations) for each in found]
        proposals.save(session, installation_id, groups, novel=len(novel), now=runtime.clock())
    log.info("intents_proposed", installation=installation_id, messages=len(novel), proposals=len(found))
    return True
