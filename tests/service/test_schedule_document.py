"""Business hours as a policy document states them, and what is said of those that make no sense."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from service.document import DocumentError
from service.policy_document import PolicyDocument, policy_from_json
from service.scoring.schedule import Hours
from service.scoring.score import Policy

WEEK = {"monday": ["13:00-17:00", "09:00-12:30"], "friday": ["22:00-06:00"], "sunday": ["18:00-24:00"]}


def read(**schedule: object) -> Policy:
    return policy_from_json(json.dumps({"schedule": {"time_zone": "Europe/Amsterdam", "hours": WEEK, **schedule}}))


def test_a_schedule() -> None:
    schedule = read(holidays=["2026-12-25"]).schedule
    assert schedule is not None
    assert schedule.time_zone == "Europe/Amsterdam"
    assert schedule.week[0] == (Hours(540, 750), Hours(780, 1020))
    assert schedule.week[4:] == ((Hours(1320, 1440),), (Hours(0, 360),), (Hours(1080, 1440),))
    assert schedule.holidays == {date(2026, 12, 25)}


def test_the_documented_example_is_valid() -> None:
    page = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
    policy = policy_from_json(page.split("```json")[1].split("```")[0])
    assert policy.schedule is not None
    named = set(re.findall(r"`([a-z_]+)`", " ".join(re.findall(r"(?m)^\| (`.*?`) \|", page))))
    assert named == set(PolicyDocument.model_fields)


def test_none_by_default() -> None:
    assert policy_from_json("{}").schedule is None
    assert policy_from_json('{"schedule": null}').schedule is None


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"time_zone": "Mars/Olympus"}, "schedule.time_zone.*IANA"),
        ({"time_zone": ".."}, "schedule.time_zone.*IANA"),
        ({"time_zone": "Europe"}, "schedule.time_zone.*IANA"),
        ({"hours": {"monday": ["nine to five"]}}, "schedule.hours.monday.0.*such as 09:00-17:30"),
        ({"hours": {"monday": ["09:00-25:00"]}}, "00:00 to 24:00"),
        ({"hours": {"monday": ["09:00-12:00", "11:00-13:00"]}}, "do not overlap"),
        ({"hours": {"monday": ["20:00-06:00"], "tuesday": ["05:00-09:00"]}}, "do not overlap"),
        ({"hours": {"mon": ["09:00-12:00"]}}, "schedule.hours.mon"),
        ({"hours": {}}, "open on no day"),
        ({"holidays": ["Christmas"]}, "schedule.holidays.0"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, object], complaint: str) -> None:
    with pytest.raises(DocumentError, match=complaint):
        read(**given)


def test_confidence_thresholds() -> None:
    policy = policy_from_json('{"high_confidence": 0.9, "low_confidence": 0.4, "confidence_attribute": "fin_score"}')
    assert (policy.high_confidence, policy.low_confidence, policy.confidence_attribute) == (0.9, 0.4, "fin_score")
    with pytest.raises(DocumentError, match="low_confidence is above high_confidence"):
        policy_from_json('{"low_confidence": 0.9}')
    with pytest.raises(DocumentError, match="high_effort is above low_effort"):
        policy_from_json('{"high_effort": 6, "low_effort": 3}')
