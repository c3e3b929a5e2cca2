"""The handwritten digits that come with scikit-learn, as a folder of PNGs: nothing to download."""

from pathlib import Path

from sureshot.errors import MissingExtra


def write_digits(folder: Path) -> None:
    """Write 1,797 grey PNGs of 8×8 pixels, one folder a class, below `folder`."""
    import numpy as np
    from PIL import Image

    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise MissingExtra("sklearn", "the dataset digits") from None

    digits = load_digits()
    levels = np.rint(digits.images * 255 / 16).astype(np.uint8)  # the source counts from 0 to 16
    for number, (image, label) in enumerate(zip(levels, digits.target, strict=True)):
        path = folder / str(label) / f"{number:04d}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(image).save(path)
