"""The JSON API against its own OpenAPI document: requests that fit it and requests that do not, made by Schemathesis.

Every answer has to be one that the document describes, a request that does not fit has to be refused, and nothing may
fail. On PostgreSQL, which is stricter than SQLite about what it stores and compares. The examples are the same in every
run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from pydantic import SecretStr
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.generation import GenerationMode

from service.web.throttle import WRONG_KEYS

TOKEN = "a token for tests of the API"
WRITE_TOKEN = "a token that tells the API things"
EXAMPLES = 15
"""For a mode and operation: enough to try each kind of odd parameter once, few enough for every run."""
SMALL = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))


def configured(mode: GenerationMode) -> SchemathesisConfig:
    generation = GenerationConfig(modes=[mode], max_examples=EXAMPLES, deterministic=True, database="none")
    # A schema cannot say which installations there are or how days follow on one another: 400 is an answer to that.
    accepted = PositiveDataAcceptanceConfig(expected_statuses=["2xx", "304", "400", "404"])
    project = ProjectConfig(generation=generation, checks=ChecksConfig(positive_data_acceptance=accepted))
    return SchemathesisConfig(seed=1, projects=ProjectsConfig(default=project))


@pytest.fixture
def web(postgres_url: str, make_web: Any) -> Iterator[Any]:
    made = make_web(postgres_url, api_token=SecretStr(TOKEN), api_write_token=SecretStr(WRITE_TOKEN))
    made.app.testing = False
    made.installation("zendesk")
    yield made


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_operation_keeps_to_the_document(mode: GenerationMode, web: Any) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", web.app, config=configured(mode))
    faults, tried = [], 0

    def ask(case: Any) -> None:
        # Each request is followed by one without a key, more than are taken from one address in a minute.
        web.parts.tries.forget(WRONG_KEYS, "api", "unknown")
        token = WRITE_TOKEN if case.method.upper() == "POST" else TOKEN
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"})

    for each in schema.get_all_operations():
        operation = each.ok()
        try:
            requests = operation.as_strategy(generation_mode=mode)
            SMALL(given(requests)(ask))()
        except Unsatisfiable:
            continue  # Without parameters and body there is no way not to fit.
        except (AssertionError, BaseExceptionGroup) as error:
            faults.append(f"{operation.label}: {error}")
        tried += 1
    assert not faults, "\n\n".join(faults)
    assert tried > 5
