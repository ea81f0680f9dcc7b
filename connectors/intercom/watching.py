"""What Intercom lists of conversations that were deleted and of contacts that were merged: version 2.16 only.

Everything else is asked in version 2.15; where 2.16 is refused, only webhooks tell.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from urllib.parse import quote

from connectors.base import Change, Changes, Signal
from connectors.errors import NotFound, Rejected
from connectors.http import ApiRequest, ApiResponse
from connectors.intercom.payloads import DeletedPage, MergeHistory

log = logging.getLogger(__name__)

PAGE = 60
"""Deleted conversations a page: Intercom's maximum."""
MERGES = 150
NEWER = MappingProxyType({"Intercom-Version": "2.16"})

Send = Callable[[ApiRequest], ApiResponse]


def deleted(page: int) -> ApiRequest:
    """One page of the deleted conversations, the last deleted first."""
    query = {"page": str(page), "per_page": str(PAGE), "order": "desc"}
    return ApiRequest("GET", "/conversations/deleted", query=query, headers=NEWER)


def merge_history(contact_id: str) -> ApiRequest:
    """The contacts that were merged into this one, the latest first."""
    path = f"/contacts/{quote(contact_id, safe='')}/merge_history"
    return ApiRequest("GET", path, query={"per_page": str(MERGES)}, headers=NEWER)


def changes(send: Send, since: datetime, words: str) -> Changes:
    """One page of the conversations deleted at or after `since`; `words` is the number of the page."""
    number = int(words) if words.isdecimal() else 1
    try:
        page = DeletedPage.model_validate(send(deleted(number)).body)
    except (Rejected, NotFound) as error:
        log.info("intercom does not list deleted conversations: %s", error)
        return Changes((), None)
    late = [found for found in page.conversations if found.deleted_at is None or found.deleted_at >= since]
    more = page.conversations and len(late) == len(page.conversations) and number < (page.pages.total_pages or 0)
    found = tuple(Change(Signal.DELETED, each.id) for each in late if each.id is not None)
    return Changes(found, str(number + 1) if more else None)


def merged(send: Send, contact_id: str) -> Mapping[str, str]:
    """Who was merged into this contact: a webhook names only the one that is left."""
    try:
        found = MergeHistory.model_validate(send(merge_history(contact_id)).body)
    except (Rejected, NotFound) as error:
        log.info("intercom does not tell who was merged: %s", error)
        return {}
    return {each.source_contact_id: contact_id for each in found.data if each.source_contact_id}
