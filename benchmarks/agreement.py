"""The same probabilities whoever is asked: evaluate, predict, serve, dashboard, each export.

    python benchmarks/agreement.py MODEL FOLDER   # a run or bundle; JPEGs in any folders below
    python benchmarks/agreement.py                # an untrained network, made-up photographs
    python benchmarks/agreement.py --quick        # few of these, only to see that it runs

A thousand photographs, a hundred in each of ten modes. `predict` is what the others are compared
with; a probability that differs from its by more than 1e-4 ends the program. The server is a real
one, over HTTP. ONNX and Keras are given the pixels that `sureshot.images.prepare` makes of a file;
the exported model.py of PyTorch reads the files itself.

Writes benchmarks/results/agreement_<processor>_<yyyy-mm>.md. Keras is left out where it is missing.
"""

import argparse
import http.client
import io
import json
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from inference import make_bundle
from measuring import machine, make_up, save
from numpy.typing import NDArray
from PIL import Image

from sureshot import workflow
from sureshot.bundle import Bundle, open_bundle
from sureshot.dashboard.answers import Given, answer
from sureshot.dashboard.answers import table as answered
from sureshot.data import Source, list_source, scan
from sureshot.evaluation import predict_source
from sureshot.exporting import export
from sureshot.images import prepare
from sureshot.progress import Silent
from sureshot.records import softmax

TOLERANCE = 1e-4
EACH, FEW = 100, 4  # images in each mode
ENDINGS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif"}
Picture = Image.Image
Floats = NDArray[np.floating]


def turned(orientation: int) -> Image.Exif:
    """What a camera says that was held otherwise."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def faded(picture: Picture) -> Picture:
    """The picture, less and less opaque from bottom to top."""
    shown = picture.copy()
    shown.putalpha(Image.linear_gradient("L").resize(picture.size))
    return shown


def deep(picture: Picture) -> Picture:
    """Grey of 16 bits, of which the lower eight are not those of the upper."""
    grey = np.asarray(picture.convert("L")).astype(np.uint16)
    return Image.fromarray(grey * 256 + (grey * 31) % 256)


def encoded(picture: Picture, kind: str, **options: object) -> tuple[str, bytes]:
    """A file's ending and its bytes."""
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return ENDINGS[kind], content.getvalue()


MODES: dict[str, Callable[[Picture, int], tuple[str, bytes]]] = {
    "JPEG": lambda p, n: encoded(p, "JPEG", quality=90),
    "JPEG, turned by EXIF": lambda p, n: encoded(p, "JPEG", exif=turned(2 + n % 7)),
    "JPEG, grey": lambda p, n: encoded(p.convert("L"), "JPEG"),
    "JPEG, CMYK": lambda p, n: encoded(p.convert("CMYK"), "JPEG", quality=90),
    "PNG, transparent": lambda p, n: encoded(faded(p), "PNG", compress_level=1),
    "PNG, transparent grey": lambda p, n: encoded(faded(p).convert("LA"), "PNG", compress_level=1),
    "PNG, 16-bit grey": lambda p, n: encoded(deep(p), "PNG", compress_level=1),
    "PNG, palette": lambda p, n: encoded(p.convert("P"), "PNG", compress_level=1),
    "GIF, black and white": lambda p, n: encoded(p.convert("1"), "GIF"),
    "WebP, transparent": lambda p, n: encoded(faded(p), "WEBP", method=0),
}


def write_modes(folder: Path, photographs: Sequence[Path], each: int) -> list[Path]:
    """The photographs in every mode, one folder a mode, so that a mode looks like a class."""
    files = []
    for number, (name, make) in enumerate(MODES.items()):
        place = folder / f"{number} {name}"
        place.mkdir(parents=True)
        for count in range(each):
            picture = Image.open(photographs[(number * each + count) % len(photographs)])
            ending, content = make(picture.convert("RGB"), count)
            files.append(place / f"{count:03d}.{ending}")
            files[-1].write_bytes(content)
    return files


def evaluated(bundle: Bundle, folder: Path, files: Sequence[Path]) -> Floats:
    """As `evaluate` asks."""
    index = scan(list_source(Source(folder)), bundle.preprocessing, Silent())
    found = predict_source(bundle, index, Silent()).probabilities()
    rows = {index.path(row): row for row in range(len(index))}
    return found[[rows[path] for path in files]]


def served(model: Path, classes: Sequence[str], files: Sequence[Path]) -> Floats:
    """As a client of `serve` is answered."""
    command = [sys.executable, "-m", "sureshot", "serve", model, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        try:
            assert server.stdout
            host = server.stdout.readline().split()[2].removeprefix("http://")
            connection = http.client.HTTPConnection(host)
            rows = []
            for path in files:
                connection.request("POST", "/predict", path.read_bytes())
                said = json.load(connection.getresponse())
                rows.append([said["probabilities"][name] for name in classes])
            connection.close()
        finally:
            server.terminate()
    return np.array(rows)


def shown(bundle: Bundle, files: Sequence[Path]) -> Floats:
    """As the dashboard's page shows them."""
    answers = [answer(bundle, path.read_bytes()) for path in files]
    given = [Given(path.name, b"") for path in files]
    return answered(bundle, given, answers).probabilities()


def onnx_says(folder: Path, bundle: Bundle, pixels: NDArray[np.uint8]) -> Floats:
    """The ONNX export, by ONNX Runtime as it comes."""
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    (name,) = (given.name for given in session.get_inputs())
    rows = [session.run(["logits"], {name: one[None]})[0][0] for one in pixels]
    return softmax(np.stack(rows), bundle.about.temperature)


def pytorch_says(folder: Path, files: Sequence[Path]) -> Floats:
    """The PyTorch export, which reads the files itself."""
    model = runpy.run_path(str(folder / "model.py"))
    network = model["load"](folder / "model.safetensors")
    pixels = (model["pixels_of"](str(path)) for path in files)
    return torch.cat([model["probabilities"](network, one) for one in pixels]).numpy()


def keras_says(folder: Path, pixels: NDArray[np.uint8]) -> Floats:
    """The Keras export."""
    import keras

    return keras.saving.load_model(folder / "model.keras").predict(pixels, verbose=0)


def asked(model: Path, folder: Path, files: Sequence[Path], home: Path) -> dict[str, Floats]:
    """Probabilities (N, K) by who was asked; `predict` first."""
    bundle = open_bundle(model)
    pixels = np.stack([prepare(path.read_bytes(), bundle.preprocessing) for path in files])
    found = {
        "predict": workflow.predict(model, *files, progress=Silent()).probabilities(),
        "evaluate": evaluated(bundle, folder, files),
        "serve": served(model, bundle.classes, files),
        "dashboard": shown(bundle, files),
        "ONNX": onnx_says(export(model, "onnx", home / "onnx"), bundle, pixels),
        "PyTorch": pytorch_says(export(model, "pytorch", home / "pytorch"), files),
    }
    if find_spec("keras"):
        found["Keras"] = keras_says(export(model, "keras", home / "keras"), pixels)
    return found


def table(found: dict[str, Floats], each: int) -> list[str]:
    """The largest difference from `predict` in each mode."""
    wanted, *others = found
    lines = [f"| mode | {' | '.join(others)} |", f"| --- |{' --- |' * len(others)}"]
    for number, name in enumerate(MODES):
        rows = slice(number * each, (number + 1) * each)
        worst = [np.abs(found[other][rows] - found[wanted][rows]).max() for other in others]
        lines.append(f"| {name} | {' | '.join(f'{one:.0e}' for one in worst)} |")
    return lines


def main(model: Path | None, given: Path | None, quick: bool) -> None:
    """Ask, compare, print and save."""
    each = FEW if quick else EACH
    with tempfile.TemporaryDirectory() as made:
        home = Path(made)
        if given is None:
            make_up(home / "photographs", 64)
        photographs = sorted((given or home / "photographs").rglob("*.jpg"))
        if model is None:
            model = home / "model.shot"
            make_bundle(model, home / "photographs")
        shot = model / "model.shot" if model.is_dir() else model
        files = write_modes(home / "modes", photographs, each)
        found = asked(shot, home / "modes", files, home)
        about = open_bundle(shot).about
    lines = table(found, each)
    print(*lines, sep="\n")
    wanted = found["predict"]
    if not all(np.abs(one - wanted).max() <= TOLERANCE for one in found.values()):
        sys.exit(f"not the same within {TOLERANCE:g}")
    tops = len(np.unique(wanted.argmax(axis=1)))
    words = (
        f"{len(files):,} {'photographs' if given else 'made-up photographs'}, {each} in each mode, "
        f"asked of a {about.network} of {len(about.classes)} classes at {about.preprocessing.size} "
        f"px, which takes them for {tops} of these, with a probability of "
        f"{wanted.max(axis=1).min():.2f} to {wanted.max():.2f}. Largest difference of any "
        "probability from `sureshot predict`; promised are 1e-04."
    )
    packages = ["onnxruntime", "torch", "pillow", *(["keras"] if "Keras" in found else [])]
    said = machine(", ".join(f"{name} {version(name)}" for name in packages))
    if not quick:
        save("agreement", ["# The same probabilities everywhere", "", said, "", words, "", *lines])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("model", nargs="?", type=Path, help="a run folder or a *.shot file")
    parser.add_argument("folder", nargs="?", type=Path, help="photographs, in any folders below")
    words = parser.parse_args()
    main(words.model, words.folder, words.quick)
