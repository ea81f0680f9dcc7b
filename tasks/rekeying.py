"""Mending customers' keys that an older version stored, some at a time, beside everything else."""

from __future__ import annotations

from service.store import rekeying
from tasks.runtime import Runtime

MOST = 100
"""Portions in one go: the next look goes on."""


def rekey(runtime: Runtime, *, at_once: int = rekeying.AT_ONCE, most: int = MOST) -> int:
    """Mend stored keys; how many. Mostly none are left. Raises `SecretsUnreadable`."""
    mended = 0
    for _ in range(most):
        with runtime.database.begin() as session:
            came = rekeying.rekey(session, runtime.secrets, now=runtime.clock(), at_once=at_once)
        if not came.keys:
            break
        mended += came.keys
        runtime.queue.score(came.again)
    return mended
