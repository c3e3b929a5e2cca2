"""Every form of a source, made from real digits and photographs, through look, train, evaluate and
predict; what is chosen of a source; and what a competition wants."""

import csv as tables
import gzip
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import sureshot
from containers import writing
from shapes import write_shapes
from sureshot import Source
from sureshot.errors import DataError, UsageError
from sureshot.progress import Silent
from sureshot.records import ASIDE

Pixels = NDArray[np.uint8]
FAST = {"epochs": 1}
TRAINED, TESTED = 200, 60


@pytest.fixture(scope="module")
def mnist(mirror: Path) -> dict[str, tuple[Pixels, Pixels]]:
    """The first of MNIST's images and labels, by split."""
    found = {}
    for split, stem, count in (("train", "train", TRAINED), ("test", "t10k", TESTED)):
        arrays = []
        for kind, begin in (("images-idx3", 16), ("labels-idx1", 8)):
            path = mirror / "datasets" / "mnist" / f"{stem}-{kind}-ubyte.gz"
            arrays.append(np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, -1, begin))
        found[split] = arrays[0].reshape(-1, 28, 28)[:count], arrays[1][:count]
    return found


@pytest.fixture(scope="module")
def cifar(mirror: Path) -> dict[str, tuple[Pixels, Pixels]]:
    """Some of CIFAR-10's images of three classes, by split."""
    images: dict[str, list[Pixels]] = {"train": [], "test": []}
    labels: dict[str, list[int]] = {"train": [], "test": []}
    classes = ("airplane", "automobile", "bird")
    wanted = {"train": TRAINED // 3, "test": TESTED // 3}
    with tarfile.open(mirror / "datasets" / "cifar10-images.tar.gz") as archive:
        for member in archive:
            parts = member.name.split("/")
            split, label = (parts[-3], parts[-2]) if len(parts) >= 3 else ("", "")
            known = member.isfile() and split in wanted and label in classes
            if known and labels[split].count(classes.index(label)) < wanted[split]:
                file = archive.extractfile(member)
                assert file is not None
                images[split].append(np.array(Image.open(file).convert("RGB")))
                labels[split].append(classes.index(label))
            if all(len(labels[s]) == 3 * n for s, n in wanted.items()):
                break
    return {s: (np.stack(images[s]), np.array(labels[s], np.uint8)) for s in wanted}


def as_csv(folder: Path, data: dict[str, tuple[Pixels, Pixels]]) -> None:
    for split, (images, labels) in data.items():
        writing.csv(folder / f"mnist_{split}.csv", images, labels)


def as_idx(folder: Path, data: dict[str, tuple[Pixels, Pixels]]) -> None:
    for split, (images, labels) in data.items():
        stem = "t10k" if split == "test" else split
        writing.idx(folder / f"{stem}-images-idx3-ubyte.gz", images)
        writing.idx(folder / f"{stem}-labels-idx1-ubyte", labels)


def as_numpy(folder: Path, data: dict[str, tuple[Pixels, Pixels]]) -> None:
    arrays = {}
    for split, (images, labels) in data.items():
        arrays |= {f"x_{split}": images, f"y_{split}": labels}
    np.savez_compressed(folder / "mnist.npz", **arrays)


def as_table(folder: Path, data: dict[str, tuple[Pixels, Pixels]]) -> None:
    rows = [("file", "label", "split")]
    for split, (images, labels) in data.items():
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            name = f"{split}-{number}.png"
            Image.fromarray(image).save(folder / name)
            rows.append((name, str(label), split))
    with (folder / "labels.csv").open("w", newline="") as file:
        tables.writer(file, delimiter=";").writerows(rows)


def as_cifar_binary(folder: Path, data: dict[str, tuple[Pixels, Pixels]]) -> None:
    writing.cifar_binary(folder / "data_batch_1.bin", data["train"][0], data["train"][1].tolist())
    writing.cifar_binary(folder / "test_batch.bin", data["test"][0], data["test"][1].tolist())


def as_cifar_python(folder: Path, data: dict[str, tuple[Pixels, Pixels]]) -> None:
    writing.cifar_python(folder / "data_batch_1", data["train"][0], data["train"][1].tolist(), 2)
    writing.cifar_python(folder / "test_batch", data["test"][0], data["test"][1].tolist(), 2)


FORMS: dict[str, tuple[str, Callable[[Path, dict[str, tuple[Pixels, Pixels]]], None]]] = {
    "csv": ("mnist", as_csv),
    "idx": ("mnist", as_idx),
    "numpy": ("mnist", as_numpy),
    "table": ("mnist", as_table),
    "cifar-binary": ("cifar", as_cifar_binary),
    "cifar-python": ("cifar", as_cifar_python),
}


@pytest.mark.parametrize("form", [*FORMS, "parquet"])
def test_a_source_goes_through_every_verb(
    form: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    which, write = FORMS["csv" if form == "parquet" else form]
    data = request.getfixturevalue(which)
    place = tmp_path / "source"
    place.mkdir()
    write(place, data)
    if form == "parquet":
        sureshot.export_data(place, tmp_path / "out", to="parquet", progress=Silent())
        place = tmp_path / "out"
    trained = len(data["train"][0])
    found = sureshot.look(place, out=tmp_path / "look.html", progress=Silent())
    counts = found.index.counts().sum(axis=0)
    assert counts[0] + counts[1] == trained
    assert counts[2] == len(data["test"][0])
    assert "<title>" in (tmp_path / "look.html").read_text("utf-8")
    run = sureshot.train(
        place, model="linear", settings=FAST, name="a", runs=tmp_path, progress=Silent()
    )
    again = sureshot.evaluate(run.model_path, place, progress=Silent())
    assert again.n == run.scores.n == len(data["test"][0])
    assert again.overall["accuracy"] == run.scores.overall["accuracy"]
    test = run.predictions("test")
    everything = sureshot.predict(run.model_path, place, progress=Silent())
    assert len(everything) == trained + len(test)
    by_name = {name.rpartition("/")[2]: row for row, name in enumerate(everything.id)}
    rows = np.array([by_name[str(name).rpartition("/")[2]] for name in test.id])
    assert np.abs(everything.logits[rows] - test.logits).max() < 1e-4
    one = sureshot.predict(run.model_path, place, item=int(rows[0]), progress=Silent())
    assert one.id[0] == everything.id[rows[0]]
    assert run.environment["source"]["place"] == str(place)


def test_the_same_images_in_every_form_have_the_same_pixels(
    mnist: dict[str, tuple[Pixels, Pixels]], tmp_path: Path
) -> None:
    """Trained from CSV, IDX or NumPy: the same bits, for content decides everything."""
    hashes = set()
    for form in ("csv", "idx", "numpy"):
        place = tmp_path / form
        place.mkdir()
        FORMS[form][1](place, mnist)
        index = sureshot.look(place, progress=Silent()).index
        hashes.add(index.fingerprint())
    assert len(hashes) == 1


def test_a_subset_is_trained_on_and_tested_on_all(
    mnist: dict[str, tuple[Pixels, Pixels]], tmp_path: Path
) -> None:
    as_numpy(tmp_path, mnist)
    source = Source(tmp_path / "mnist.npz", subset=100, merge={"round": ("0", "8")})
    run = sureshot.train(
        source, model="linear", settings=FAST, name="a", runs=tmp_path, progress=Silent()
    )
    counts = run.index.counts().sum(axis=0)
    assert counts[:2].sum() == 100
    assert counts[2] == run.scores.n == TESTED
    assert (run.index.split == ASIDE).sum() == TRAINED - 100
    assert "round" in run.index.classes
    assert "8" not in run.index.classes
    assert run.environment["source"]["subset"] == 100
    assert run.environment["source"]["merge"] == {"round": ["0", "8"]}


def test_marked_findings_are_left_out_and_remembered(shapes: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in shapes.rglob("*.png")}
    (shapes / "disc" / "copy.png").write_bytes((shapes / "bar" / "000.png").read_bytes())
    found = sureshot.look(shapes, progress=Silent())
    assert "label_conflict" in {finding.code for finding in found.findings}
    listed = found.save_findings(tmp_path / "findings.csv")
    text = listed.read_text().replace("\n,./disc/copy.png,", "\nyes,./disc/copy.png,")
    found.save_findings(listed)  # nothing is marked yet, so it may be written anew
    listed.write_text(text)
    with pytest.raises(UsageError, match="has 1 rows that somebody marked"):
        found.save_findings(listed)
    mine = tmp_path / "mine.csv"
    mine.write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="is no list of findings"):
        found.save_findings(mine)
    source = Source(shapes, exclude=listed)
    run = sureshot.train(
        source, model="linear", settings=FAST, name="a", runs=tmp_path, progress=Silent()
    )
    assert list(run.index.id[run.index.excluded]) == ["disc/copy.png"]
    codes = {finding.code for finding in run.findings}
    assert "excluded" in codes
    assert "label_conflict" not in codes
    assert {path: path.read_bytes() for path in before} == before


def test_a_competition_gets_its_two_columns(
    mnist: dict[str, tuple[Pixels, Pixels]], tmp_path: Path
) -> None:
    as_csv(tmp_path, mnist)
    writing.csv(tmp_path / "unknown.csv", mnist["test"][0], None)
    run = sureshot.train(
        tmp_path / "mnist_train.csv",
        model="linear",
        settings=FAST,
        name="a",
        runs=tmp_path,
        progress=Silent(),
    )
    out = tmp_path / "submission.csv"
    told = sureshot.predict_to(
        out,
        run.folder,
        tmp_path / "unknown.csv",
        submission=("ImageId", "Label"),
        progress=Silent(),
    )
    assert told == (TESTED, 0)
    with out.open() as file:
        rows = list(tables.reader(file))
    assert rows[0] == ["ImageId", "Label"]
    assert [row[0] for row in rows[1:]] == [str(number) for number in range(1, TESTED + 1)]
    predicted = sureshot.predict(run.folder, tmp_path / "unknown.csv", progress=Silent())
    assert [row[1] for row in rows[1:]] == [predicted.classes[k] for k in predicted.top()]
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"needs an answer for each image, and .*a.png cannot"):
        sureshot.predict_to(
            tmp_path / "b.csv",
            run.folder,
            tmp_path / "a.png",
            submission=("id", "label"),
            progress=Silent(),
        )
    assert not (tmp_path / "b.csv").exists()


def test_images_without_labels_are_for_prediction_only(
    mnist: dict[str, tuple[Pixels, Pixels]], tmp_path: Path
) -> None:
    writing.csv(tmp_path / "unknown.csv", mnist["test"][0], None)
    with pytest.raises(DataError, match="images without labels, which are for prediction only"):
        sureshot.look(tmp_path / "unknown.csv", progress=Silent())


def test_a_page_never_overwrites_what_is_not_its_own(shapes: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.html"
    mine.write_text("<p>my own page</p>")
    with pytest.raises(UsageError, match="is no page of sureshot look; choose another --out"):
        sureshot.look(shapes, out=mine, progress=Silent())
    assert mine.read_text() == "<p>my own page</p>"
    for _ in range(2):  # but its own it writes anew
        assert sureshot.look(shapes, out=tmp_path / "look.html", progress=Silent()).page
    with pytest.raises(UsageError, match=r"must end in \.html"):
        sureshot.look(shapes, out=tmp_path / "look.pdf", progress=Silent())


def test_duplicates_are_found_whatever_size_is_trained_at(tmp_path: Path) -> None:
    """Splits are by content: a network's image size must not move images between them."""
    draw = np.random.default_rng(3)
    for k, label in enumerate("ab"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(16):
            blocks = draw.integers(0, 256, (6, 6, 3), np.uint8)
            picture = Image.fromarray(blocks).resize((96, 96), Image.Resampling.BICUBIC)
            picture.save(tmp_path / "data" / label / f"{number}.png")
            if number % 4 == k:
                picture.save(tmp_path / "data" / label / f"{number}.jpg", quality=60)
    splits = []
    for size in (128, 20):
        run = sureshot.train(
            tmp_path / "data",
            model="linear",
            settings={**FAST, "image.size": size},
            name=f"at-{size}",
            runs=tmp_path,
            progress=Silent(),
        )
        splits.append(dict(zip(run.index.id, run.index.split, strict=True)))
    assert splits[0] == splits[1]
    for name, split in splits[0].items():
        assert splits[0].get(name.replace(".png", ".jpg"), split) == split


def test_what_is_predicted_is_never_overwritten(
    mnist: dict[str, tuple[Pixels, Pixels]], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    as_csv(data, mnist)
    place = data / "mnist_test.csv"
    run = sureshot.train(
        data, model="linear", settings=FAST, name="a", runs=tmp_path / "runs", progress=Silent()
    )
    before = place.read_bytes()
    for named in (place, data, data / "mnist_*.csv"):
        with pytest.raises(UsageError, match=r"mnist_test\.csv is itself read for this, and would"):
            sureshot.predict_to(place, run.folder, named, progress=Silent())
    with pytest.raises(UsageError, match=r"mnist_test\.csv is itself read for this"):
        sureshot.query(data, "select 1", out=place, progress=Silent())
    assert place.read_bytes() == before
    with pytest.raises(DataError, match="a submission has each ImageId once, and 1 comes again"):
        sureshot.predict_to(
            tmp_path / "s.csv",
            run.folder,
            place,
            data / "mnist_train.csv",
            submission=("ImageId", "Label"),
            progress=Silent(),
        )


def test_a_table_to_be_predicted_needs_no_labels(shapes: Path, tmp_path: Path) -> None:
    run = sureshot.train(
        shapes, model="linear", settings=FAST, name="a", runs=tmp_path / "runs", progress=Silent()
    )
    rows = ["file,category,class,split", "bar/000.png,,,new", "disc/001.png,,,old"]
    (shapes / "wanted.csv").write_text("\n".join(rows))
    found = sureshot.predict(run.folder, shapes / "wanted.csv", progress=Silent())
    assert [name.rpartition("shapes/")[2] for name in found.id] == ["bar/000.png", "disc/001.png"]
    assert found.readable.all()


def test_a_person_s_tables_and_lists_are_never_overwritten(tmp_path: Path) -> None:
    data = write_shapes(tmp_path / "made", each=3)
    flat = tmp_path / "flat"
    flat.mkdir()
    rows = ["file,label"]
    for path in sorted(data.rglob("*.png")):
        rows.append(f"{path.parent.name}-{path.name},{path.parent.name}")
        path.rename(flat / f"{path.parent.name}-{path.name}")
    table, marked = flat / "labels.csv", tmp_path / "marked.csv"
    table.write_text("\n".join(rows))
    marked.write_text("path\nbar-000.png\n")
    statement = "select count(*) as n from images"
    for source, out in ((table, table), (flat, table), (Source(flat, exclude=marked), marked)):
        before = out.read_bytes()
        with pytest.raises(UsageError, match="is itself read for this, and would be lost"):
            sureshot.query(source, statement, out=out, progress=Silent())
        assert out.read_bytes() == before
    for _ in range(2):  # but its own answer it writes anew
        sureshot.query(table, statement, out=tmp_path / "answer.csv", progress=Silent())
    assert (tmp_path / "answer.csv").read_text() == "n\n6\n"


def test_folders_beside_the_splits_are_told(tmp_path: Path) -> None:
    for place in ("train/a", "train/b", "test/a", "test/b", "bus"):
        folder = tmp_path / "data" / place
        folder.mkdir(parents=True)
        for number in range(6):
            Image.new("L", (9, 9), 20 * number + len(place)).save(folder / f"{number}.png")
    findings = {f.code: f for f in sureshot.look(tmp_path / "data", progress=Silent()).findings}
    assert findings["beside_splits"].images == ("bus",)
    assert findings["beside_splits"].severity == "warning"


def test_evaluation_leaves_out_what_is_excluded(shapes: Path, tmp_path: Path) -> None:
    run = sureshot.train(
        shapes, model="linear", settings=FAST, name="a", runs=tmp_path / "runs", progress=Silent()
    )
    (tmp_path / "out.csv").write_text("path\nbar/000.png\nbar/001.png\n")
    scores = sureshot.evaluate(
        run.model_path, Source(shapes, exclude=tmp_path / "out.csv"), progress=Silent()
    )
    assert (scores.n, scores.unreadable) == (22, 0)
    with pytest.raises(UsageError, match="--subset is for training"):
        sureshot.evaluate(run.model_path, Source(shapes, subset=5), progress=Silent())


def test_a_trained_model_finds_wrong_labels_better(digits: Path, tmp_path: Path) -> None:
    """On digits that a model has not seen, with 5 % of the labels changed on purpose."""
    images = sorted(digits.rglob("*.png"))
    draw = np.random.default_rng(4)
    changed = set()
    for number, path in enumerate(images):
        half = "seen" if number % 2 else "new"
        label = path.parent.name
        if half == "new" and draw.random() < 0.05:
            label = str((int(label) + 1 + int(draw.integers(9))) % 10)
            changed.add(f"{label}/{path.name}")
        place = tmp_path / half / label
        place.mkdir(parents=True, exist_ok=True)
        (place / path.name).write_bytes(path.read_bytes())
    run = sureshot.train(
        tmp_path / "seen",
        model="nn",
        settings={"epochs": 30},
        name="a",
        runs=tmp_path / "runs",
        progress=Silent(),
    )
    found = {}
    for model in (None, run.folder):
        findings = sureshot.look(tmp_path / "new", model=model, progress=Silent()).findings
        suspects = next(f for f in findings if f.code == "label_suspects")
        looked = {str(k) for k in suspects.images}
        found[model] = len(looked & changed) / len(looked)
    assert found[run.folder] >= 0.6
    assert found[run.folder] >= found[None] - 0.1
