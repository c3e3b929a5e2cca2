"""Temperature, plan and what is unlike: stored in the bundle, decided by the bundle."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_bundle_hostile import always, bundle

from made_plans import made_plan
from sureshot.bundle import (
    Bundle,
    Unlike,
    learned,
    looks,
    open_bundle,
    write_contents,
)
from sureshot.bundle.format import MOST_ARRAY, array_bytes, read_contents
from sureshot.errors import BundleError
from sureshot.records import Predictions, softmax, strings

DRAW = np.random.default_rng(3)
MAPS = DRAW.normal((5, 1), 0.2, (60, 3, 3, 2)).transpose(0, 3, 1, 2).astype(np.float32)
KEPT = learned(looks(MAPS), np.arange(60) % 2)  # two channels, so (2 + 4, 4)


def unlike(threshold: float = 5.0) -> Unlike:
    digest = hashlib.sha256(array_bytes(KEPT)).hexdigest()
    return Unlike(
        kind="mahalanobis", threshold=threshold, quantile=0.95, n=50, shape=(6, 4), sha256=digest
    )


def test_an_old_bundle_is_read_and_promises_nothing(tmp_path: Path) -> None:
    old = open_bundle(bundle(tmp_path / "old.shot", always([0, 1])))
    assert (old.about.schema_version, old.about.temperature, old.about.plan) == (1, 1.0, None)
    found = old.decide({"logits": np.array([[9, 0], [0, 9]], np.float32)})
    assert found.label.tolist() == [0, 1]
    assert found.decision.tolist() == ["review", "review"]


@pytest.mark.parametrize(
    ("threshold", "decisions"),
    [(0.0, "auto auto auto"), (0.9, "auto review auto"), (None, "review review review")],
)
def test_a_new_bundle_carries_its_plan_beside_the_old_one(
    threshold: float | None, decisions: str, tmp_path: Path
) -> None:
    path = bundle(tmp_path / "old.shot", always([0, 1]))
    before = path.read_bytes()
    write_contents(tmp_path / "new.shot", open_bundle(path).with_(plan=made_plan(threshold)))
    new = open_bundle(tmp_path / "new.shot")
    assert new.about.plan == made_plan(threshold)
    assert new.about.schema_version == 2
    logits = np.array([[5, 0], [0.5, 0], [0, 5]], np.float32)
    found = new.decide({"logits": logits})
    assert found.decision.tolist() == decisions.split()
    np.testing.assert_array_equal(found.probability, softmax(logits).max(axis=1))
    assert path.read_bytes() == before


def test_a_temperature_changes_probabilities_and_takes_the_plan_away(tmp_path: Path) -> None:
    path = bundle(tmp_path / "old.shot", always([0, 1]))
    planned = open_bundle(path).with_(plan=made_plan(0.7))
    write_contents(tmp_path / "planned.shot", planned)
    write_contents(
        tmp_path / "cool.shot", open_bundle(tmp_path / "planned.shot").with_(temperature=2.0)
    )
    cool = open_bundle(tmp_path / "cool.shot")
    assert (cool.about.temperature, cool.about.plan) == (2.0, None)
    pixels = np.zeros((1, 8, 8, 1), np.uint8)
    wanted = 1 / (1 + np.exp(-0.5))  # logits 0 and 1 at temperature 2
    np.testing.assert_allclose(cool.probabilities(pixels), [[1 - wanted, wanted]])
    np.testing.assert_array_equal(cool.logits(pixels), [[0, 1]])


def test_what_is_far_from_the_training_images_is_unlike(tmp_path: Path) -> None:
    old = open_bundle(bundle(tmp_path / "old.shot", always([0, 1])))
    contents = old.with_(unlike=unlike(), plan=made_plan(0.6), kept=KEPT)
    write_contents(tmp_path / "new.shot", contents)
    kept = read_contents(tmp_path / "new.shot").kept
    np.testing.assert_array_equal(kept, KEPT)
    opened = Bundle(contents, old.session, "new.shot")  # whose network has no map
    logits = np.array([[5, 0], [5, 0], [5, 0], [0, 0.1]], np.float32)
    strange = np.stack([MAPS[0], MAPS[1, ::-1], np.full_like(MAPS[0], np.nan), MAPS[2]])
    found = opened.decide({"logits": logits, "feature_map": strange})
    assert found.decision.tolist() == ["auto", "unlike", "unlike", "review"]


def test_a_network_that_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    old = open_bundle(bundle(tmp_path / "old.shot", always([0, 1])))
    write_contents(tmp_path / "new.shot", old.with_(unlike=unlike(), kept=KEPT))
    with pytest.raises(BundleError, match="the network must give feature_map for this"):
        open_bundle(tmp_path / "new.shot")


def test_no_array_is_written_that_no_reader_would_take(tmp_path: Path) -> None:
    old = open_bundle(bundle(tmp_path / "old.shot", always([0, 1])))
    large = np.broadcast_to(np.float32(0), (MOST_ARRAY // 4 + 1, 1))
    with pytest.raises(BundleError, match=r"unlike.f32 may have at most 50.0 MB"):
        write_contents(tmp_path / "new.shot", old.with_(unlike=unlike(), kept=large))
    assert not (tmp_path / "new.shot").exists()


def test_the_same_contents_give_the_same_bytes_and_no_more_members(tmp_path: Path) -> None:
    path = bundle(tmp_path / "old.shot", always([0, 1]))
    for name in ("a.shot", "b.shot"):
        contents = open_bundle(path).with_(unlike=unlike(), kept=KEPT)
        write_contents(tmp_path / name, contents)
    assert (tmp_path / "a.shot").read_bytes() == (tmp_path / "b.shot").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.shot") as archive:
        assert archive.namelist() == ["bundle.json", "model.onnx", "unlike.f32"]
        assert json.loads(archive.read("bundle.json"))["schema_version"] == 2


def table(temperature: float, **changes: Any) -> Predictions:
    logits = np.array([[2, 0, 1], [0, 3, 1], [np.nan] * 3], np.float32)
    return Predictions(
        ("a", "b", "c"),
        strings(["x", "y", "z"]),
        np.array([0, 1, 2]),
        logits,
        strings(["", "", "broken: it is"]),
        temperature,
        **changes,
    )


def test_predictions_remember_what_was_unlike(tmp_path: Path) -> None:
    known = table(1.0, unlike=np.array([True, False, False]))
    known.save(tmp_path / "x.parquet")
    again = Predictions.load(tmp_path / "x.parquet")
    for derived, wanted in (
        (again, [True, False, False]),
        (again.take(np.array([1, 0])), [False, True]),
        (Predictions.concatenate([again.scored(), again]), [True, False, True, False, False]),
    ):
        assert derived.unlike is not None
        assert derived.unlike.tolist() == wanted
    table(1.0).save(tmp_path / "y.parquet")
    assert Predictions.load(tmp_path / "y.parquet").unlike is None


def test_predictions_keep_raw_logits_and_their_temperature(tmp_path: Path) -> None:
    warm = table(2.5)
    warm.save(tmp_path / "x.parquet")
    again = Predictions.load(tmp_path / "x.parquet")
    assert again.temperature == 2.5
    np.testing.assert_array_equal(again.logits, warm.logits)
    np.testing.assert_array_equal(again.probabilities(), softmax(warm.logits, 2.5))
    np.testing.assert_allclose(again.settled().probabilities(), again.probabilities(), atol=1e-7)
    for derived in (again.take(np.array([1])), again.scored(), Predictions.concatenate([again])):
        assert derived.temperature == 2.5
    assert again.top().tolist() == table(1.0).top().tolist()


def test_predictions_that_are_older_than_temperatures_are_read(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    table(1.0).save(tmp_path / "x.parquet")
    stored = pq.read_table(tmp_path / "x.parquet")
    old = stored.replace_schema_metadata({"sureshot": json.dumps({"classes": ["a", "b", "c"]})})
    pq.write_table(old, tmp_path / "old.parquet")
    assert Predictions.load(tmp_path / "old.parquet").temperature == 1.0
