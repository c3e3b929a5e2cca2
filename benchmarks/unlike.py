"""How well images of other data are told from one's own, by what a bundle knows of its training.

    python benchmarks/unlike.py clothing=FOLDER cifar=FOLDER mnist=FOLDER --runs runs/unlike

One network of the preset quick is trained on each; runs that are there already, named as the data,
are only read. Each then looks at its own test images, at those of the others, and at made-up
pictures. AUROC is the chance that a strange image is farther than one of one's own; for 1 less the
network's greatest probability (Hendrycks & Gimpel 2017, ICLR) it stands beside that for comparison.

Writes benchmarks/results/unlike_<processor>_<yyyy-mm>.md.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

import sureshot
from sureshot.bundle import Bundle, distances, looks, open_bundle
from sureshot.images import prepare
from sureshot.measure import wilson
from sureshot.runs import Run
from sureshot.seeds import generator

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]

MOST = 1_000  # images of each kind; 500 of each give AUROC to within 0.02
CHUNK = 64
SURE = 0.9  # a probability from which on a plan might sort; assumed
HEADER = (
    "| trained on | images | n | AUROC | of the probability | called unlike | sure "
    "| sure, not unlike |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
)


def noises(side: int, channels: int, n: int = 300) -> dict[str, Pixels]:
    """Made-up pictures (n, side, side, channels), three kinds of them."""
    draw = generator("unlike", side, channels)
    coarse = draw.integers(0, 256, (n, 8, 8, channels), np.uint8)
    place = np.arange(side) * 8 // side
    flat = draw.integers(0, 256, (n, 1, 1, channels), np.uint8)
    return {
        "noise": draw.integers(0, 256, (n, side, side, channels), np.uint8),
        "8 × 8 blocks": coarse[:, place][:, :, place],
        "one colour": np.broadcast_to(flat, (n, side, side, channels)).copy(),
    }


def auroc(own: Floats, strange: Floats) -> float:
    """The chance that a strange image scores above one's own; equal ones count half."""
    truth = np.r_[np.zeros(len(own)), np.ones(len(strange))]
    return float(roc_auc_score(truth, np.r_[own, strange]))


def judged(bundle: Bundle, pixels: Pixels) -> tuple[Floats, Floats]:
    """How far each image is, and how improbable its top class."""
    kept = bundle.contents.kept
    assert kept is not None
    parts = []
    for start in range(0, len(pixels), CHUNK):
        outputs = bundle.outputs(pixels[start : start + CHUNK])
        probability = bundle.decide(outputs).probability
        parts.append((distances(looks(outputs["feature_map"]), kept), 1 - probability))
    far, doubt = zip(*parts, strict=True)
    return np.concatenate(far), np.concatenate(doubt)


def some(folder: Path, bundle: Bundle) -> Pixels:
    """Up to MOST test images, as the bundle sees them."""
    files = sorted(path for path in (folder / "test").rglob("*") if path.is_file())
    chosen = np.sort(generator("unlike", str(len(files))).permutation(len(files))[:MOST])
    return np.stack([prepare(files[k].read_bytes(), bundle.preprocessing) for k in chosen])


def rows(name: str, bundle: Bundle, data: Mapping[str, Path]) -> Iterator[str]:
    """The lines of one network."""
    told = bundle.about.unlike
    assert told is not None
    own = judged(bundle, some(data[name], bundle))
    yield f"| {name} | its own | {len(own[0]):,} | | | {shares(*own, told.threshold)} |"
    strange = {other: some(folder, bundle) for other, folder in data.items() if other != name}
    side, _, channels = bundle.session.pixel_shape
    for other, pixels in (strange | noises(side, channels)).items():
        found = judged(bundle, pixels)
        scores = [f"{auroc(*pair):.3f}" for pair in zip(own, found, strict=True)]
        told_of = shares(*found, told.threshold)
        yield f"| {name} | {other} | {len(pixels):,} | {' | '.join(scores)} | {told_of} |"


def shares(far: Floats, doubt: Floats, threshold: float) -> str:
    """The share that is called unlike, with its 95 % interval, and those of the sure ones."""
    called, sure = far > threshold, doubt <= 1 - SURE
    low, high = wilson(int(called.sum()), len(called))
    whole = f"{100 * called.mean():.1f} % ({100 * low:.1f} to {100 * high:.1f})"
    return f"{whole} | {100 * sure.mean():.1f} % | {100 * (sure & ~called).mean():.1f} %"


def finished(name: str, source: Path, runs: Path) -> Run:
    """The run on some data: the one that is there, or one trained now."""
    if (runs / name / "recipe.toml").exists():
        return sureshot.resume(runs / name)
    return sureshot.train(source, settings={"preset": "quick"}, name=name, runs=runs)


def main(data: Mapping[str, Path], runs: Path) -> None:
    """Train what is missing, measure, print and save."""
    from measuring import machine, save

    lines = [*HEADER]
    about: list[str] = []
    for name, source in data.items():
        run = finished(name, source, runs)
        trained = len(run.index.rows("train"))
        accuracy = run.scores.overall["accuracy"].percent()
        about.append(f"{name} {accuracy}, {trained:,} training images")
        for line in rows(name, open_bundle(run.model_path), data):
            print(line, flush=True)
            lines.append(line)
    words = (
        f"`swift`, preset quick, accuracy on test: {'; '.join(about)}. The threshold lets 95 % of "
        f"new images like the training data through. Sure: of a probability of at least {SURE}."
    )
    save(
        "unlike",
        [
            "# Unlike the training data",
            "",
            machine(f"numpy {np.__version__}"),
            "",
            words,
            "",
            *lines,
        ],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--runs", type=Path, default=Path("runs/unlike"))
    given = parser.parse_args()
    named = {name: Path(folder) for name, _, folder in (d.partition("=") for d in given.data)}
    main(named, given.runs)
