"""How a pretrained network is taught new classes: which way, its head, and what is unfrozen when.

`features`: a head is solved for at one strength of regularisation after another, each of them a
row of the history; the one with the least validation loss is kept, as everywhere.
`finetune`: the head of the best strength first; then the network itself, one run of its layers
after another from the top, the lower the slower, on images that grow.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from sureshot import files
from sureshot.errors import RunError, UsageError
from sureshot.models import Network
from sureshot.pretrained import located, obtain, read_processor, require_transformers
from sureshot.pretrained.backbone import Backbone, read_backbone
from sureshot.progress import Progress, duration
from sureshot.recipe import Recipe, assemble, of_way
from sureshot.records import Index
from sureshot.runs import Run

ENOUGH = 100  # training images a class from which the network itself is trained on; assumed
GROWING = ((0.4, 5 / 7), (0.7, 6 / 7))  # up to that share of the epochs, that share of the side
STRIDE = 32  # pixels: what smaller sides are multiples of; the usual trunks halve five times
STEP = 2.5  # looks of the frozen network: a step an image, as images grow; see docs/log.md
SOLVING = 10.0  # seconds for all heads; assumed
ANSWERS = 5_000  # that the bundle is asked for after a training; measured on 3,781 photographs
CLOSING = 18.0  # seconds for export, figures and report; measured (docs/pretrained.md)


def settled_transfer(
    given: tuple[Any, Any, Any], recipe: Recipe, index: Index, harm: str, progress: Progress
) -> tuple[Recipe, list[str]]:
    """The recipe of a pretrained network with way, images and commit settled, and why.

    `given` is what `assemble` was called with, `index` what is trained on, `harm` what mirroring
    would do to its classes. The weights are fetched where they are not on this machine.
    """
    require_transformers()  # says at once what is missing
    weights = obtain(recipe.model, progress)
    processor = read_processor(weights.folder)
    way, why = _proposed(recipe, index)
    layer = of_way(recipe.model, way)
    layer["image"] = layer["image"] | {"size": processor.size}
    if harm:
        layer["augment"] = layer.get("augment", {}) | {"flip": False}
    reasons = []
    if way == "finetune" and not _takes_other_sizes(weights.folder, processor.size):
        layer["transfer"]["progressive"] = False
        reasons.append(f"{recipe.model} takes images of one size, so they do not grow")
    settled = assemble(*given, layer)
    transfer = settled.transfer.model_copy(update={"way": way})
    epochs = settled.epochs if settled.validation or way == "finetune" else 1
    changed = {"model": weights.model, "transfer": transfer, "epochs": epochs}
    settled = settled.model_copy(update=changed)
    _require_possible(settled, grows=not reasons)
    return settled, [f"weights of {recipe.model} from {weights.place}", why, *reasons]


def _require_possible(recipe: Recipe, grows: bool) -> None:
    """Raise UsageError for what the user wants and a pretrained network cannot."""
    if recipe.optimizer.name == "muon":
        raise UsageError(
            'optimizer.name must be "adam", "adamw" or "sgd" for a pretrained network, whose '
            'layers have rates of their own, got "muon"'
        )
    if recipe.finetuned and recipe.transfer.progressive and not grows:
        raise UsageError(
            f"transfer.progressive must be false for {recipe.model}, which takes images of one "
            "size, got true"
        )


def _takes_other_sizes(folder: Path, size: int) -> bool:
    """Whether a trunk can look at images that are larger than those it was trained on."""
    larger = torch.zeros(1, 3, size + STRIDE, size + STRIDE)
    try:
        with torch.inference_mode():
            read_backbone(folder, size).trunk.eval()(larger)
    except (RuntimeError, ValueError):
        return False
    return True


def _proposed(recipe: Recipe, index: Index) -> tuple[str, str]:
    """The way, as asked or by the number of images, and why."""
    if recipe.transfer.way != "auto":
        return recipe.transfer.way, f"transfer {recipe.transfer.way} (as asked)"
    counts = np.bincount(index.label[index.rows("train")], minlength=len(index.classes))
    each = int(np.median(counts))
    if each < ENOUGH:
        return "features", f"transfer features ({each:,} images a class are few to fine-tune on)"
    return "finetune", f"transfer finetune ({each:,} images a class are enough for it)"


def record(run: Run, model: str) -> None:
    """Write down which weights a run stands on; RunError where it has begun on others."""
    path, told = run.folder / "pretrained.json", located(model).to_json()
    if not path.exists():
        files.write_json(path, told)
    elif json.loads(path.read_text("utf-8")) != told:
        raise RunError(
            f"{run.folder} must go on with the weights that it began with, and those of {model} "
            "are others now; put the files back that pretrained.json names"
        )


def estimated(recipe: Recipe, each: float, train: int, validation: int) -> dict[str, float]:
    """Seconds that each way takes where the frozen network looks at an image for `each` seconds."""
    views = recipe.transfer.views
    features = each * (train * (1 + views) + validation) + SOLVING
    epochs = recipe.epochs if recipe.finetuned else of_way(recipe.model, "finetune")["epochs"]
    whole = each * (STEP * train + validation) * epochs
    return {"features": features, "finetune": features + whole}


def in_words(recipe: Recipe, each: float, train: int, validation: int) -> str:
    """About how long the way that was chosen takes until its report, and the other."""
    closing = each * ANSWERS + CLOSING
    seconds = estimated(recipe, each, train, validation)
    told = {way: duration(training + closing) for way, training in seconds.items()}
    chosen = told.pop(recipe.transfer.way)
    ((other, time),) = told.items()
    return f"about {chosen} until the report; {other} would take about {time}"


def groups(network: Network, recipe: Recipe) -> Sequence[nn.Parameter] | list[dict[str, Any]]:
    """What an optimizer is given, in the order of `network.trained()`: rates fall downwards."""
    if not (recipe.finetuned and isinstance(network.trunk, Backbone)):
        return network.trained()
    parts = network.trunk.parts()
    beyond = [*network.neck.parameters(), *network.head.parameters()]
    runs = [*parts, beyond]
    shares = [recipe.transfer.falloff ** (len(parts) - low) for low in range(len(runs))]
    return [{"params": run, "share": s} for run, s in zip(runs, shares, strict=True)]


def unfreeze(network: Network, recipe: Recipe, epoch: int) -> None:
    """Let training change the head, and as many runs of the trunk, from the top, as it is time for.

    The topmost from the first epoch on, and one more after each `transfer.unfreeze` epochs; the
    lowest never: edges and colours are alike everywhere, and cost more than all above them.
    """
    if not (recipe.finetuned and isinstance(network.trunk, Backbone)):
        return
    parts, every = network.trunk.parts(), recipe.transfer.unfreeze
    most = len(parts) - 1
    free = most if not every else min(1 + int(epoch / every), most)
    for number, part in enumerate(parts):
        for parameter in part:
            parameter.requires_grad_(number >= len(parts) - free)


def sized(images: Tensor, recipe: Recipe, epoch: int) -> Tensor:
    """Images (B, H, W, C) as large as an epoch shows them: small at first, then as they are."""
    full = images.shape[1]
    side = side_at(recipe, epoch, full)
    if side == full:
        return images
    small = interpolate(
        images.permute(0, 3, 1, 2).float(), size=(side, side), mode="bilinear", antialias=True
    )
    return small.permute(0, 2, 3, 1)


def side_at(recipe: Recipe, epoch: int, full: int) -> int:
    """The side in pixels of what an epoch shows."""
    if not (recipe.finetuned and recipe.transfer.progressive):
        return full
    share = next((part for until, part in GROWING if epoch < until * recipe.epochs), 1.0)
    side = round(full * share / STRIDE) * STRIDE
    return full if share == 1.0 else min(max(side, STRIDE), full)
