"""What augmentation does to some training images, as the pictures that the report shows."""

import numpy as np
import torch
from numpy.typing import NDArray

from sureshot.recipe import Recipe
from sureshot.seeds import derive, generator
from sureshot.training.augment import augmented
from sureshot.training.loop import Data

IMAGES = 4
VARIANTS = 6


def preview(recipe: Recipe, data: Data) -> NDArray[np.uint8]:
    """Some images as they are, then as training may see them: (IMAGES, 1 + VARIANTS, H, W, C)."""
    rows = generator("preview", recipe.seed).permutation(data.train)[:IMAGES]
    pixels = torch.from_numpy(data.pixels.array[np.sort(rows)])
    shown = [pixels]
    for variant in range(VARIANTS):
        draw = torch.Generator().manual_seed(derive("preview", recipe.seed, variant))
        shown.append(augmented(pixels, recipe.augment, draw).round().to(torch.uint8))
    return torch.stack(shown, 1).numpy()
