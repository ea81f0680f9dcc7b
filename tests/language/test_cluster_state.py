"""What is remembered of groups: JSON and back, and clear words about a file that is something else."""

import json

import numpy as np
import pytest

from service.language.cluster_state import ClusterState, Group, Loose, StateUnreadable, from_json, to_json

VECTOR = np.linspace(-1, 1, 384, dtype=np.float32)
STATE = ClusterState(
    "m",
    groups=(Group(1, VECTOR, 3, 0.5, "lost card", {"lost card": 3}), Group(4, -VECTOR, 2, 0.25, "caf\u00e9", {})),
    next_id=6,
    seen={"aa": 1, "bb": 5, "cc": 4},
    loose=(Loose("cc", VECTOR),),
    merged={5: 4, 3: 1},
)


def changed(**values: object) -> str:
    return json.dumps({**json.loads(to_json(STATE)), **values})


def test_json_and_back() -> None:
    again = from_json(to_json(STATE), "m")
    assert to_json(again) == to_json(STATE)
    assert (again.groups[1].centroid == -VECTOR).all()
    assert again.current(5) == 4
    assert again.current(3) == 1


def test_no_text_of_a_message_is_in_it() -> None:
    assert set(json.loads(to_json(STATE))) == {"version", "model", "next_id", "groups", "merged", "loose", "seen"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not a state"),
        ('{"a": 1}', "not a state"),
        (b"\xff\xfe", "not JSON"),
        (changed(version=2), "version 2, this program reads 1"),
        (changed(model="other"), "text model 'other'"),
        (changed(groups=[{}]), "damaged"),
        (changed(groups="x"), "damaged"),
        (changed(next_id="x"), "damaged"),
        (changed(next_id=2), "given twice or out of range"),
        (changed(merged={"4": 5}), "younger"),
        (changed(seen={"aa": 2}), "not there"),
        (changed(loose=[{"digest": "a", "vector": "AAAA"}]), "damaged"),
        (changed(loose=[{"digest": "a", "vector": "AAAAAA=="}]), "different length"),
        (changed(loose=[{"digest": "a", "vector": "not base64!"}]), "damaged"),
    ],
)
def test_another_file_is_told_apart(text: str | bytes, reason: str) -> None:
    with pytest.raises(StateUnreadable, match=reason):
        from_json(text, "m")
