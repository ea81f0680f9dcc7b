"""Intercom's three regions. A workspace lives in one of them, and its token is good there only.

https://developers.intercom.com/docs/build-an-integration/learn-more/rest-apis/making-your-first-request
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

REGIONS: Mapping[str, str] = MappingProxyType(
    {
        "US": "https://api.intercom.io",
        "EU": "https://api.eu.intercom.io",
        "AU": "https://api.au.intercom.io",
    }
)
"""The API's address by the region that `GET /me` names."""
