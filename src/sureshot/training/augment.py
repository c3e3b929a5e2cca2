"""Augmentation: random changes to a whole batch at once, as tensor operations.

Shapes: `B` images in a batch, `H` × `W` pixels, `C` channels. Amounts are drawn evenly from
-amount to +amount, each image its own. What a turned or shifted image leaves free is filled with
its mirror image.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import grid_sample, pad

from sureshot.recipe import Augmentation
from sureshot.seeds import derive

GREY = 127.5  # what erased places become; the middle of 0..255
ERASED = (0.02, 0.33)  # least and most of an image's area that is erased; Zhong et al., 2017
MIXING = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))  # Steele, Lea and Flood, 2014
ASPECT = 4 / 3  # most that a cut-out piece is stretched either way; Szegedy et al., 2015


def augmented(
    pixels: Tensor,
    settings: Augmentation,
    generator: torch.Generator,
    mirrored: Tensor | None = None,
) -> Tensor:
    """uint8 (B, H, W, C) → float (B, H, W, C) in 0..255; the same bits for the same generator.

    `mirrored`, bool (B,), says which are mirrored; without it one in two is, where flip is on.
    """
    if settings.flip and mirrored is None:
        mirrored = torch.rand(len(pixels), generator=generator) < 0.5
    images = pixels.permute(0, 3, 1, 2)
    if settings.rotation or settings.zoom or settings.resized_crop:
        images = _moved(images.float(), settings, generator, mirrored)
    else:
        images = _shifted(images, settings.translation, generator, mirrored).float()
    if settings.contrast:
        middle = images.mean((1, 2, 3), keepdim=True)
        images = middle + (images - middle) * (1 + settings.contrast * _even(images, generator))
    if settings.brightness:
        images = images + 255 * settings.brightness * _even(images, generator)
    if settings.contrast or settings.brightness:
        images = images.clamp(0, 255)
    if settings.erasing:
        images = _erased(images, settings.erasing, generator)
    return images.permute(0, 2, 3, 1)


class Mix(NamedTuple):
    """Of which two images each of a batch is made."""

    partner: Tensor  # (B,) int64: the place in the batch of the image that a part comes from
    kept: float  # share of the area that is still the image's own


def cut_and_mixed(
    images: Tensor, share: float, generator: torch.Generator
) -> tuple[Tensor, Mix | None]:
    """In that share of the batches, one rectangle of each image (B, H, W, C) from another one.

    CutMix, Yun et al., 2019: the area of the rectangle is even between none and all.
    """
    b, height, width, _ = images.shape
    drawn = torch.rand(4, generator=generator).tolist()
    if drawn[0] >= share:
        return images, None
    side = math.sqrt(drawn[1])
    tall, wide = int(side * height), int(side * width)
    top, left = int(drawn[2] * (height - tall + 1)), int(drawn[3] * (width - wide + 1))
    partner = torch.randperm(b, generator=generator)
    place = (slice(None), slice(top, top + tall), slice(left, left + wide))
    mixed = images.clone()
    mixed[place] = images[partner.to(images.device)][place]
    return mixed, Mix(partner, 1 - tall * wide / (height * width))


def alternating(rows: NDArray[np.int64], seed: int, epoch: int) -> Tensor:
    """Which of some rows are mirrored in an epoch, bool (B,): each in every other epoch.

    Where each begins is drawn from the seed; half of them are mirrored at any time.
    """
    drawn = np.uint64(derive("mirror", seed)) ^ rows.astype(np.uint64)
    for shift, factor in MIXING:  # the finaliser of SplitMix64: one bit in, half of them change
        drawn = (drawn ^ (drawn >> np.uint64(shift))) * np.uint64(factor)
    return torch.from_numpy(((drawn >> np.uint64(63)).astype(np.int64) + epoch) % 2 == 1)


def _even(images: Tensor, generator: torch.Generator) -> Tensor:
    """One number between -1 and 1 an image, shape (B, 1, 1, 1)."""
    drawn = torch.rand(len(images), 1, 1, 1, generator=generator) * 2 - 1
    return drawn.to(images.device)


def _shifted(
    images: Tensor, share: float, generator: torch.Generator, mirrored: Tensor | None
) -> Tensor:
    """Mirrored and shifted by whole pixels: copied, not resampled."""
    b, _, height, width = images.shape
    if mirrored is not None:
        images = torch.where(
            mirrored.to(images.device)[:, None, None, None], images.flip(3), images
        )
    if not share:
        return images
    reach = [min(max(round(share * side), 1), side - 1) for side in (height, width)]
    y, x = (torch.randint(2 * most + 1, (b,), generator=generator) for most in reach)
    around = pad(images.float(), (reach[1], reach[1], reach[0], reach[0]), mode="reflect")
    windows = around.permute(0, 2, 3, 1).unfold(1, height, 1).unfold(2, width, 1)
    chosen = windows.permute(0, 1, 2, 4, 5, 3)[torch.arange(b), y, x]  # (B, H, W, C)
    return chosen.permute(0, 3, 1, 2)


def _moved(
    images: Tensor, settings: Augmentation, generator: torch.Generator, mirrored: Tensor | None
) -> Tensor:
    """Cut out, turned, zoomed, shifted and mirrored in one resampling.

    A place (x, y) of the new image shows the old image's (a·x + b·y + left, c·x + d·y + top), all
    counted from -1 to 1 across the side.
    """
    b, _, height, width = images.shape
    even = torch.rand(8, b, generator=generator) * 2 - 1
    wide, tall = _piece(even[4:6], settings.resized_crop)
    angle = even[0] * math.radians(settings.rotation)
    scale = 1 / (1 + even[1] * settings.zoom)  # of what is shown: less of it, larger
    sign = 1.0 if mirrored is None else 1 - 2 * mirrored.float()
    left = 2 * settings.translation * even[2] + (1 - wide) * even[6]
    top = 2 * settings.translation * even[3] + (1 - tall) * even[7]
    cos, sin = scale * angle.cos(), scale * angle.sin()
    of_x = torch.stack([wide * cos * sign, tall * sin * sign], 1).to(images.device)  # a and c
    of_y = torch.stack([-wide * sin, tall * cos], 1).to(images.device)  # b and d, (B, 2)
    corner = torch.stack([left, top], 1).to(images.device)
    x, y = (
        (torch.arange(side, device=images.device) * 2 + 1) / side - 1 for side in (width, height)
    )
    along_x = (of_x[:, None] * x[:, None] + corner[:, None])[:, None]  # (B, 1, W, 2)
    grid = along_x + (of_y[:, None] * y[:, None])[:, :, None]  # (B, H, W, 2)
    return grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def _piece(even: Tensor, least: float) -> tuple[Tensor, Tensor]:
    """Width and height, as shares of the sides, of pieces of at least that share of the area."""
    if not least:
        return torch.ones_like(even[0]), torch.ones_like(even[0])
    area = (1 + least) / 2 + (1 - least) / 2 * even[0]
    most = (-area.log() / 2).clamp(max=math.log(ASPECT) / 2)  # no longer than the side
    stretch = torch.exp(even[1] * most)
    return area.sqrt() * stretch, area.sqrt() / stretch


def _erased(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """A grey rectangle somewhere in that share of the images."""
    b, _, height, width = images.shape
    drawn = torch.rand(5, b, 1, generator=generator)
    area = ERASED[0] + (ERASED[1] - ERASED[0]) * drawn[0]
    aspect = torch.exp((drawn[1] * 2 - 1) * math.log(3.0))  # from 1:3 to 3:1
    tall = (area * aspect).sqrt().clamp(max=1.0)
    wide = (area / aspect).sqrt().clamp(max=1.0)
    top, left = drawn[2] * (1 - tall), drawn[3] * (1 - wide)
    y, x = (torch.arange(side) / side for side in (height, width))
    inside_y = (y >= top) & (y < top + tall)  # (B, H)
    inside_x = (x >= left) & (x < left + wide)
    hit = (drawn[4] < share)[:, :, None] & inside_y[:, :, None] & inside_x[:, None, :]
    return images.masked_fill(hit[:, None].to(images.device), GREY)
