"""The model adapted to tell issues apart: which matrices change, and that its vectors are not the model's own."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from service.language import adaptation
from service.language.adaptation import adaptation_id, adapted_layers
from service.language.model import MiniLM


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return MiniLM()


def test_the_upper_half_of_the_model_changes(model: MiniLM) -> None:
    layers = adapted_layers(model._files / "onnx" / "model.onnx_data")
    assert {int(number) for name in layers for number in re.findall(r"layers\.(\d)\.", name)} == {3, 4, 5}
    assert {weights.shape for weights in layers.values()} == {(384, 384), (384, 1536), (1536, 384)}
    assert all(weights.dtype == np.float32 and np.abs(weights).max() < 5 for weights in layers.values())


def test_factors_are_added_to_the_matrix_that_the_file_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = np.arange(8, dtype=np.float32)
    (tmp_path / "data").write_bytes(own.tobytes())
    a, b = np.array([[1], [2]], dtype=np.float16), np.array([[10, 20]], dtype=np.float16)
    np.savez(tmp_path / "changes.npz", **{"m/offset": np.array(8), "m/a": a, "m/b": b, "slope": np.array(1.0)})
    monkeypatch.setattr(adaptation, "WEIGHTS", tmp_path / "changes.npz")
    assert {name: rows.tolist() for name, rows in adapted_layers(tmp_path / "data").items()} == {
        "m": [[2 + 10, 3 + 20], [4 + 20, 5 + 40]]
    }


def test_issue_vectors_are_named_apart_from_the_models_own(model: MiniLM) -> None:
    texts = ["the parcel has not come", "where is my delivery?", "what does the lamp cost?"]
    plain, issue = model.vectors(texts), model.issue_vectors(texts)
    assert model.issue_id == f"{model.id}+{adaptation_id()}"
    assert np.allclose(np.linalg.norm(issue, axis=1), 1, atol=1e-5)
    assert not np.allclose(plain, issue, atol=0.01)
    parcel, delivery, lamp = issue
    assert parcel @ delivery > parcel @ lamp + 0.3
    assert model.issue_vectors([]).shape == (0, 384)


def test_who_asks_for_no_issue_vector_loads_one_model_only(model: MiniLM) -> None:
    fresh = MiniLM()
    fresh.vectors(["hello"])
    assert "_issue_session" not in vars(fresh)


def test_issue_vectors_work_in_a_forked_child() -> None:
    program = """
import os, sys
import numpy as np
from service.language.model import MiniLM
model = MiniLM()
model.load()
before = model.issue_vectors(["is it there yet"])
child = os.fork()
if child == 0:
    os._exit(0 if np.array_equal(model.issue_vectors(["is it there yet"]), before) else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-c", program], timeout=120, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
