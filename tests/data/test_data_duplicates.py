"""Duplicates: the same picture in any file, nearly the same photograph, and nothing else."""

import io
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps

from sureshot.containers import indexed
from sureshot.data import list_folder, prepare_pixels, scan
from sureshot.data.duplicates import find_groups
from sureshot.data.families import least, linked, together
from sureshot.data.likeness import CUTS, FARTHEST, WINDOW, candidates, grouped
from sureshot.progress import Silent
from sureshot.recipe import ImageSettings
from sureshot.records import ALONE, Index

BASE, EACH = 400, 40  # photographs; of them copied in each way
SHARE = 0.03  # that is cropped off


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def cropped(image: Image.Image, left: float, upper: float, right: float, lower: float) -> bytes:
    width, height = image.size
    box = left * width, upper * height, (1 - right) * width, (1 - lower) * height
    return jpeg(image.crop(tuple(round(edge) for edge in box)))


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "jpeg": lambda image: jpeg(image, 50),
    "half": lambda image: jpeg(image.resize((image.width // 2, image.height // 2))),
    "brighter": lambda image: jpeg(ImageEnhance.Brightness(image).enhance(1.15)),
    "mirrored": lambda image: jpeg(ImageOps.mirror(image)),
    "cropped": lambda image: cropped(image, *[SHARE / 2] * 4),
    "edges": lambda image: cropped(image, *[SHARE] * 4),
    "corner": lambda image: cropped(image, SHARE, SHARE, 0, 0),
}


@dataclass(frozen=True, eq=False)
class Planted:
    """Photographs, copies of some of them, and the groups that were found."""

    index: Index
    group: NDArray[np.int64]
    original: dict[str, str]  # id of a copy → id of what it is a copy of


def groups_of(root: Path, **settings: object) -> tuple[Index, NDArray[np.int64]]:
    """The index of a folder of classes, and the groups of its duplicates."""
    image = ImageSettings(**{"size": 128, "channels": 3, **settings})
    index = scan(list_folder(root), image, Silent())
    pixels = prepare_pixels(index, image.settled(), Silent())
    index = index.with_problems(pixels.problems)
    group = find_groups(
        index, pixels.array, lambda row: indexed(index, row, 64), image.settled(), Silent()
    )
    return index, group


def named(index: Index, group: NDArray[np.int64]) -> dict[str, int]:
    return dict(zip(index.id, group.tolist(), strict=True))


@pytest.fixture(scope="module")
def planted(clothing: Path, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """400 real photographs, and seven kinds of copies of 40 each."""
    root = tmp_path_factory.mktemp("planted")
    every = sorted(clothing.glob("train/*/*.jpg"))
    chosen = [every[i] for i in np.random.default_rng(0).permutation(len(every))[:BASE]]
    names = [f"{path.parent.name}/{path.name}" for path in chosen]
    original = {}
    for path, name in zip(chosen, names, strict=True):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(path.read_bytes())
    for number, (kind, copy) in enumerate(COPIES.items()):
        for path, name in list(zip(chosen, names, strict=True))[number * EACH :][:EACH]:
            target = name.replace(".jpg", f"-{kind}.jpg")
            (root / target).write_bytes(copy(Image.open(path).convert("RGB")))
            original[target] = name
    return Planted(*groups_of(root), original)


@pytest.mark.parametrize(
    ("kind", "recall"),
    [(kind, 0.95 if kind in ("brighter", "corner") else 1.0) for kind in COPIES],
)
def test_copies_of_photographs_are_found(planted: Planted, kind: str, recall: float) -> None:
    group = named(planted.index, planted.group)
    copies = [copy for copy in planted.original if copy.endswith(f"-{kind}.jpg")]
    assert len(copies) == EACH
    found = [group[copy] == group[planted.original[copy]] != ALONE for copy in copies]
    assert np.mean(found) >= recall


def test_nothing_else_is_found_among_photographs(planted: Planted) -> None:
    """Precision 1: who shares a group comes from one photograph."""
    sources: dict[int, set[str]] = {}
    for name, group in named(planted.index, planted.group).items():
        if group != ALONE:
            sources.setdefault(group, set()).add(planted.original.get(name, name))
    assert len(sources) >= 0.97 * len(COPIES) * EACH
    assert all(len(source) == 1 for source in sources.values())
    assert sorted(sources) == list(range(len(sources)))


def test_groups_follow_content_and_not_names(planted: Planted, tmp_path: Path) -> None:
    copies = list(planted.original)[::7]
    for number, name in enumerate([*copies, *(planted.original[copy] for copy in copies)]):
        target = tmp_path / "one" / f"{37 * number % 101:03}.jpg"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(planted.index.path(list(planted.index.id).index(name)).read_bytes())
    _, group = groups_of(tmp_path)
    before = named(planted.index, planted.group)
    pairs = sum(before[copy] == before[planted.original[copy]] != ALONE for copy in copies)
    assert (np.unique(group[group != ALONE], return_counts=True)[1] == 2).all()
    assert len(set(group.tolist()) - {ALONE}) == pairs


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [16, 24, 64])
def test_the_same_picture_is_found_in_every_file(tmp_path: Path, size: int, channels: int) -> None:
    """Stored pixels decide, whether they are reduced, kept or enlarged, in colour or not."""
    draw = np.random.default_rng(size)
    pixels = draw.integers(0, 256, (24, 24, 3), np.uint8)
    (tmp_path / "a").mkdir()
    Image.fromarray(pixels).save(tmp_path / "a" / "one.png")
    Image.fromarray(pixels).save(tmp_path / "a" / "one.bmp")
    Image.fromarray(pixels).save(tmp_path / "a" / "one.webp", lossless=True)
    Image.fromarray(pixels[::-1]).save(tmp_path / "a" / "other.png")
    grey = Image.fromarray(pixels).convert("L")
    grey.save(tmp_path / "a" / "grey.png")
    grey.convert("RGB").save(tmp_path / "a" / "grey.bmp")
    found = named(*groups_of(tmp_path, size=size, channels=channels))
    one, grey_group = found["a/one.bmp"], found["a/grey.bmp"]
    assert {found["a/one.png"], found["a/one.webp"]} == {one}
    assert found["a/grey.png"] == grey_group
    assert sorted({one, grey_group}) == [0, 1]
    assert found["a/other.png"] == ALONE


def test_pictures_that_only_look_alike_when_prepared_stay_apart(tmp_path: Path) -> None:
    """Blank but for one point, which reducing to 16 pixels takes away."""
    (tmp_path / "a").mkdir()
    for number in range(4):
        pixels = np.full((512, 512), 200, np.uint8)
        pixels[number, 5] = 199
        for copy in range(1 + number % 2):
            Image.fromarray(pixels).save(tmp_path / "a" / f"{number}{copy}.{('png', 'bmp')[copy]}")
    index, group = groups_of(tmp_path, size=16, channels=1)
    assert named(index, group) == {
        "a/00.png": ALONE, "a/10.png": 0, "a/11.bmp": 0, "a/20.png": ALONE, "a/30.png": 1,
        "a/31.bmp": 1,
    }  # fmt: skip


def test_digits_have_no_near_duplicates(digits: Path) -> None:
    """They are small: only what is the same to the last level is a duplicate."""
    index, group = groups_of(digits, size=16, channels=1)
    pixels = [np.asarray(Image.open(index.path(row))).tobytes() for row in range(len(index))]
    for number in set(group.tolist()) - {ALONE}:
        assert len({pixels[row] for row in np.flatnonzero(group == number)}) == 1
    assert len(set(pixels)) == len(index) - (group != ALONE).sum() + len(set(group) - {ALONE})


def test_blank_pictures_are_no_duplicates_of_one_another(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    draw = np.random.default_rng(4)
    for number in range(120):
        pixels = np.clip(2 * number + draw.normal(0, 1, (90, 120)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "a" / f"{number:03}.png")
    _, group = groups_of(tmp_path)
    assert (group == ALONE).all()


def test_unreadable_images_are_alone(shapes: Path) -> None:
    for name in ("x.png", "y.png"):
        (shapes / "bar" / name).write_bytes(b"no image")
    index, group = groups_of(shapes, size=24)
    assert not index.readable.all()
    assert (group == ALONE).all()


@pytest.mark.parametrize("fit", ["squash", "crop", "pad"])
def test_a_border_makes_nothing_alike(tmp_path: Path, fit: str) -> None:
    """Narrow pictures on a wide background, and one true pair."""
    draw = np.random.default_rng(6)
    (tmp_path / "a").mkdir()
    for number in range(60):
        coarse = Image.fromarray(draw.integers(60, 90, (12, 4, 3), np.uint8))
        coarse.resize((80, 240), Image.Resampling.BICUBIC).save(tmp_path / "a" / f"{number:02}.png")
    image = Image.open(tmp_path / "a" / "07.png")
    image.resize((160, 480)).save(tmp_path / "a" / "zz.png")
    index, group = groups_of(tmp_path, fit=fit)
    assert [index.id[row] for row in np.flatnonzero(group != ALONE)] == ["a/07.png", "a/zz.png"]


def test_a_row_of_small_steps_does_not_join_what_is_unlike(clothing: Path, tmp_path: Path) -> None:
    """One photograph turns into another in 40 steps, each nearly the same as the last."""
    first, last = sorted(clothing.glob("train/*/*.jpg"))[:400:399]
    ends = [Image.open(path).convert("RGB").resize((200, 200)) for path in (first, last)]
    (tmp_path / "a").mkdir()
    for step in range(41):
        Image.blend(*ends, step / 40).save(tmp_path / "a" / f"{step:02}.png")
    _, group = groups_of(tmp_path)
    assert (group != ALONE).sum() > 30
    assert group[0] != group[40]
    assert 3 <= len(set(group.tolist()) - {ALONE}) <= 20


@pytest.mark.parametrize("seed", range(4))
def test_all_pairs_of_near_hashes_are_candidates(seed: int) -> None:
    draw = np.random.default_rng(seed)
    hashed = draw.integers(0, 2**64, (300, len(CUTS)), np.uint64)
    for row in range(
        0, 300, 2
    ):  # a view of the next one is this one's whole, with some bits turned
        bits = draw.choice(64, FARTHEST - row % 2, replace=False).astype(np.uint64)
        hashed[row + 1, row % len(CUTS)] = hashed[row, 0] ^ np.bitwise_or.reduce(
            np.uint64(1) << bits
        )
    found = set(zip(*(side.tolist() for side in candidates(hashed)), strict=True))
    wanted = set()
    for one, other in itertools.permutations(range(300), 2):
        if (np.bitwise_count(hashed[one, 0] ^ hashed[other]) <= FARTHEST).any():
            wanted.add((min(one, other), max(one, other)))
    assert found == wanted
    assert len(found) >= 150


def test_very_many_equal_hashes_stay_few_pairs() -> None:
    first, second = candidates(np.full((3_000, len(CUTS)), 12345, np.uint64))
    assert len(first) <= 3_000 * WINDOW
    assert len(set(linked(3_000, first, second).tolist())) == 1


def test_members_agree_with_the_first_of_their_group() -> None:
    """Numbers on a line: those within 2 of one another agree."""
    place = np.array([0, 1, 2, 3, 4, 5, 20, 22, 40])
    first, second = np.array([0, 1, 2, 3, 4, 6]), np.array([1, 2, 3, 4, 5, 7])
    found = grouped(9, first, second, lambda a, b: abs(place[a] - place[b]) <= 2)
    assert found.tolist() == [0, 0, 0, 3, 3, 3, 6, 6, 8]


@pytest.mark.parametrize("seed", range(5))
def test_what_hangs_together_is_one_family(seed: int) -> None:
    draw = np.random.default_rng(seed)
    content, group = draw.integers(0, 80, 120), draw.integers(-1, 40, 120)
    family = together(content, group)
    for row in range(120):  # walk from row to row
        reached, fresh = set(), {row}
        while fresh:
            reached |= fresh
            near = [
                (content == content[r]) | ((group == group[r]) & (group[r] >= 0)) for r in fresh
            ]
            fresh = set(np.flatnonzero(np.logical_or.reduce(near)).tolist()) - reached
        assert set(np.flatnonzero(family == family[row]).tolist()) == reached


def test_the_least_of_each_key() -> None:
    keys, values = np.array([5, -1, 5, 9, -1]), np.array([3, 8, 1, 7, 9])
    assert least(keys, values).tolist() == [1, 8, 1, 7, 8]
    assert least(keys[:0], values[:0]).tolist() == []
