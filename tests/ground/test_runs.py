"""Run folders: names, the lock, and what a damaged one says."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sureshot.errors import RunError
from sureshot.runs import (
    LOCK,
    Run,
    chosen_epoch,
    csv_text,
    holding,
    new_run,
    open_run,
    require_new,
)


def test_the_lock_names_its_holder_and_is_free_after_a_kill(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from sureshot.runs import *\n"
        "with holding(Run(Path(sys.argv[1])), 'training'): print('held', flush=True);"
        " time.sleep(60)"
    )
    folder = tmp_path / "a"
    holder = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE)
    assert holder.stdout
    assert holder.stdout.readline() == b"held\n"
    said = f"is in use: training, process {holder.pid} on .*, since"
    with pytest.raises(RunError, match=said), holding(Run(folder), "resuming"):
        pytest.fail("two in one folder")
    holder.kill()
    holder.communicate()
    with holding(Run(folder), "resuming"):
        assert f"resuming, process {os.getpid()}" in (folder / LOCK).read_text()
        (folder / "recipe.toml").write_text("x")
    assert (folder / LOCK).read_text() == ""


def test_a_folder_in_which_nothing_happened_is_taken_away(tmp_path: Path) -> None:
    with holding(Run(tmp_path / "a"), "training"):
        pass
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("name", ["recipe.toml", "findings.json", "history.csv", "scores.json"])
def test_what_is_missing_or_damaged_is_named(name: str, tmp_path: Path) -> None:
    run = Run(tmp_path)
    read = {
        "recipe.toml": lambda: open_run(tmp_path),
        "findings.json": lambda: run.findings,
        "history.csv": lambda: run.history,
        "scores.json": lambda: run.summary,
    }[name]
    with pytest.raises(RunError, match=name):
        read()
    if name != "recipe.toml":
        (tmp_path / name).write_text("epoch,loss\n1,x\n{")
        with pytest.raises(RunError, match=f"{name} is damaged"):
            read()


def test_the_command_that_goes_on_can_be_typed_as_it_stands(tmp_path: Path) -> None:
    run = Run(tmp_path / "my runs" / "first")
    run.folder.mkdir(parents=True)
    (run.folder / "recipe.toml").touch()
    for refused in (lambda: require_new(run), run.require_complete):
        with pytest.raises(RunError) as found:
            refused()
        command = str(found.value).partition("go on with")[2].partition(": ")[2]
        assert shlex.split(command) == ["sureshot", "resume", str(run.folder)]


def test_new_names_are_free_ones(tmp_path: Path) -> None:
    (tmp_path / "arch_1-1").mkdir()
    assert new_run(tmp_path, None, "arch_1").name == "arch_1-2"
    assert new_run(tmp_path / "none", None, "linear").name == "linear-1"


@pytest.mark.parametrize("said", [".", "checkpoints/..", "../first"])
def test_a_run_has_its_folders_name_wherever_it_is_opened_from(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "first" / "checkpoints").mkdir(parents=True)
    (tmp_path / "first" / "recipe.toml").touch()
    monkeypatch.chdir(tmp_path / "first")
    run = open_run(said)
    assert run.name == "first"
    assert run.planned_path.resolve() == tmp_path / "first-planned.shot"


def test_tables_keep_every_bit() -> None:
    rows = [{"epoch": 1, "loss": 0.1 + 0.2}, {"epoch": 2, "loss": 1e-300}]
    assert csv_text(rows) == "epoch,loss\n1,0.30000000000000004\n2,1e-300\n"


def test_the_first_of_equal_epochs_is_chosen() -> None:
    losses = [0.5, 0.3, 0.4, 0.3]
    rows = [{"epoch": i + 1, "validation_loss": loss} for i, loss in enumerate(losses)]
    assert chosen_epoch(rows) == 2
