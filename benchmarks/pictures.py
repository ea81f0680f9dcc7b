"""The pictures of the docs, taken anew from the demo's own stories: `make pictures`.

    python benchmarks/pictures.py [--folder DEMO] [NAME ...]

Plays `deskmark demo --once` into a folder of its own, or takes the folder of one that was played before, serves it on
this machine and takes each page at 1280 pixels in light colours into docs/images.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import func, select
from werkzeug.serving import make_server

from connectors.registry import connectors
from service.app import build
from service.demo.run import demo_settings
from service.store import gaps
from service.store.database import Database
from service.store.models import Conversation, Writeback, WriteState
from service.store.report_models import FigureAlert
from service.store.secrets import SecretBox
from service.web.parts import REFUSALS, Parts
from tasks.alone import Kept
from tasks.runtime import utc_now

IMAGES = Path(__file__).parent.parent / "docs" / "images"
WIDTH, HEIGHT = 1280, 900
TALLEST = 1500
"""Pixels; what is below is cut off."""

MOST = 300_000
"""Bytes of a picture."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def addresses(database: Database) -> Mapping[str, str]:
    """The page of each picture, by its name."""
    with database.read() as session:
        written = select(Writeback).join(Conversation).where(Conversation.write_state == WriteState.WRITTEN)
        rows = session.scalars(written.order_by(Conversation.external_id)).all()
        conversation = max(rows, key=lambda row: len(row.actions["add_tags"])).conversation_id
        gap = next((gap.row.id for gap in gaps.listed(session) if "solvo" in gap.row.label.lower()), None)
        alert = session.scalar(select(FigureAlert.id).order_by(FigureAlert.id).limit(1))
    named = {
        "overview": "/",
        "figures": "/figures",
        "figure": "/figures/containment",
        "escalations": "/escalations",
        "handoffs": "/handoffs",
        "confidence": "/confidence",
        "outcomes": "/outcomes",
        "gaps": "/gaps",
        "gap": f"/gaps/{gap}",
        "intents": "/intents",
        "review-queue": "/reviews",
        "agreement": "/reviews/agreement",
        "report-weekly": "/reports/weekly",
        "alerts": "/alerts",
        "alert": f"/alerts/{alert}",
        "conversation": f"/c/{conversation}",
        "operations": "/operations",
    }
    return {name: path for name, path in named.items() if "None" not in path}


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, Database]]:
    """The pages of a demo that was played into `folder`; their address, and its database."""
    settings = demo_settings(folder, 0)
    with closing(Database(settings.database)) as database:
        box = SecretBox(settings.secret_key.get_secret_value())
        queue: Any = Kept()
        with database.read() as session:
            then = session.scalar(select(func.max(Conversation.scored_at))) or utc_now()
        # The pages as they were when the demo ended: later they would say that no worker runs.
        app = build(Parts(settings, database, box, connectors(), queue, dict, now=lambda: then))
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", database
        finally:
            server.shutdown()
            thread.join()
            app.extensions[REFUSALS].close()


def take(browser: Browser, address: str, to: Path) -> None:
    """One page, as high as it is, up to `TALLEST`."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
    answer = page.goto(address, wait_until="load")
    if answer is None or answer.status != 200:
        sys.exit(f"{address} answers {answer and answer.status}: no picture of it")
    height = min(TALLEST, int(page.evaluate("document.documentElement.scrollHeight")))
    page.screenshot(path=to, full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": height})
    page.close()
    if to.stat().st_size > MOST:
        print(f"{to.name}: {to.stat().st_size:,} bytes are more than {MOST:,}", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="*", help="only these pictures")
    parser.add_argument("--folder", type=Path, help="of a demo that was played before")
    parser.add_argument("--to", type=Path, default=IMAGES)
    options = parser.parse_args()
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        sys.exit("no Chromium is installed (on Debian: apt-get install chromium)")
    with tempfile.TemporaryDirectory(prefix="deskmark-pictures-") as name:
        folder = options.folder or Path(name) / "demo"
        if options.folder is None:
            command = str(Path(sys.executable).with_name("deskmark"))
            subprocess.run([command, "demo", "--once", "--port", "0", "--data-dir", str(folder)], check=True)
        arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        with served(folder) as (address, database), sync_playwright() as started:
            browser = started.chromium.launch(executable_path=found, args=arguments)
            for picture, path in addresses(database).items():
                if not options.name or picture in options.name:
                    take(browser, address + path, options.to / f"{picture}.png")
                    print(f"{picture}.png  {path}", flush=True)
            browser.close()


if __name__ == "__main__":
    main()
