"""Studies as a person runs them: listed, planned, run, killed, gone on with, compared."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from shapes import write_shapes

STUDY = """\
data = "shapes"
seeds = [111, 112]
[recipes.plain]
model = "nn"
epochs = 15
batch = 8
image = { size = 32 }
[recipes.line]
model = "linear"
epochs = 2
image = { size = 16 }
[claims.better]
says = "A hidden layer helps"
score = "accuracy"
of = "plain"
minus = "line"
at_least = 0.0
"""


class Shell:
    """Runs `sureshot` in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "COLUMNS": "200",
            "SURESHOT_CACHE": str(folder / "cache"),
            "SURESHOT_DATA": str(folder / "datasets"),
        }

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "sureshot", *words],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
        )

    def __call__(self, *words: str, code: int = 0) -> tuple[str, str]:
        process = self.start(*words)
        out, said = process.communicate(timeout=200)
        assert process.returncode == code, said
        assert "Traceback" not in said
        return out, said


def shell_in(folder: Path) -> Shell:
    write_shapes(folder / "shapes", each=40)
    (folder / "hidden.toml").write_text(STUDY)
    return Shell(folder)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A folder where the study has been run to its end."""
    made = shell_in(tmp_path_factory.mktemp("studies"))
    out, said = made("study", "run", "hidden.toml")
    assert "page       studies/hidden/study.html" in out
    assert "run 4 of 4: line-112, about " in said
    return made


def results(folder: Path) -> dict[str, object]:
    """All that must come out the same, timings apart."""
    place = folder / "studies" / "hidden"
    timed = ("minutes", "ms_per_image", "images_per_second")
    runs = sorted((place / "runs").iterdir())
    assert [run.name for run in runs] == ["line-111", "line-112", "plain-111", "plain-112"]
    return {
        "board": pd.read_csv(place / "leaderboard.csv").drop(columns=[*timed]).to_csv(),
        "verdicts": json.loads((place / "verdicts.json").read_text()),
        **{
            f"{run.name}/{name}": (run / name).read_bytes()
            for run in runs
            for name in ("model.shot", "history.csv", "predictions/test.parquet")
        },
    }


def test_studies_are_listed_and_shown(shell: Shell) -> None:
    out, _ = shell("study", "list")
    for name in ("cifar10-shop", "clothing", "dense-baseline", "mnist-mlp", "mnist-networks"):
        assert f"\n{name} " in out
    assert "Costs about 1 h on 2 cores" in out
    out, _ = shell("study", "show", "clothing")
    assert out.startswith("# sureshot study run clothing\n")
    assert "at_least = 0.65" in out


def test_a_study_ends_with_board_verdicts_and_page(shell: Shell) -> None:
    out, said = shell("study", "run", "hidden.toml")
    assert "4 of 4 runs are complete and passed over" in said
    assert re.search(r"^plain +\d+\.\d %", out, re.M)
    assert re.search(r"^(supported|refuted|undecided) +A hidden layer helps: [+-]?\d", out, re.M)
    told = json.loads((shell.folder / "studies" / "hidden" / "verdicts.json").read_text())
    assert [claim["claim"] for claim in told["claims"]] == ["better"]


def test_a_dry_run_says_what_would_run_and_writes_nothing(tmp_path: Path) -> None:
    made = shell_in(tmp_path)
    out, _ = made("study", "run", "hidden.toml", "--dry-run")
    assert re.search(r"^plain-111 +to train +1,2\d\d,\d{3} +\d+ s", out, re.M)
    assert "in all at most about 1 min" in out
    assert re.search(r"^better: with 12 images and 2 seeds: ", out, re.M)
    assert not (tmp_path / "studies").exists()


def test_a_quick_study_is_marked_and_kept_apart(tmp_path: Path) -> None:
    out, _ = shell_in(tmp_path)("study", "run", "hidden.toml", "--quick")
    assert out.startswith("quick form: this says nothing about the claims\n")
    assert not (tmp_path / "studies" / "hidden").exists()
    place = tmp_path / "studies" / "hidden-quick"
    assert "This is the quick form of the study" in (place / "study.html").read_text()


BROKEN = {  # what is changed into what, more words of the command, exit code, sentence
    "key": ('model = "nn"', 'model = "nn"\nmdel = 1', (), 2,
            "unknown key 'mdel' ([recipes.plain]: bad.toml, line 5); a recipe may hold "),
    "place": ("", "", ("--studies", "shapes"), 4, "lies inside "),
    "data": ("shapes", "shaeps", (), 3, "got 'shaeps' (bad.toml, line 1): there is no file or "),
    "TOML": ("[recipes.plain]", "[recipes.plain", (), 2, "bad.toml cannot be read as TOML: "),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_study_is_one_sentence(kind: str, shell: Shell) -> None:
    old, new, words, code, sentence = BROKEN[kind]
    (shell.folder / "bad.toml").write_text(STUDY.replace(old, new, 1))
    _, said = shell("study", "run", "bad.toml", *words, code=code)
    assert sentence in said
    assert len([line for line in said.split("\n") if line.startswith("sureshot: ")]) == 1
    assert not (shell.folder / "studies" / "bad").exists()


def test_two_runs_are_compared_with_their_pictures(shell: Shell) -> None:
    runs = [f"studies/hidden/runs/{name}-111" for name in ("plain", "line")]
    out, said = shell("compare", *runs)
    assert "page       compare.html" in out
    assert re.search(r"^(plain|line)-111 against (plain|line)-111 ", out, re.M)
    assert "opened twice" in said
    assert "What flipped" in (shell.folder / "compare.html").read_text()
    _, said = shell("compare", runs[0], code=2)
    assert "sureshot: compare wants two runs or more, got 1" in said


def wait_for(there: Path, process: "subprocess.Popen[str]") -> None:
    """Until a path is there, or the process has ended; polls, for nobody tells of a new file."""
    while not there.exists() and process.poll() is None:
        time.sleep(0.005)


def test_killed_and_run_again_a_study_ends_the_same(shell: Shell, tmp_path: Path) -> None:
    made = shell_in(tmp_path)
    place = tmp_path / "studies" / "hidden"
    for there in ("study.toml", "runs/plain-111/history.csv", "runs/line-112"):
        process = made.start("study", "run", "hidden.toml")
        wait_for(place / there, process)
        process.kill()
        process.communicate()
    made("study", "run", "hidden.toml")
    assert results(tmp_path) == results(shell.folder)
    assert not list(place.rglob(".partial-*"))


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    made = shell_in(tmp_path)
    (tmp_path / "hidden.toml").write_text(STUDY.replace("epochs = 15", "epochs = 4000"))
    process = made.start("study", "run", "hidden.toml")
    checkpoints = tmp_path / "studies" / "hidden" / "runs" / "plain-111" / "history.csv"
    wait_for(checkpoints, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    last = said.strip().split("\n")[-1]
    assert last == (
        "sureshot: stopped in run 1 of 4, plain-111; go on with: sureshot study run hidden.toml"
    )
