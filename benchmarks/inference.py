"""Prediction as a cold command, against Keras's `predict` with the same network.

    python benchmarks/inference.py FOLDER     # photographs in classes
    python benchmarks/inference.py            # 1,024 made-up ones
    python benchmarks/inference.py --quick    # a few of these, in one round

In turn, each in a process of its own, wall time of the whole command: a folder → CSV, and one
image. Ours is `sureshot predict`, whose bundle proves itself first; the peer is a script as its
users would write it, benchmarks/keras_inference.py. The network is `arch_2` at 128 px on both
sides, with the weights that it starts from, for they make no difference to the time. The files are
in the system's cache: each command runs once before it is measured.

Writes benchmarks/results/inference_<processor>_<yyyy-mm>.md, --quick inference-quick_…. Needs
`make keras`.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

from measuring import HEADER, KERAS, in_turn, machine, make_up, require_keras, row, said, save

from sureshot.bundle import Session, gather, write_bundle
from sureshot.data import Source, list_source, scan, settle_splits
from sureshot.models import build
from sureshot.progress import Silent
from sureshot.recipe import assemble
from sureshot.records import Index
from sureshot.training.export import to_onnx

HERE = Path(__file__).parent
OURS = Path(sys.executable).parent / "sureshot"
NETWORK, SIZE = "arch_2", 128
ROUNDS = 3
MADE_UP, FEW = 1024, 256  # photographs, without a folder
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
    made = said([*keras, "make", NETWORK, str(SIZE), "3", str(len(index.classes)), saved])
    peer = [*keras, "folder", saved, str(SIZE), folder, out]
    folders = {f"Keras in batches of {batch}": [*peer, str(batch)] for batch in BATCHES}
    folders["ours"] = [OURS, "predict", bundle, folder, "--out", home / "ours.csv"]
    works = [partial(said, command) for command in folders.values()]
    rates = dict(zip(folders, in_turn(works, n, rounds), strict=True))
    require_same(home / "ours.csv", out, n)
    ours, lines = rates.pop("ours"), []
    for name, theirs in rates.items():
        lines.append(row(f"a folder of {n:,} photographs → CSV, images/s; {name}", ours, theirs))
    one = [
        partial(said, [OURS, "predict", bundle, index.path(0)]),
        partial(said, [*keras, "one", saved, str(SIZE), index.path(0)]),
    ]
    lines.append(row("one photograph a process, a minute", *in_turn(one, 60, rounds)))
    print(*lines, sep="\n")
    return lines, json.loads(made.splitlines()[-1]), n


def main(given: Path | None, quick: bool) -> None:
    """Measure, print and save."""
    require_keras()
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
    save("inference", [*lines, *HEADER, *table], quick)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("folder", nargs="?", type=Path, help="photographs in folders by class")
    asked = parser.parse_args()
    main(asked.folder, asked.quick)
