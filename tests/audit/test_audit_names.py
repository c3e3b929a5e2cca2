"""What class names alone tell: one name in two spellings, labels that augmentation would change."""

from pathlib import Path

import numpy as np
import pytest

from sureshot.audit.augmenting import augmentation_findings
from sureshot.audit.names import name_findings
from sureshot.recipe import assemble
from sureshot.records import Index, strings

DIGITS = tuple("0123456789")
FLIP, TURN = {"augment.flip": True}, {"augment.rotation": 90.0}


def index_of(*classes: str, each: int = 3) -> Index:
    """An index with `each` images of every class, one more of each than of the one before."""
    names = tuple(sorted(classes))
    label = np.repeat(np.arange(len(names)), each + np.arange(len(names)))
    n = len(label)
    word, number = strings([""] * n), np.ones(n, np.int64)
    return Index(
        root=Path(),
        classes=names,
        id=strings([f"{names[k]}/{i}.png" for i, k in enumerate(label)]),
        label=label,
        split=word,
        sha256=word,
        bytes=number,
        width=number,
        height=number,
        mode=word,
        format=word,
        group=-number,
        problem=word,
    )


@pytest.mark.parametrize(
    ("classes", "reason"),
    [
        (("Cat", "cat"), "case"),
        (("caf\u00e9", "cafe\u0301"), "the Unicode form of a letter"),
        (("\u212bngstrom", "\u00c5ngstrom"), "their spelling"),  # form and case each undo it
        (("cat ", "cat"), "blanks around it"),
        (("t-shirt", "t_shirt"), "hyphens, underscores or blanks"),
        (("t-shirt", "tshirt"), "hyphens, underscores or blanks"),
        (("1", "01"), "leading zeros"),
        (("type 7", "type 007"), "leading zeros"),
        (("dog", "dogs"), "a plural s"),
        (("Shoe", "shoes"), "case and a plural s"),
        (("T-Shirts", "t shirt"), "case and hyphens, underscores or blanks and a plural s"),
    ],
)
def test_two_spellings_are_found_with_reason_and_counts(
    classes: tuple[str, str], reason: str
) -> None:
    (found,) = name_findings(index_of(*classes, "horse"))
    assert found.severity == "warning"
    assert f"differ by {reason} alone" in found.sentence
    index = index_of(*classes, "horse")
    for name in classes:
        n = int((index.label == index.classes.index(name)).sum())
        assert f"{name!r} ({n} images)" in found.sentence
    assert "--merge" in found.sentence


@pytest.mark.parametrize(
    "classes",
    [
        ("dress", "hat", "longsleeve", "pants", "shirt", "shoes", "shorts", "skirt", "t-shirt"),
        tuple("0123456789"),
        ("a", "A", "b", "B"),
        ("1-2", "12", "1_20"),
        ("10", "100"),
        ("bus", "bu", "glass", "glas"),
    ],
)
def test_other_names_are_left_alone(classes: tuple[str, ...]) -> None:
    assert list(name_findings(index_of(*classes))) == []


def test_three_spellings_are_one_finding() -> None:
    (found,) = name_findings(index_of("Cat", "cat", "CATS", "dog"))
    assert all(repr(name) in found.sentence for name in ("Cat", "cat", "CATS"))
    assert "'dog'" not in found.sentence


def codes(classes: tuple[str, ...], settings: dict[str, object]) -> list[str]:
    recipe = assemble("arch_1", settings={"augment.flip": False} | settings)
    return [found.code for found in augmentation_findings(index_of(*classes), recipe)]


@pytest.mark.parametrize(
    ("classes", "settings", "expected"),
    [
        (DIGITS, FLIP, ["flip_changes_labels"]),
        (DIGITS, TURN, ["rotation_changes_labels"]),
        (DIGITS, FLIP | TURN, ["flip_changes_labels", "rotation_changes_labels"]),
        (("zero", "one", "two", "three"), FLIP, ["flip_changes_labels"]),
        (("00", "01", "02"), FLIP, ["flip_changes_labels"]),
        (tuple("abcdefg"), FLIP, ["flip_changes_labels"]),
        (("turn_left", "turn_right", "stop"), FLIP, ["flip_changes_labels"]),
        (("TurnLeft", "TurnRight"), FLIP, ["flip_changes_labels"]),
        (("ccw", "cw"), FLIP, ["flip_changes_labels"]),
        (("arrow up", "arrow down"), TURN, ["rotation_changes_labels"]),
        (("north", "south"), TURN, ["rotation_changes_labels"]),
        (DIGITS, {"augment.rotation": 15.0}, []),
        (DIGITS, {}, []),
        (("0", "1"), FLIP, []),  # more often no and yes than digits
        (("0", "1", "8"), FLIP, []),  # the same in the mirror
        (("up", "down"), FLIP, []),
        (("left", "centre"), FLIP, []),  # there is no class that it could become
        (("shirt", "t-shirt", "dress"), FLIP | TURN, []),
        (("bright", "leftover"), FLIP, []),  # words, not letters
    ],
)
def test_what_is_said(
    classes: tuple[str, ...], settings: dict[str, object], expected: list[str]
) -> None:
    assert codes(classes, settings) == expected


def test_the_sentence_names_what_is_harmed_and_the_way_out() -> None:
    recipe = assemble("arch_1", settings=FLIP)
    (found,) = augmentation_findings(index_of(*DIGITS), recipe)
    assert found.severity == "warning"
    assert "the characters 2, 3, 4, 5, 6, 7, 9" in found.sentence
    assert "set augment.flip = false" in found.sentence
