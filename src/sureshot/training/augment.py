"""Augmentation: random changes to a whole batch at once, as tensor operations.

Shapes: `B` images in a batch, `H` × `W` pixels, `C` channels. Amounts are drawn evenly from
-amount to +amount, each image its own. What a turned or shifted image leaves free is filled with
its mirror image.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from sureshot.recipe import Augmentation

GREY = 127.5  # what erased places become; the middle of 0..255
ERASED = (0.02, 0.33)  # least and most of an image's area that is erased; Zhong et al., 2017


def augmented(pixels: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """uint8 (B, H, W, C) → float (B, H, W, C) in 0..255; the same bits for the same generator."""
    images = pixels.permute(0, 3, 1, 2).float()
    if settings.rotation or settings.zoom or settings.translation or settings.flip:
        images = _moved(images, settings, generator)
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


def _even(images: Tensor, generator: torch.Generator) -> Tensor:
    """One number between -1 and 1 an image, shape (B, 1, 1, 1)."""
    drawn = torch.rand(len(images), 1, 1, 1, generator=generator) * 2 - 1
    return drawn.to(images.device)


def _moved(images: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Turned, zoomed, shifted and mirrored in one resampling."""
    b = len(images)
    drawn = torch.rand(5, b, generator=generator)
    even = drawn * 2 - 1
    angle = even[0] * math.radians(settings.rotation)
    scale = 1 / (1 + even[1] * settings.zoom)  # of what is shown: less of it, larger
    mirror = torch.where((drawn[4] < 0.5) & settings.flip, -1.0, 1.0)
    cos, sin = scale * angle.cos(), scale * angle.sin()
    shift = 2 * settings.translation * even[2:4]  # the side of an image is 2 in this grid
    rows = [
        torch.stack([cos * mirror, -sin, shift[0]], 1),
        torch.stack([sin * mirror, cos, shift[1]], 1),
    ]
    grid = affine_grid(
        torch.stack(rows, 1).to(images.device), list(images.shape), align_corners=False
    )
    return grid_sample(images, grid, padding_mode="reflection", align_corners=False)


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
