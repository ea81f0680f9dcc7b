"""Learn what the messages after an answer say of it; prints the weights for service/scoring/what_followed.py.

    python benchmarks/training/what_followed.py

Data: our own chats (`answers_dev.jsonl`, `answers_held_out.jsonl` and the part `tune` of `answers_fresh.jsonl`), the
answers that neither feedback nor a plain sign judges. Printed: AUC, calibration error and Brier score with tenths of
the chats left out, for the text alone and with what followed.
"""

from __future__ import annotations

import json
import math
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict

from service.document import from_document
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.scoring.answer_relevance import by_text
from service.scoring.answer_signs import read_signs
from service.scoring.answers import Kind, answers
from service.scoring.bot_part import read_bot_part
from service.scoring.score import Case, History, Policy
from service.scoring.what_followed import MOST, Followed, traces

SAMPLES = Path(__file__).parents[2] / "tests" / "samples"
STRENGTH, PARTS = 0.5, 10


def main() -> None:
    """Print the figures and the weights."""
    rows, gold, chats = read()
    print(f"{len(gold)} answers of {len(set(chats))} chats, {gold.mean():.2f} of them relevant")
    for name, columns in (("text", [0]), ("text and what followed", list(range(rows.shape[1])))):
        model = LogisticRegression(C=STRENGTH)
        folds = GroupKFold(PARTS)
        said = cross_val_predict(model, rows[:, columns], gold, groups=chats, cv=folds, method="predict_proba")[:, 1]
        bins = np.minimum((said * 10).astype(int), 9)
        error = sum(abs((said - gold)[bins == k].sum()) for k in range(10)) / len(gold)
        print(
            f"{name}: AUC {roc_auc_score(gold, said):.3f}, error {error:.3f}, Brier {((said - gold) ** 2).mean():.3f}"
        )
    model = LogisticRegression(C=STRENGTH).fit(rows, gold)
    names = ("text", *(field.name for field in fields(Followed)))
    print({n: round(float(v), 2) for n, v in zip(names, model.coef_[0], strict=True)}, model.intercept_.round(2))


def read() -> tuple[NDArray[np.float64], NDArray[np.int_], list[int]]:
    """A row for each answer: log odds of its text and what followed; whether it is relevant; its chat."""
    embedder = CachedEmbedder(MiniLM(), MemoryCache())
    lines = [json.loads(line) for name in ("dev", "held_out", "fresh") for line in _lines(name)]
    rows, gold, chats = [], [], []
    for number, line in enumerate(line for line in lines if line.get("part", "tune") == "tune"):
        case = Case(from_document(line["conversation"]), History(), Policy(), embedder)
        part = read_bot_part(case.conversation.public, embedder)
        found = answers(part)
        signs = read_signs(case.conversation, part, found, words=True)
        texts, after = by_text(case, found), traces(case, part, found)
        for answer in found:
            name = answer.message.id
            if name in signs or answer.kind is not Kind.ANSWER or line["answers"][name] is None:
                continue
            odds = math.log(texts[name] / (1 - texts[name]))
            rows.append([max(-MOST, min(MOST, odds)), *astuple(after[name].followed)])
            gold.append(line["answers"][name] == "relevant")
            chats.append(number)
    return np.array(rows), np.array(gold).astype(int), chats


def _lines(name: str) -> list[str]:
    return (SAMPLES / f"answers_{name}.jsonl").read_text().splitlines()


if __name__ == "__main__":
    main()
