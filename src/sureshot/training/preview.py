"""What augmentation does to some images, as the pictures that report and look show."""

import numpy as np
import torch
from numpy.typing import NDArray

from sureshot.recipe import Augmentation, Recipe
from sureshot.seeds import derive, generator
from sureshot.training.augment import augmented, cut_and_mixed
from sureshot.training.task import Data

IMAGES = 4
VARIANTS = 6


def preview(recipe: Recipe, data: Data) -> NDArray[np.uint8]:
    """Some images as they are, then as training may see them: (IMAGES, 1 + VARIANTS, H, W, C)."""
    rows = generator("preview", recipe.seed).permutation(data.train)[:IMAGES]
    return varied(data.pixels.array[np.sort(rows)], recipe.augment, recipe.seed)


def varied(pixels: NDArray[np.uint8], settings: Augmentation, seed: int) -> NDArray[np.uint8]:
    """Images (I, H, W, C), plain and augmented: (I, 1 + VARIANTS, H, W, C)."""
    plain = torch.from_numpy(pixels)
    shown = [plain]
    for variant in range(VARIANTS):
        draw = torch.Generator().manual_seed(derive("preview", seed, variant))
        images, _ = cut_and_mixed(augmented(plain, settings, draw), settings.cutmix, draw)
        shown.append(images.round().to(torch.uint8))
    return torch.stack(shown, 1).numpy()
