"""The whole path through the program, on little pictures; and the real photographs, briefly."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import corpus
import sureshot
from shapes import write_shapes
from sureshot import Silent
from sureshot.bundle import open_bundle
from sureshot.data import prepare_pixels
from sureshot.errors import BundleError, DataError, RunError, UsageError
from sureshot.images import prepare, read_file
from sureshot.records import Predictions
from sureshot.runs import Run, headline

FAST = {"epochs": 2, "batch": 8}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("workflow")
    data = write_shapes(folder / "shapes", each=40)
    return sureshot.train(data, settings=FAST, name="a", runs=folder, progress=Silent())


@pytest.fixture
def copy(run: Run, tmp_path: Path) -> Run:
    """The run, to be changed."""
    return Run(Path(shutil.copytree(run.folder, tmp_path / "copy")))


def test_what_is_scored_is_what_the_bundle_says_of_the_files(run: Run) -> None:
    """Stored predictions, made from cached pixels, equal fresh ones made from the files."""
    stored = run.predictions("test")
    paths = [run.index.root / name for name in stored.id]
    fresh = open_bundle(run.model_path).predict(paths)
    assert np.abs(fresh.logits - stored.logits).max() < 1e-5
    assert (stored.top() == stored.label).mean() == run.scores.overall["accuracy"].value


def test_predictions_survive_parquet_and_show_themselves(run: Run, tmp_path: Path) -> None:
    stored = run.predictions("test")
    stored.save(tmp_path / "again.parquet")
    again = Predictions.load(tmp_path / "again.parquet")
    assert again.to_pandas().equals(stored.to_pandas())
    for thing in (stored, run, run.index, run.scores, sureshot.load(run.model_path)):
        assert len(repr(thing).splitlines()) == 1
        assert "<" in thing._repr_html_()


def test_a_run_is_found_again_by_its_folder(run: Run) -> None:
    assert sureshot.load(run.folder) == run
    assert sureshot.load(run.model_path).classes == ("bar", "disc")
    with pytest.raises(RunError, match="there is no run folder"):
        sureshot.resume("nowhere", progress=Silent())
    with pytest.raises(BundleError, match="there is no model file"):
        sureshot.load("nowhere.shot")


def test_nothing_is_trained_over_an_existing_run(run: Run) -> None:
    with pytest.raises(RunError, match=r"exists already; choose another name$"):
        sureshot.train(
            run.index.root, name="a", runs=run.folder.parent, settings=FAST, progress=Silent()
        )
    assert sureshot.resume(run.folder, progress=Silent()) == run


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "a b", "x" * 101])
def test_a_name_that_is_no_name_is_refused(name: str, run: Run) -> None:
    with pytest.raises(RunError, match="a run's name holds letters"):
        sureshot.train(run.index.root, name=name, progress=Silent())


def test_runs_without_a_name_are_counted(shapes: Path, tmp_path: Path) -> None:
    names = [
        sureshot.train(
            shapes,
            model="linear",
            settings={**FAST, "image.size": 8},
            runs=tmp_path,
            progress=Silent(),
        ).name
        for _ in range(2)
    ]
    assert names == ["linear-1", "linear-2"]


def test_a_failed_start_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        sureshot.train(tmp_path / "none", name="a", runs=tmp_path / "runs", progress=Silent())
    assert not (tmp_path / "runs" / "a").exists()


def test_check_names_every_changed_file(copy: Run) -> None:
    assert len(sureshot.check(copy.folder)) == 2
    (copy.folder / "history.csv").write_text("epoch\n1\n")
    (copy.folder / "figures" / "curves.svg").unlink()
    with pytest.raises(RunError, match=r"curves.svg is missing; history.csv was changed"):
        sureshot.check(copy.folder)
    (copy.folder / "manifest.json").unlink()
    with pytest.raises(RunError, match=r"is not complete: manifest.json missing; go on with"):
        sureshot.check(copy.folder)


@pytest.mark.parametrize(
    "lost", ["model.shot", "predictions/test.parquet", "scores.json", "report.html", "history.csv"]
)
def test_resume_makes_what_is_missing_to_the_same_bits(lost: str, run: Run, copy: Run) -> None:
    (copy.folder / "manifest.json").unlink()
    (copy.folder / lost).unlink()
    if lost == "history.csv":
        (copy.folder / "model.shot").unlink()
    sureshot.resume(copy.folder, progress=Silent())
    for name in ("model.shot", "history.csv", "predictions/test.parquet"):
        assert (copy.folder / name).read_bytes() == (run.folder / name).read_bytes(), name
    assert sureshot.check(copy.folder)


def test_each_look_at_test_is_counted_and_shown(copy: Run) -> None:
    assert copy.test_openings == 1
    sureshot.evaluate(copy.folder, progress=Silent())
    sureshot.evaluate(copy.folder, split="validation", progress=Silent())
    scores = sureshot.evaluate(copy.folder, split="test", progress=Silent())
    assert scores.n == copy.scores.n
    assert copy.test_openings == 3
    assert "3 times" in copy.report_path.read_text()
    assert sureshot.check(copy.folder)


def test_new_labelled_images_are_scored_and_unknown_classes_are_left_out(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_shapes(tmp_path / "new", each=10, classes=("Ring", "bar", "disc"))
    (data / "bar" / "empty.png").write_bytes(b"")
    scores = sureshot.evaluate(run.model_path, data)
    assert (scores.n, scores.unreadable) == (20, 1)
    assert scores.confusion.shape == (2, 2)
    assert (
        "left out: 10 images of classes the model does not know (Ring)" in capsys.readouterr().err
    )
    with pytest.raises(DataError, match="has no test split"):
        sureshot.evaluate(run.model_path, data, split="test", progress=Silent())
    with pytest.raises(UsageError, match="holds no data of its own"):
        sureshot.evaluate(run.model_path, progress=Silent())


def test_the_test_split_of_a_folder_is_the_default(run: Run, tmp_path: Path) -> None:
    for split, each in {"train": 3, "test": 5}.items():
        write_shapes(tmp_path / split, each=each)
    assert sureshot.evaluate(run.folder, tmp_path, progress=Silent()).n == 10
    assert sureshot.evaluate(run.folder, tmp_path, split="train", progress=Silent()).n == 6


def test_without_a_test_split_the_headline_says_what_it_stands_on(tmp_path: Path) -> None:
    for split, each in {"train": 20, "val": 6}.items():
        write_shapes(tmp_path / "data" / split, each=each)
    run = sureshot.train(
        tmp_path / "data", settings=FAST, name="a", runs=tmp_path, progress=Silent()
    )
    assert run.summary["headline"]["split"] == "validation"
    assert "on 12 validation images; the epoch was chosen on them" in headline(run.summary)
    assert "no_test" in [finding.code for finding in run.findings]
    assert "flatter" in run.report_path.read_text()


def test_findings_name_leaks_conflicts_strays_and_missing_classes(tmp_path: Path) -> None:
    for split, each in {"train": 12, "val": 4, "test": 4}.items():
        write_shapes(tmp_path / split, each=each)
    shutil.rmtree(tmp_path / "test" / "disc")
    shutil.copy(tmp_path / "train" / "bar" / "000.png", tmp_path / "test" / "bar" / "leak.png")
    shutil.copy(tmp_path / "train" / "disc" / "001.png", tmp_path / "train" / "bar" / "both.png")
    (tmp_path / "train" / "bar" / "broken.png").write_bytes(b"no image")
    (tmp_path / "train" / "notes.txt").write_text("x")
    found = {f.code: f for f in sureshot.look(tmp_path, progress=Silent()).findings}
    assert found["leak"].images
    assert any(name.endswith("leak.png") for name in found["leak"].images)
    assert any(name.endswith("both.png") for name in found["label_conflict"].images)
    assert found["unreadable_not_an_image"].images == ("train/bar/broken.png",)
    assert found["strays"].images == ("train/notes.txt",)
    assert "disc" in found["class_missing_in_test"].sentence
    severities = [finding.severity for finding in found.values()]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)


def test_broken_and_odd_images_train_and_predict_alike(tmp_path: Path) -> None:
    """Every broken kind is a row with its reason, both ways; every odd kind has the same pixels."""
    data = write_shapes(tmp_path / "data", each=30)
    broken = corpus.broken(data / "bar" / "broken")
    odd = corpus.odd(data / "disc" / "odd")
    assert len(broken) >= 15
    assert len(odd) >= 15
    before = corpus.snapshot(data)
    seen = sureshot.look(data, progress=Silent()).index
    run = sureshot.train(
        data,
        settings={**FAST, "image.size": 24},
        name="a",
        runs=tmp_path,
        allow_bad="50%",
        progress=Silent(),
    )
    index = run.index
    problems = {
        name.removeprefix("bar/broken/"): problem.split(":")[0]
        for name, problem in zip(index.id, index.problem, strict=True)
        if problem
    }
    assert list(index.problem) == list(seen.problem)  # looking says what training says
    listed = {name: code for name, code in broken.items() if name in problems}
    assert problems == {**listed, "device.jpg": "outside"}  # a link, not followed in training
    assert len(listed) >= 80  # the others are links and hidden names, told in their own way
    settings = run.recipe.image.settled()
    pixels = prepare_pixels(index, settings, Silent())
    bundle = open_bundle(run.model_path)
    paths = [data / "disc" / "odd" / name for name in odd]
    rows = [list(index.id).index(f"disc/odd/{name}") for name in odd]
    for path, row in zip(paths, rows, strict=True):
        assert np.array_equal(pixels.array[row], prepare(read_file(path, 32), settings)), path
    found = bundle.predict(paths)
    assert found.readable.all()
    assert np.abs(found.logits - bundle.logits(pixels.array[rows])).max() < 1e-5
    rejected = bundle.predict([data / "bar" / "broken" / name for name in listed])
    assert [problem.split(":")[0] for problem in rejected.problem] == list(listed.values())
    assert corpus.snapshot(data) == before


def test_private_paths_and_times_are_not_in_the_scores(run: Run) -> None:
    summary = json.loads((run.folder / "scores.json").read_text())
    assert summary["headline"]["n"] == run.scores.n
    assert set(summary) == {"schema", "headline", "speed", "splits"}


def test_a_later_run_keeps_the_splits_of_an_earlier_one(run: Run, tmp_path: Path) -> None:
    data = Path(shutil.copytree(run.index.root, tmp_path / "more"))
    write_shapes(tmp_path / "new", each=47)
    for label in ("bar", "disc"):
        for number in range(40, 47):
            shutil.copy(tmp_path / "new" / label / f"{number:03d}.png", data / label)
    later = sureshot.train(
        data,
        settings=FAST,
        name="b",
        runs=tmp_path,
        split_from=run.folder,
        progress=Silent(),
    )
    before = dict(zip(run.index.sha256, run.index.split, strict=True))
    after = dict(zip(later.index.sha256, later.index.split, strict=True))
    assert all(after[content] == split for content, split in before.items())
    assert len(after) > len(before)


def test_real_photographs_go_the_whole_way(clothing: Path, tmp_path: Path) -> None:
    """One epoch on all 3,781 photographs: every station with real content."""
    run = sureshot.train(
        clothing,
        settings={"epochs": 1, "image.size": 32, "network.widths": [16, 32]},
        name="a",
        runs=tmp_path,
        progress=Silent(),
    )
    assert len(run.index) == 3781
    assert run.index.counts().sum(axis=0).tolist() == [3068, 341, 372]
    assert run.scores.n == 372
    assert run.report_path.stat().st_size < 5_000_000
    assert {path.name for path in (run.folder / "figures").iterdir()} >= {
        "class_counts.svg",
        "confusion.svg",
        "curves.svg",
        "reliability.svg",
    }
    assert sureshot.check(run.folder)
