"""What a frozen backbone costs, against the same model under plain transformers code; few images.

    python benchmarks/features.py FOLDER      # photographs with splits, such as clothing
    python benchmarks/features.py             # 512 made-up ones; no learning curve
    python benchmarks/features.py --quick     # a few of these, only to see that it runs

In turn, in one process: the forward pass alone on pixels in memory, then from files to features.
Ours folds batch normalisation, computes in bf16 where the processor has it, and decodes on other
threads while the network looks; the peer opens each file with Pillow, calls the model's own
processor and the model in fp32, 32 images at a time, as the documentation of transformers does.

The learning curve takes 1, 5, 10 and 50 images a class from train, five draws each, with both
heads; the strength of the logistic head is chosen on as many validation images a class, at most
all; scores are of the test split, mean and least to most.

Writes benchmarks/results/features_<processor>_<yyyy-mm>.md. Needs the extra `pretrained`.
"""

import argparse
import itertools
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from measuring import HEADER, in_turn, machine, make_up, row, save
from numpy.typing import NDArray
from torch import Tensor

from sureshot import device
from sureshot.containers import indexed
from sureshot.data import Source, list_source, scan, settle_splits
from sureshot.images import prepare
from sureshot.models import build
from sureshot.parallel import map_in_order
from sureshot.pretrained import Weights, obtain, read_processor
from sureshot.progress import Silent
from sureshot.recipe import Preprocessing, Recipe, assemble, of_way
from sureshot.records import Index
from sureshot.training.features import BATCH, frozen, seen
from sureshot.training.heads import Scale, logistic, nearest_mean, strengths

MODEL = "mobilenet_v2"
ROUNDS, DRAWS = 3, 5
MADE_UP, FEW = 512, 64  # photographs, without a folder
FORWARD = 128  # images of the forward pass alone
EACH = (1, 5, 10, 50)  # training images a class
SPLITS = ("train", "validation", "test")

Rows = NDArray[np.int64]


def settled(weights: Weights) -> Recipe:
    """The recipe of a training on features, for images of the network's own size."""
    size = {"image": {"size": read_processor(weights.folder).size}}
    layer = of_way(MODEL, "features")
    return assemble(MODEL, preset=layer | {"image": layer["image"] | size["image"]})


def decoded(index: Index, image: Preprocessing, rows: Rows) -> Iterator[Tensor]:
    """Batches of pixels, decoded on other threads ahead of whoever takes them."""
    each = map_in_order(lambda r: prepare(indexed(index, int(r), 32), image), rows)
    while batch := list(itertools.islice(each, BATCH)):
        yield torch.from_numpy(np.stack(batch))


def peer(weights: Weights) -> tuple[Callable[[Tensor], Tensor], Callable[[Sequence[Path]], Tensor]]:
    """Plain transformers: pixels → pooled features, and files → the same."""
    from PIL import Image
    from transformers import AutoImageProcessor, AutoModel

    processor = AutoImageProcessor.from_pretrained(weights.folder)
    model = AutoModel.from_pretrained(weights.folder).eval()

    @torch.no_grad()
    def look(images: Tensor) -> Tensor:
        return torch.cat([model(part).pooler_output.flatten(1) for part in images.split(BATCH)])

    def files(paths: Sequence[Path]) -> Tensor:
        parts = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
        opened = ([Image.open(path).convert("RGB") for path in part] for part in parts)
        ready = (processor(some, return_tensors="pt").pixel_values for some in opened)
        return torch.cat([look(images) for images in ready])

    return look, files


def curve(features: Tensor, index: Index, draws: int) -> list[str]:
    """The table of both heads by the number of training images a class."""
    labels = torch.from_numpy(index.label)
    test = torch.from_numpy(index.rows("test"))
    lines = ["| images a class | nearest mean | logistic |", "| --- | --- | --- |"]
    for each in EACH:
        scores = np.array(
            [drawn(features, labels, index, test, each, draw) for draw in range(draws)]
        )
        cells = [
            f"{100 * of.mean():.1f} % ({100 * of.min():.1f} to {100 * of.max():.1f})"
            for of in scores.T
        ]
        lines.append(f"| {each} | {cells[0]} | {cells[1]} |")
    return lines


def drawn(
    features: Tensor, labels: Tensor, index: Index, test: Tensor, each: int, draw: int
) -> tuple[float, float]:
    """Test accuracy of both heads on some images a class."""
    kinds, order = len(index.classes), np.random.default_rng(draw)
    train, chosen = (
        torch.from_numpy(np.concatenate([_some(index, s, k, each, order) for k in range(kinds)]))
        for s in SPLITS[:2]
    )
    scale = Scale.of(features[train])
    shown = scale.applied(features)
    layer = torch.zeros(kinds, shown.shape[1]), torch.zeros(kinds)
    found = []
    for strength in strengths(12):
        layer = logistic(shown[train], labels[train], strength, layer)
        logits = shown @ layer[0].T + layer[1]
        loss = float(torch.nn.functional.cross_entropy(logits[chosen], labels[chosen]))
        found.append((loss, _right(logits[test], labels[test])))
    near = nearest_mean(shown[train], labels[train], kinds, 1.0)
    return _right(shown[test] @ near[0].T + near[1], labels[test]), min(found)[1]


def _some(index: Index, split: str, kind: int, each: int, order: np.random.Generator) -> Rows:
    rows = index.rows(split)  # type: ignore[arg-type]
    return order.permutation(rows[index.label[rows] == kind])[:each]


def _right(logits: Tensor, labels: Tensor) -> float:
    return float((logits.argmax(1) == labels).double().mean())


def measure(folder: Path, rounds: int, draws: int) -> list[str]:
    """The table of rates, then, where there are splits, that of few images."""
    weights = obtain(MODEL, Silent())
    recipe = settled(weights)
    image = recipe.image.settled()
    index = settle_splits(scan(list_source(Source(folder)), image, Silent()), recipe.seed)
    where = device.choose("cpu")
    torch.set_num_threads(where.threads)
    see = frozen(build(MODEL, image, len(index.classes), recipe.seed), where)
    look, files = peer(weights)
    some = np.arange(min(len(index), MADE_UP))
    pixels = list(decoded(index, image, some[:FORWARD]))
    joined = torch.cat(pixels).permute(0, 3, 1, 2).float().contiguous() / 127.5 - 1
    paths = [index.path(int(r)) for r in some]
    alone = (lambda: seen(see, pixels), lambda: look(joined))
    whole = (lambda: seen(see, decoded(index, image, some)), lambda: files(paths))
    lines = [
        f"{MODEL}, {image.size} px, {where.precision} against fp32; images a second, median of "
        f"{rounds} rounds on each side, in turn (least to most); {len(joined):,} images in the "
        f"forward pass, {len(some):,} from files.",
        "",
        *HEADER,
        row("forward pass", *in_turn(alone, len(joined), rounds)),
        row("files to features", *in_turn(whole, len(some), rounds)),
    ]
    if draws:
        features = seen(see, decoded(index, image, np.arange(len(index))))
        n = len(index.rows("test"))
        lines += ["", f"Test accuracy, n = {n:,}: mean of {draws} draws (least to most).", ""]
        lines += curve(features, index, draws)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # of transformers, about what is not installed
    if given.folder is not None:
        lines = measure(given.folder, 1 if given.quick else ROUNDS, 1 if given.quick else DRAWS)
    else:
        with tempfile.TemporaryDirectory() as home:
            make_up(Path(home), FEW if given.quick else MADE_UP)
            lines = measure(Path(home), 1 if given.quick else ROUNDS, 0)
    packages = ("sureshot", "torch", "transformers")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    lines = ["# Features", "", machine(versions), "", *lines]
    print("\n".join(lines))
    if not given.quick:
        save("features", lines)


if __name__ == "__main__":
    sys.exit(main())
