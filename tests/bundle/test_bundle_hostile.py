"""Files that were made to hang, to explode or to read elsewhere: refused soon, with a sentence."""

import json
import os
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from sureshot.bundle import Session, open_bundle, open_hashed, session
from sureshot.bundle.format import END, MOST_FILE, read_contents
from sureshot.errors import BundleError

Shape = Sequence[int | str | None] | None
PIXELS: Shape = ("batch", 8, 8, 1)
LOGITS: Shape = ("batch", 2)


def network(
    nodes: Sequence[onnx.NodeProto],
    constants: Sequence[onnx.TensorProto] = (),
    pixels: Shape = PIXELS,
    logits: Shape = LOGITS,
    kind: int = TensorProto.FLOAT,
) -> bytes:
    """A graph of the given nodes, between the declared pixels and logits."""
    graph = helper.make_graph(
        nodes,
        "hostile",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, pixels)],
        [helper.make_tensor_value_info("logits", kind, logits)],
        constants,
    )
    opsets = [helper.make_opsetid("", 18)]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString())


def numbers(name: str, values: Sequence[int]) -> onnx.TensorProto:
    return helper.make_tensor(name, TensorProto.INT64, [len(values)], values)


def reshaping(
    *shape: int, values: Sequence[float] = (), kind: int = TensorProto.FLOAT, **declared: Any
) -> bytes:
    """Pixels, or fixed values, in a shape that nobody can know before it runs."""
    nodes = [
        helper.make_node("Cast", ["pixels"], ["cast"], to=kind),
        helper.make_node("Cast", ["pixels"], ["whole"], to=TensorProto.INT64),
        helper.make_node("ReduceMax", ["whole"], ["most"], keepdims=0),
        helper.make_node("Mul", ["most", "zero"], ["nothing"]),
        helper.make_node("Add", ["shape", "nothing"], ["hidden"]),
        helper.make_node("Reshape", ["values" if len(values) else "cast", "hidden"], ["logits"]),
    ]
    constants = [
        numbers("shape", shape),
        numbers("zero", [0]),
        helper.make_tensor("values", TensorProto.FLOAT, [len(values)], values),
    ]
    return network(nodes, constants, kind=kind, **declared)


def always(values: Sequence[float]) -> bytes:
    """The same logits for one image, whatever the pixels and however many."""
    return reshaping(1, -1, values=values)


def bundle(path: Path, graph: bytes, **changes: object) -> Path:
    """A bundle without references around a graph; its hashes agree."""
    told = {
        "schema_version": 1,
        "sureshot": "0",
        "network": "linear",
        "classes": ["a", "b"],
        "preprocessing": {
            "max_megapixels": 64,
            "max_megabytes": 32,
            "also": [],
            "size": 8,
            "channels": 1,
            "fit": "squash",
            "background": "white",
        },
        "recipe": "",
        "data_fingerprint": "",
        "graph_sha256": sha256(graph).hexdigest(),
        "reference_kind": "none",
        "references": [],
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bundle.json", json.dumps(told | changes))
        archive.writestr("model.onnx", graph)
    return path


# --- files outside --------------------------------------------------------------------------------


def outside(location: str) -> bytes:
    """A graph whose weights lie in a file, the key's length written in two bytes for one."""
    weights = helper.make_tensor("weights", TensorProto.FLOAT, [64, 2], np.zeros(128))
    weights.ClearField("float_data")
    weights.data_location = TensorProto.EXTERNAL
    entry = weights.external_data.add()
    entry.key, entry.value = "location_", location
    nodes = [
        helper.make_node("Cast", ["pixels"], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["cast", "shape"], ["row"]),
        helper.make_node("MatMul", ["row", "weights"], ["logits"]),
    ]
    graph = network(nodes, [weights, numbers("shape", [-1, 64])])
    patched = graph.replace(b"\x0a\x09location_", b"\x0a\x88\x00location")
    assert patched != graph
    return patched


@pytest.fixture
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A readable file of weights, in the working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "secret.bin"
    path.write_bytes(np.arange(128, dtype=np.float32).tobytes())
    return path


@pytest.mark.parametrize("place", ["beside", "above", "absolute"])
@pytest.mark.parametrize("searched", [True, False])
def test_weights_outside_are_refused_however_they_are_spelled(
    place: str, searched: bool, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spelled = {"beside": secret.name, "above": f"{'../' * 9}{secret}", "absolute": str(secret)}
    sentence = "must hold its own weights"
    if not searched:  # then ONNX Runtime itself must refuse
        monkeypatch.setattr(session, "_names_a_file", lambda graph: False)
        sentence = "External data path"
    with pytest.raises(BundleError, match=sentence):
        Session(outside(spelled[place]))


def tensor_outside(name: str = "") -> onnx.TensorProto:
    """A number that lies in a file."""
    tensor = helper.make_tensor(name, TensorProto.FLOAT, [1], [0])
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "secret.bin"
    return tensor


def nested(place: str) -> bytes:
    """A graph with weights outside in one of the places that a tensor can have."""
    made, tensor = onnx.load_from_string(always([0, 1])), tensor_outside("weights")
    constant = helper.make_node("Constant", [], ["weights"], value=tensor)
    sparse = helper.make_sparse_tensor(tensor, numbers("indices", [0]), [9])
    inner = helper.make_graph([], "inner", [], [], [tensor])
    around = helper.make_graph([helper.make_node("If", ["a"], [], then_branch=inner)], "a", [], [])
    opsets = [helper.make_opsetid("", 18)]
    match place:
        case "initializer":
            made.graph.initializer.append(tensor)
        case "sparse initializer":
            made.graph.sparse_initializer.append(sparse)
        case "constant":
            made.graph.node.append(constant)
        case "constants":
            made.graph.node.append(helper.make_node("Constant", [], ["b"], values=[tensor]))
        case "sparse constant":
            made.graph.node.append(helper.make_node("Constant", [], ["b"], sparse_value=sparse))
        case "branch":
            made.graph.node.append(helper.make_node("If", ["a"], ["b"], then_branch=inner))
        case "branch of a loop":
            made.graph.node.append(helper.make_node("Loop", ["a"], ["b"], body=around))
        case "function":
            told = helper.make_function("own", "f", [], ["weights"], [constant], opsets)
            made.functions.append(told)
    return bytes(made.SerializeToString())


PLACES = ("initializer", "sparse initializer", "constant", "constants", "sparse constant")
ENTRY = b"\x0a\x08location"


@pytest.mark.parametrize("place", [*PLACES, "branch", "branch of a loop", "function"])
def test_weights_outside_are_found_wherever_they_lie(place: str) -> None:
    with pytest.raises(BundleError, match="must hold its own weights"):
        Session(nested(place))


@pytest.mark.parametrize(
    "spelled",
    [
        b"\x0a\x88\x80\x00location",
        b"\x0a\x88\x80\x80\x80\x80\x80\x80\x80\x80\x00location",
        b"\x0a\x88\x80\x80\x80\x10location",  # bits that a reader of 32 may drop
        b"\x8a\x00\x08location",
    ],
)
def test_weights_outside_are_found_in_any_spelling_and_in_what_is_no_protobuf(
    spelled: bytes,
) -> None:
    graph = nested("constant")
    assert graph.count(ENTRY) == 1
    for content in (graph.replace(ENTRY, spelled), graph[: graph.index(ENTRY)] + spelled):
        with pytest.raises(BundleError, match="must hold its own weights"):
            Session(content)


@pytest.mark.parametrize("name", ["head.location", "allocation", "location_embedding"])
def test_weights_may_be_called_after_a_location(name: str) -> None:
    made = onnx.load_from_string(always([0, 1]))
    values = next(tensor for tensor in made.graph.initializer if tensor.name == "values")
    values.name = made.graph.node[-1].input[0] = name
    pixels = np.zeros((1, *PIXELS[1:]), np.uint8)  # type: ignore[index, misc]
    assert Session(made.SerializeToString()).logits(pixels).tolist() == [[0, 1]]


def test_only_onnx_is_read_as_a_network(tmp_path: Path) -> None:
    """ONNX Runtime's own format is checked by far less, and is not what a bundle holds."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "model.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(always([0, 0]), options)
    onnxruntime.InferenceSession((tmp_path / "model.ort").read_bytes())
    with pytest.raises(BundleError, match="no graph that ONNX Runtime can run"):
        Session((tmp_path / "model.ort").read_bytes())


# --- networks -------------------------------------------------------------------------------------

NETWORKS: dict[str, tuple[bytes, str]] = {
    "pixels of three axes": (reshaping(-1, 2, pixels=("batch", 8, 8)), "must take uint8 'pixels'"),
    "pixels of no stated axes": (reshaping(-1, 2, pixels=None), "must take uint8 'pixels'"),
    "one image at a time": (reshaping(1, -1, pixels=(1, 2, 1, 1)), "must take uint8 'pixels'"),
    "any height": (reshaping(-1, 2, pixels=("batch", "h", 8, 1)), "must take uint8 'pixels'"),
    "any number of classes": (reshaping(-1, 64, logits=("batch", "k")), "float 'logits'"),
    "logits of one axis": (reshaping(-1, logits=("batch",)), "float 'logits'"),
    "logits of another type": (reshaping(-1, 2, kind=TensorProto.INT64), "float 'logits'"),
    "another size": (reshaping(-1, 2, pixels=("batch", 9, 9, 1)), "the network takes"),
    "another number of classes": (reshaping(-1, 64, logits=("batch", 64)), "gives 64 logits"),
    "more logits than declared": (reshaping(-1, 64), r"of shape \(1, 2\) .* gives \(1, 64\)"),
    "logits for more images": (reshaping(-1, 2), r"of shape \(1, 2\) .* gives \(32, 2\)"),
    "a failure while running": (reshaping(-1, 7), "cannot be run on pixels"),
    "no finite logits": (always([np.nan, 0]), "no finite numbers"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_that_is_no_classifier_is_refused(name: str, tmp_path: Path) -> None:
    graph, sentence = NETWORKS[name]
    path = bundle(tmp_path / "x.shot", graph)
    with pytest.raises(BundleError, match=sentence) as raised:
        open_bundle(path)
    assert len(str(raised.value).splitlines()) == 1
    assert len(str(raised.value)) < 1_000


def test_a_network_that_fails_on_larger_batches_is_said_while_predicting(tmp_path: Path) -> None:
    opened = open_bundle(bundle(tmp_path / "x.shot", always([0, 1])))
    with pytest.raises(BundleError, match=r"of shape \(5, 2\) for 5 images, but gives \(1, 2\)"):
        opened.session.logits_of_batch(np.zeros((5, 8, 8, 1), np.uint8))
    with pytest.raises(BundleError, match="cannot be run on pixels"):
        opened.logits(np.zeros((1, 9, 9, 1), np.uint8))
    assert opened.logits(np.zeros((0, 8, 8, 1), np.uint8)).shape == (0, 2)


def test_opening_takes_less_than_a_tenth_of_a_second(tmp_path: Path) -> None:
    path = bundle(tmp_path / "x.shot", always([0, 1]))
    open_bundle(path)  # imports ONNX Runtime
    started = time.perf_counter()
    open_bundle(path)
    assert time.perf_counter() - started < 0.1


# --- files ----------------------------------------------------------------------------------------


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.shot")
    (tmp_path / "device.shot").symlink_to("/dev/zero")
    (tmp_path / "folder.shot").mkdir()
    for path in tmp_path.iterdir():
        with pytest.raises(BundleError, match="must be a file"):
            open_bundle(path)
    with pytest.raises(BundleError):
        open_bundle(tmp_path / "n\0ul.shot")


def with_comment(content: bytes) -> bytes:
    return content[:-2] + b"\1\0x"


def with_zip64(content: bytes) -> bytes:
    """The same archive, its end written as for giants."""
    entries, size, offset = struct.unpack("<HLL", content[-12:-2])
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, size, offset)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(content) - 22, 1)
    return content[:-22] + record + locator + content[-22:]


def with_bad_name(content: bytes) -> bytes:
    """`model.onnx` under a name that says UTF-8 and is none."""
    at = content.rindex(b"PK\1\2")
    flagged = content[: at + 8] + b"\0\x08" + content[at + 10 :]
    return flagged[: at + 46] + b"\xff" + flagged[at + 47 :]


@pytest.mark.parametrize("change", [with_comment, with_zip64, with_bad_name])
def test_an_odd_archive_is_refused(change: Any, tmp_path: Path) -> None:
    path = bundle(tmp_path / "x.shot", always([0, 1]))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(BundleError, match="is not a whole Sureshot model"):
        open_bundle(path)


def test_a_directory_of_many_files_is_refused_unread(tmp_path: Path) -> None:
    directory = (b"PK\1\2" + bytes(42)) * 300_000
    for entries in (300_000 & 0xFFFF, 2):  # the number that is told may lie
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, entries, entries, len(directory), 0, 0)
        (tmp_path / "x.shot").write_bytes(directory + end)
        tracemalloc.start()
        started = time.perf_counter()
        with pytest.raises(BundleError, match="at most 67 files"):
            open_bundle(tmp_path / "x.shot")
        assert time.perf_counter() - started < 0.1
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
        tracemalloc.stop()


@pytest.mark.parametrize("ended", [True, False])
def test_a_large_file_of_something_else_is_refused_unread(ended: bool, tmp_path: Path) -> None:
    path, size = tmp_path / "film.mkv", MOST_FILE + 1 if ended else 300_000_000
    with path.open("wb") as file:
        file.truncate(size - (END.size if ended else 0))  # a hole, that takes no room
        file.seek(0, os.SEEK_END)
        file.write(END.pack(b"PK\5\6", 0, 0, 0, 0, 0, 0, 0) if ended else b"")
    tracemalloc.start()
    with pytest.raises(BundleError, match="may have at most 2.3 GB" if ended else "no plain end"):
        open_hashed(path)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_whatever_bytes_change_an_archive_is_read_or_refused(tmp_path: Path) -> None:
    path = bundle(tmp_path / "x.shot", always([0, 1]))
    whole = path.read_bytes()
    heads = [at for at in range(len(whole)) if whole[at : at + 2] == b"PK"]
    draw = np.random.default_rng(7)
    for _ in range(400):
        content = bytearray(whole)
        for _ in range(draw.integers(1, 4)):
            content[draw.choice(heads) + draw.integers(0, 48) - len(content)] = draw.integers(256)
        path.write_bytes(content)
        try:
            read_contents(path)
        except BundleError as error:
            assert len(str(error).splitlines()) == 1
