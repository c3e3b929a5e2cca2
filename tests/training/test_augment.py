"""Augmentation: what each change does to pixels whose fate can be known."""

import numpy as np
import pytest
import torch

from sureshot.recipe import Augmentation
from sureshot.training.augment import GREY, alternating, augmented, cut_and_mixed


def drawn(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(count: int = 8, size: int = 16, channels: int = 3) -> torch.Tensor:
    noise = np.random.default_rng(0).integers(0, 256, (count, size, size, channels), np.uint8)
    return torch.from_numpy(noise)


@pytest.mark.parametrize("settings", [{"flip": True}, {"rotation": 20}, {"zoom": 0.2},
    {"translation": 0.2}, {"resized_crop": 0.3},
    {"contrast": 0.5}, {"brightness": 0.3}, {"erasing": 0.9}],
    ids=str)  # fmt: skip
@pytest.mark.parametrize("channels", [1, 3])
def test_every_change_changes_within_bounds_and_repeats(
    settings: dict[str, float], channels: int
) -> None:
    images = pictures(channels=channels)
    before = images.clone()
    first = augmented(images, Augmentation(**settings), drawn())
    assert first.shape == images.shape
    assert first.dtype == torch.float32
    assert first.min() >= 0
    assert first.max() <= 255
    assert torch.equal(images, before)
    assert not torch.equal(first, images.float())
    assert torch.equal(first, augmented(images, Augmentation(**settings), drawn()))
    assert not torch.equal(first, augmented(images, Augmentation(**settings), drawn(1)))


def test_nothing_switched_on_changes_nothing() -> None:
    assert torch.equal(augmented(pictures(), Augmentation(), drawn()), pictures().float())


def test_a_flip_mirrors_about_half_of_the_images() -> None:
    images = pictures(200, 8)
    turned = augmented(images, Augmentation(flip=True), drawn())
    same = torch.isclose(turned, images.float(), atol=0.1).flatten(1).all(1)
    mirrored = torch.isclose(turned, images.float().flip(2), atol=0.1).flatten(1).all(1)
    assert bool((same ^ mirrored).all())
    assert 70 <= int(mirrored.sum()) <= 130


def test_an_alternating_flip_mirrors_each_in_every_other_epoch() -> None:
    rows = np.arange(4000)
    first, second, third = (alternating(rows, 111, epoch) for epoch in range(3))
    assert torch.equal(first, ~second)
    assert torch.equal(first, third)
    assert 0.47 < float(first.float().mean()) < 0.53
    assert torch.equal(alternating(rows[::-7].copy(), 111, 0), first[torch.arange(3999, -1, -7)])
    assert not torch.equal(first, alternating(rows, 112, 0))
    images = pictures(6, 8)
    mirrored = torch.tensor([True, False, True, True, False, False])
    turned = augmented(images, Augmentation(flip="alternating"), drawn(), mirrored)
    wanted = torch.where(mirrored[:, None, None, None], images.flip(2), images)
    assert torch.equal(turned, wanted.float())


def test_a_cut_out_piece_lies_inside_and_is_as_large_as_it_must_be() -> None:
    """On a ramp of levels the span of what is seen is the width of the piece."""
    ramp = torch.linspace(20, 220, 64).round().to(torch.uint8)
    images = ramp[None, None, :, None].expand(500, 64, 64, 1).contiguous()
    seen = augmented(images, Augmentation(resized_crop=0.25), drawn())
    assert float(seen.min()) >= 20
    assert float(seen.max()) <= 220
    wide = (seen.amax((1, 2, 3)) - seen.amin((1, 2, 3))) / 200
    assert 0.40 < float(wide.min()) < 0.5  # √0.25, narrowed by √(3/4)
    assert float(wide.max()) > 0.97
    assert (seen.diff(dim=2) >= 0).all()  # never mirrored, never turned


def test_a_shift_alone_copies_whole_pixels() -> None:
    images = pictures(50, 16)
    moved = augmented(images, Augmentation(translation=0.2), drawn())
    middle = moved[:, 6:10, 6:10]
    found = [
        any(
            torch.equal(middle[i], images[i, 6 + y : 10 + y, 6 + x : 10 + x].float())
            for y in range(-3, 4)
            for x in range(-3, 4)
        )
        for i in range(50)
    ]
    assert all(found)


def test_a_shift_moves_by_at_most_its_share() -> None:
    images = torch.zeros(100, 32, 32, 1, dtype=torch.uint8)
    images[:, 16, 16] = 255
    moved = augmented(images, Augmentation(translation=0.25), drawn())[..., 0]
    places = moved.flatten(1).argmax(1)
    rows, columns = places // 32, places % 32
    assert (rows - 16).abs().max() in (7, 8, 9)
    assert (columns - 16).abs().max() in (7, 8, 9)


def test_a_turn_keeps_the_middle_and_turns_by_at_most_its_angle() -> None:
    images = torch.zeros(200, 33, 33, 1, dtype=torch.uint8)
    images[:, 16, 28] = 255  # right of the middle
    turned = augmented(images, Augmentation(rotation=30), drawn())[..., 0]
    places = turned.flatten(1).argmax(1)
    angles = torch.atan2((places // 33 - 16).float(), (places % 33 - 16).float()).rad2deg()
    assert 25 < float(angles.max()) < 33
    assert -33 < float(angles.min()) < -25


def test_zoom_makes_larger_and_smaller() -> None:
    images = torch.zeros(100, 32, 32, 1, dtype=torch.uint8)
    images[:, 12:20, 12:20] = 255
    sums = augmented(images, Augmentation(zoom=0.3), drawn()).flatten(1).sum(1) / (64 * 255)
    assert float(sums.min()) < 0.75
    assert float(sums.max()) > 1.4


def test_contrast_keeps_the_mean_and_brightness_moves_it() -> None:
    images = (pictures() // 4 + 96).to(torch.uint8)  # far from both ends
    contrast = augmented(images, Augmentation(contrast=0.5), drawn())
    assert torch.allclose(contrast.mean((1, 2, 3)), images.float().mean((1, 2, 3)), atol=0.01)
    bright = augmented(images, Augmentation(brightness=0.2), drawn()) - images.float()
    assert torch.allclose(bright, bright[:, :1, :1, :1].expand_as(bright), atol=1e-3)
    assert float(bright.abs().max()) <= 0.2 * 255


def test_erasing_puts_one_grey_rectangle_into_its_share_of_the_images() -> None:
    images = torch.full((400, 20, 20, 1), 7, dtype=torch.uint8)
    erased = augmented(images, Augmentation(erasing=0.5), drawn())[..., 0] == GREY
    hit = erased.flatten(1).any(1)
    assert 150 < int(hit.sum()) < 250
    for one in erased[hit]:
        rows, columns = one.any(1), one.any(0)
        assert int(one.sum()) == int(rows.sum()) * int(columns.sum())  # a rectangle
    assert float(erased.flatten(1).float().mean(1).max()) < 0.45


def test_a_rectangle_comes_from_a_partner_and_the_rest_stays() -> None:
    images = torch.arange(8.0)[:, None, None, None].expand(8, 20, 30, 1).contiguous()
    mixed = 0
    for seed in range(200):
        seen, mix = cut_and_mixed(images, 0.5, drawn(seed))
        if mix is None:
            assert seen is images
            continue
        mixed += 1
        own = torch.arange(8.0)[:, None, None, None]
        others = mix.partner.float()[:, None, None, None]
        assert ((seen == own) | (seen == others)).all()
        alone = mix.partner != torch.arange(8)
        share = (seen == own).float().mean((1, 2, 3))[alone]
        assert torch.allclose(share, torch.full_like(share, mix.kept), atol=1e-6)
    assert 70 < mixed < 130
    assert torch.equal(images, torch.arange(8.0)[:, None, None, None].expand(8, 20, 30, 1))


def test_a_shift_that_is_not_nothing_moves_and_stays_on_the_image() -> None:
    images = pictures(50, 32)
    assert not torch.equal(augmented(images, Augmentation(translation=0.01), drawn()), images)
    far = augmented(pictures(20, 8), Augmentation(translation=0.97), drawn())
    assert far.shape == (20, 8, 8, 3)
