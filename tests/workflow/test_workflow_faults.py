"""What goes wrong between the steps: files that move, change or break while a run is under way."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import sureshot
from interrupting import interrupted
from shapes import write_shapes
from sureshot import Silent, files
from sureshot.data import cache_entries, cache_folder, clear_cache
from sureshot.errors import DataError, Interrupted, RunError, StorageError, UsageError
from sureshot.runs import LOCK, Run, holding
from sureshot.training import checkpoints

FAST = {"model": "arch_1", "epochs": 4, "batch": 8, "image.size": 16}
BITS = ("model.shot", "history.csv", "predictions/test.parquet")


class Heard(Silent):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


@pytest.fixture(autouse=True)
def _cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURESHOT_CACHE", str(tmp_path / "cache"))


def stopped(data: Path, runs: Path, epoch: int = 2) -> Run:
    """A run that was interrupted at the first step after `epoch` epochs."""
    with interrupted((epoch, 0)), pytest.raises(Interrupted):
        sureshot.train(data, settings=FAST, name="stopped", runs=runs, progress=Silent())
    return Run(runs / "stopped")


def whole(data: Path, runs: Path, **options: Any) -> Run:
    return sureshot.train(
        data, settings=FAST, name="whole", runs=runs, progress=Silent(), **options
    )


def assert_same_bits(one: Run, other: Run) -> None:
    for name in BITS:
        assert files.sha256_of(one.folder / name) == files.sha256_of(other.folder / name), name


def test_files_that_vanished_stop_a_resume_and_are_never_taken_for_unreadable(
    shapes: Path, tmp_path: Path
) -> None:
    reference = whole(shapes, tmp_path)
    run = stopped(shapes, tmp_path)
    clear_cache()
    (shapes / "bar" / "003.png").rename(tmp_path / "away.png")
    with pytest.raises(DataError, match=r"bar/003.png could be read when.*put it back"):
        sureshot.resume(run.folder, progress=Silent())
    assert cache_entries() == []
    (tmp_path / "away.png").rename(shapes / "bar" / "003.png")
    assert_same_bits(sureshot.resume(run.folder, progress=Silent()), reference)


def test_changed_files_never_become_the_proof_of_a_bundle(shapes: Path, tmp_path: Path) -> None:
    run = stopped(shapes, tmp_path)
    for path in shapes.rglob("*.png"):
        Image.new("RGB", (24, 20), "red").save(path)
    with pytest.raises(DataError, match=r"\.png .*(changed|gone)"):
        sureshot.resume(run.folder, progress=Silent())
    assert not run.model_path.exists()


@pytest.mark.parametrize("file", ["state.safetensors", "state.json"])
def test_a_damaged_newest_checkpoint_is_told_and_made_again_to_the_same_bits(
    file: str, shapes: Path, tmp_path: Path
) -> None:
    reference = whole(shapes, tmp_path)
    run = stopped(shapes, tmp_path, epoch=3)
    newest = sorted((run.folder / "checkpoints").iterdir())[-1]
    content = bytearray((newest / file).read_bytes())
    content[len(content) // 2] ^= 1
    (newest / file).write_bytes(content)
    heard = Heard()
    assert_same_bits(sureshot.resume(run.folder, progress=heard), reference)
    assert any(newest.name in sentence for sentence in heard.sentences)


def test_another_recipe_is_not_continued(shapes: Path, tmp_path: Path) -> None:
    run = stopped(shapes, tmp_path)
    path = run.folder / "recipe.toml"
    path.write_text(path.read_text().replace("rate = 0.001", "rate = 0.5"))
    with pytest.raises(RunError, match="belongs to another recipe or other data"):
        sureshot.resume(run.folder, progress=Silent())


def test_an_interrupt_is_heard_where_an_epoch_is_one_step(shapes: Path, tmp_path: Path) -> None:
    settings = {**FAST, "batch": 64}
    ended = pytest.raises(Interrupted, match="stopped after epoch 1, step 0")
    with interrupted((0, 0), by=signal.SIGTERM), ended as raised:
        sureshot.train(shapes, settings=settings, name="a", runs=tmp_path, progress=Silent())
    assert raised.value.exit_code == 143
    assert sureshot.resume(tmp_path / "a", progress=Silent()).complete


def test_evaluating_neither_blesses_damage_nor_needs_the_photographs(
    shapes: Path, tmp_path: Path
) -> None:
    run = whole(shapes, tmp_path)
    page = run.report_path.read_text()
    shutil.rmtree(shapes)
    sureshot.evaluate(run.folder, progress=Silent())
    told = run.report_path.read_text()
    assert told == page.replace('test-openings">once<', 'test-openings">twice<')
    assert told.count("twice") == 2
    assert sureshot.check(run.folder)
    (run.folder / "history.csv").write_text("epoch\n1\n")
    with pytest.raises(RunError, match=r"damaged: history.csv was changed"):
        sureshot.evaluate(run.folder, progress=Silent())
    assert run.test_openings == 2


def test_check_sees_files_too_many_and_an_emptied_manifest(shapes: Path, tmp_path: Path) -> None:
    run = whole(shapes, tmp_path)
    (run.folder / "extra.txt").write_text("x")
    with pytest.raises(RunError, match=r"extra.txt is not in the manifest"):
        sureshot.check(run.folder)
    (run.folder / "extra.txt").unlink()
    (run.folder / "manifest.json").write_text('{"files": {}}')
    with pytest.raises(RunError, match="is not in the manifest"):
        sureshot.check(run.folder)
    (run.folder / "manifest.json").write_text("{}")
    with pytest.raises(RunError, match=r"manifest.json is damaged"):
        sureshot.check(run.folder)


def test_nothing_is_written_into_a_complete_run(shapes: Path, tmp_path: Path) -> None:
    run = whole(shapes, tmp_path)
    (tmp_path / "latest").symlink_to(run.folder)
    inside = run.folder / "predictions.csv", tmp_path / "latest" / "figures" / "p.csv"
    for out in (*inside, run.folder / "history.csv"):
        with pytest.raises(UsageError, match="whole is complete and sealed; choose a place outs"):
            sureshot.predict_to(out, run.folder, shapes, progress=Silent())
        with pytest.raises(UsageError, match="whole is complete and sealed; choose a place outs"):
            sureshot.query(run.folder, "select 1", out=out, progress=Silent())
    with pytest.raises(UsageError, match="is complete and sealed"):
        sureshot.look(shapes, out=run.folder / "look.html", progress=Silent())
    assert sureshot.check(run.folder)
    sureshot.query(run.folder, "select 1", out=tmp_path / "beside.csv", progress=Silent())
    assert (tmp_path / "beside.csv").exists()


def test_a_run_that_is_under_way_keeps_its_history(shapes: Path, tmp_path: Path) -> None:
    run = whole(shapes, tmp_path)
    (run.folder / "manifest.json").unlink()
    with pytest.raises(UsageError, match=r"history\.csv is itself read for this"):
        sureshot.query(run.folder, "select 1", out=run.folder / "history.csv", progress=Silent())
    assert sureshot.resume(run.folder, progress=Silent()).history == run.history


def test_what_a_killed_count_left_is_no_damage(shapes: Path, tmp_path: Path) -> None:
    run = whole(shapes, tmp_path)
    left = run.folder / f"{files.PARTIAL}0123abcd-report.html"
    left.write_bytes(b"half")
    inner = run.folder / f"{files.PARTIAL}0123abcd-figures" / "a.svg"
    inner.parent.mkdir()
    inner.touch()
    assert sureshot.evaluate(run.folder, progress=Silent()).n
    assert sureshot.resume(run.folder, progress=Silent()).complete
    assert not left.exists()
    assert not inner.parent.exists()


@pytest.mark.parametrize("lacking", ["model.shot", "scores.json"])
def test_only_a_training_wants_the_gpu_that_it_began_on(
    lacking: str, shapes: Path, tmp_path: Path
) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    run = whole(shapes, tmp_path)
    for name in {lacking, "scores.json", "report.html", "manifest.json"}:
        (run.folder / name).unlink()
    recipe = run.folder / "recipe.toml"
    recipe.write_text(recipe.read_text().replace('device = "cpu"', 'device = "cuda"'))
    if lacking == "model.shot":
        with pytest.raises(RunError, match=r"whole began on a GPU .* resume it where there is"):
            sureshot.resume(run.folder, progress=Silent())
    else:
        assert sureshot.resume(run.folder, progress=Silent()).complete


@pytest.mark.parametrize("side", [1, 4])
def test_tiny_images_are_enlarged_to_what_a_recipe_allows(side: int, tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(9):
            level = number + (100 if label == "b" else 0)
            Image.new("L", (side, side), level).save(tmp_path / "data" / label / f"{number}.png")
    run = sureshot.train(
        tmp_path / "data",
        model="linear",
        settings={"epochs": 1},
        name="a",
        runs=tmp_path,
        progress=Silent(),
    )
    assert run.recipe.image.size == 8
    assert run.recipe.device in ("cpu", "cuda")
    assert run.recipe.precision in ("fp32", "bf16")


def test_unreadable_test_images_are_counted(tmp_path: Path) -> None:
    for split, each in {"train": 12, "val": 4, "test": 4}.items():
        write_shapes(tmp_path / "data" / split, each=each)
    (tmp_path / "data" / "test" / "bar" / "000.png").write_bytes(b"<html>")
    (tmp_path / "data" / "test" / "bar" / "001.png").write_bytes(b"{}")
    run = whole(tmp_path / "data", tmp_path, allow_bad="5%")
    assert (run.scores.n, run.scores.unreadable) == (6, 2)
    sentences = [f.sentence for f in run.findings if f.code.startswith("unreadable")]
    assert len(sentences) == 2  # each reason in its own words
    again = sureshot.evaluate(run.model_path, tmp_path / "data", progress=Silent())
    assert (again.n, again.unreadable) == (6, 2)


@pytest.mark.parametrize(
    ("folders", "sentence"),
    [
        (("test/a", "test/b", "val/a", "val/b"), "training needs images, found none"),
        (("train/a", "test/a"), "at least two classes, found one: a"),
    ],
)
def test_folders_named_like_splits_are_splits(
    folders: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    for number, folder in enumerate(folders):
        (tmp_path / "data" / folder).mkdir(parents=True)
        Image.new("RGB", (9, 9), (number, 0, 0)).save(tmp_path / "data" / folder / "1.png")
    with pytest.raises(DataError, match=sentence):
        whole(tmp_path / "data", tmp_path)


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    write_shapes(tmp_path / "data", each=9, classes=("bus", "train"))
    assert sureshot.look(tmp_path / "data", progress=Silent()).index.classes == ("bus", "train")


def test_a_linked_class_folder_is_a_warning(shapes: Path, tmp_path: Path) -> None:
    write_shapes(tmp_path / "elsewhere", each=3, classes=("ring",))
    (shapes / "ring").symlink_to(tmp_path / "elsewhere" / "ring")
    findings = {f.code: f for f in sureshot.look(shapes, progress=Silent()).findings}
    assert findings["linked_folder"].images == ("ring",)
    assert findings["linked_folder"].severity == "warning"


def test_scores_on_images_of_the_training_say_so(shapes: Path, tmp_path: Path) -> None:
    run = whole(shapes, tmp_path)
    heard = Heard()
    sureshot.evaluate(run.folder, shapes, progress=heard)
    said = " ".join(heard.sentences)
    assert "images were used to train or to choose the epoch, so the scores are flattered" in said
    assert "the run's own test images among them: 4, opened twice by now" in said


def test_the_users_folder_is_never_written_to(
    shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RunError, match="lies inside .* choose another place with --runs"):
        sureshot.train(shapes, name="a", runs=shapes / "runs", progress=Silent())
    monkeypatch.chdir(shapes)
    with pytest.raises(RunError, match="lies inside"):
        sureshot.train(".", name="a", progress=Silent())
    with pytest.raises(RunError, match=r"shapes lies inside|holds other things \(bar, disc\)"):
        sureshot.train(shapes, name=shapes.name, runs=shapes.parent, progress=Silent())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.doc").write_text("x")
    with pytest.raises(RunError, match=r"holds other things \(thesis.doc\) and is no run"):
        sureshot.train(shapes, name="mine", runs=tmp_path, progress=Silent())
    assert sorted(path.name for path in shapes.iterdir()) == ["bar", "disc"]


def test_splits_that_came_are_not_kept_from_another_run(shapes: Path, tmp_path: Path) -> None:
    run = whole(shapes, tmp_path)
    for split in ("train", "val"):
        write_shapes(tmp_path / "data" / split, each=9)
    with pytest.raises(UsageError, match="only where the folder has none of its own"):
        sureshot.train(
            tmp_path / "data",
            name="b",
            runs=tmp_path,
            split_from=run.folder,
            progress=Silent(),
        )


def test_a_class_folder_that_is_no_utf8_is_refused_at_once(shapes: Path, tmp_path: Path) -> None:
    strange = os.fsdecode(b"caf\xe9")
    try:
        (shapes / "bar").rename(shapes / strange)
    except OSError:
        pytest.skip("this file system wants UTF-8")
    with pytest.raises(DataError, match="is not UTF-8; rename the folder"):
        whole(shapes, tmp_path)


def test_a_first_start_that_was_killed_leaves_nothing_in_the_run(
    shapes: Path, tmp_path: Path
) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / f"{files.PARTIAL}abc-index.parquet").write_bytes(b"half")
    (tmp_path / "whole" / "environment.json").write_text("{}")
    run = whole(shapes, tmp_path)
    assert not list(run.folder.rglob(f"{files.PARTIAL}*"))
    assert sureshot.check(run.folder)


def test_what_a_killed_decoding_left_is_removed_or_at_least_told(shapes: Path) -> None:
    sureshot.look(shapes, progress=Silent())
    entry = cache_entries()[0]
    pixels = cache_folder() / "pixels"
    (pixels / f"{files.PARTIAL}12345678-{entry.key}").mkdir()
    (pixels / f"{files.PARTIAL}12345678-{entry.key}" / "pixels.npy").write_bytes(bytes(5000))
    (pixels / "other").mkdir()
    (pixels / "other" / "about.json").write_text("{")
    assert len(cache_entries()) == 2 or len(cache_entries()) == 3
    assert any("damaged" in other.source for other in cache_entries())
    sureshot.look(shapes, progress=Silent())
    assert not list(pixels.glob(f"{files.PARTIAL}*"))
    assert clear_cache() > 0
    assert not pixels.exists()


def test_a_place_that_cannot_be_written_is_a_sentence(
    shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="could not write .*not a directory"):
        sureshot.train(shapes, settings=FAST, name="a", runs=tmp_path / "file", progress=Silent())
    with pytest.raises(StorageError, match="could not write /proc/runs"):
        sureshot.train(shapes, settings=FAST, name="a", runs="/proc/runs", progress=Silent())
    monkeypatch.setenv("SURESHOT_CACHE", str(tmp_path / "file"))
    with pytest.raises(StorageError, match="could not write"):
        sureshot.look(shapes, progress=Silent())


def test_nothing_is_left_behind_by_a_mistake(shapes: Path, tmp_path: Path) -> None:
    with pytest.raises(sureshot.SureshotError):
        sureshot.predict_to(tmp_path / "new" / "p.csv", "none.shot", shapes, progress=Silent())
    with pytest.raises(DataError):
        sureshot.train(tmp_path / "none", name="a", runs=tmp_path / "new", progress=Silent())
    assert not (tmp_path / "new").exists()


def test_a_folder_taken_away_by_its_last_holder_is_locked_anew(tmp_path: Path) -> None:
    """Many in turn, each leaving nothing behind, and never two at once."""
    run, inside, most = Run(tmp_path / "run"), [], []

    def work() -> None:
        for _ in range(60):
            try:
                with holding(run, "testing"):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
            except RunError:
                pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert not (run.folder / LOCK).exists()


def test_ctrl_c_outside_the_loop_says_how_to_go_on(
    shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sureshot import report

    def pressed(run: Run) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(report, "write", pressed)
        with pytest.raises(Interrupted, match="stopped; go on with: sureshot resume .*whole"):
            whole(shapes, tmp_path)
    assert sureshot.resume(tmp_path / "whole", progress=Silent()).complete


def test_the_python_of_the_readme_leaves_a_healthy_run(shapes: Path, tmp_path: Path) -> None:
    from sureshot import figures

    run = whole(shapes, tmp_path)
    with pytest.raises(UsageError, match="is complete and sealed; choose a place outside of it"):
        figures.draw(run, run.folder / "figures")
    drawn = figures.draw(run, tmp_path / "slides", png=True)
    assert len(drawn) == 2 * len(figures.NAMES)
    one = sureshot.load(run.model_path).predict(str(shapes / "bar" / "000.png"))
    assert len(one) == 1
    assert one.readable.all()
    with pytest.raises(UsageError, match="predict wants files, folders or globs"):
        sureshot.predict(run.folder, progress=Silent())
    with pytest.raises(UsageError, match="predict wants files, folders or globs"):
        sureshot.predict(run.folder, ["a.png"], progress=Silent())  # type: ignore[arg-type]
    assert sureshot.check(run.folder)


def test_a_full_disk_behind_standard_output_is_a_sentence(shapes: Path, tmp_path: Path) -> None:
    run = whole(shapes, tmp_path)
    command = [sys.executable, "-m", "sureshot", "predict", str(run.folder), str(shapes)]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 7
    assert done.stderr.strip().splitlines()[-1].startswith("sureshot: could not write the output")


def test_tampered_tables_are_named(shapes: Path, tmp_path: Path) -> None:
    run = whole(shapes, tmp_path)
    index = run.index
    with pytest.raises(DataError, match="labels outside its 2 classes"):
        type(index)(**{**vars(index), "label": index.label + 99})
    for broken in ("{}", "[]", '{"headline": 3}', "[" * 100_000):
        (run.folder / "scores.json").write_text(broken)
        with pytest.raises(RunError, match=r"scores.json is damaged"):
            _ = run.scores
    (run.folder / "findings.json").write_text(json.dumps([{"code": "x"}]))
    with pytest.raises(RunError, match=r"findings.json is damaged"):
        _ = run.findings


def test_checkpoints_are_sorted_by_number(shapes: Path, tmp_path: Path) -> None:
    run = Run(tmp_path)
    for name in ("epoch-9999-step-00000", "epoch-10000-step-00000", "epoch-10000-step-00002"):
        (tmp_path / "checkpoints" / name).mkdir(parents=True)
    assert [path.name for path in checkpoints._all(run)] == [
        "epoch-9999-step-00000",
        "epoch-10000-step-00000",
        "epoch-10000-step-00002",
    ]


def test_every_class_gets_its_share_of_small_splits() -> None:
    from sureshot.data.split import SHARES, _sizes

    carried = dict.fromkeys(SHARES, 0.0)
    sizes = [_sizes(10, SHARES, carried) for _ in range(10)]
    totals = {name: sum(size[name] for size in sizes) for name in SHARES}
    assert totals == {"train": 70, "validation": 15, "test": 15}
    assert np.ptp([size["train"] for size in sizes]) <= 2
