"""From a training that sets images aside to a model that carries a plan; on little pictures."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

import sureshot
from sureshot import Silent, Source, workflow
from sureshot.automate import Planned
from sureshot.bundle import Bundle, open_bundle
from sureshot.cli.commands import app
from sureshot.errors import DataError, RunError, UsageError
from sureshot.images import prepare
from sureshot.records import CALIBRATION, Scores, Split, Strings
from sureshot.runs import Run, open_run

FAST = {"epochs": 3, "batch": 8, "calibrate": 0.5}
CLASSES = ("cold", "warm")
MISTAKEN = 0.04  # of the labels, so that there is something to be wrong about


def write_blocks(folder: Path, each: int, seed: int) -> Path:
    """Five by five blocks of any colour, the warm ones redder, no two alike; a few mislabelled."""
    draw = np.random.default_rng(seed)
    for number in range(2 * each):
        warm = number % 2
        blocks = draw.integers(0, 130, (5, 5, 3))
        blocks[..., 0 if warm else 2] += 120
        name = CLASSES[warm ^ int(draw.random() < MISTAKEN)]
        path = folder / name / f"{seed}-{number:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.kron(blocks, np.ones((4, 4, 1))).astype(np.uint8)).save(path)
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("plan")
    data = write_blocks(folder / "blocks", 250, seed=1)
    return sureshot.train(data, settings=FAST, name="a", runs=folder, progress=Silent())


class Listening(Silent):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


def model_of(made: Planned) -> Path:
    assert made.model is not None
    return made.model


def decisions(bundle: Bundle, run: Run, split: Split) -> Strings:
    """What the bundle decides of the images of a split."""
    paths = [run.index.path(row) for row in run.index.rows(split)]
    pixels = np.stack([prepare(path.read_bytes(), bundle.preprocessing) for path in paths])
    return bundle.decide(bundle.outputs(pixels)).decision


def copied(run: Run, split: str, folder: Path, most: int | None = None) -> Path:
    """A folder of classes with the images of one split."""
    for name in run.index.id[run.index.split == split][:most]:
        target = folder / Path(name).parent.name / Path(name).name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(run.index.root / name, target)
    return folder


def test_images_set_aside_are_predicted_and_touched_by_nothing(run: Run) -> None:
    index, aside = run.index, run.predictions(CALIBRATION)
    trained, validated, judged = index.counts().sum(axis=0)
    assert (validated, judged) == (75, 75)
    assert len(aside) == len(index.rows(CALIBRATION)) == 350 - trained
    assert abs(len(aside) - 175) <= 1
    assert set(aside.id) == set(index.id[index.rows(CALIBRATION)])
    assert run.predicted == ("validation", "test")
    assert sureshot.check(run.folder)


def test_the_temperature_is_in_bundle_predictions_and_scores(run: Run) -> None:
    bundle = open_bundle(run.model_path)
    assert bundle.about.temperature != 1.0
    for split in ("validation", "test", CALIBRATION):
        assert run.predictions(split).temperature == bundle.about.temperature
    test = run.predictions("test")
    fresh = bundle.predict([run.index.root / name for name in test.id])
    np.testing.assert_allclose(fresh.probabilities(), test.probabilities(), atol=1e-5)
    chances = test.probabilities()[np.arange(len(test)), test.label]
    scores = Scores.from_json(run.summary["splits"]["test"])
    assert scores.overall["log_loss"].value == pytest.approx(-np.log(chances).mean(), rel=1e-4)
    told = run.summary["calibration"]
    assert told["temperature"] == bundle.about.temperature
    before = told["before"]["validation"]["log_loss"]["value"]
    after = run.split_scores("validation").overall["log_loss"].value
    assert after < before


def test_a_plan_is_written_beside_the_run_and_changes_nothing_in_it(run: Run) -> None:
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    made = workflow.plan(run.folder, max_error="20%", progress=Silent())
    assert made.model == run.folder.parent / "a-planned.shot"
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before
    bundle = open_bundle(model_of(made))
    assert bundle.about.plan == made.plan
    assert made.plan.n == len(run.index.rows(CALIBRATION))
    assert made.plan.threshold is not None
    page = model_of(made).with_suffix(".html").read_text()
    assert made.plan.rows in page
    assert "<script" not in page
    again = workflow.plan(run.folder, max_error="20%", progress=Silent())  # its own is replaced
    assert again.plan == made.plan
    decision = decisions(bundle, run, CALIBRATION)
    assert (decision == "auto").mean() == pytest.approx(made.plan.automated)
    remembered = run.predictions(CALIBRATION).unlike
    assert remembered is not None
    np.testing.assert_array_equal(decision == "unlike", remembered)


def test_too_few_images_write_a_model_that_sorts_nothing(run: Run, tmp_path: Path) -> None:
    made = workflow.plan(run.folder, max_error="1%", out=tmp_path / "x.shot", progress=Silent())
    assert made.plan.threshold is None
    assert f"cannot be promised with {made.plan.n} images" in made.sentences[0]
    assert set(decisions(open_bundle(model_of(made)), run, "test")) <= {"review", "unlike"}


def test_the_bundle_knows_what_is_unlike_and_everybody_agrees(run: Run) -> None:
    bundle = open_bundle(run.model_path)
    told = bundle.about.unlike
    assert told is not None
    assert (told.n, told.quantile) == (75, 0.95)
    assert (decisions(bundle, run, "validation") == "unlike").sum() <= 3  # of 75
    paths = [run.index.path(row) for row in run.index.rows("test")]
    again = bundle.predict(paths).unlike
    np.testing.assert_array_equal(again, run.predictions("test").unlike)


@pytest.mark.parametrize("ending", [".csv", ".json", ".parquet"])
def test_predictions_tell_the_decision(run: Run, ending: str, tmp_path: Path) -> None:
    made = workflow.plan(run.folder, max_error="20%", out=tmp_path / "x.shot", progress=Silent())
    paths = [run.index.path(row) for row in run.index.rows("test")]
    (tmp_path / "broken.png").write_bytes(b"nothing")
    out = tmp_path / f"p{ending}"
    sureshot.predict_to(out, model_of(made), *paths, tmp_path / "broken.png", progress=Silent())
    read = {".csv": pd.read_csv, ".json": pd.read_json, ".parquet": pd.read_parquet}[ending]
    table = read(out)
    said = table["decision"].fillna("").tolist()
    assert said == [*decisions(open_bundle(model_of(made)), run, "test"), ""]
    assert {"auto", ""} < set(said)
    assert list(table.columns[3:6]) == ["probability", "decision", "reason"]


def test_a_page_of_somebody_else_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text("<p>mine</p>")
    with pytest.raises(UsageError, match="is no page of sureshot plan"):
        workflow.plan(run.folder, out=tmp_path / "x.shot", progress=Silent())
    assert not (tmp_path / "x.shot").exists()


def test_a_source_is_planned_on_without_what_the_run_knows(run: Run, tmp_path: Path) -> None:
    new = write_blocks(tmp_path / "new", 60, seed=2)
    copied(run, "train", new, most=9)
    copied(run, "validation", new, most=2)
    said = Listening()
    made = workflow.plan(
        run.folder, source=new, max_error="20%", out=tmp_path / "x.shot", progress=said
    )
    assert any("left out: 11 images that the run was" in sentence for sentence in said.sentences)
    assert made.plan.n == 120
    assert run.test_openings == 1


def test_other_files_of_the_same_pictures_are_known_again(run: Run, tmp_path: Path) -> None:
    new = write_blocks(tmp_path / "new", 60, seed=2)
    trained = copied(run, "train", tmp_path / "known", most=9)
    for number, path in enumerate([*trained.rglob("*.png"), *list(new.rglob("*.png"))[:4]]):
        Image.open(path).save(new / path.parent.name / f"again-{number}.bmp")
    said = Listening()
    made = workflow.plan(run.folder, source=new, out=tmp_path / "x.shot", progress=said)
    assert any("left out: 9 images that the run was" in sentence for sentence in said.sentences)
    assert made.plan.n == 120
    next(new.rglob("*.bmp")).unlink()  # pixels that are kept are of other images
    away = run.index.root.rename(tmp_path / "away")
    said = Listening()
    workflow.plan(run.folder, source=new, out=tmp_path / "x.shot", progress=said)
    away.rename(run.index.root)
    assert any("by equal bytes alone" in sentence for sentence in said.sentences)


def test_the_test_images_are_taken_only_if_they_are_named(run: Run, tmp_path: Path) -> None:
    judges, openings = copied(run, "test", tmp_path / "judges"), run.test_openings
    said = Listening()
    made = workflow.plan(run.folder, source=judges, out=tmp_path / "x.shot", progress=said)
    assert made.plan.n == 75
    assert any("75 of the run's own test images are planned on" in s for s in said.sentences)
    assert run.test_openings == openings + 1
    assert sureshot.check(run.folder)


def test_what_cannot_be_planned_is_said(run: Run, tmp_path: Path) -> None:
    for split in ("train", "test"):
        write_blocks(tmp_path / "split" / split, 3, seed=3)
    with pytest.raises(DataError, match=r"has the splits test, train, and a plan must not guess"):
        workflow.plan(run.folder, source=tmp_path / "split", progress=Silent())
    some = Source(run.index.root, subset=50)
    with pytest.raises(UsageError, match="--subset is for training; .* on all images, got 50"):
        workflow.plan(run.folder, source=some, out=tmp_path / "x.shot", progress=Silent())
    shutil.copy(run.model_path, tmp_path / "mine.shot")
    for out, sentence in (
        (run.folder / "x.shot", "is complete and sealed"),
        (tmp_path / "x.zip", r"is a \*.shot file"),
        (tmp_path / "mine.shot", "carries no plan; choose another --out"),
    ):
        with pytest.raises(UsageError, match=sentence):
            workflow.plan(run.folder, out=out, progress=Silent())
    with pytest.raises(RunError, match="there is no run folder"):
        workflow.plan(run.model_path, progress=Silent())


def test_without_images_set_aside_one_sentence_says_what_to_do(
    shapes: Path, tmp_path: Path
) -> None:
    settings = {"epochs": 1, "image.size": 8}
    plain = sureshot.train(
        shapes, model="linear", settings=settings, name="b", runs=tmp_path, progress=Silent()
    )
    with pytest.raises(DataError, match=r"train with --calibrate 20%, or name .* --source"):
        workflow.plan(plain.folder, progress=Silent())


def test_the_command_line_sets_images_aside(shapes: Path, tmp_path: Path) -> None:
    settings = ["--model", "linear", "--set", "epochs=1", "--set", "image.size=8"]
    place = ["--name", "c", "--runs", str(tmp_path / "runs")]
    found = CliRunner().invoke(app, ["train", str(shapes), *settings, *place, "--calibrate", "25%"])
    assert found.exit_code == 0, found.output
    run = open_run(tmp_path / "runs" / "c")
    assert run.recipe.calibrate == 0.25
    assert len(run.predictions(CALIBRATION)) == len(run.index.rows(CALIBRATION)) == 4


def test_the_verb_prints_the_plan(run: Run, tmp_path: Path) -> None:
    arguments = ["plan", str(run.folder), "--max-error", "20%", "--out", str(tmp_path / "x.shot")]
    found = CliRunner().invoke(app, arguments)
    assert found.exit_code == 0, found.output
    lines = found.output.splitlines()
    assert lines[-1].startswith("model     ")
    assert any(line.split()[:1] == ["cold"] for line in lines)
    assert (tmp_path / "x.html").exists()
