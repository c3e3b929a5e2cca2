"""Findings about duplicates: conflicts, leaks and copies, of the same file and of like pictures."""

from collections.abc import Sequence

import pytest

from made_indexes import bare_index
from sureshot.audit.checks import worst_first
from sureshot.audit.duplicates import duplicates
from sureshot.audit.structure import structure_findings
from sureshot.data import Listing
from sureshot.records import ALONE, SPLITS, Finding, Index

LETTERS = dict(zip("tvs", SPLITS, strict=True)) | {"-": ""}


def index(
    contents: str, splits: str, labels: str | None = None, groups: Sequence[int] | None = None
) -> Index:
    """One letter an image: content, split (t, v, s for test, - for none) and label."""
    label = [int(letter) for letter in labels or "0" * len(contents)]
    split = [LETTERS[letter] for letter in splits]
    return bare_index(("cat", "dog"), label, split, contents, groups)


def rows(finding: Finding) -> list[int]:
    return [int(image.removesuffix(".png")) for image in finding.images]


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (index("abcd", "ttvs"), {}),
        (index("aabb", "tttt"), {"copies": [0, 1, 2, 3]}),
        (index("abab", "tsts"), {"copies": [0, 2, 1, 3]}),
        (index("aabc", "tsts"), {"leak": [0, 1]}),
        (index("aabc", "tttt", "0110"), {"label_conflict": [0, 1]}),
        (index("aabc", "tstt", "0110"), {"label_conflict": [0, 1], "leak": [0, 1]}),
        (index("abcd", "tttt", None, [3, ALONE, 3, ALONE]), {"near_copies": [0, 2]}),
        (index("abcd", "tsvs", None, [7, 7, ALONE, ALONE]), {"near_leak": [0, 1]}),
        (index("abcd", "tttt", "0100", [1, 1, 2, 2]),
         {"near_label_conflict": [0, 1], "near_copies": [2, 3]}),
        (index("aab", "tts", None, [0, 0, 0]), {"copies": [0, 1], "near_leak": [0, 1, 2]}),
        (index("aab", "tst", None, [0, 0, 0]), {"leak": [0, 1], "near_leak": [0, 1, 2]}),
        (index("aab", "t--", None, [0, 0, 0]), {}),
    ],
)  # fmt: skip
def test_each_kind_is_told_with_its_images(made: Index, wanted: dict[str, list[int]]) -> None:
    found = {finding.code: finding for finding in duplicates(made)}
    assert {code: rows(finding) for code, finding in found.items()} == wanted
    for code, finding in found.items():
        assert finding.severity == ("note" if code.endswith("copies") else "warning")
        words = "nearly the same picture" if code.startswith("near_") else "the same picture"
        assert words in finding.sentence
        assert ("nearly" in finding.sentence) == code.startswith("near_")
        assert finding.sentence.startswith(f"{len(finding.images)} images ")


@pytest.mark.parametrize(
    ("splits", "said"),
    [("ttsss", "2 of them in test"), ("ttvvv", "2 of them in validation"),
     ("tvsss", "1 of them in test"), ("tvtts", "0 of them in test")],
)  # fmt: skip
def test_a_leak_says_how_many_judging_images_are_concerned(splits: str, said: str) -> None:
    made = index("abcde", splits, None, [4, 4, 4, 4, ALONE])
    if splits == "tvsss":
        made = index("abcde", splits, None, [4, 4, 4, ALONE, ALONE])
    (finding,) = duplicates(made)
    assert finding.sentence.endswith(f"so that scores are flattered; {said}")


def test_unreadable_and_unlabelled_images_are_nobodys_duplicate() -> None:
    made = index("aabb", "tsts", "0000", [0, 0, 1, 1]).with_problems({1: "empty: nothing"})
    made.label[3] = -1
    assert list(duplicates(made)) == []


def test_the_worst_stands_first_among_all_findings() -> None:
    made = index("aabbccdefg", "ttttstvsts", "0100001111", None)
    found = worst_first(list(structure_findings(made, Listing(made.root, ()))))
    codes = [finding.code for finding in found]
    assert codes.index("label_conflict") < codes.index("leak") < codes.index("copies")
    assert found[codes.index("copies")].severity == "note"
