"""What a bundle carries as proof: any readable image, and only the files that were indexed."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

import corpus
from made_plans import made_plan
from sureshot.bundle import (
    Session,
    gather,
    open_bundle,
    read_contents,
    write_bundle,
    write_contents,
)
from sureshot.bundle.references import ENDINGS, ending
from sureshot.errors import BundleError, DataError, UnreadableImage, UsageError
from sureshot.recipe import Recipe, assemble
from sureshot.records import ALONE, Index, strings


def mean_network(size: int, classes: int = 2) -> bytes:
    """Logits out of the mean pixel: the smallest network that sees its input."""
    shape = ["batch", size, size, 3]
    nodes = [
        helper.make_node("Cast", ["pixels"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["numbers", "axes"], ["mean"], keepdims=0),
        helper.make_node("Reshape", ["mean", "column"], ["means"]),
        helper.make_node("Mul", ["means", "slopes"], ["logits"]),
    ]
    slopes = np.linspace(0.01, -0.01, classes)
    constants = [
        helper.make_tensor("axes", TensorProto.INT64, [3], [1, 2, 3]),
        helper.make_tensor("column", TensorProto.INT64, [2], [-1, 1]),
        helper.make_tensor("slopes", TensorProto.FLOAT, [1, classes], slopes),
    ]
    graph = helper.make_graph(
        nodes,
        "mean",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", classes])],
        constants,
    )
    opsets = [helper.make_opsetid("", 18)]
    return bytes(
        onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
    )


def indexed(folder: Path, names: Sequence[str]) -> Index:
    """An index of validation images of two classes in turn."""
    contents = [(folder / name).read_bytes() for name in names]
    return Index(
        root=folder,
        classes=("a", "b"),
        id=strings(list(names)),
        label=np.arange(len(names)) % 2,
        split=strings(["validation"] * len(names)),
        sha256=strings([hashlib.sha256(content).hexdigest() for content in contents]),
        bytes=np.array([len(content) for content in contents]),
        width=np.full(len(names), 64),
        height=np.full(len(names), 48),
        mode=strings(["RGB"] * len(names)),
        format=strings(["PNG"] * len(names)),
        group=np.full(len(names), ALONE),
        problem=strings([""] * len(names)),
    )


def recipe(**image: Any) -> Recipe:
    chosen = {"size": 32, "channels": 3} | image
    return assemble("linear", settings={f"image.{key}": value for key, value in chosen.items()})


def carried(folder: Path, index: Index, wanted: Recipe) -> list[bytes]:
    """Gather, write and open; the references of the bundle that proved itself."""
    images = gather(index, wanted.image.settled(), wanted.references)
    write_bundle(folder / "x.shot", Session(mean_network(32)), wanted, index, images)
    assert len(open_bundle(folder / "x.shot").about.references) == len(images)
    return images


def mpo() -> bytes:
    """What many phones write with the ending .jpg: a JPEG, and more of them behind it."""
    out = io.BytesIO()
    first, second = Image.fromarray(corpus.smooth()), Image.fromarray(corpus.smooth())
    first.save(out, "MPO", save_all=True, append_images=[second])
    assert Image.open(out).format == "MPO"
    return out.getvalue()


def test_every_odd_but_readable_image_can_be_a_reference(tmp_path: Path) -> None:
    names = list(corpus.odd(tmp_path / "odd"))
    (tmp_path / "odd" / "phone.jpg").write_bytes(mpo())
    seen = set()
    for start in range(0, len(names) + 1, 16):
        index = indexed(tmp_path / "odd", [*names, "phone.jpg"][start : start + 16])
        seen |= set(carried(tmp_path, index, recipe()))
    assert len(seen) > 60
    assert {ending(image) for image in seen} == {"jpg", "png", "webp", "bmp", "gif"}


def test_a_phone_photograph_is_carried_as_a_jpeg() -> None:
    assert ending(mpo()) == "jpg"


def test_formats_that_a_recipe_admits_can_be_references(tmp_path: Path) -> None:
    _, odd = corpus.opt_in(tmp_path / "odd")
    index = indexed(tmp_path / "odd", list(odd)[:16])
    images = carried(tmp_path, index, recipe(also=["tiff", "avif"]))
    assert {ending(image) for image in images} <= {"tif", "avif", "jpg"}


def test_every_format_has_an_ending() -> None:
    from sureshot.images.formats import ALLOWED, OPT_IN

    assert set(ENDINGS) == {*ALLOWED, *OPT_IN}


def test_a_small_file_of_many_pixels_is_carried_as_a_small_picture(tmp_path: Path) -> None:
    Image.new("RGB", (2_500, 2_000)).save(tmp_path / "a.png")
    index = indexed(tmp_path, ["a.png"])
    index.width[0], index.height[0] = 2_500, 2_000
    (image,) = carried(tmp_path, index, recipe())
    assert Image.open(io.BytesIO(image)).size == (512, 410)


def test_of_many_classes_as_many_references_are_carried_as_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(corpus.encode(corpus.smooth(), "PNG"))
    classes = tuple(f"tench {number}, Tinca tinca" for number in range(15_000))
    index = replace(indexed(tmp_path, ["a.png"]), classes=classes)
    wanted, session = recipe(), Session(mean_network(32, len(classes)))
    images = gather(index, wanted.image.settled(), "synthetic")
    write_bundle(tmp_path / "x.shot", session, wanted, index, images)
    bundle = open_bundle(tmp_path / "x.shot")
    assert len(bundle.contents.images) == 11  # with the commas 15,000 names and 5 values a class
    write_contents(tmp_path / "planned.shot", bundle.with_(plan=made_plan(0.5, len(classes))))
    assert read_contents(tmp_path / "planned.shot").about.plan is not None


@pytest.mark.parametrize(
    ("classes", "says"),
    [
        ([f"{number}" for number in range(260_000)], "at most 250,000 values, found 26"),
        (["a" * 5_000_000, "b" * 5_000_000], "bundle.json may have at most 8"),
    ],
)
def test_what_could_not_be_read_is_not_written(
    classes: list[str], says: str, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(corpus.encode(corpus.smooth(), "PNG"))
    carried(tmp_path, indexed(tmp_path, ["a.png"]), recipe())
    contents = read_contents(tmp_path / "x.shot")
    about = contents.about.model_copy(update={"classes": tuple(classes)})
    with pytest.raises(BundleError, match=says):
        write_contents(tmp_path / "many.shot", replace(contents, about=about))
    assert not (tmp_path / "many.shot").exists()


@pytest.mark.parametrize("change", ["changed", "gone"])
def test_a_file_that_is_not_as_it_was_indexed_is_said(change: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(corpus.encode(corpus.smooth(), "PNG"))
    index = indexed(tmp_path, ["a.png"])
    path.unlink()
    if change == "changed":
        path.write_bytes(corpus.encode(corpus.noisy(), "PNG"))
    with pytest.raises(DataError, match=r"a\.png .*put (it|the old file) back") as raised:
        gather(index, recipe().image.settled(), "images")
    assert not isinstance(raised.value, UnreadableImage)


def test_private_kinds_never_touch_the_files(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    index = indexed(tmp_path, ["a.png"])
    (tmp_path / "a.png").unlink()
    assert len(gather(index, recipe().image.settled(), "synthetic")) == 16
    assert gather(index, recipe().image.settled(), "none") == []


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    index = indexed(tmp_path, ["a.png"])
    with pytest.raises(UsageError, match="one of images, synthetic, none, got 'noise'"):
        gather(index, recipe().image.settled(), "noise")  # type: ignore[arg-type]
