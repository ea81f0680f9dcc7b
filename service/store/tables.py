"""Every table in one place: importing this module makes `METADATA` whole. Migrations and tests compare with it."""

from __future__ import annotations

from service.store import (
    backfill_models,
    errand_models,
    failure_models,
    figure_models,
    gap_models,
    intent_models,
    people_models,
    privacy_models,
    self_test_models,
    upkeep_models,
)
from service.store.models import Base

METADATA = Base.metadata
MODULES = (
    backfill_models,
    errand_models,
    failure_models,
    figure_models,
    gap_models,
    intent_models,
    people_models,
    privacy_models,
    self_test_models,
    upkeep_models,
)
"""The modules of tables beside `models`; a new one is named here."""
