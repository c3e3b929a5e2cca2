"""Prediction as a cold command, against Keras's `predict` with the same network.

    python benchmarks/inference.py FOLDER     # photographs in classes
    python benchmarks/inference.py            # 1,024 made-up ones
    python benchmarks/inference.py --quick    # a few of these, only to see that it runs

In turn, each in a process of its own, wall time of the whole command: a folder → CSV, and one
image. Ours is `sureshot predict`, whose bundle proves itself first; the peer is a script as its
users would write it, benchmarks/keras_inference.py. The network is `arch_2` at 128 px on both
sides, with the weights that it starts from, for they make no difference to the time. The files are
in the system's cache: each command runs once before it is measured.

Writes benchmarks/results/inference_<processor>_<yyyy-mm>.md. Needs `make keras`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

from measuring import HEADER, in_turn, machine, make_up, row, save

from sureshot.bundle import Session, gather, write_bundle
from sureshot.data import Source, list_source, scan, settle_splits
from sureshot.models import build
from sureshot.progress import Silent
from sureshot.recipe import assemble
from sureshot.records import Index
from sureshot.training.export import to_onnx

HERE = Path(__file__).parent
KERAS = HERE.parent / ".venv-keras" / "bin" / "python"
OURS = Path(sys.executable).parent / "sureshot"
QUIET = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
NETWORK, SIZE = "arch_2", 128
ROUNDS = 3
MADE_UP, FEW = 1024, 40  # photographs, without a folder
BATCHES = (32, 64)  # of Keras: its default, and what most would try next

Command = Sequence[str | Path]


def make_bundle(path: Path, folder: Path) -> Index:
    """The network as it starts, with photographs of the folder as its proof."""
    recipe = assemble(NETWORK).settle(SIZE, 3)
    image = recipe.image.settled()
    listed = scan(list_source(Source(folder)), image, Silent())
    index = settle_splits(listed, recipe.seed)
    network = build(NETWORK, image, len(index.classes), recipe.seed).eval()
    session = Session(to_onnx(network, (SIZE, SIZE, 3)))
    write_bundle(path, session, recipe, index, gather(index, image, recipe.references))
    return index


def told(command: Command) -> str:
    """What a command prints; where it fails, so do we, and say why."""
    done = subprocess.run(command, env={**os.environ, **QUIET}, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def require_same(ours: Path, peer: Path, images: int) -> None:
    """Both must have answered for every image."""
    rows = [len(path.read_text().splitlines()) - 1 for path in (ours, peer)]
    if rows != [images, images]:
        sys.exit(f"each table must have {images:,} rows, got {rows}")


def measure(folder: Path, home: Path, rounds: int) -> tuple[list[str], dict[str, str], int]:
    """Rows of the table, versions, and how many images there were."""
    bundle, saved, out = home / "model.shot", home / "model.keras", home / "peer.csv"
    index = make_bundle(bundle, folder)
    n, keras = len(index), [KERAS, HERE / "keras_inference.py"]
    made = told([*keras, "make", NETWORK, str(SIZE), "3", str(len(index.classes)), saved])
    peer = [*keras, "folder", saved, str(SIZE), folder, out]
    folders = {f"Keras in batches of {batch}": [*peer, str(batch)] for batch in BATCHES}
    folders["ours"] = [OURS, "predict", bundle, folder, "--out", home / "ours.csv"]
    works = [partial(told, command) for command in folders.values()]
    rates = dict(zip(folders, in_turn(works, n, rounds), strict=True))
    require_same(home / "ours.csv", out, n)
    ours, lines = rates.pop("ours"), []
    for name, theirs in rates.items():
        lines.append(row(f"a folder of {n:,} photographs → CSV, images/s; {name}", ours, theirs))
    one = [
        partial(told, [OURS, "predict", bundle, index.path(0)]),
        partial(told, [*keras, "one", saved, str(SIZE), index.path(0)]),
    ]
    lines.append(row("one photograph a process, a minute", *in_turn(one, 60, rounds)))
    print(*lines, sep="\n")
    return lines, json.loads(made.splitlines()[-1]), n


def main(given: Path | None, quick: bool) -> None:
    """Measure, print and save."""
    if not KERAS.parent.parent.joinpath("ready").exists():
        sys.exit("Keras is not installed; make keras")
    rounds = 1 if quick else ROUNDS
    with tempfile.TemporaryDirectory() as home:
        folder = given or Path(home) / "photographs"
        if given is None:
            make_up(folder, FEW if quick else MADE_UP)
        table, versions, n = measure(folder.resolve(), Path(home), rounds)
    versions = {name: version(name) for name in ("onnxruntime", "pillow")} | versions
    about = (
        f"Whole commands, each a process of its own, start included: median of {rounds} rounds on "
        f"each side, in turn (least to most), files in the system's cache. {n:,} "
        f"{'photographs' if given else 'made-up photographs'}, network {NETWORK} at {SIZE} px, "
        "fp32 on both sides."
    )
    lines = ["# predict, against Keras", ""]
    lines += [machine(", ".join(f"{a} {b}" for a, b in versions.items())), "", about, ""]
    if not quick:
        save("inference", [*lines, *HEADER, *table])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("folder", nargs="?", type=Path, help="photographs in folders by class")
    asked = parser.parse_args()
    main(asked.folder, asked.quick)
