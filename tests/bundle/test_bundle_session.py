"""Answers depend neither on the other images, nor on threads, nor on what cannot be read."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

import corpus
from sureshot.bundle import Bundle, Session, gather, open_bundle, write_bundle
from sureshot.bundle.classifier import ROWS
from sureshot.containers import Item
from sureshot.data import Source, list_source, scan, settle_splits
from sureshot.progress import Silent
from sureshot.recipe import assemble
from sureshot.records import Predictions

SIDE, WIDTH, CLASSES = 32, 24, 3


def convolutional(height: int = SIDE, width: int = SIDE) -> bytes:
    """Convolution, ReLU, mean and a dense layer, of random weights: sums of many terms each."""
    draw = np.random.default_rng(0)
    weights = {
        "kernel": draw.normal(0, 0.05, (WIDTH, 3, 3, 3)),
        "dense": draw.normal(0, 1, (WIDTH, CLASSES)),
    }
    constants = [numpy_helper.from_array(w.astype(np.float32), n) for n, w in weights.items()]
    constants.append(helper.make_tensor("axes", TensorProto.INT64, [2], [2, 3]))
    nodes = [
        helper.make_node("Cast", ["pixels"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["numbers"], ["turned"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["turned", "kernel"], ["maps"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["maps"], ["lit"]),
        helper.make_node("ReduceMean", ["lit", "axes"], ["mean"], keepdims=0),
        helper.make_node("MatMul", ["mean", "dense"], ["logits"]),
    ]
    shape = ["batch", height, width, 3]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CLASSES])],
        constants,
    )
    opsets = [helper.make_opsetid("", 18)]
    model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9)
    return bytes(model.SerializeToString())


def noise(n: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (n, SIDE, SIDE, 3), np.uint8)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A bundle of the network above, proved by six photographs of three classes."""
    for number, pixels in enumerate(noise(6)):
        path = tmp_path / "data" / "abc"[number % 3] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    recipe = assemble("linear", settings={"image.size": SIDE, "image.channels": 3})
    listed = scan(list_source(Source(tmp_path / "data")), recipe.image, Silent())
    index = settle_splits(listed, recipe.seed)
    images = gather(index, recipe.image.settled(), "images")
    write_bundle(tmp_path / "x.shot", Session(convolutional()), recipe, index, images)
    return open_bundle(tmp_path / "x.shot")


@pytest.mark.parametrize(
    ("height", "width", "batch"), [(28, 28, 64), (32, 32, 64), (128, 128, 4), (256, 320, 1)]
)
def test_a_call_holds_as_many_images_as_stay_in_the_cache(
    height: int, width: int, batch: int
) -> None:
    assert Session(convolutional(height, width)).batch == batch


@pytest.mark.parametrize("processors", [1, 2, 5])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 64, 65, 200])
def test_an_answer_has_the_same_bits_in_every_company(
    n: int, processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("sureshot.bundle.session", "sureshot.parallel"):
        monkeypatch.setattr(f"{module}.threads", lambda: processors)
    session, pixels = Session(convolutional()), noise(n)
    alone = [session.logits_of_batch(pixels[row : row + 1]) for row in range(n)]
    found = session.logits(pixels)
    assert found.shape == (n, CLASSES)
    assert [row.tobytes() for row in found] == [row.tobytes() for row in alone]


def files(folder: Path, n: int, broken: set[int]) -> list[Path]:
    """PNGs of noise, some of them cut short."""
    paths = [folder / f"{number}.png" for number in range(n)]
    for number, (path, pixels) in enumerate(zip(paths, noise(n), strict=True)):
        content = corpus.encode(pixels, "PNG")
        path.write_bytes(content[:60] if number in broken else content)
    return paths


@pytest.mark.parametrize(
    "broken",
    [set(), {0, 1, 70}, set(range(64, 128)), set(range(150))],
    ids=["none", "a few", "a whole call", "all"],
)
def test_a_stream_keeps_order_and_rows_beside_broken_images(
    broken: set[int], bundle: Bundle, tmp_path: Path
) -> None:
    paths = files(tmp_path, 150, broken)
    parts = list(bundle.stream(Item.of_file(path) for path in paths))
    assert [len(part) for part in parts] == [ROWS, ROWS, 150 - 2 * ROWS]
    table = Predictions.concatenate(parts)
    assert list(table.id) == [str(path) for path in paths]
    assert set(np.flatnonzero(~table.readable)) == broken
    assert np.isnan(table.logits[~table.readable]).all()
    wanted = bundle.logits(noise(150)[table.readable])
    np.testing.assert_array_equal(table.logits[table.readable], wanted)


def test_a_stream_reads_only_so_far_ahead(bundle: Bundle, tmp_path: Path) -> None:
    (path,) = files(tmp_path, 1, set())
    taken = count()

    def endless() -> Iterator[Item]:
        while True:
            next(taken)
            yield Item.of_file(path)

    stream = bundle.stream(endless())
    tables = [len(next(stream)) for _ in range(3)]
    stream.close()  # type: ignore[attr-defined]
    assert tables == [ROWS] * 3
    assert next(taken) < 20_000
