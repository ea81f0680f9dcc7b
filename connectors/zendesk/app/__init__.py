"""The app on the ticket as a zip that an admin uploads: manifest, icons, names in six languages. No secret is in it.

The page itself is Deskmark's (`service.web.zendesk_panel`): Zendesk opens it with a token that it signs (`signedUrls`),
so the zip names the address of one installation, and nothing runs in the browser but that page.
https://developer.zendesk.com/documentation/apps/app-developer-guide/manifest/
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors.zendesk.ticket_app import LOCATION, NAME

FOLDER = Path(__file__).parent
SHIPPED = ("assets/*.png", "translations/*.json")
FRAMEWORK = "2.0"
VERSION = "1.0.0"
"""Of the app, shown to admins; raised when the manifest changes."""
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the zip, so that the same app is the same bytes."""


class NoAddress(ValueError):
    """Zendesk could not open the app: it frames https addresses only, and those of localhost."""


def address(public_url: str, installation_id: str) -> str:
    """Where the app of an installation is. Raises `NoAddress`."""
    parts = urlsplit(public_url)
    if not (parts.netloc and (parts.scheme == "https" or parts.hostname == "localhost")):
        raise NoAddress("Zendesk frames https addresses only: set PUBLIC_URL to the one of this service")
    return f"{public_url.rstrip('/')}/apps/zendesk/{installation_id}"


def manifest(public_url: str, installation_id: str) -> dict[str, Any]:
    """The app's manifest for one installation. Raises `NoAddress`."""
    host = urlsplit(public_url).hostname or ""
    return {
        "name": NAME,
        # Whoever runs this service is asked, and every domain has this mailbox (RFC 2142).
        "author": {"name": NAME, "email": f"postmaster@{host}", "url": public_url},
        "version": VERSION,
        "frameworkVersion": FRAMEWORK,
        "defaultLocale": "en",
        "private": True,
        "singleInstall": True,
        "signedUrls": True,
        "location": {"support": {LOCATION: {"url": address(public_url, installation_id), "flexible": True}}},
    }


def packed(public_url: str, installation_id: str) -> bytes:
    """The zip to upload. The same app is the same bytes. Raises `NoAddress`."""
    files = {"manifest.json": json.dumps(manifest(public_url, installation_id), indent=2).encode() + b"\n"}
    for pattern in SHIPPED:
        files |= {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.glob(pattern)}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, files[name])
    return made.getvalue()
