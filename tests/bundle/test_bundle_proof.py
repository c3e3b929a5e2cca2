"""A bundle proves itself when opened; whatever is changed in it, it is refused with a sentence."""

import hashlib
import io
import json
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import sureshot
from shapes import write_shapes
from sureshot.bundle import Session, open_bundle
from sureshot.errors import BundleError
from sureshot.progress import Silent
from sureshot.runs import Run

Members = dict[str, bytes]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("bundle")
    return sureshot.train(
        write_shapes(folder / "shapes", each=40),
        settings={"epochs": 1, "batch": 8},
        name="a",
        runs=folder,
        progress=Silent(),
    )


def members(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, parts: Members, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def about(parts: Members, **changes: object) -> Members:
    told = json.loads(parts["bundle.json"]) | changes
    return {**parts, "bundle.json": json.dumps(told).encode()}


def with_graph(parts: Members, graph: bytes) -> Members:
    changed = about(parts, graph_sha256=hashlib.sha256(graph).hexdigest())
    return {**changed, "model.onnx": graph}


def other_probabilities(parts: Members) -> Members:
    references = json.loads(parts["bundle.json"])["references"]
    references[3]["probabilities"][0] += 0.002
    return about(parts, references=references)


def other_fit(parts: Members) -> Members:
    settings = json.loads(parts["bundle.json"])["preprocessing"]
    return about(parts, preprocessing={**settings, "fit": "crop"})


def other_size(parts: Members) -> Members:
    settings = json.loads(parts["bundle.json"])["preprocessing"]
    return about(parts, preprocessing={**settings, "size": 48})


def another_preprocessing(**changes: object) -> Callable[[Members], Members]:
    def change(parts: Members) -> Members:
        settings = json.loads(parts["bundle.json"])["preprocessing"]
        return about(parts, preprocessing=settings | changes)

    return change


def nested(depth: int) -> Callable[[Members], Members]:
    return lambda parts: {**parts, "bundle.json": b'{"classes":' + b"[" * depth + b"]" * depth}


def other_weights(parts: Members) -> Members:
    import onnx
    from onnx import numpy_helper

    model = onnx.load_from_string(parts["model.onnx"])
    tensor = next(t for t in model.graph.initializer if t.name == "head.weight")
    moved = numpy_helper.to_array(tensor) * np.float32(1.5)
    tensor.CopyFrom(numpy_helper.from_array(moved, "head.weight"))
    return with_graph(parts, model.SerializeToString())


def outside_weights(parts: Members) -> Members:
    import onnx

    model = onnx.load_from_string(parts["model.onnx"])
    tensor = model.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.ClearField("raw_data")
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"
    return with_graph(parts, model.SerializeToString())


def flipped(name: str) -> Callable[[Members], Members]:
    def change(parts: Members) -> Members:
        content = bytearray(parts[name])
        content[len(content) // 2] ^= 1
        return {**parts, name: bytes(content)}

    return change


def without(name: str) -> Callable[[Members], Members]:
    return lambda parts: {k: v for k, v in parts.items() if k != name}


PLAN = {
    "kind": "threshold",
    "max_error": 0.02,
    "confidence": 0.95,
    "threshold": 0.9,
    "automated": 0.5,
    "wrong": 0,
    "n": 300,
    "method": "",
    "rows": "",
    "per_class": [],
}
UNLIKE = {
    "kind": "mahalanobis",
    "threshold": 0.5,
    "quantile": 0.99,
    "n": 100,
    "shape": [3, 2],
    "sha256": hashlib.sha256(bytes(24)).hexdigest(),
}

CHANGES: dict[str, tuple[Callable[[Members], Members], str]] = {
    "a flipped bit in the network": (flipped("model.onnx"), "damaged: model.onnx is not what"),
    "a flipped bit in an image": (flipped("references/03.png"), "damaged: references/03.png"),
    "no network": (without("model.onnx"), "holds no model.onnx|exactly the files"),
    "no description": (without("bundle.json"), "not a Sureshot model: it holds no bundle.json"),
    "one image less": (without("references/03.png"), "must hold exactly the files"),
    "one file more": (lambda p: {**p, "setup.py": b"x"}, "must hold exactly the files"),
    "a file outside": (lambda p: {**p, "../x": b"x"}, "must hold exactly the files"),
    "a later schema": (lambda p: about(p, schema_version=3), "schema_version.*got 3"),
    "a temperature of nothing": (lambda p: about(p, temperature=0.0), "temperature.*got 0"),
    "another temperature": (lambda p: about(p, temperature=3.0), "does not prove itself here"),
    "a plan without classes": (lambda p: about(p, plan=PLAN), "something of each class"),
    "a threshold above 1": (lambda p: about(p, plan=PLAN | {"threshold": 1.01}), "plan.threshold"),
    "a promise of no number": (lambda p: about(p, plan=PLAN | {"max_error": "2%"}), "max_error"),
    "an array that is not there": (lambda p: about(p, unlike=UNLIKE), "must hold exactly"),
    "another array": (
        lambda p: {**about(p, unlike=UNLIKE), "unlike.f32": b"1234"},
        "damaged: unlike.f32",
    ),
    "an array of another shape": (
        lambda p: {**about(p, unlike=UNLIKE | {"shape": [4, 2]}), "unlike.f32": bytes(24)},
        r"not of the shape \(4, 2\)",
    ),
    "an array of no numbers": (
        lambda p: {
            **about(p, unlike=UNLIKE | {"sha256": hashlib.sha256(b"\xff" * 24).hexdigest()}),
            "unlike.f32": b"\xff" * 24,
        },
        "no finite number",
    ),
    "an array without a class": (
        lambda p: {**about(p, unlike=UNLIKE | {"shape": [2, 2]}), "unlike.f32": bytes(16)},
        "compare with one class",
    ),
    "an array for another network": (
        lambda p: {**about(p, unlike=UNLIKE), "unlike.f32": bytes(24)},
        "channels to compare images by, its unlike.f32 of shape \\(3, 2\\) is",
    ),
    "an array nobody asked for": (lambda p: {**p, "unlike.f32": b"x"}, "must hold exactly"),
    "an unknown key": (lambda p: about(p, run_me="x"), "run_me"),
    "no classes": (lambda p: about(p, classes=[]), "classes"),
    "a class too many": (
        lambda p: about(p, classes=["bar", "disc", "ring"]),
        "gives 2 logits, its classes are 3",
    ),
    "a class twice": (lambda p: about(p, classes=["bar", "bar"]), "a name of its own"),
    "a class without a name": (lambda p: about(p, classes=["bar", ""]), "classes.1.*at least 1"),
    "a size of nothing": (another_preprocessing(size=0), "size must be between 8 and 1024"),
    "a size of a million": (another_preprocessing(size=1_000_000), "size must be between 8 and"),
    "a name of two lines": (lambda p: about(p, **{"run\nme": "x"}), r"run\\nme"),
    "deep nesting": (nested(190), "bundle.json is not one"),
    "deeper nesting": (nested(3_000_000), "bundle.json is not one"),
    "a million values": (lambda p: about(p, classes=[1] * 1_000_000), "at most 250,000 values"),
    "many mistakes": (lambda p: about(p, classes=[1] * 100_000), "100,001 mistakes"),
    "an import path": (lambda p: about(p, network=["os", "system"]), "network"),
    "other probabilities": (other_probabilities, r"does not prove itself here: references/03.png"),
    "another fit": (other_fit, "does not prove itself here"),
    "another size": (other_size, "the network takes"),
    "other weights": (other_weights, "does not prove itself here"),
    "weights outside": (outside_weights, "must hold its own weights"),
    "no graph at all": (lambda p: with_graph(p, b"hello"), "no graph that ONNX Runtime can run"),
    "a reference that is no image": (
        lambda p: {
            **about(
                p,
                references=[
                    {
                        "file": "references/00.png",
                        "sha256": hashlib.sha256(b"x").hexdigest(),
                        "probabilities": [0.5, 0.5],
                    }
                ],
            ),
            "references/00.png": b"x",
        },
        "must hold exactly|cannot be read",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_bundle_is_refused(name: str, run: Run, tmp_path: Path) -> None:
    change, sentence = CHANGES[name]
    path = packed(tmp_path / "changed.shot", change(members(run.model_path)))
    with pytest.raises(BundleError, match=sentence) as raised:
        open_bundle(path)
    assert len(str(raised.value).splitlines()) == 1


def test_an_unchanged_copy_is_accepted(run: Run, tmp_path: Path) -> None:
    path = packed(tmp_path / "copy.shot", members(run.model_path))
    assert open_bundle(path).classes == ("bar", "disc")


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"\x80\x04", pickle.dumps({"a": 1}), b"<html>404</html>" * 99]
)
def test_what_is_no_bundle_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.shot"
    path.write_bytes(content)
    with pytest.raises(BundleError, match="not a whole Sureshot model"):
        open_bundle(path)


def test_a_bundle_cut_anywhere_is_refused(run: Run, tmp_path: Path) -> None:
    whole = run.model_path.read_bytes()
    path = tmp_path / "cut.shot"
    for share in (0.01, 0.3, 0.6, 0.9, 0.999):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(BundleError):
            open_bundle(path)


def test_compression_is_refused_so_that_nothing_can_explode(run: Run, tmp_path: Path) -> None:
    path = packed(tmp_path / "x.shot", members(run.model_path), zipfile.ZIP_DEFLATED)
    with pytest.raises(BundleError, match="must be stored without compression"):
        open_bundle(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is no model file"):
        open_bundle(tmp_path / "none.shot")


def test_the_same_run_writes_the_same_bytes_without_paths_or_times(run: Run) -> None:
    content = run.model_path.read_bytes()
    for word in (str(run.folder), "/home/", "site-packages", ".py", "stack_trace"):
        assert word.encode() not in content, word


@pytest.mark.parametrize("kind", ["synthetic", "none"])
def test_private_pictures_stay_out(kind: str, run: Run, tmp_path: Path) -> None:
    private = sureshot.train(
        run.index.root,
        settings={"epochs": 1, "batch": 8, "references": kind},
        name=kind,
        runs=tmp_path,
        progress=Silent(),
    )
    bundle = open_bundle(private.model_path)
    assert len(bundle.about.references) == (16 if kind == "synthetic" else 0)
    contents = {p.read_bytes() for p in run.index.root.rglob("*.png")}
    assert not contents & set(members(private.model_path).values())
    assert len(contents & set(members(run.model_path).values())) == len(
        open_bundle(run.model_path).about.references
    )


def test_large_references_are_carried_small(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    for label in ("a", "b"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(8):
            noise = draw.integers(0, 256, (700, 900, 3), np.uint8)
            Image.fromarray(noise).save(tmp_path / "data" / label / f"{number}.png")
    run = sureshot.train(
        tmp_path / "data",
        settings={"epochs": 1, "image.size": 16},
        name="a",
        runs=tmp_path,
        progress=Silent(),
    )
    images = [c for name, c in members(run.model_path).items() if name.startswith("references/")]
    assert images
    assert max(map(len, images)) < 400_000
    assert max(Image.open(io.BytesIO(content)).size[0] for content in images) == 512


def test_features_and_feature_map_come_with_the_logits(run: Run) -> None:
    session = Session(members(run.model_path)["model.onnx"])
    outputs = session.outputs(np.zeros((3, *session.pixel_shape), np.uint8))
    assert {name: array.shape for name, array in outputs.items()} == {
        "logits": (3, 2),
        "features": (3, 256),
        "feature_map": (3, 256, 2, 2),
    }


def test_predicting_never_imports_torch(run: Run, tmp_path: Path) -> None:
    code = (
        "import sys, sureshot; from sureshot import Silent; "
        f"sureshot.predict({str(run.folder)!r}, {str(run.index.root)!r}, progress=Silent()); "
        f"sureshot.predict_to({str(tmp_path / 'p.parquet')!r}, {str(run.model_path)!r}, "
        f"{str(run.index.root)!r}, progress=Silent()); "
        f"sureshot.evaluate({str(run.model_path)!r}, {str(run.index.root)!r}, progress=Silent()); "
        f"sureshot.check({str(run.folder)!r}); "
        "print([m for m in ('torch', 'onnx', 'safetensors') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
