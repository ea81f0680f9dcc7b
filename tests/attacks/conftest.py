"""Attacks use the application that the tests of the pages use."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

# A conftest of another folder cannot be imported by name; its fixtures are what is attacked here.
_PATH = Path(__file__).parents[1] / "web" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("attacked_web", _PATH)
assert _SPEC is not None and _SPEC.loader is not None
_MODULE = importlib.util.module_from_spec(_SPEC)
sys.modules["attacked_web"] = _MODULE
_SPEC.loader.exec_module(_MODULE)

make_web, signed, web = _MODULE.make_web, _MODULE.signed, _MODULE.web
