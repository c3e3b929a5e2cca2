"""A run folder as training leaves it, out of small generated images and made-up predictions."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sureshot import measure, recipe, records, runs
from sureshot.recipe import Recipe
from sureshot.records import (
    ALONE,
    SPLITS,
    UNKNOWN,
    Finding,
    Index,
    Layer,
    Predictions,
    Score,
    Split,
)
from sureshot.runs import Run

CLOTHES = (
    *("dress", "hat", "longsleeve", "outwear", "pants"),
    *("shirt", "shoes", "shorts", "skirt", "t-shirt"),
)
HOSTILE = (
    "<script>alert('x')</script>",
    '"quoted" & <b>bold</b>',
    "$x^2$ and $\\frac{1}{2}",
    "two\nlines\tand a tab",
    "衬衫 رنگ कपड़े",
    "an-exceedingly-long-name-of-a-class-that-nobody-would-want-to-read-" * 3,
)
FINDINGS = [
    Finding("small", "note", "3 images are smaller than 32 pixels", ("train/a.png",)),
    Finding("unreadable", "error", "1 image cannot be read", ("test/<img src=x>.png",)),
    Finding("duplicates", "warning", "40 images occur twice", tuple(f"{n}.png" for n in range(40))),
]


def generated_index(root: Path, classes: Sequence[str], counts: Sequence[int]) -> Index:
    """Images of coloured noise, `counts` = (train, validation, test) of every class."""
    rows = []
    for number, (split, k) in enumerate(
        (split, k)
        for split, count in zip(SPLITS, counts, strict=True)
        for k in range(len(classes))
        for _ in range(count)
    ):
        name = f"{split}/{number:05}.png"
        _picture(root / name, number, k / len(classes))
        rows.append((name, k, split))
    return index_of(root, tuple(classes), rows)


def index_of(root: Path, classes: tuple[str, ...], rows: Sequence[tuple[str, int, str]]) -> Index:
    """An index of (id, label, split) over files that are there."""
    sizes = []
    for name, _, _ in rows:
        with Image.open(root / name) as opened:
            sizes.append((opened.size, opened.mode))
    content = [(root / name).read_bytes() for name, _, _ in rows]
    return Index(
        root=root,
        classes=classes,
        id=records.strings([name for name, _, _ in rows]),
        label=np.array([label for _, label, _ in rows], np.int64),
        split=records.strings([split for _, _, split in rows]),
        sha256=records.strings([hashlib.sha256(data).hexdigest() for data in content]),
        bytes=np.array([len(data) for data in content], np.int64),
        width=np.array([size[0] for size, _ in sizes], np.int64),
        height=np.array([size[1] for size, _ in sizes], np.int64),
        mode=records.strings([mode for _, mode in sizes]),
        format=records.strings(["PNG"] * len(rows)),
        group=np.full(len(rows), ALONE),
        problem=records.strings(["" for _ in rows]),
    )


def made_up(index: Index, split: Split, sharpness: float = 3.2, seed: int = 5) -> Predictions:
    """Predictions that are often right; neighbouring classes are taken for one another."""
    rows = np.flatnonzero(index.split == split)
    label, classes = index.label[rows], len(index.classes)
    noise = np.random.default_rng(seed)
    logits = noise.normal(0, 1.2, (len(rows), classes))
    known = np.flatnonzero(label != UNKNOWN)
    logits[known, label[known]] += sharpness
    logits[known, (label[known] + 4) % classes] += sharpness * 0.55
    problem = index.problem[rows]
    logits[problem != ""] = np.nan
    return Predictions(index.classes, index.id[rows], label, logits.astype(np.float32), problem)


def write_run(
    folder: Path,
    index: Index,
    epochs: int = 20,
    findings: Sequence[Finding] = FINDINGS,
    settings: Mapping[str, Any] | None = None,
    twin: str | None = None,
) -> Run:
    """Everything of a run but figures, report and model.

    `settings` are the recipe's; without validation, with augmentation, with class weights and with
    the last epoch scored, the run has what these leave. `twin` is a run without class weights.
    """
    run = Run(folder)
    (folder / "predictions").mkdir(parents=True)
    chosen = recipe.assemble(settings={"model": "arch_1", "epochs": epochs, **(settings or {})})
    settled = chosen.settle(128, 3)
    (folder / "recipe.toml").write_text(settled.to_toml())
    (folder / "environment.json").write_text(json.dumps(_ENVIRONMENT))
    records.save_layers(folder / "network.json", layers(len(index.classes)))
    (folder / "history.csv").write_text(runs.csv_text(history(epochs, settled.validation)))
    (folder / "timing.csv").write_text(
        runs.csv_text(
            [
                {"epoch": e, "seconds": 9.25, "images_per_second": 331.7}
                for e in range(1, epochs + 1)
            ]
        )
    )
    if settled.augment.wanted:
        np.save(run.augmentation_path, augmented())
    index.save(folder / "index.parquet")
    records.save_findings(folder / "findings.json", list(findings))
    judged = SPLITS[1:] if settled.validation else SPLITS[2:]
    splits = [split for split in judged if (index.split == split).any()]
    for split in splits:
        made_up(index, split).save(folder / "predictions" / f"{split}.parquet")
    summary = _summary(run, splits)
    summary |= _extras(run, settled, splits, twin)
    (folder / "scores.json").write_text(json.dumps(summary))
    return run


def layers(classes: int) -> list[Layer]:
    """A small network with every kind of layer that there is."""
    return [
        Layer("conv2d", "Conv2D", "16 filters 3×3", (128, 128, 16), 448, 448),
        Layer("batch_normalization", "BatchNormalization", "", (128, 128, 16), 64, 32),
        Layer("activation", "Activation", "ReLU", (128, 128, 16), 0, 0),
        Layer("max_pooling2d", "MaxPooling2D", "2×2", (64, 64, 16), 0, 0),
        Layer("conv2d_1", "Conv2D", "32 filters 3×3, ReLU", (64, 64, 32), 4640, 4640),
        Layer("global_average_pooling2d", "GlobalAveragePooling2D", "", (32,), 0, 0),
        Layer("flatten", "Flatten", "", (32,), 0, 0),
        Layer("dropout", "Dropout", "rate 0.5", (32,), 0, 0),
        Layer("dense", "Dense", f"{classes} units", (classes,), 33 * classes, 33 * classes),
    ]


def augmented(channels: int = 3, side: int = 40) -> NDArray[np.uint8]:
    """Four images of noise and six variants of each, as training saves them."""
    noise = np.random.default_rng(11)
    return noise.integers(0, 256, (4, 7, side, side, channels)).astype(np.uint8)


def history(epochs: int, validation: bool = True) -> list[dict[str, float]]:
    """Losses that fall, and rise again on validation."""
    rows = _history(epochs)
    if validation:
        return rows
    return [
        {name: value for name, value in row.items() if not name.startswith("validation")}
        for row in rows
    ]


def _history(epochs: int) -> list[dict[str, float]]:
    noise = np.random.default_rng(3).normal(0, 0.02, (epochs, 4))
    place = np.linspace(0, 1, epochs)
    falling = 2.3 * np.exp(-2.6 * place)
    return [
        {
            "epoch": epoch + 1,
            "rate": 1e-3,
            "train_loss": float(falling[epoch] * (1 + noise[epoch, 0]) + 0.05),
            "train_accuracy": float(0.97 - falling[epoch] * 0.34 + noise[epoch, 1] * 0.4),
            "validation_loss": float(
                falling[epoch] + 0.45 * place[epoch] ** 2 + 0.2 + noise[epoch, 2]
            ),
            "validation_accuracy": float(0.84 - falling[epoch] * 0.27 + noise[epoch, 3] * 0.5),
        }
        for epoch in range(epochs)
    ]


def _summary(run: Run, splits: Sequence[Split]) -> dict[str, Any]:
    scores = {split: measure.score(run.predictions(split)) for split in splits}
    told = splits[-1]
    return {
        "schema": 1,
        "headline": {
            "score": "accuracy",
            "split": told,
            **asdict(scores[told].overall["accuracy"]),
        },
        "speed": {
            "images_per_second": 512.4,
            "milliseconds_per_image": 1.95,
            "on": "AMD EPYC, 2 threads",
        },
        "splits": {split: score.to_json() for split, score in scores.items()},
    }


def _extras(run: Run, settled: Recipe, splits: Sequence[Split], twin: str | None) -> dict[str, Any]:
    """What scores.json holds on top: the last epoch's scores, and what class weights did."""
    told: dict[str, Any] = {}
    if settled.score_last:
        after = {split: measure.score(made_up(run.index, split, 2.6)) for split in splits}
        scores = {split: score.to_json() for split, score in after.items()}
        told["last"] = {"epoch": settled.epochs, "splits": scores}
    if settled.class_weights == "balanced":
        names = run.index.classes
        weights = {name: 0.5 + k / len(names) for k, name in enumerate(names)}
        told["class_weights"] = {"weights": weights, "split": splits[-1], "twin": twin}
    if twin and "class_weights" in told:
        told["class_weights"]["recall"] = {
            name: {"without": 0.5, "with": 0.5 + change, "difference": asdict(score)}
            for name, (change, score) in zip(names, _CHANGES, strict=False)
        }
    return told


_CHANGES = [
    (0.3, Score(0.3, 0.12, 0.46, 40, "Bonett-Price")),
    (-0.2, Score(-0.2, -0.36, -0.03, 44, "Bonett-Price")),
    (0.05, Score(0.05, -0.04, 0.13, 61, "Bonett-Price")),
]


def _picture(path: Path, number: int, hue: float) -> None:
    noise = np.random.default_rng(number)
    size = (int(noise.integers(20, 60)), int(noise.integers(20, 60)), 3)
    base = np.array([hue, 1 - hue, 0.5]) * 200
    pixels = np.clip(base + noise.normal(0, 25, size), 0, 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


_ENVIRONMENT = {
    "python": "3.11.7",
    "system": "Linux 6.1.0 x86_64",
    "processor": "AMD EPYC 9B14",
    "log": None,
    "packages": {"sureshot": "0.1.0", "torch": "2.10.0", "onnx": None, "numpy": "2.3.1"},
    "device": {
        "name": "cpu",
        "precision": "bf16",
        "threads": 2,
        "reasons": [
            "on 2 processors (there is no GPU)",
            "in bf16 (the processor has avx512_bf16)",
        ],
    },
}
