"""Every table in one place: importing this module makes `METADATA` whole. Migrations and tests compare with it."""

from __future__ import annotations

from service.store import (  # noqa: F401 - each brings its tables; a new module of tables is named here
    backfill_models,
    errand_models,
    failure_models,
    figure_models,
    gap_models,
    goal_models,
    intent_models,
    name_models,
    opinion_models,
    people_models,
    privacy_models,
    proposal_models,
    report_models,
    self_test_models,
    ticket_models,
    upkeep_models,
)
from service.store.models import Base

METADATA = Base.metadata
