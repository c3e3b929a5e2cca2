"""One division of the data for all runs, and a study that goes on wherever it was stopped."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from study_small import SMALL, write_study

import sureshot
from sureshot import Silent
from sureshot.errors import DataError, Interrupted, RunError, TrainingError, UsageError
from sureshot.records import ASIDE
from sureshot.runs import Run
from sureshot.studies import telling
from sureshot.studies.costs import Left, noted
from sureshot.studies.dividing import divided, kept
from sureshot.studies.folder import StudyFolder
from sureshot.studies.planning import parameters_of, settled
from sureshot.studies.reading import Study, parse_study, read_study
from sureshot.studies.results import Studied
from sureshot.studies.running import begin, folder_of, held, plan, train_all
from sureshot.workflow import ENDING

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
    took, run = noted(copy), Run(copy.path / "runs" / "plain-111")
    assert set(took) == {"dividing", "plain-111", "plain-112", "blind-111", "blind-112"}
    assert took["plain-111"] > sum(row["seconds"] for row in run.timing)  # it is not training alone
    around = [
        took[one.name] - sum(row["seconds"] for row in one.run.timing) for one in told.runs[:2]
    ]
    trained = sum(row["seconds"] for row in run.timing)
    assert told.seconds["plain"] == pytest.approx(trained + sum(around) / 2)
    assert told.left == pytest.approx(told.seconds["plain"] + told.seconds["blind"])
    assert "as the finished runs vary" not in told.deciding["plain"]  # one seed shows no spread
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
    assert min(told.seconds.values()) > ENDING
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
        "the changed recipe a name of its own, or remove ",
    ),
    "another network": (
        'model = "nn"', 'model = "dnn"', "recipes.plain has runs that were trained with another mo",
    ),
    "another subset": (
        "subset = 60", "subset = 61", "subset must stay what it was when ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CHANGED)
def test_what_has_runs_cannot_become_something_else(kind: str, trained: Trained) -> None:
    _, folder = trained
    old, new, sentence = CHANGED[kind]
    study, before = changed(folder, old, new), sorted(folder.path.iterdir())
    with pytest.raises((UsageError, RunError)) as found:
        begin(study, folder, Silent())
    assert sentence in str(found.value)
    assert sorted(folder.path.iterdir()) == before  # above all no study_edited.toml
    assert folder.current.recipes == folder.original.recipes


def test_other_images_are_another_study(trained: Trained, tmp_path: Path) -> None:
    _, folder = trained
    copy = StudyFolder(Path(shutil.copytree(folder.path, tmp_path / "studies" / "small")))
    heard = Heard()
    begin(write_study(tmp_path), copy, heard)  # the same pictures in another place
    assert heard.said == [
        f"the images lie in {(tmp_path / 'shapes').resolve()} now, and are the same"
    ]
    (tmp_path / "shapes" / "bar" / "000.png").unlink()
    with pytest.raises(UsageError) as found:
        begin(changed(copy, "shapes", "shapes"), copy, Silent())
    assert f"the images in {tmp_path / 'shapes'} are others (small.toml, line 1)" in str(
        found.value
    )
    assert "put them back, or give the study another name" in str(found.value)


def test_images_that_were_changed_in_their_place_are_told(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    folder = StudyFolder(tmp_path / "studies" / "small")
    begin(study, folder, Silent())
    pictures = [tmp_path / "shapes" / name / "000.png" for name in ("bar", "disc")]
    one, other = (path.read_bytes() for path in pictures)
    for path, content in zip(pictures, (other, one), strict=True):  # the same files, exchanged
        path.write_bytes(content)
    with pytest.raises(UsageError, match="the images in .*shapes have been changed"):
        plan(study, folder, Silent())


def test_what_a_killed_start_left_does_not_shrink_the_data(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path / "studies" / "small")
    begin(write_study(tmp_path), folder, Silent())
    (folder.path / "begun.json").unlink()  # killed before it was there
    study = write_study(tmp_path, SMALL.replace("subset = 60", ""))
    begin(study, folder, Silent())
    assert not (folder.path / "data" / "not_in_subset.csv").exists()
    assert divided(study, folder.path).source.exclude is None


def test_time_left_knows_the_recipes_and_corrects_itself() -> None:
    left = Left({"short-1": 60.0, "long-1": 600.0, "short-2": 60.0, "long-2": 600.0}, after=60.0)
    assert left.words == ", about 23 min 0 s left"
    left.taken["short-1"] = 120.0  # twice as long as planned
    assert left.words == ", about 44 min 0 s left"
    left.taken["long-1"] = 540.0
    assert left.words == ", about 12 min 0 s left"
    with left.trying("short-2", Silent()):
        raise TrainingError("no number")
    assert left.words == ", about 11 min 0 s left"
    assert left.failed == {"short-2": "no number"}


HOT = """
[recipes.hot]
model = "cifar_cnn"
epochs = 3
batch = 8
network = { batch_norm = false }
optimizer = { name = "sgd", momentum = 0.99, rate = 10.0 }
image = { size = 16 }
[claims.hot]
says = "Heat helps"
score = "accuracy"
of = "hot"
minus = "plain"
at_least = 0.0
"""


def test_a_training_that_diverges_ends_neither_the_others_nor_the_judging(tmp_path: Path) -> None:
    study = write_study(tmp_path, SMALL.replace("\n[recipes.plain]", f"{HOT}[recipes.plain]", 1))
    sentence = (
        r"^some trainings of the study came to no end \(hot-111, hot-112\), the first because the "
        r"loss is no longer a number .*all else is judged in .*small/study.html; "
    )
    for _ in range(2):  # the second time only those two are trained
        heard = Heard()
        with pytest.raises(TrainingError, match=sentence):
            sureshot.study(
                study.folder / "small.toml", studies=tmp_path / "studies", progress=heard
            )
        assert any(said.startswith("hot-111 came to no end, and the others") for said in heard.said)
    assert "4 of 6 runs are complete and passed over" in heard.said
    done = Studied(tmp_path / "studies" / "small")
    assert set(done.leaderboard.recipe) == {"plain", "blind"}
    told = done.verdicts.set_index("claim")
    assert told.sentence["hot"] == "hot has no complete run"
    assert told.outcome["small"] == "supported"
    assert "hot has no complete run, and its claims stay undecided" in done.notes
    assert set(told.written) == {"before"}


def test_a_quick_study_draws_few_images_before_any_is_read(tmp_path: Path) -> None:
    study = write_study(tmp_path, SMALL.replace("subset = 60", ""), each=400).quickened()
    folder, heard = StudyFolder(tmp_path / "studies" / "small-quick"), Heard()
    planned = plan(study, folder, Silent())
    assert not folder.path.exists()
    begin(study, folder, heard)
    assert heard.said == ["quick form: 600 of 800 images are drawn by name"]
    index = kept(folder.path)
    assert len(index) == 600
    assert list(index.counts().sum(axis=1)) == [300, 300]
    assert planned.images == {split: len(index.rows(split)) for split in planned.images}
    assert divided(study, folder.path).source.path == folder.path.absolute() / "data" / "images"
    begin(study, folder, heard)  # nothing has changed
    for picture in sorted((tmp_path / "shapes" / "bar").iterdir()):
        picture.write_bytes((tmp_path / "shapes" / "disc" / "000.png").read_bytes())
    with pytest.raises(UsageError, match="the images in .* have been changed"):
        begin(study, folder, Silent())


def test_images_that_are_moved_between_splits_are_told_at_once(tmp_path: Path) -> None:
    study = write_study(tmp_path, SMALL.replace("subset = 60", ""))
    whole, parts = tmp_path / "shapes", tmp_path / "parts"
    for name in ("bar", "disc"):
        for number, picture in enumerate(sorted((whole / name).iterdir())):
            place = parts / ("test" if number < 20 else "train") / name / picture.name
            place.parent.mkdir(parents=True, exist_ok=True)
            picture.rename(place)
    shutil.rmtree(whole)
    parts.rename(whole)
    folder = StudyFolder(tmp_path / "studies" / "small")
    begin(study, folder, Silent())
    begin(study, folder, Silent())
    (whole / "test" / "bar" / "000.png").rename(whole / "train" / "bar" / "000.png")
    with pytest.raises(
        UsageError, match="were moved between train, validation and test since"
    ) as told:
        begin(study, folder, Silent())
    assert "small.toml, line 1" in str(told.value)


def test_what_a_kill_left_half_written_is_removed(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path / "small")
    names = ("", "search", "curve", "data", "search/tries/3", "curve/left_out")
    left = [folder.path / name / ".partial-12345678-x" for name in names]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    with held(folder):
        assert not any(path.exists() for path in left)


SWIFT = """
data = "shapes"
seeds = [111]
[recipes.own]
model = "swift"
preset = "quick"
network = { widths = [8, 8] }
image = { size = 16 }
"""


def test_a_network_with_presets_is_trained_as_planned_and_known_again(tmp_path: Path) -> None:
    study = write_study(tmp_path, SWIFT, each=30)
    folder, heard = StudyFolder(tmp_path / "studies" / "small"), Heard()
    begin(study, folder, Silent())
    index = kept(folder.path)
    planned, parameters = settled(study, "own", index), parameters_of(study, index)
    assert (planned.preset, planned.epochs) == ("quick", 60)
    assert (planned.augment.flip, planned.network.tta_flip) == ("alternating", True)
    assert settled(study.quickened(), "own", index).epochs == 2
    train_all(study, folder, Silent(), "")
    run = Run(folder.path / "runs" / "own-111")
    there = run.recipe
    assert there == planned.on(there.device, there.precision)  # type: ignore[arg-type]
    assert parameters["own"] == sum(layer.parameters for layer in run.layers)
    begin(study, folder, heard)
    train_all(study, folder, heard, "")
    assert heard.said == ["1 of 1 runs are complete and passed over"]
    other = parse_study(SWIFT.replace("quick", "good"), "small.toml", tmp_path, "small")
    with pytest.raises(
        UsageError, match="recipes.own has runs that were trained with another pres"
    ):
        begin(other, folder, Silent())


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
    "subset too small": (
        "subset = 60", "subset = 1", UsageError,
        "subset must leave enough images, got 1 of 136, which leaves none to train ",
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
    hashes = json.loads((copy.path / "begun.json").read_text())["hashes"]
    assert set(hashes) == {"claims", "recipes", "seeds", "data", "subset", "curve"}
    assert set(hashes["claims"]) == set(study.claims)
    assert set(hashes["recipes"]) == set(study.recipes)
    assert len(np.unique(list(hashes["claims"].values()))) == len(study.claims)


FURTHER = """
[search]
base = "plain"
tries = 2
seed = 7
over = { batch = [8, 16] }
[curve]
recipe = "plain"
images = [12, 24, 48]
seeds = 1
more = 10
[claims.searched]
says = "Searching pays"
score = "accuracy"
of = "searched"
minus = "plain"
about = "models"
at_least = 0.0
"""


def test_search_and_curve_belong_to_the_study(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    text = SMALL.replace("[111, 112]", "[111]") + FURTHER
    write_study(tmp_path, text)
    path, studies = tmp_path / "small.toml", tmp_path / "studies"
    heard = Heard()
    done = sureshot.study(path, studies=studies, progress=heard)
    board = done.leaderboard
    assert set(board.recipe) == {"plain", "blind", "searched"}
    assert {row[0] for row in telling.board_rows(board)} == {
        "plain", "blind", "searched (best of 2 tries)",
    }  # fmt: skip
    told = done.verdicts.set_index("claim")
    assert "the models of seed 111" in told.sentence["searched"]
    assert done.notes == []
    measured = Run(done.folder / "curve" / "plain-12-111")
    assert measured.test_openings == 2  # its own look, and the study's
    page = done.page.read_text()
    assert 'id="curve"' in page
    assert 'id="search"' in page
    heard.said.clear()
    sureshot.study(path, studies=studies, progress=heard)  # nothing is left to do
    assert not any("run 1 of" in said for said in heard.said)
    assert measured.test_openings == 3
    over = sureshot.study(path, studies=studies, dry_run=True, progress=Silent())
    assert {one.name: one.state for one in over.runs}["searched-111"] == "done"
    (last,) = telling.plan_lines(over)  # neither search nor curve is announced again
    assert last.startswith("in all at most about 0.0 s; in ")
    path.write_text(text.replace("[12, 24, 48]", "[12, 24, 40]"))
    assert (
        "Changed after the study had begun: images of the learning curve. "
        in (sureshot.study(path, studies=studies, progress=Silent()).notes[0])
    )
    path.write_text(text.replace("[8, 16]", "[8, 32]"))
    with pytest.raises(UsageError, match="search must stay what it was when it began"):
        sureshot.study(path, studies=studies, progress=Silent())
    assert "40" in (done.folder / "study_edited.toml").read_text()  # not what was refused
    assert "[8, 32]" not in (done.folder / "study_edited.toml").read_text()
    dry = sureshot.study(path, name="other", studies=studies, dry_run=True, progress=Silent())
    lines = list(telling.plan_lines(dry))
    assert lines[0].startswith("before them a search, 2 tries to go, and its winner with each seed")
    assert lines[1].startswith("after them a learning curve, 3 runs to go: at most about ")
    assert lines[2].startswith("in all about ")
    runs = sum(dry.seconds[one.recipe] for one in dry.runs)
    assert dry.left == pytest.approx(runs + dry.search.seconds + dry.curve.seconds)
    assert dry.search.seconds > dry.seconds["plain"]  # the winner is trained as well


def test_the_longest_name_has_a_quick_form(tmp_path: Path) -> None:
    name = "n" * 80
    write_study(tmp_path)
    (tmp_path / f"{name}.toml").write_text(SMALL)
    study = read_study(tmp_path / f"{name}.toml").quickened()
    folder = folder_of(study, tmp_path / "studies")
    begin(study, folder, Silent())
    assert folder.current.quick
    assert folder.original.recipes == study.recipes


def test_what_only_python_can_ask_is_gone_on_with_by_the_same_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    study = write_study(tmp_path)
    monkeypatch.setattr("sureshot.studies.verbs.begin", stopped)
    for name, again in (("other", "the same call of sureshot.study"), (None, "sureshot study run")):
        with pytest.raises(Interrupted, match=f"go on with: {again}"):
            sureshot.study(
                study.folder / "small.toml", name=name, studies=tmp_path, progress=Silent()
            )
