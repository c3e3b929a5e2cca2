"""Real images for containers: a few of MNIST and of CIFAR-10."""

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from writing import Lot


@pytest.fixture(scope="session")
def mnist(mirror: Path) -> Lot:
    """The first 300 of MNIST's test images, (300, 28, 28), and their labels."""
    place = mirror / "datasets" / "mnist"
    images = gzip.decompress((place / "t10k-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((place / "t10k-labels-idx1-ubyte.gz").read_bytes())
    pixels = np.frombuffer(images, np.uint8, 300 * 784, 16).reshape(300, 28, 28)
    return pixels, np.frombuffer(labels, np.uint8, 300, 8)


@pytest.fixture(scope="session")
def jpegs(mirror: Path) -> list[tuple[bytes, str]]:
    """Every 600th JPEG of CIFAR-10 with its class, about 100 of them."""
    found: list[tuple[bytes, str]] = []
    with tarfile.open(mirror / "datasets" / "cifar10-images.tar.gz", "r|gz") as archive:
        names = (member for member in archive if member.name.endswith(".jpg"))
        for number, member in enumerate(names):
            if number % 600 == 0:
                file = archive.extractfile(member)
                assert file is not None
                found.append((file.read(), Path(member.name).parent.name))
    return found


@pytest.fixture(scope="session")
def cifar(jpegs: list[tuple[bytes, str]]) -> tuple[NDArray[np.uint8], list[str]]:
    """The same, decoded, (n, 32, 32, 3), with the names of their classes."""
    pixels = np.stack([np.asarray(Image.open(io.BytesIO(image))) for image, _ in jpegs])
    return pixels, [label for _, label in jpegs]
