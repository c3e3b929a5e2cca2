"""Every image in exactly one place, named in the manifest, and back again."""

import csv
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from inboxes import contents, planned
from numpy.typing import NDArray
from PIL import Image

from sureshot import Silent
from sureshot.bundle import Bundle, open_bundle
from sureshot.errors import DataError, Interrupted, StorageError, UsageError
from sureshot.files import sha256_of
from sureshot.images import Content, prepare
from sureshot.recipe import Preprocessing
from sureshot.sorting import Sorted, corrections, judging, sort, undo
from sureshot.sorting.manifest import read
from sureshot.sorting.naming import Names, class_folders
from sureshot.sorting.placing import put, remove
from sureshot.sorting.settling import holding, opened

QUIET = Silent()
HOSTILE = (
    "two\nlines.png",
    "-rf.png",
    "=1+1.png",
    "@sum.png",
    "back\\slash\\n.png",
    "bytes\udcff.png",
    "衬衫 é.png",
    "tab\t.png",
    "'quoted\", and; more.png",
    "a b .png",
    "x" * 251 + ".png",
    "no ending ",
    " in front.png",
)


def one_image(path: Path, seed: int = 1) -> Path:
    picture = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        Image.fromarray(picture).save(file, "png")
    return path


def images_in(folder: Path) -> int:
    return len(contents(folder))


def test_the_plan_decides_and_the_manifest_says_so(model: Path, inbox: Path) -> None:
    before = contents(inbox)
    done = sort(model, inbox, inbox.parent / "out", max_error="2%", progress=QUIET)
    assert contents(inbox) == before
    classes, rows = read(done.manifest)
    bundle = open_bundle(model)
    assert classes == bundle.classes
    predicted = bundle.predict([row.source for row in rows])
    shares = predicted.probabilities()
    for k, row in enumerate(rows):
        file = done.manifest.parent / row.destination
        assert file.read_bytes() == before[Path(row.source).relative_to(inbox).as_posix()]
        assert file.stat().st_mtime_ns == Path(row.source).stat().st_mtime_ns
        assert (row.sha256, row.model) == (sha256_of(file), sha256_of(model))
        assert row.reason == predicted.problem[k]
        if row.decision == "unreadable":
            assert not any(row.probabilities)
            continue
        np.testing.assert_allclose([float(p) for p in row.probabilities], shares[k], atol=1e-5)
        assert row.label == classes[int(shares[k].argmax())]
        assert row.decision == "unlike" or (row.decision == "auto") == (
            shares[k].max() >= bundle.about.plan.threshold
        )
    counts = Counter(row.decision for row in rows)
    assert counts["unreadable"] == 2
    assert min(counts[name] for name in ("auto", "review", "unlike")) > 0
    folders = class_folders(classes)
    wanted = {"review": "_review", "unlike": "_unlike", "unreadable": "_unreadable"}
    for row in rows:
        assert row.destination.split("/")[0] == wanted.get(row.decision, folders.get(row.label))
    assert f"{counts['auto']} of them automatically" in str(done)
    assert "95 % confidence at most 2 %" in str(done)


@pytest.mark.parametrize("how", [{}, {"move": True}, {"link": True}], ids=str)
def test_what_was_sorted_goes_back(how: dict[str, bool], model: Path, inbox: Path) -> None:
    before, out = contents(inbox), inbox.parent / "out"
    done = sort(model, inbox, out, **how, progress=QUIET)
    assert sorted(contents(out).values()) == sorted(before.values())
    assert contents(inbox) == ({} if how == {"move": True} else before)
    linked = [
        (out / row.destination).samefile(row.source) for row in done.rows if how != {"move": True}
    ]
    assert set(linked) <= {how == {"link": True}}
    again = sort(model, inbox, out, **how, progress=QUIET)
    assert (len(again.rows), again.before) == (0, 60)
    undone = undo(done.manifest, progress=QUIET)
    assert contents(inbox) == before
    assert not undone.left
    assert list(out.iterdir()) == []


def test_hostile_names_come_through_and_back(model: Path, tmp_path: Path) -> None:
    inbox, out = tmp_path / "inbox", tmp_path / "out"
    for number, name in enumerate(HOSTILE):
        one_image(inbox / name, number)
    before = contents(inbox)
    done = sort(model, inbox, out, move=True, progress=QUIET)
    assert contents(inbox) == {}
    _, rows = read(done.manifest)
    assert {row.source for row in rows} == {str(inbox / name) for name in HOSTILE}
    with done.manifest.open(newline="", encoding="utf-8") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@")) or "\n" in cell]
    for row in rows:
        assert (out / row.destination).read_bytes() == before[Path(row.source).name]
    assert not undo(done.manifest, progress=QUIET).left
    assert contents(inbox) == before


def test_names_are_kept_apart_whatever_their_case(model: Path, tmp_path: Path) -> None:
    names = ("1.jpg", "a/1.jpg", "b/1.JPG", "c/1~2.jpg", "d/É.png", "e/e\u0301.png")
    for number, name in enumerate(names):
        one_image(tmp_path / "inbox" / name, number)
    done = sort(model, tmp_path / "inbox", tmp_path / "out", progress=QUIET)
    taken = [Path(row.destination).name.casefold() for row in done.rows]
    assert sorted(taken) == ["1.jpg", "1~2.jpg", "1~2~2.jpg", "1~3.jpg", "e\u0301~2.png", "é.png"]


@pytest.mark.parametrize(
    ("classes", "folders"),
    [
        (("cat", "dog"), ("cat", "dog")),
        (("..", ".", "a/b"), ("class_._", "class__", "a_b")),
        (("_review", "_unlike", "=x"), ("class__review", "class__unlike", "=x")),
        (("Cat", "cat", "CAT~2"), ("Cat", "cat~2", "CAT~2~2")),
        (("two\nlines", "a:b", "lost+found"), ("two_lines", "a_b", "class_lost+found")),
        ((".hidden", "end.", " blank "), ("class_.hidden", "end_", "blank")),
        (("x" * 300, "衬" * 100), ("x" * 255, "衬" * 85)),
    ],
)
def test_every_class_gets_a_folder_of_its_own(
    classes: tuple[str, ...], folders: tuple[str, ...], tmp_path: Path
) -> None:
    made = class_folders(classes)
    assert tuple(made.values()) == folders
    for folder in folders:
        (tmp_path / folder).mkdir()
        assert (tmp_path / folder).parent == tmp_path


def test_many_files_of_one_name_are_named_quickly() -> None:
    names = Names(["x.jpg"])
    made = [names.new("X.jpg") for _ in range(20_000)]
    assert len({name.casefold() for name in made}) == 20_000
    assert made[-1] == "X~20001.jpg"


def test_out_may_lie_in_the_inbox_and_new_files_are_sorted(model: Path, inbox: Path) -> None:
    out = inbox / "sorted"
    sort(model, inbox, out, move=True, progress=QUIET)
    one_image(inbox / "late.png", 99)
    one_image(inbox / "0" / "0.png", 98)  # of a name that was there, and is moved
    again = sort(model, inbox, out, move=True, progress=QUIET)
    assert {Path(row.source).name for row in again.rows} == {"late.png", "0.png"}
    assert images_in(inbox) == images_in(out) == 62
    one_image(inbox / "third.png", 97)
    other = sort(model, inbox, inbox / "other", progress=QUIET)
    assert (len(other.rows), set(other.left)) == (1, {out})
    for wrong in (inbox, inbox.parent):
        with pytest.raises(UsageError, match="must not hold the images"):
            sort(model, inbox, wrong, progress=QUIET)


def test_what_a_first_batch_was_sorted_into_is_no_inbox(model: Path, inbox: Path) -> None:
    out = inbox / "sorted"
    done = sort(model, inbox, out, move=True, progress=QUIET)
    done.manifest.rename(out / ".sorting.csv")  # as a kill before the batch's end leaves it
    one_image(inbox / "late.png", 99)
    other = sort(model, inbox, inbox / "other", move=True, progress=QUIET)
    assert (len(other.rows), set(other.left)) == (1, {out})
    assert images_in(out) == 60


def test_what_is_no_image_file_is_left_alone(model: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    one_image(inbox / "a.png")
    (inbox / "to_a.png").symlink_to(inbox / "a.png")
    (inbox / "round").symlink_to(inbox, target_is_directory=True)
    (inbox / "notes.txt").write_text("no image")
    (inbox / ".hidden.png").write_bytes(b"x")
    os.mkfifo(inbox / "pipe.png")
    done = sort(model, inbox, tmp_path / "out", move=True, progress=QUIET)
    assert [Path(row.source).name for row in done.rows] == ["a.png"]
    told = {path.name: why for path, why in done.left.items()}
    assert told == {
        "to_a.png": "links",
        "round": "links",
        "notes.txt": "no images",
        "pipe.png": "neither files nor folders",
    }
    assert "left alone: 2 links, such as" in str(done)
    assert (inbox / "to_a.png").is_symlink()


@pytest.mark.parametrize(
    ("threshold", "planned_for", "wanted", "says"),
    [
        (0.0, 0.02, "1%", "promises an error of at most 2 %, got 1 %; .*sureshot plan RUN"),
        (0.0, 0.02, "nonsense", "--max-error must be a share"),
        ("no plan", 0.02, "2%", "carries no plan.*sureshot plan RUN --max-error 2%"),
    ],
)
def test_no_more_is_promised_than_the_plan_does(
    threshold: float | str, planned_for: float, wanted: str, says: str, plain: Bundle, inbox: Path
) -> None:
    path = Path(plain.origin)
    if not isinstance(threshold, str):
        path = planned(plain, inbox.parent / "m.shot", threshold, planned_for)
    with pytest.raises(UsageError, match=says):
        sort(path, inbox, inbox.parent / "out", max_error=wanted, progress=QUIET)
    assert not (inbox.parent / "out").exists()


@pytest.mark.parametrize("plan", ["none", "nothing promised"])
def test_without_a_promise_all_is_to_be_reviewed(plan: str, plain: Bundle, inbox: Path) -> None:
    path = Path(plain.origin) if plan == "none" else planned(plain, inbox.parent / "m.shot", None)
    done = sort(path, inbox, inbox.parent / "out", progress=QUIET)
    assert {row.decision for row in done.rows} == {"review", "unlike", "unreadable"}
    assert "nothing can be promised" in str(done)


def test_a_plan_that_promises_nothing_does_not_say_what_it_promises(
    plain: Bundle, inbox: Path
) -> None:
    path = planned(plain, inbox.parent / "m.shot", None, max_error=0.1)
    done = sort(path, inbox, inbox.parent / "out", max_error="2%", progress=QUIET)
    assert "nothing can be promised" in str(done)


def test_a_looser_error_than_the_plans_is_promised_too(model: Path, inbox: Path) -> None:
    done = sort(model, inbox, inbox.parent / "out", max_error="5%", progress=QUIET)
    assert any(row.decision == "auto" for row in done.rows)


def test_undo_leaves_alone_what_is_not_as_it_was(model: Path, inbox: Path) -> None:
    out = inbox.parent / "out"
    done = sort(model, inbox, out, move=True, progress=QUIET)
    changed, taken, away, *_ = done.rows
    (out / changed.destination).write_bytes(b"edited")
    Path(taken.source).write_bytes(b"another")
    (out / away.destination).rename(inbox.parent / "mine.png")
    undone = undo(done.manifest, progress=QUIET)
    assert {path: why.split()[-1] for path, why in undone.left.items()} == {
        out / changed.destination: "now",
        out / taken.destination: "taken",
        out / away.destination: "place",
    }
    assert undone.counts["put back"] == 57
    assert "left alone: 1 whose bytes are others now, such as" in str(undone)
    assert set(read(done.manifest)[1]) == {changed, taken, away}
    Path(taken.source).unlink()
    assert undo(done.manifest, progress=QUIET).counts["put back"] == 1


def test_undo_never_removes_the_only_copy(model: Path, inbox: Path) -> None:
    done = sort(model, inbox, inbox.parent / "out", progress=QUIET)
    first, second, *_ = done.rows
    Path(first.source).unlink()
    Path(second.source).write_bytes(b"edited")
    undone = undo(done.manifest, progress=QUIET)
    assert set(undone.left) == {done.manifest.parent / row.destination for row in (first, second)}
    assert undone.counts["removed"] == 58


def test_two_files_of_one_old_place_are_both_kept(model: Path, tmp_path: Path) -> None:
    inbox, out = tmp_path / "inbox", tmp_path / "out"
    names = [f"{number}.png" for number in range(20)]
    for day in (1, 2):
        for number, name in enumerate(names):
            one_image(inbox / name, 100 * day + number)
        done = sort(model, inbox, out, move=True, progress=QUIET)
    before = contents(out)
    undone = undo(done.manifest, progress=QUIET)
    assert (undone.counts["put back"], undone.counts["whose old place is taken"]) == (20, 20)
    kept = [*contents(inbox).values(), *contents(out).values()]
    assert sorted(kept) == sorted(before.values())


def test_nothing_is_put_where_something_has_come_since(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source, place = one_image(tmp_path / "a.png", 1), one_image(tmp_path / "out" / "a.png", 2)
    monkeypatch.setattr(os.path, "lexists", lambda _: False)  # as a moment ago
    with pytest.raises(StorageError, match="file exists"):
        put(source, place, sha256_of(source), "moved")
    assert place.read_bytes() == one_image(tmp_path / "b.png", 2).read_bytes()
    assert source.exists()


def test_what_others_are_making_is_left_to_them(model: Path, inbox: Path) -> None:
    out = inbox.parent / "out"
    theirs = [out / "runs" / "a" / ".partial-0123abcd-x.npy", out / "_review" / ".partial-notes"]
    for place in theirs:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"theirs")
    (out / "runs" / ".partial-folder").mkdir()
    ours = [
        out / "_review" / f".partial-sorting-{'0' * 32}",
        out / ".partial-01234567-manifest.csv",
    ]
    for place in ours:
        place.write_bytes(b"half")
    undo(sort(model, inbox, out, progress=QUIET).manifest, progress=QUIET)
    assert [place.exists() for place in (*theirs, *ours)] == [True, True, False, False]
    assert (out / "runs" / ".partial-folder").is_dir()


@pytest.mark.parametrize(
    "place", ["../../elsewhere/x.png", ".bashrc", ".config/x.png", "link/x.png"]
)
def test_files_go_back_only_to_where_a_sort_takes_them_from(
    place: str, model: Path, tmp_path: Path
) -> None:
    around = tmp_path / "around"
    one_image(around / "inbox" / "a.png")
    (around / "link").symlink_to(tmp_path)
    done = sort(model, around / "inbox", around / "out", move=True, progress=QUIET)
    told = done.manifest.read_text()
    done.manifest.write_text(told.replace(str(around / "inbox" / "a.png"), str(around / place)))
    with pytest.raises(DataError, match=f"must go below {around}, found .*--back-to"):
        undo(done.manifest, progress=QUIET)
    assert images_in(around / "out") == 1


def test_what_is_on_a_disk_that_is_away_is_not_called_moved(model: Path, inbox: Path) -> None:
    out = inbox.parent / "out"
    done = sort(model, inbox, out, move=True, progress=QUIET)
    manifest, lines = done.manifest, done.manifest.read_bytes()
    undo(manifest, progress=QUIET)
    (out / ".sorting.csv").write_bytes(lines)  # as a kill before the first file leaves it
    inbox.rename(inbox.parent / "away")
    assert opened(out).rows() == []
    (inbox.parent / "away").rename(inbox)
    assert len(sort(model, inbox, out, move=True, progress=QUIET).rows) == 60


def test_a_folder_that_cannot_be_read_is_left_alone(model: Path, tmp_path: Path) -> None:
    inbox = one_image(tmp_path / "inbox" / "a.png").parent
    deep = os.open(inbox, os.O_RDONLY)
    for _ in range(18):  # until the path is longer than a system call takes
        os.mkdir("x" * 240, dir_fd=deep)
        inner = os.open("x" * 240, os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = inner
    os.close(deep)
    done = sort(model, inbox, tmp_path / "out", progress=QUIET)
    assert [Path(row.source).name for row in done.rows] == ["a.png"]
    assert list(done.left.values()) == ["folders that cannot be read"]


def test_what_was_sorted_before_is_not_decoded_again(
    model: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sort(model, inbox, inbox.parent / "out", progress=QUIET)
    new, decoded = one_image(inbox / "new.png"), []

    def counted(content: Content, settings: Preprocessing) -> NDArray[np.uint8]:
        decoded.append(content)
        return prepare(content, settings)

    monkeypatch.setattr(judging, "prepare", counted)
    again = sort(model, inbox, inbox.parent / "out", progress=QUIET)
    assert [row.source for row in again.rows] == [str(new)]
    assert decoded == [new.read_bytes()]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "there is no manifest"),
        ("path,label\na,b\n", "its columns are others"),
        (
            "source,destination,decision,class,reason,sha256,model,action\n/a,../b,x,x,,0,0,copied\n",
            "no place in a folder",
        ),
        (
            "source,destination,decision,class,reason,sha256,model,action\n/a,c/b,x,x,,0,0,eaten\n",
            "'eaten'",
        ),
        (
            "source,destination,decision,class,reason,sha256,model,action\n/a,c/b,x,x,,0,0,moved\n",
            "not one of the files",
        ),
    ],
)
def test_undo_takes_only_a_manifest(content: str | None, says: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "manifest.csv").write_text(content)
    with pytest.raises(DataError, match=says):
        undo(tmp_path / "manifest.csv", progress=QUIET)


@pytest.mark.parametrize("named", ["bar", "manifest-old.csv", "corrections.csv", "."])
def test_nothing_is_undone_by_another_name(named: str, model: Path, inbox: Path) -> None:
    out = inbox.parent / "out"
    sort(model, inbox, out, progress=QUIET)
    before = contents(inbox.parent)
    for verb in (undo, corrections):
        with pytest.raises(DataError, match=r"must be the manifest\.csv of a folder .*, got"):
            verb(out / named)
    assert contents(inbox.parent) == before
    assert (out / "manifest.csv").exists()


@pytest.mark.parametrize("action", ["copied", "moved", "linked"])
def test_what_has_changed_since_it_was_judged_is_not_placed(action: str, tmp_path: Path) -> None:
    source = one_image(tmp_path / "a.png")
    assert not put(source, tmp_path / "out" / "a.png", "0" * 64, action)
    assert not put(tmp_path / "gone.png", tmp_path / "out" / "gone.png", "0" * 64, action)
    assert list((tmp_path / "out").iterdir()) == []
    assert source.exists()
    (tmp_path / "out" / "a.png").write_bytes(b"somebody's")
    with pytest.raises(StorageError, match="file exists"):
        put(source, tmp_path / "out" / "a.png", sha256_of(source), action)
    assert (tmp_path / "out" / "a.png").read_bytes() == b"somebody's"


def test_one_process_sorts_into_a_folder_at_a_time(model: Path, inbox: Path) -> None:
    out = inbox.parent / "out"
    with holding(out), pytest.raises(StorageError, match="is being sorted by another process"):
        sort(model, inbox, out, progress=QUIET)
    with holding(inbox), pytest.raises(StorageError, match="inbox is being sorted by another"):
        sort(model, inbox, out, move=True, progress=QUIET)
    assert images_in(out) == 0


def test_a_model_of_other_classes_wants_another_folder(
    model: Path, inbox: Path, tmp_path: Path
) -> None:
    header = "source,destination,decision,class,reason,sha256,model,action,p_a,p_b\n"
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.csv").write_text(header)
    with pytest.raises(DataError, match="by a model of other classes, a, b"):
        sort(model, inbox, tmp_path / "out", progress=QUIET)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or os.stat(shared).st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("there is no second file system here")
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        yield Path(folder)


def test_another_file_system_takes_moves_and_no_links(
    elsewhere: Path, model: Path, inbox: Path
) -> None:
    before = contents(inbox)
    with pytest.raises(UsageError, match="no hard link to .*leave out --link"):
        sort(model, inbox, elsewhere / "out", link=True, progress=QUIET)
    assert images_in(elsewhere) == 0
    done = sort(model, inbox, elsewhere / "out", move=True, progress=QUIET)
    assert contents(inbox) == {}
    assert sorted(contents(elsewhere / "out").values()) == sorted(before.values())
    with pytest.raises(DataError, match="must go below .*--back-to"):
        undo(done.manifest, progress=QUIET)
    assert not undo(done.manifest, back_to=inbox, progress=QUIET).left
    assert contents(inbox) == before


def test_a_torn_line_is_written_anew(model: Path, inbox: Path) -> None:
    out = inbox.parent / "out"
    done = sort(model, inbox, out, progress=QUIET)
    whole = done.manifest.read_bytes()
    lines = whole.splitlines(keepends=True)
    (out / ".sorting.csv").write_bytes(lines[0] + b"".join(lines[-5:]))  # as a kill leaves them
    done.manifest.write_bytes(b"".join(lines[:-3]) + lines[-3][:40])
    again = sort(model, inbox, out, progress=QUIET)
    assert len(again.rows) == 0
    assert again.manifest.read_bytes() == whole
    assert images_in(out) == 60


LIMITED = """
import resource, sys
from sureshot import Silent
from sureshot.errors import StorageError
from sureshot.sorting import sort, verbs
verbs.BATCH = 8
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), resource.RLIM_INFINITY))
try:
    sort(sys.argv[1], sys.argv[2], sys.argv[3], move=sys.argv[5] == "moved", progress=Silent())
except StorageError as error:
    sys.exit(str(error))
"""


@pytest.mark.parametrize(("size", "action"), [(700, "copied"), (9_000, "moved")])
def test_where_the_disk_refuses_nothing_is_lost(
    size: int, action: str, model: Path, inbox: Path
) -> None:
    before, out = contents(inbox), inbox.parent / "out"
    command = [sys.executable, "-c", LIMITED, str(model), str(inbox), str(out), str(size), action]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.returncode == 1
    assert "could not write" in told.stderr
    assert "Traceback" not in told.stderr
    there = set(contents(inbox).values()) | set(contents(out).values())
    assert set(before.values()) <= there
    done: Sorted = sort(model, inbox, out, move=action == "moved", progress=QUIET)
    assert sorted(contents(out).values()) == sorted(before.values())
    assert len(read(done.manifest)[1]) == 60


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk")
def test_on_a_disk_that_fills_up_nothing_is_lost(model: Path, inbox: Path, tmp_path: Path) -> None:
    disk, before = tmp_path / "disk", contents(inbox)
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=176k", "tmpfs", str(disk)])
    if made.returncode:
        pytest.skip("this root may not mount")
    try:
        with pytest.raises(StorageError, match="no space left on device"):
            sort(model, inbox, disk / "out", move=True, progress=QUIET)
        there = [*contents(inbox).values(), *contents(disk / "out").values()]
        assert set(before.values()) <= set(there)
        subprocess.run(["mount", "-o", "remount,size=2m", str(disk)], check=True)
        done = sort(model, inbox, disk / "out", move=True, progress=QUIET)
        assert contents(inbox) == {}
        assert sorted(contents(disk / "out").values()) == sorted(before.values())
        assert len(read(done.manifest)[1]) == 60
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_foreseen(model: Path, inbox: Path, elsewhere: Path) -> None:
    with (inbox / "huge.png").open("wb") as file:
        file.truncate(10**13)
    with pytest.raises(StorageError, match="needs .* and its disk has"):
        sort(model, inbox, elsewhere / "out", progress=QUIET)


def test_what_changed_is_not_removed(tmp_path: Path) -> None:
    source, copy = one_image(tmp_path / "a.png", 1), one_image(tmp_path / "out" / "a.png", 1)
    sha256 = sha256_of(copy)
    one_image(source, 2)
    assert not remove(source, copy, sha256)
    assert source.exists()
    one_image(source, 1)
    assert remove(source, copy, sha256)
    assert not source.exists()


class Impatient(Silent):
    """Somebody who stops everything at the first sign of life."""

    @contextmanager
    def track(self, what: str, total: int) -> Iterator["Impatient"]:
        yield self

    def advance(self, count: int = 1) -> None:
        raise KeyboardInterrupt


def test_what_is_stopped_by_hand_goes_on(model: Path, inbox: Path) -> None:
    with pytest.raises(Interrupted, match="the same command goes on"):
        sort(model, inbox, inbox.parent / "out", progress=Impatient())
    done = sort(model, inbox, inbox.parent / "out", progress=QUIET)
    assert (len(done.rows), done.before) == (0, 60)
