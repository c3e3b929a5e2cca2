"""What a frozen network sees, computed once an image and kept with the pixels.

Shapes: `B` images in a batch, `H` × `W` pixels, `C` channels, `F` features, `V` views, `N` rows.

Batch normalisation is folded into the convolutions before it, the rest runs in the precision of
the training, channels_last, without anything kept for a backward pass. The file lies in the folder
of the pixels that it was made from, under a key of all else that decides it, so that it is listed
and cleared with them.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from sureshot import files
from sureshot.data import Pixels, Rows
from sureshot.device import Device
from sureshot.errors import DataError
from sureshot.models import Network
from sureshot.progress import Progress, duration
from sureshot.recipe import Augmentation, Recipe
from sureshot.seeds import derive
from sureshot.training.augment import augmented

BATCH = 32  # images; assumed: enough for full speed, few enough for the cache
KIND = 1  # raised whenever the same pixels and weights give other features
TIMED = 64  # images that an estimate is made from, after as many unmeasured ones
PROBE = 64  # pixels of the image that folding is proven on; assumed
SAME = 1e-3  # of the largest feature: what folding may change; assumed


@dataclass(frozen=True, eq=False)
class Features:
    """What a head is solved on."""

    train: Tensor  # ((1 + V) · N, F) float32: every image as it is, then view after view
    train_labels: Tensor  # ((1 + V) · N,) int64
    validation: Tensor  # (M, F)
    validation_labels: Tensor  # (M,)
    images: int  # N


def frozen(network: Network, device: Device) -> Callable[[Tensor], Tensor]:
    """A network that only looks: pixels (B, H, W, C) in 0..255 → features (B, F), float32."""
    kind = torch.bfloat16 if device.precision == "bf16" else torch.float32
    seeing = lean(network).to(device.name)
    parts = nn.Sequential(seeing.trunk, seeing.neck)
    parts.to(kind).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def see(pixels: Tensor) -> Tensor:
        with torch.inference_mode():
            found: Tensor = parts(seeing.images(pixels.to(device.name)).to(kind))
            return found.float().cpu()

    return see


def seen(see: Callable[[Tensor], Tensor], batches: Iterable[Tensor]) -> Tensor:
    """The features of one batch after another, (N, F); what gives the batches may work ahead."""
    return torch.cat([see(batch) for batch in batches]).clone()


def features_of(
    network: Network,
    recipe: Recipe,
    pixels: Pixels,
    labels: Tensor,
    rows: tuple[Rows, Rows],
    device: Device,
    weights: str,
    progress: Progress,
) -> Features:
    """Features of training and validation rows, and of `transfer.views` more of the former.

    `weights` are the hashes of the files that the network was read from. What was
    computed before is read.
    """
    train, validation = rows
    views = recipe.transfer.views if recipe.on_features else 0
    every = np.concatenate(rows)

    def kept(some: Rows, view: int) -> NDArray[np.float32]:
        def compute() -> NDArray[np.float32]:
            shown = _changed(pixels, some, recipe, view) if view else _plain(pixels, some)
            return _looked(network, device, shown, progress, len(some))

        return _kept(pixels, _key(recipe, device, weights, some, view), progress, compute)

    plain = kept(every, 0)
    more = [kept(train, view) for view in range(1, views + 1)]
    told = labels[train]
    return Features(
        torch.from_numpy(np.concatenate([plain[: len(train)], *more])),
        told.repeat(1 + views),
        torch.from_numpy(plain[len(train) :]),
        labels[validation],
        len(train),
    )


def seconds_an_image(network: Network, pixels: Pixels, rows: Rows, device: Device) -> float:
    """How long the frozen network looks at one image here."""
    see, some = frozen(network, device), rows[:TIMED]
    for _ in range(2):  # the first time is for warming up
        started = time.perf_counter()
        seen(see, _plain(pixels, some))
    return (time.perf_counter() - started) / len(some)


def _looked(
    network: Network, device: Device, batches: Iterator[Tensor], progress: Progress, count: int
) -> NDArray[np.float32]:
    """Features of all batches, (N, F), with the speed said."""
    see, started = frozen(network, device), time.perf_counter()
    with progress.track("looking at images", count) as track:
        parts = []
        for batch in batches:
            parts.append(see(batch).numpy())
            track.advance(len(batch))
    passed = time.perf_counter() - started
    progress.say(f"{count:,} images seen in {duration(passed)}, {count / passed:,.0f} a second")
    return np.concatenate(parts)


def _plain(pixels: Pixels, rows: Rows) -> Iterator[Tensor]:
    for start in range(0, len(rows), BATCH):
        yield torch.from_numpy(pixels.array[rows[start : start + BATCH]])


def _changed(pixels: Pixels, rows: Rows, recipe: Recipe, view: int) -> Iterator[Tensor]:
    """The rows as one view shows them; where images are mirrored, all of every other view are.

    The same for the same seed and view.
    """
    turned = bool(recipe.augment.flip) and view % 2 == 1
    for number, batch in enumerate(_plain(pixels, rows)):
        draw = torch.Generator().manual_seed(derive("view", recipe.seed, view, number))
        yield augmented(batch, recipe.augment, draw, torch.full((len(batch),), turned))


def _key(recipe: Recipe, device: Device, weights: str, rows: Rows, view: int) -> str:
    """The name of a file of features: a hash of what decides them, the pixels apart."""
    changed = (recipe.augment, recipe.seed, view) if view else (Augmentation(), 0, 0)
    told = {
        "kind": KIND,
        "weights": weights,
        "torch": torch.__version__,
        "precision": device.precision,
        "device": device.name,
        "rows": hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest(),
        "augment": changed[0].model_dump(),
        "seed": changed[1],
        "view": changed[2],
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


def _kept(
    pixels: Pixels, key: str, progress: Progress, compute: Callable[[], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """The features of a key from the cache, or computed now and put there."""
    path = pixels.folder / f"features-{key}.npy"
    if path.exists():
        try:
            found: NDArray[np.float32] = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(
                f"the cached features in {path} are damaged ({error}); "
                "remove them with: sureshot cache --clear"
            ) from None
        progress.say(f"{len(found):,} images were seen before; their features are taken")
        return found
    found = compute()
    if (pixels.folder / "pixels.npy").exists():  # the cache, and not an array of the caller's
        files.write_array(path, found)
    return found


def lean(network: Network) -> Network:
    """A copy with batch normalisation folded, where that proves to give the same; else plain.

    Layers that stand side by side in a module need not follow one another when it is called, nor
    need what an activation overwrites be read by it alone.
    """
    plain, folded = (deepcopy(network).eval() for _ in range(2))
    if not _fold(folded):
        return plain
    probe = torch.linspace(0, 255, 3 * PROBE * PROBE).view(1, PROBE, PROBE, 3)
    probe = probe.to(next(network.parameters()).device)
    with torch.inference_mode():
        wanted, found = (one(probe).features for one in (plain, folded))
    close = (wanted - found).abs().max() <= SAME * wanted.abs().max()
    return folded if bool(close) else plain


def _fold(network: nn.Module) -> int:
    """Put each batch normalisation into the convolution right before it; how often."""
    folds = 0
    for module in network.modules():
        for (name, layer), (after, norm) in pairwise(list(module.named_children())):
            if not (isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)):
                continue
            if layer.out_channels == norm.num_features:
                setattr(module, name, fuse_conv_bn_eval(layer, norm))
                setattr(module, after, nn.Identity())
                folds += 1
        if isinstance(module, (nn.ReLU, nn.ReLU6)):
            module.inplace = True
    return folds
