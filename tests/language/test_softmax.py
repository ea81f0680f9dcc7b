"""Logistic regression against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from service.language.softmax import fit_softmax, log_sum_exp


@pytest.mark.parametrize(("classes", "strength"), [(3, 1.0), (5, 10.0)])
def test_the_same_as_the_reference(classes: int, strength: float) -> None:
    rng = np.random.default_rng(classes)
    labels = rng.integers(0, classes, 200)
    rows = rng.normal(size=(classes, 6))[labels] + rng.normal(size=(200, 6))
    weights = rng.uniform(0.5, 2, 200)
    with_constant = np.hstack([rows, np.ones((200, 1))]).astype(np.float32)
    ours = fit_softmax(with_constant, labels, weights / weights.sum(), classes=classes, strength=strength)
    reference = LogisticRegression(C=strength, max_iter=2000, tol=1e-8)
    reference.fit(rows, labels, sample_weight=weights * 200 / weights.sum())
    logits = with_constant @ ours
    chances = np.exp(logits - log_sum_exp(logits))
    assert np.abs(chances - reference.predict_proba(rows)).max() < 0.05
    assert (chances.argmax(axis=1) == reference.predict(rows)).mean() > 0.98


def test_one_class_needs_no_steps() -> None:
    rows, labels = np.ones((3, 2), dtype=np.float32), np.zeros(3, dtype=np.intp)
    fitted = fit_softmax(rows, labels, np.full(3, 1 / 3), classes=1, strength=1.0)
    assert not fitted.any()


def test_huge_logits_do_not_overflow() -> None:
    assert log_sum_exp(np.array([[1e4, 0.0]]))[0, 0] == pytest.approx(1e4)
