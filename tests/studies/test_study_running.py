"""One division of the data for all runs, and a study that goes on wherever it was stopped."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from study_small import SMALL, write_study

from sureshot import Silent
from sureshot.errors import DataError, RunError, UsageError
from sureshot.records import ASIDE
from sureshot.runs import Run
from sureshot.studies.dividing import kept
from sureshot.studies.folder import StudyFolder
from sureshot.studies.planning import planned_runs
from sureshot.studies.reading import Study, parse_study
from sureshot.studies.running import begin, plan, train_all

Trained = tuple[Study, StudyFolder]


class Heard(Silent):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


def test_all_runs_share_one_division_whatever_their_seed_and_recipe(trained: Trained) -> None:
    study, folder = trained
    index = kept(folder.path)
    sides = dict(zip(index.id, index.split, strict=True))
    assert {run.name for runs in folder.groups().values() for run in runs} == {
        "plain-111", "plain-112", "blind-111", "blind-112",
    }  # fmt: skip
    counts = {split: int((index.split == split).sum()) for split in ("train", "validation", "test")}
    assert counts["train"] + counts["validation"] == study.subset
    assert (index.split == ASIDE).sum() == 160 - 60 - counts["test"]
    for name, runs in folder.groups().items():
        for run in runs:
            own = run.index
            for image, split in zip(own.id, own.split, strict=True):
                wanted = sides[image]
                if name == "blind" and wanted == "validation":  # it has none
                    wanted = "train"
                assert split == wanted, (run.name, image)


def test_complete_runs_are_passed_over(trained: Trained) -> None:
    study, folder = trained
    heard, before = Heard(), Run(folder.path / "runs" / "plain-111").model_path.stat().st_mtime_ns
    begin(study, folder, heard)
    train_all(study, folder, heard, "")
    assert heard.said == ["4 of 4 runs are complete and passed over"]
    assert Run(folder.path / "runs" / "plain-111").model_path.stat().st_mtime_ns == before


def test_the_plan_knows_what_is_done_and_how_long_the_rest_takes(
    trained: Trained, tmp_path: Path
) -> None:
    study, folder = trained
    copy = StudyFolder(Path(shutil.copytree(folder.path, tmp_path / "small")))
    shutil.rmtree(copy.path / "runs" / "plain-112")
    (copy.path / "runs" / "blind-112" / "manifest.json").unlink()
    told = plan(study, copy, Silent())
    assert [(one.name, one.state) for one in told.runs] == [
        ("plain-111", "done"), ("blind-111", "done"),
        ("plain-112", "to train"), ("blind-112", "to finish"),
    ]  # fmt: skip
    assert 15 < told.left < 60  # two short runs, and 15 s each for what comes after training
    assert told.images["test"] == len(kept(folder.path).rows("test"))
    assert told.parameters["blind"] == 2 * (16 * 16 * 3 + 1)
    assert list(told.to_pandas()["state"]) == ["done", "done", "to train", "to finish"]
    train_all(study, copy, Silent(), "")
    for name in ("predictions/test.parquet", "history.csv", "model.shot"):
        for run in ("plain-112", "blind-112"):
            once, again = (one.path / "runs" / run / name for one in (folder, copy))
            assert once.read_bytes() == again.read_bytes(), (run, name)


def test_a_plan_before_anything_writes_nothing(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    told = plan(study, StudyFolder(tmp_path / "studies" / "small"), Silent())
    assert {one.state for one in told.runs} == {"to train"}
    assert set(told.seconds) == {"plain", "blind"}
    assert not (tmp_path / "studies").exists()


def test_quick_has_fewer_images_and_stands_apart(tmp_path: Path) -> None:
    study = write_study(tmp_path, SMALL.replace("subset = 60", "")).quickened()
    folder = StudyFolder(tmp_path / "studies" / "small-quick")
    begin(study, folder, Silent())
    assert folder.record["quick"] is True
    assert folder.current.quick
    assert folder.current.recipe("plain", 111).epochs == 2
    assert len(kept(folder.path).rows("train")) > 60


def changed(folder: StudyFolder, old: str, new: str) -> Study:
    assert old in SMALL
    text = SMALL.replace(old, new, 1)
    return parse_study(text, "small.toml", folder.path.parent.parent, "small")


CHANGED = {
    "another recipe": (
        "epochs = 3", "epochs = 4",
        "recipes.plain has runs that were trained with another epochs (small.toml, line 9); give "
        "the changed recipe a name of its own, or take ",
    ),
    "another network": (
        'model = "nn"', 'model = "dnn"', "recipes.plain has runs that were trained with another mo",
    ),
    "another subset": (
        "subset = 60", "subset = 61", "subset must stay what it was when ",
    ),
    "another place": (
        'data = "shapes"', 'data = "./shapes"', "data must stay what it was when ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CHANGED)
def test_what_has_runs_cannot_become_something_else(kind: str, trained: Trained) -> None:
    _, folder = trained
    old, new, sentence = CHANGED[kind]
    study = changed(folder, old, new)
    with pytest.raises((UsageError, RunError)) as found:
        begin(study, folder, Silent())
        planned_runs(study, folder.path)
    assert sentence in str(found.value)


BROKEN_DATA = {
    "missing folder": (
        'data = "shapes"', 'data = "shaeps"', DataError,
        "data must be a path or one of the datasets mnist, fashion_mnist, cifar10, cifar100, "
        "clothing, digits, got 'shaeps' (",
    ),
    "not fetched": (
        'data = "shapes"', 'data = "mnist"', DataError,
        "line 1); fetch it with: sureshot get mnist",
    ),
    "subset too large": (
        "subset = 60", "subset = 6000", UsageError,
        "subset must be between 1 and 136 here, got 6,000 (",
    ),
    "unknown class": (
        'class = "disc"', 'class = "disk"', UsageError,
        "claims.disc.class must be one of bar, disc, got 'disk' (",
    ),
    "network and image": (
        "image = { size = 16 }", "network = { dropout = false }", UsageError,
        "network.dropout = false would do nothing: nn has no dropout (",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN_DATA)
def test_what_only_the_data_show_is_a_sentence_before_any_training(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SURESHOT_DATA", str(tmp_path / "datasets"))
    old, new, error, sentence = BROKEN_DATA[kind]
    study = write_study(tmp_path, SMALL.replace(old, new, 1))
    folder = StudyFolder(tmp_path / "studies" / "small")
    with pytest.raises(error) as found:
        begin(study, folder, Silent())
    assert sentence in str(found.value)
    assert "small.toml, line " in str(found.value)
    assert not (folder.path / "runs").exists()


def test_a_study_is_not_put_among_other_things(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    with pytest.raises(RunError, match="images are only read there; choose another place"):
        begin(study, StudyFolder(tmp_path / "shapes" / "small"), Silent())
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "photo.txt").write_text("x")
    with pytest.raises(RunError, match=r"holds other things \(photo.txt\) and is no study"):
        begin(study, StudyFolder(tmp_path / "holiday"), Silent())


def test_the_record_keeps_the_study_as_it_was(trained: Trained, tmp_path: Path) -> None:
    study, folder = trained
    assert folder.original.claims == study.claims
    copy = StudyFolder(Path(shutil.copytree(folder.path, tmp_path / "small")))
    copy.follow(changed(folder, "at_least = 0.9", "at_least = 0.1"))
    assert copy.original.claims["disc"].at_least == 0.9
    assert copy.current.claims["disc"].at_least == 0.1
    copy.follow(study)
    assert copy.current.claims["disc"].at_least == 0.9
    hashes = json.loads((copy.path / "begun.json").read_text())["claims"]
    assert set(hashes) == set(study.claims)
    assert len(np.unique(list(hashes.values()))) == len(hashes)
