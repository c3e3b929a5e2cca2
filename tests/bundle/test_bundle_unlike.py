"""The distance to the training images: against its definition, and as its threshold promises."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from sureshot.bundle import distances, learned, looks
from sureshot.bundle.unlike import DIRECTIONS


def maps(n: int, channels: int, seed: int) -> np.ndarray:
    """Feature maps (n, channels, 4, 3), each channel of a strength of its own."""
    draw = np.random.default_rng(seed)
    strength = np.linspace(1, 3, channels)[:, None, None]
    return (strength * draw.gamma(2, 1, (n, channels, 4, 3))).astype(np.float32)


def test_looks_are_directions_of_means_and_deviations() -> None:
    some = maps(5, 3, 0)
    found = looks(some)
    assert found.shape == (5, 6)
    np.testing.assert_allclose((found**2).sum(axis=1), 1)
    np.testing.assert_allclose(looks(7 * some), found, atol=1e-6)  # however bright
    flat = some.reshape(5, 3, -1).astype(np.float64)
    ratio = flat.std(axis=2) / flat.mean(axis=2)
    np.testing.assert_allclose(found[:, 3:] / found[:, :3], ratio, rtol=1e-5)


def test_distances_are_mahalanobis_to_the_nearest_class() -> None:
    found, labels = looks(maps(4_000, 3, 1)), np.arange(4_000) % 2
    found[labels == 1, 0] += 0.2
    means = [found[labels == label].mean(axis=0) for label in (0, 1)]
    spread = found - np.stack(means)[labels]
    inverse = np.linalg.inv(spread.T @ spread / len(spread))  # so many rows are hardly shrunk
    wanted = cdist(found[:50], means, "mahalanobis", VI=inverse).min(axis=1)
    np.testing.assert_allclose(distances(found[:50], learned(found, labels)), wanted, rtol=0.02)


def test_tokens_are_places() -> None:
    some = maps(5, 3, 0)
    tokens = some.reshape(5, 3, -1).swapaxes(1, 2)
    np.testing.assert_array_equal(looks(tokens), looks(some))


def test_a_wide_network_is_compared_in_fewer_directions() -> None:
    """As far from its own images as by all directions, and far from strange ones."""
    channels = DIRECTIONS  # so that there are twice as many numbers
    own, strange = looks(maps(60, channels, 1)), looks(maps(20, channels, 2)[:, ::-1])
    kept = learned(own, np.arange(60) % 2)
    assert kept.shape == (2 + 2 * channels, DIRECTIONS)
    assert distances(strange, kept).min() > distances(own, kept).max()


def test_few_images_are_shrunk_and_many_are_not() -> None:
    """Of 8 images of one class in 20 dimensions, most directions were never seen to vary."""
    few, new = looks(maps(8, 10, 2)), looks(maps(200, 10, 3))
    kept = learned(few, np.zeros(8))
    assert kept.shape == (21, 20)
    assert np.isfinite(kept).all()
    assert distances(new, kept).max() < 20  # and not thousands, as without shrinkage


def test_what_never_varied_has_distances_too() -> None:
    still = np.zeros((30, 2, 4, 4), np.float32)
    still[:, 0] = 1.0
    assert np.isfinite(distances(looks(still), learned(looks(still), np.arange(30) % 3))).all()


@pytest.mark.parametrize("n", [1, 7])
def test_an_image_has_the_same_distance_alone_and_among_others(n: int) -> None:
    found = looks(maps(40, 5, 4))
    kept = learned(found, np.arange(40) % 4)
    np.testing.assert_allclose(distances(found[:n], kept), distances(found, kept)[:n], rtol=1e-9)
