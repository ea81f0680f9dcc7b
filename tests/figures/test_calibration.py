"""Calibration against scikit-learn, scipy and plain resampling; the threshold against trying them all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, precision_recall_fscore_support, roc_auc_score

from service.figures.calibration import Point, calibration, suggested, thresholds, topics
from service.figures.rates import Rate

points = st.lists(
    st.builds(Point, st.integers(0, 100).map(lambda p: p / 100), st.integers(0, 9), st.integers(0, 9)),
    min_size=1,
    max_size=25,
    unique_by=lambda point: point.probability,
)


def cases(given_points: list[Point]) -> tuple[np.ndarray, np.ndarray]:
    """One stated probability and one outcome a case."""
    stated = np.repeat([p.probability for p in given_points], [p.hits + p.misses for p in given_points])
    came = np.concatenate([np.repeat([1, 0], [p.hits, p.misses]) for p in given_points])
    return stated, came


def sample(n: int, seed: int, *, skill: float = 1.0) -> list[Point]:
    """Cases whose outcome follows the stated probability with some skill."""
    rng = np.random.default_rng(seed)
    stated = rng.integers(0, 101, n) / 100
    came = rng.random(n) < 0.5 + skill * (stated - 0.5)
    return [Point(p, int((came & (stated == p)).sum()), int((~came & (stated == p)).sum())) for p in np.unique(stated)]


@given(points.filter(lambda ps: any(p.hits + p.misses for p in ps)))
def test_brier_and_auc_are_those_of_scikit_learn(given_points: list[Point]) -> None:
    stated, came = cases(given_points)
    found = calibration(given_points)
    assert found is not None
    assert found.brier.value == pytest.approx(brier_score_loss(came, stated, pos_label=1), abs=1e-9)
    assert found.rate == Rate(int(came.sum()), len(came))
    assert found.stated == pytest.approx(stated.mean())
    if 0 < came.sum() < len(came):
        assert found.auc is not None
        assert found.auc.value == pytest.approx(roc_auc_score(came, stated), abs=1e-9)
    else:
        assert found.auc is None
    for one in (found.error, found.brier, *([found.auc] if found.auc else [])):
        assert 0 <= one.low <= one.value <= one.high <= 1


@given(points)
def test_the_curve_adds_up(given_points: list[Point]) -> None:
    found = calibration(given_points)
    if found is None:
        assert not any(p.hits + p.misses for p in given_points)
        return
    assert sum((part.rate for part in found.curve), Rate(0, 0)) == found.rate
    assert all(part.low - 1e-9 <= part.stated <= part.high + 1e-9 for part in found.curve)
    gaps = [abs(part.stated - (part.rate.value or 0)) * part.rate.n for part in found.curve]
    assert found.error.value == pytest.approx(sum(gaps) / found.rate.n, abs=1e-9)


@settings(max_examples=25)
@given(points)
def test_the_order_of_points_does_not_matter(given_points: list[Point]) -> None:
    assert calibration(given_points) == calibration(given_points[::-1])


def test_the_intervals_are_those_of_resampling() -> None:
    given_points = sample(800, 2, skill=0.6)
    stated, came = cases(given_points)
    rng = np.random.default_rng(4)
    errors, briers, aucs = [], [], []
    for _ in range(400):
        pick = rng.integers(0, len(came), len(came))
        p, y = stated[pick], came[pick]
        bins = np.minimum((p * 10 + 1e-9).astype(int), 9)
        errors.append(np.abs(np.bincount(bins, p - y, 10)).sum() / len(y))
        briers.append(np.mean((p - y) ** 2))
        aucs.append(roc_auc_score(y, p))
    found = calibration(given_points)
    assert found is not None
    assert found.auc is not None
    for one, drawn in ((found.error, errors), (found.brier, briers), (found.auc, aucs)):
        assert (one.low, one.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.015)


def test_good_and_bad_calibration_are_told_apart() -> None:
    honest, boastful = calibration(sample(4000, 1)), calibration([Point(0.95, 500, 500), Point(0.9, 100, 200)])
    assert honest is not None
    assert boastful is not None
    assert honest.error.value < 0.05
    assert boastful.error.low > 0.4


def test_a_weak_topic_promises_more_than_it_keeps() -> None:
    found = topics({
        "refund": (90.0, Rate(50, 100)),
        "opening hours": (80.0, Rate(81, 100)),
        "modest": (30.0, Rate(70, 100)),
        "rare": (9.0, Rate(0, 10)),
        "sure": (30.0, Rate(30, 30)),
    })  # fmt: skip
    assert [(topic.name, topic.weak) for topic in found] == [
        ("refund", True), ("sure", False), ("opening hours", False), ("modest", False),
    ]  # fmt: skip
    assert found[0].stated == 0.9
    assert found[-1].q < 0.05


def test_topics_as_good_as_they_say_are_seldom_called_weak() -> None:
    rng = np.random.default_rng(8)
    false = 0
    for _ in range(300):
        stated = rng.uniform(0.3, 0.9, 10)
        found = topics({str(i): (p * 80, Rate(int(rng.binomial(80, p)), 80)) for i, p in enumerate(stated)})
        false += any(topic.weak for topic in found)
    assert false / 300 <= 0.07


@settings(max_examples=40)
@given(points)
def test_thresholds_are_counted_right(given_points: list[Point]) -> None:
    stated, needed = cases(given_points)
    for one in thresholds(given_points):
        over = stated < one.below
        precision, recall, f1, _ = precision_recall_fscore_support(needed, over, average="binary", zero_division=0)
        assert one.precision.value == pytest.approx(precision)
        assert (one.recall.value or 0) == pytest.approx(recall)
        if needed.sum():
            assert one.f1 == pytest.approx(f1)
        assert 0 < one.precision.n < len(stated)


def test_the_suggested_threshold_has_the_best_balance() -> None:
    given_points = [Point(p.probability, p.misses, p.hits) for p in sample(600, 6)]
    found = suggested(given_points)
    assert found is not None
    assert found.f1 == max(one.f1 for one in thresholds(given_points))
    assert 0.35 < found.below < 0.75


@pytest.mark.parametrize(
    "given_points",
    [
        [],
        [Point(0.2, 19, 30), Point(0.8, 0, 30)],
        [Point(0.2, 30, 0), Point(0.8, 30, 19)],
        [Point(0.5, 100, 100)],
        [Point(0.2, 50, 50), Point(0.8, 50, 50)],
        [Point(0.2, 20, 80), Point(0.8, 80, 20)],
    ],
)
def test_no_threshold_without_need_or_where_confidence_says_nothing(given_points: list[Point]) -> None:
    assert suggested(given_points) is None
