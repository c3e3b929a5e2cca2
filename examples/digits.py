"""Write scikit-learn's handwritten digits as a folder of PNGs, one folder a class.

    python examples/digits.py FOLDER

1,797 greyscale images of 8×8 pixels, 10 classes (UCI, "Optical Recognition of Handwritten Digits").
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits


def write(folder: Path) -> int:
    """Write one PNG a digit; returns how many."""
    digits = load_digits()
    levels = np.rint(digits.images * 255 / 16).astype(np.uint8)  # the source counts from 0 to 16
    for number, (image, label) in enumerate(zip(levels, digits.target, strict=True)):
        path = folder / str(label) / f"{number:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return len(levels)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(f"wrote {write(Path(sys.argv[1])):,} images to {sys.argv[1]}")
