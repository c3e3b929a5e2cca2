"""What a person moved into class folders becomes a list of labels, and is read back."""

import csv
import errno
from pathlib import Path

import pytest
from inboxes import contents

from sureshot import Silent
from sureshot.bundle import open_bundle
from sureshot.data import list_folder
from sureshot.data.corrections import escaped, meant, with_added, written
from sureshot.errors import DataError
from sureshot.files import sha256_of
from sureshot.sorting import corrections, sort, undo
from sureshot.sorting.naming import class_folders

QUIET = Silent()


@pytest.mark.parametrize(
    "path",
    [
        "/a/b.jpg",
        "=1+1",
        "-x",
        " blanks ",
        "a\\n",
        "a\nb",
        "a\\\\nb",
        "\udcff",
        "衬衫\u3000",
        "a\tb",
    ],
)
def test_any_path_is_written_on_one_line_and_read_back(path: str) -> None:
    assert meant(escaped(path)) == path
    told = written(path)
    assert told == told.strip()
    assert told.isprintable()
    assert not told.startswith(("=", "+", "-", "@"))
    assert Path("/", meant(told)) == Path("/", path)


def test_what_was_moved_into_a_class_folder_is_a_correction(model: Path, inbox: Path) -> None:
    out = inbox.parent / "out"
    done = sort(model, inbox, out, progress=QUIET)
    with pytest.raises(DataError, match="no file of .* was moved into a class folder since"):
        corrections(done.manifest)
    folders = class_folders(open_bundle(model).classes)
    automatic = next(row for row in done.rows if row.decision == "auto")
    first, second, third, *_ = [row for row in done.rows if row.decision == "review"]
    right = next(label for label in folders if label != automatic.label)
    wanted = {
        (right, automatic.sha256): (automatic, folders[right]),
        (right, first.sha256): (first, folders[right]),
        (automatic.label, second.sha256): (second, f"{folders[automatic.label]}/deeper"),
        ("a new class", third.sha256): (third, "a new class"),
    }
    for row, folder in wanted.values():
        (out / folder).mkdir(parents=True, exist_ok=True)
        (out / row.destination).rename(out / folder / Path(row.destination).name)
    (out / folders[right] / "stranger.png").write_bytes(b"of no manifest")
    path, count = corrections(done.manifest)
    assert count == 4
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {(row["label"].removeprefix("'"), row["sha256"]) for row in rows} == set(wanted)
    for row in rows:
        assert sha256_of(out / meant(row["path"])) == row["sha256"]
    undone = undo(done.manifest, progress=QUIET)
    assert undone.counts["not where it was put any more"] == 4
    assert len([name for name in contents(out) if name != "corrections.csv"]) == 5


def test_what_was_moved_out_of_an_unfinished_batch_is_a_correction(
    model: Path, inbox: Path
) -> None:
    out = inbox.parent / "out"
    done = sort(model, inbox, out, progress=QUIET)
    row = next(row for row in done.rows if row.decision == "review")
    done.manifest.rename(out / ".sorting.csv")  # as a kill before the batch's end leaves it
    (out / row.destination).rename(out / "bar" / Path(row.destination).name)
    _, count = corrections(done.manifest)
    assert count == 1


@pytest.mark.parametrize("gone", [True, False])
def test_a_file_that_vanishes_is_no_correction_and_one_that_is_closed_is_named(
    gone: bool, model: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = inbox.parent / "out"
    done = sort(model, inbox, out, progress=QUIET)
    first, second, *_ = [row for row in done.rows if row.decision == "review"]
    places = [out / "bar" / Path(row.destination).name for row in (first, second)]
    for row, place in zip((first, second), places, strict=True):
        (out / row.destination).rename(place)

    def read(path: Path) -> str:
        if path == places[0] and not gone:  # what a file of another user gives
            raise PermissionError(errno.EACCES, "denied", str(path))
        if path == places[0]:
            path.unlink()
        return sha256_of(path)

    monkeypatch.setattr("sureshot.files.sha256_of", read)
    if gone:
        assert corrections(done.manifest)[1] == 1
    else:
        with pytest.raises(DataError, match=rf"{places[0]} must be a file .*\(permission denied\)"):
            corrections(done.manifest)


def folder_of_classes(root: Path) -> Path:
    for label in ("cat", "=dog"):
        (root / label).mkdir(parents=True)
        (root / label / "1.jpg").write_bytes(label.encode())
    return root


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("file,label\na.jpg,cat\n", "must have the columns path and label, found file, label"),
        ("path,label\n", "must name an image below its header"),
        ("path,label\ngone.jpg,cat\n", "row 2 of .* must name a file, .*'gone.jpg'"),
        ("path,label\na.jpg,cow\n", "row 2 of .* among =dog, cat, found 'cow'"),
        ("path,label\na.jpg,cat\n./a.jpg,'=dog\n", "calls .*a.jpg both 'cat' and '=dog'"),
        ("path,label,sha256\na.jpg,cat,00\n", "row 2 of .* tells of other bytes than"),
    ],
)
def test_a_list_that_cannot_be_added_says_why(rows: str, says: str, tmp_path: Path) -> None:
    listing = list_folder(folder_of_classes(tmp_path / "data"))
    (tmp_path / "a.jpg").write_bytes(b"a")
    (tmp_path / "add.csv").write_text(rows)
    with pytest.raises(DataError, match=says):
        with_added(listing, tmp_path / "add.csv")


def test_added_images_lie_anywhere_and_stand_behind_the_others(tmp_path: Path) -> None:
    listing = list_folder(folder_of_classes(tmp_path / "data"))
    for name in ("a.jpg", "two\nlines.jpg", "a\\n.jpg"):
        (tmp_path / name).write_bytes(b"a")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "a.jpg")
    names = ("a.jpg", "two\\nlines.jpg", "a\\n.jpg", "link.jpg", str(tmp_path / "a.jpg"))
    (tmp_path / "add.csv").write_text("path,label\n" + "".join(f"{n},'=dog\n" for n in names))
    found = with_added(listing, tmp_path / "add.csv")
    assert found.entries[:2] == listing.entries
    added = found.entries[2:]
    assert [entry.id for entry in added] == [
        str(tmp_path / name) for name in ("a.jpg", "two\nlines.jpg", "a\\n.jpg")
    ]
    assert {(entry.label, entry.split) for entry in added} == {("=dog", "train")}
