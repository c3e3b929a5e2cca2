"""Every export answers as its bundle does, in a process that has never heard of Sureshot."""

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from made_bundles import CASES, CLASSES, TEMPERATURE, drawn_network, noise, recipe_of, write_drawn
from sureshot.bundle import Bundle, open_bundle
from sureshot.bundle.about import About
from sureshot.bundle.format import read_contents, write_contents
from sureshot.errors import BundleError, TrainingError, UsageError
from sureshot.exporting import export, rebuilt
from sureshot.exporting.proof import TOLERANCE
from sureshot.exporting.source import source_of
from sureshot.images import prepare
from sureshot.models import build
from sureshot.recipe import Recipe, assemble
from sureshot.views import views

ROOT = Path(__file__).parent.parent.parent
KERAS = ROOT / ".venv-keras"
TORCH_ALONE = """
import json, runpy, sys
from pathlib import Path
import numpy as np, torch
sys.modules["sureshot"] = None  # so that importing it fails
told = {}
for folder in map(Path, sys.argv[1:]):
    model = runpy.run_path(str(folder / "model.py"))
    network = model["load"]()
    files = sorted((folder / "files").iterdir())
    from_files = [model["probabilities"](network, model["pixels_of"](str(f)))[0] for f in files]
    pixels = torch.from_numpy(np.load(folder / "pixels.npy"))
    told[folder.name] = {
        "classes": model["CLASSES"],
        "of_files": torch.stack(from_files).tolist(),
        "of_pixels": model["probabilities"](network, pixels).tolist(),
    }
print(json.dumps(told))
"""
KERAS_WRITES = """
import sys
from pathlib import Path
sys.path.append(sys.argv[1])  # behind our own packages: Keras is looked for there
from sureshot.exporting import export
for bundle in map(Path, sys.argv[3:]):
    export(bundle, "keras", Path(sys.argv[2]) / bundle.stem)
"""
KERAS_ALONE = """
import json, sys
from pathlib import Path
import keras, numpy as np
print(json.dumps({
    folder.name: keras.saving.load_model(folder / "model.keras")
    .predict(np.load(folder / "pixels.npy"), verbose=0).tolist()
    for folder in map(Path, sys.argv[1:])
}))
"""
Told = Mapping[str, Mapping[str, object]]


def ran(python: Path | str, code: str, *words: object, **environment: str) -> str:
    """What a program prints on standard output."""
    command = [str(python), "-c", code, *map(str, words)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def pixels_for(bundle: Bundle) -> np.ndarray:
    return noise(6, bundle.preprocessing.size, bundle.preprocessing.channels)


@pytest.fixture(scope="module")
def alone(drawn: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What each exported model.py says by itself."""
    out = tmp_path_factory.mktemp("pytorch")
    for case, path in drawn.items():
        folder, bundle = export(path, "pytorch", out / case), open_bundle(path)
        np.save(folder / "pixels.npy", pixels_for(bundle))
        for reference, image in zip(bundle.about.references, bundle.contents.images, strict=True):
            place = folder / "files" / Path(reference.file).name
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(image)
    told: Told = json.loads(ran(sys.executable, TORCH_ALONE, *(out / case for case in drawn)))
    return told


@pytest.mark.parametrize("case", CASES)
def test_pytorch_alone_answers_as_the_bundle(
    case: str, drawn: dict[str, Path], alone: Told
) -> None:
    bundle, told = open_bundle(drawn[case]), alone[case]
    wanted = bundle.probabilities(pixels_for(bundle))
    assert np.ptp(wanted, axis=0).max() > 0.05  # or else it would be easy
    np.testing.assert_allclose(told["of_pixels"], wanted, rtol=0, atol=TOLERANCE)
    recorded = [reference.probabilities for reference in bundle.about.references]
    np.testing.assert_allclose(told["of_files"], recorded, rtol=0, atol=TOLERANCE)
    assert told["classes"] == list(bundle.classes)


def pictures(folder: Path) -> list[Path]:
    """Photographs as phones and programs leave them, in ten modes."""
    draw = np.random.default_rng(2)
    wide = Image.fromarray(draw.integers(0, 256, (40, 56, 3), np.uint8)).resize((560, 400))
    turned = Image.Exif()
    turned[0x0112] = 6
    wide.save(folder / "large.jpg", quality=90)
    wide.save(folder / "turned.jpg", quality=90, exif=turned)
    wide.convert("L").save(folder / "grey.jpg")
    wide.convert("CMYK").save(folder / "four_inks.jpg", quality=90)
    wide.convert("P").save(folder / "palette.png")
    wide.convert("1").save(folder / "two_shades.png")
    deep = np.asarray(wide.convert("L")).astype(np.uint16) * 257 + 77
    Image.fromarray(np.minimum(deep, 65535)).save(folder / "deep.png")
    wide.putalpha(Image.linear_gradient("L").resize(wide.size))
    wide.save(folder / "transparent.png", exif=turned)
    wide.save(folder / "transparent.webp")
    wide.convert("LA").save(folder / "transparent_grey.png")
    return sorted(folder.iterdir())


@pytest.mark.parametrize("case", ["mirrored", "normalised", "merged"])  # crop, squash and pad
def test_files_become_the_same_pixels(case: str, drawn: dict[str, Path], tmp_path: Path) -> None:
    written = runpy.run_path(str(export(drawn[case], "pytorch", tmp_path / "out") / "model.py"))
    (tmp_path / "files").mkdir()
    for path in pictures(tmp_path / "files"):
        wanted = prepare(path.read_bytes(), open_bundle(drawn[case]).preprocessing)
        found = written["pixels_of"](str(path)).numpy()[0]
        np.testing.assert_array_equal(found, wanted, path.name)


def test_safetensors_hold_the_state_dict_of_the_network(
    drawn: dict[str, Path], tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    out = export(drawn["mirrored"], "pytorch", tmp_path / "out")
    assert sorted(path.name for path in out.iterdir()) == ["model.py", "model.safetensors"]
    found, wanted = load_file(out / "model.safetensors"), drawn_network(recipe_of("mirrored"))
    assert found.keys() == wanted.state_dict().keys()
    for name, tensor in wanted.state_dict().items():
        if "num_batches" not in name:
            np.testing.assert_array_equal(found[name], tensor, name)


def test_normalisation_that_the_exporter_merged_stays_merged(drawn: dict[str, Path]) -> None:
    kinds = [type(layer).__name__ for layer in rebuilt(open_bundle(drawn["merged"])).trunk]
    first = kinds[:3]
    assert first in (["Conv2d", "Identity", "ReLU"], ["Conv2d", "BatchNorm2d", "ReLU"])


def test_a_network_as_it_starts_can_be_exported(tmp_path: Path) -> None:
    """Its biases are zeros, which the graph leaves out."""
    recipe = recipe_of("normalised")
    image = recipe.image.settled()
    network = build(recipe.model, image, len(CLASSES), recipe.seed, recipe.network).eval()
    path = write_drawn(tmp_path / "a.shot", "normalised", network)
    assert export(path, "pytorch", tmp_path / "new").exists()


def test_onnx_is_the_bundles_own_and_says_what_the_file_does_not(
    drawn: dict[str, Path], tmp_path: Path
) -> None:
    bundle, out = open_bundle(drawn["merged"]), export(drawn["merged"], "onnx", tmp_path / "out")
    assert (out / "model.onnx").read_bytes() == bundle.contents.graph
    told = json.loads((out / "about.json").read_text("utf-8"))
    assert told["classes"] == list(bundle.classes)
    assert told["temperature"] == TEMPERATURE
    assert told["preprocessing"]["fit"] == "pad"


@pytest.fixture(scope="module")
def keras(drawn: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What Keras alone, on TensorFlow where it is there, says of what Keras on PyTorch wrote."""
    if (KERAS / "ready").exists():
        python, backend = KERAS / "bin" / "python", "tensorflow"
        (packages,) = (KERAS / "lib").glob("python3*/site-packages")
    elif find_spec("keras"):
        python, backend, packages = Path(sys.executable), "torch", ROOT
    else:
        pytest.skip("Keras is not installed; make keras")
    out = tmp_path_factory.mktemp("keras")
    own = {"KERAS_HOME": str(out), "TF_CPP_MIN_LOG_LEVEL": "3"}
    ran(sys.executable, KERAS_WRITES, packages, out, *drawn.values(), KERAS_BACKEND="torch", **own)
    for case, path in drawn.items():
        np.save(out / case / "pixels.npy", pixels_for(open_bundle(path)))
    folders = [out / case for case in drawn]
    told: Told = json.loads(
        ran(python, KERAS_ALONE, *folders, KERAS_BACKEND=backend, **own).splitlines()[-1]
    )
    return told


@pytest.mark.parametrize("case", CASES)
def test_keras_alone_answers_as_the_bundle(case: str, drawn: dict[str, Path], keras: Told) -> None:
    bundle = open_bundle(drawn[case])
    wanted = bundle.probabilities(pixels_for(bundle))
    np.testing.assert_allclose(keras[case], wanted, rtol=0, atol=TOLERANCE)


def test_an_export_that_would_answer_otherwise_never_appears(tmp_path: Path) -> None:
    """A graph that asks one view only, below a recipe that says two."""
    network = drawn_network(recipe_of("mirrored"))
    network.views = views(flip=False, shift=False)
    path = write_drawn(tmp_path / "in" / "a.shot", "mirrored", network)
    (tmp_path / "out").mkdir()
    with pytest.raises(TrainingError, match="within 0.0001, but differs by .*; nothing was"):
        export(path, "pytorch", tmp_path / "out" / "new")
    assert list((tmp_path / "out").iterdir()) == []
    assert export(path, "onnx", tmp_path / "out" / "new").exists()


def test_a_graph_of_another_network_is_refused(tmp_path: Path) -> None:
    path = write_drawn(tmp_path / "a.shot", "linear", drawn_network(wider()))
    with pytest.raises(BundleError, match="not the one that its recipe describes"):
        export(path, "pytorch", tmp_path / "new")


def wider() -> Recipe:
    return assemble("mlp_128", settings={"image.size": 9}).settle(9, 3)


@pytest.mark.parametrize(
    ("to", "out", "said"),
    [
        ("tflite", "new", "--to must be onnx, pytorch, keras or card, got 'tflite'"),
        ("onnx", "there", "is there already, and nothing is overwritten"),
        ("card", "there", "is there already, and nothing is overwritten"),
        ("card", "new.md", "MODEL must be a run folder, got .*linear.shot"),
    ],
)
def test_what_cannot_be_exported_is_said(
    to: str, out: str, said: str, drawn: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "there").write_text("mine")
    with pytest.raises(UsageError, match=said):
        export(drawn["linear"], to, tmp_path / out)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    assert (tmp_path / "there").read_text() == "mine"


@pytest.mark.parametrize("to", ["pytorch", "keras"])
@pytest.mark.parametrize("model", ["torch:{}/net.py:make", "hf:{}", "hf:owner/name", "resnet50"])
def test_a_network_that_is_not_ours_is_never_built(
    model: str, to: str, drawn: dict[str, Path], tmp_path: Path
) -> None:
    """What a stranger's recipe names is neither run nor read; as ONNX the bundle is exported."""
    (tmp_path / "net.py").write_text("from pathlib import Path\nPath(__file__).unlink()\n")
    contents = read_contents(drawn["linear"])
    recipe = contents.about.recipe.replace('"linear"', f'"{model.format(tmp_path)}"', 1)
    about = contents.about.model_copy(update={"recipe": recipe})
    path = tmp_path / "a.shot"
    write_contents(path, replace(contents, about=about))
    with pytest.raises(UsageError, match="only a network of Sureshot's own can .* --to onnx"):
        export(path, to, tmp_path / "out")
    assert (tmp_path / "net.py").exists()
    assert export(path, "onnx", tmp_path / "out").exists()


def test_no_name_of_a_network_becomes_code() -> None:
    name = '"""\nraise SystemExit\n"""'
    about = About.model_construct(
        classes=CLASSES, temperature=1.0, preprocessing=recipe_of("linear").image.settled()
    )
    text = source_of(drawn_network(recipe_of("linear")), name, about)
    told: dict[str, object] = {"__name__": "told", "__file__": "model.py"}
    exec(text, told)
    assert told["NETWORK"] == name


def test_without_keras_the_extra_is_named(drawn: dict[str, Path], tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from sureshot.errors import MissingExtra\n"
        "import importlib.util as u; plain = u.find_spec\n"
        "u.find_spec = lambda name: None if name == 'keras' else plain(name)\n"
        "from sureshot.exporting import export\n"
        "try: export(Path(sys.argv[1]), 'keras', Path(sys.argv[2]))\n"
        "except MissingExtra as error: print(error)"
    )
    said = ran(sys.executable, code, drawn["linear"], tmp_path / "new")
    assert "exporting to Keras needs the extra 'keras'" in said
    assert not (tmp_path / "new").exists()
