"""Write MNIST's four IDX files as a folder of PNGs: train, validation and test, one folder a class.

    python examples/mnist.py IDX_FOLDER FOLDER

The last 10,000 of the 60,000 training images become validation: 50,000 / 10,000 / 10,000, as the
textbook networks were trained (LeCun, Cortes and Burges, "The MNIST database").
"""

import gzip
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

TRAINED = 50_000


def read(path: Path) -> NDArray[np.uint8]:
    """One IDX file of unsigned bytes: two zeros, the type 8, how many axes, their lengths."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if content[:3] != b"\x00\x00\x08":
        sys.exit(f"{path} must be an IDX file of unsigned bytes, begins with {content[:4]!r}")
    shape = np.frombuffer(content, ">u4", content[3], offset=4)
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * content[3])
    if len(values) != shape.prod():
        sys.exit(f"{path} must hold {shape.prod():,} values, holds {len(values):,}")
    return values.reshape(shape)


def pair(folder: Path, stem: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images (N, 28, 28) and labels (N,) of "train" or "t10k", gzipped or not."""
    found = []
    for kind in ("images-idx3", "labels-idx1"):
        names = [f"{stem}-{kind}-ubyte{ending}" for ending in ("", ".gz")]
        path = next((folder / name for name in names if (folder / name).exists()), None)
        if path is None:
            sys.exit(f"{folder} must hold {' or '.join(names)}")
        found.append(read(path))
    return found[0], found[1]


def write(source: Path, folder: Path) -> int:
    """Write one PNG a digit; returns how many."""
    images, labels = pair(source, "train")
    splits = {
        "train": (images[:TRAINED], labels[:TRAINED]),
        "validation": (images[TRAINED:], labels[TRAINED:]),
        "test": pair(source, "t10k"),
    }
    for split, (some, their) in splits.items():
        for digit in range(10):
            (folder / split / str(digit)).mkdir(parents=True, exist_ok=True)
        for number, (image, label) in enumerate(zip(some, their, strict=True)):
            Image.fromarray(image).save(folder / split / str(label) / f"{number:05d}.png")
    return sum(len(some) for some, _ in splits.values())


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(f"wrote {write(Path(sys.argv[1]), Path(sys.argv[2])):,} images to {sys.argv[2]}")
