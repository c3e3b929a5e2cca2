"""What the audit finds of faults that were planted into real photographs, and what it says without.

    python benchmarks/audit.py FOLDER        # the clothing dataset: train/ with a folder a class
    python benchmarks/audit.py FOLDER --quick    # one seed; saves nothing

Labels: a share of the training labels is changed at random, and the search for suspects has to
find them. Shortcuts: one class, chosen by the seed, gets a coloured border of 6 pixels, or another
JPEG quality, or another size, in copies of the files, and the shortcut alarm has to name it by the
right cue. The untouched folder, where nothing may be named, stands first.

Writes benchmarks/results/audit_<processor>_<yyyy-mm>.md.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from measuring import machine, save
from PIL import Image, ImageOps, JpegImagePlugin

from sureshot.audit.quick import Sample, sample_of
from sureshot.audit.shortcut import Cue, judged
from sureshot.audit.suspects import trial
from sureshot.data import list_folder, prepare_pixels, scan
from sureshot.errors import SureshotError
from sureshot.measure import wilson
from sureshot.progress import Silent
from sureshot.recipe import ImageSettings
from sureshot.records import Index

SEEDS = (111, 112, 113)
SIZE = 128  # pixels, as the textbook networks for photographs take them
BORDER = 6  # pixels of the stored picture, of 400 × 534 mostly
QUALITY = 85  # the dataset is stored at 70
SMALLER = 0.75


def bordered(image: Image.Image) -> Image.Image:
    """The picture with its outermost pixels painted over."""
    inner = ImageOps.crop(image, BORDER)
    return ImageOps.expand(inner, BORDER, fill=(200, 40, 40))


def smaller(image: Image.Image) -> Image.Image:
    """The picture at three quarters of its size."""
    return image.resize((round(image.width * SMALLER), round(image.height * SMALLER)))


def rewrite(path: Path, change: Callable[[Image.Image], Image.Image], quality: int = 0) -> None:
    """Change one JPEG in place; without a quality it keeps its tables."""
    with Image.open(path) as image:
        tables, sampling = image.quantization, JpegImagePlugin.get_sampling(image)
        changed = change(image.convert("RGB"))
    kept = {"quality": quality} if quality else {"qtables": tables, "subsampling": sampling}
    changed.save(path, "JPEG", **kept)


PLANTS: dict[str, tuple[str, Callable[[Path], None]]] = {
    f"border of {BORDER} px": ("border", lambda path: rewrite(path, bordered)),
    f"JPEG quality {QUALITY}": ("file", lambda path: rewrite(path, lambda i: i, QUALITY)),
    f"size × {SMALLER:g}": ("size", lambda path: rewrite(path, smaller)),
}


def looked_at(folder: Path, seed: int) -> tuple[Index, list[Cue], Sample, float]:
    """The folder's training images, what each cue tells, and the seconds that the alarm took."""
    index = scan(list_folder(folder), ImageSettings(), Silent())
    settings = ImageSettings(size=SIZE, channels=3).settled()
    pixels = prepare_pixels(index, settings, Silent()).array
    started = time.perf_counter()
    sample = sample_of(index, pixels, seed)
    assert sample is not None
    return index, judged(index, pixels, sample), sample, time.perf_counter() - started


def label_row(sample: Sample) -> str:
    """Labels changed on purpose, and those found."""
    started = time.perf_counter()
    tried = trial(sample)
    low, high = wilson(tried.found, tried.changed)
    recall = f"{tried.recall:.0%} ({low:.0%} to {high:.0%})"
    seconds = time.perf_counter() - started
    return (
        f"| {sample.seed} | {tried.changed} of {len(sample.label):,} | {tried.named} | "
        f"{tried.found} | {recall} | {tried.precision:.0%} | {seconds:.1f} |"
    )


def shortcut_row(
    planted: str, kind: str, name: str, index: Index, told: list[Cue], seed: int, seconds: float
) -> str:
    """What was named by which cue, and how much of it was planted."""
    named = [(cue.kind, given.name) for cue in told for given in cue.given_away]
    rows = {row for cue in told for given in cue.given_away for row in given.rows}
    label = index.classes.index(name) if name else -1
    right = sum(int(index.label[row] == label) for row in rows)
    n = int((index.label == label).sum()) if name else 0
    alarms = [f"{cue}: {found}" for cue, found in named]
    alarms += [f"{cue.kind}: all classes" for cue in told if cue.tells]
    verdict = "quiet" if not alarms else "found" if (kind, name) in named else "missed"
    recall = f"{right / n:.0%}" if n else "none"
    precision = f"{right / len(rows):.0%}" if rows else "none"
    cues = ", ".join(f"{cue.kind} {cue.score.value:.0%}" for cue in told)
    return (
        f"| {planted} | {seed} | {name or 'none'} | {n:,} | {'; '.join(alarms) or 'none'} | "
        f"{verdict} | {recall} | {precision} | {cues}; pixels {told[0].pixels:.0%} | "
        f"{seconds:.1f} |"
    )


def planted_row(source: Path, planted: str, seed: int) -> str:
    """Copy the training images, plant a shortcut into one class, and look."""
    kind, change = PLANTS[planted]
    names = sorted(path.name for path in source.iterdir() if path.is_dir())
    name = names[seed % len(names)]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "train"
        shutil.copytree(source, copy)
        for path in sorted((copy / name).rglob("*.jpg")):
            change(path)
        index, told, _, seconds = looked_at(copy, seed)
    return shortcut_row(planted, kind, name, index, told, seed, seconds)


def main(source: Path, quick: bool) -> None:
    """Plant, look, print and save."""
    seeds = SEEDS[:1] if quick else SEEDS
    versions = ", ".join(f"{name} {version(name)}" for name in ("scikit-learn", "cleanlab"))
    labels, shortcuts = [], []
    for seed in seeds:
        index, told, sample, seconds = looked_at(source, seed)
        labels.append(label_row(sample))
        shortcuts.append(shortcut_row("nothing", "", "", index, told, seed, seconds))
    for planted in PLANTS:
        shortcuts += [planted_row(source, planted, seed) for seed in seeds]
    lines = [
        "# the audit, on faults planted into the clothing photographs",
        "",
        machine(versions),
        "",
        "Labels changed at random. Precision counts whatever was wrong before as a false alarm.",
        "",
        "| seed | changed | named | found | recall (95 %) | precision | seconds |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *labels,
        "",
        "Shortcuts planted into one class. Recall and precision are of the images named; cues are "
        "balanced accuracies, out of fold, where chance has 10 %.",
        "",
        "| planted | seed | class | n | named | verdict | recall | precision | cues | seconds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *shortcuts,
    ]
    print("\n".join(lines))
    if not quick:
        save("audit", lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, help="the clothing dataset, with a folder train")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["SURESHOT_CACHE"] = cache
        try:
            main(asked.folder / "train", asked.quick)
        except SureshotError as error:
            raise SystemExit(str(error)) from None
