"""An answer of a person moves a file once, for keeps, and never over another one."""

from pathlib import Path

import pytest
from inboxes import contents

from sureshot import Silent
from sureshot.errors import DataError, StorageError
from sureshot.sorting import Review, corrections, review, sort
from sureshot.sorting.settling import holding


@pytest.fixture
def found(model: Path, inbox: Path) -> Review:
    sort(model, inbox, inbox.parent / "out", progress=Silent())
    return review(inbox.parent / "out")


def test_an_answer_is_a_moved_file_that_corrections_read_and_can_be_taken_back(
    found: Review,
) -> None:
    before = contents(found.folder)
    first, second = found.aside[:2]
    label = found.classes[2]
    assert found.put(first, label)
    assert not found.put(first, label)
    assert found.put(second, label)
    assert [one.place for one in found.waiting()] == [one.place for one in found.aside[2:]]
    assert corrections(found.folder / "manifest.csv")[1] == 2
    (found.folder / "corrections.csv").unlink()
    assert found.put_back(first, label)
    assert found.put_back(second, label)
    assert contents(found.folder) == before


def test_images_of_one_suggested_class_come_together(found: Review) -> None:
    suggested = [one.best for one in found.aside]
    assert len(suggested) > 2
    assert suggested == sorted(suggested)
    assert all(one.shares[one.best] == max(one.shares) for one in found.aside)


def test_what_is_gone_or_taken_is_said_and_stays(found: Review) -> None:
    first, second = found.aside[:2]
    one, other = found.classes[:2]
    found.put(first, one)
    with pytest.raises(DataError, match="somebody else has judged it"):
        found.put(first, other)
    taken = found.folder / found.place_in(second, one)
    taken.write_bytes(b"mine")
    with pytest.raises(DataError, match="is there already"):
        found.put(second, one)
    assert taken.read_bytes() == b"mine"
    assert second in found.waiting()


def test_while_a_sort_is_under_way_nothing_is_moved(found: Review) -> None:
    with holding(found.folder), pytest.raises(StorageError, match="by another process"):
        found.put(found.aside[0], found.classes[0])
    assert found.aside[0] in found.waiting()


def test_a_line_without_its_probabilities_is_named(found: Review) -> None:
    path = found.folder / "manifest.csv"
    line = next(line for line in path.read_text().splitlines() if "_review/" in line)
    path.write_text(path.read_text().replace(line, line.rpartition(",")[0] + ",x"))
    with pytest.raises(DataError, match=r"must have 3 probabilities of _review/"):
        review(found.folder)
