"""Studies as a person runs them: listed, planned, run, killed, gone on with, compared."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from shapes import write_shapes
from sureshot.runs import Run, times

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
[claims.seen]
says = "Looking first helps"
judged_by = "hand"
"""
CURVE = """
[curve]
recipe = "line"
images = [6, 12, 24]
seeds = 1
more = 6
"""
SEARCH = """
[search]
base = "line"
tries = 3
seed = 7
over = { batch = [4, 8, 16] }
"""


class Shell:
    """Runs `sureshot` in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.seconds = folder, 0.0
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

    def run_study(self) -> tuple[str, str]:
        """The folder's study to its end; how many seconds that took is kept."""
        started = time.monotonic()
        told = self("study", "run", "hidden.toml")
        self.seconds = time.monotonic() - started
        return told


def shell_in(folder: Path, text: str = STUDY) -> Shell:
    write_shapes(folder / "shapes", each=40)
    (folder / "hidden.toml").write_text(text)
    return Shell(folder)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A folder where the study has been run to its end."""
    made = shell_in(tmp_path_factory.mktemp("studies"))
    out, said = made.run_study()
    assert "page       studies/hidden/study.html" in out
    assert "run 1 of 4: plain-111, about " in said  # as planned, before one has been seen
    assert "run 4 of 4: line-112, about " in said
    return made


def results(folder: Path) -> dict[str, object]:
    """All that must come out the same, timings apart."""
    place = folder / "studies" / "hidden"
    timed = ("minutes", "ms_per_image", "images_per_second")
    runs = sorted(path.parent for path in place.glob("*/*/model.shot"))
    return {
        "runs": [run.relative_to(place) for run in runs],
        "winner": [path.read_text() for path in sorted(place.glob("search/winner.*"))],
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
    assert "Costs about 2 h 40 min on one core" in out
    out, _ = shell("study", "show", "clothing")
    assert out.startswith("# sureshot study run clothing\n")
    assert "at_least = 0.65" in out


def test_a_study_ends_with_board_verdicts_and_page(shell: Shell) -> None:
    out, said = shell("study", "run", "hidden.toml")
    assert "4 of 4 runs are complete and passed over" in said
    assert re.search(r"^plain +\d+\.\d %", out, re.M)
    assert re.search(r"^(supported|refuted|undecided) +A hidden layer helps: [+-]?\d", out, re.M)
    told = json.loads((shell.folder / "studies" / "hidden" / "verdicts.json").read_text())
    assert [claim["claim"] for claim in told["claims"]] == ["better", "seen"]
    assert told["notes"] == []


def test_a_dry_run_says_what_would_run_and_writes_nothing(tmp_path: Path) -> None:
    made = shell_in(tmp_path)
    out, _ = made("study", "run", "hidden.toml", "--dry-run")
    assert re.search(r"^plain-111 +to train +1,2\d\d,\d{3} +\d+ s", out, re.M)
    assert "in all at most about 1 min" in out
    assert re.search(r"^better: with 12 test images and 2 seeds: ", out, re.M)
    assert not (tmp_path / "studies").exists()


def test_a_dry_run_of_a_quick_study_promises_no_decision(tmp_path: Path) -> None:
    out, _ = shell_in(tmp_path)("study", "run", "hidden.toml", "--dry-run", "--quick")
    assert "\nquick form: this says nothing about the claims\n" in out
    assert "supported if" not in out


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
    before = [Run(shell.folder / run).test_openings for run in runs]
    out, said = shell("compare", *runs)
    assert "page       compare.html" in out
    assert "about these trained models alone" in out.replace("\n", " ")
    assert re.search(r"^(plain|line)-111 against (plain|line)-111 ", out, re.M)
    for run, openings in zip(runs, before, strict=True):
        assert f"test split of {run}, opened {times(openings + 1)}" in said
    assert "What flipped" in (shell.folder / "compare.html").read_text()
    _, said = shell("compare", runs[0], code=2)
    assert "sureshot: compare wants two runs or more, got 1" in said


def wait_for(there: Path, process: "subprocess.Popen[str]") -> None:
    """Until a path is there, or the process has ended; polls, for nobody tells of a new file."""
    while not there.exists() and process.poll() is None:
        time.sleep(0.005)


def test_killed_at_random_moments_and_run_again_a_study_ends_the_same(
    shell: Shell, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """kill -9 while it starts, divides, searches, trains, writes or judges, as the moment hits.

    Curve and search are in the long proof alone: with them it takes three times as long.
    """
    kills = request.config.getoption("--kills")
    whole, text = shell, STUDY
    if kills > 2:
        text += CURVE + (SEARCH if find_spec("optuna") else "")
        whole = shell_in(tmp_path / "whole", text)
        whole.run_study()
    made = shell_in(tmp_path / "killed", text)
    place = made.folder / "studies" / "hidden"
    draw, hit = random.Random(6), []
    while len(hit) < kills:
        process = made.start("study", "run", "hidden.toml")
        try:
            process.wait(draw.uniform(0.2, 0.6) * whole.seconds)
        except subprocess.TimeoutExpired:  # so it is alive
            process.kill()
            process.communicate()
            assert process.returncode == -signal.SIGKILL
            hit.append(len(list(place.rglob("*"))))
        else:  # it came to its end before; begin again
            process.communicate()
            shutil.rmtree(place)
    assert len(set(hit)) > (kills > 2)  # at different moments
    made("study", "run", "hidden.toml")
    assert results(made.folder) == results(whole.folder)
    assert len(list((place / "curve").glob("line-*-111"))) == (3 if kills > 2 else 0)
    assert not list(place.rglob(".partial-*"))


def test_a_person_judges_on_the_command_line(shell: Shell, tmp_path: Path) -> None:
    copy = Shell(Path(shutil.copytree(shell.folder, tmp_path / "copy")))
    words = ("study", "judge", "studies/hidden")
    why = ("--reason", "bars are thin", "--who", "Ada")
    out, _ = copy(*words, "seen", "supported", *why)
    assert re.search(r"^supported +Looking first helps: bars are thin$", out, re.M)
    assert "by Ada, 2" in (copy.folder / "studies" / "hidden" / "study.html").read_text()
    for told, code, sentence in (
        (
            ("sen", "supported", *why),
            2,
            "must be one of 'seen', got 'sen' (as given); did you mean",
        ),
        (("seen", "true", *why), 2, "seen.verdict must be one of supported, refuted, undecided, "),
        (("seen", "refuted", "--reason", " ", "--who", "Ada"), 2, "seen.reason must be a sentence"),
    ):
        _, said = copy(*words, *told, code=code)
        assert sentence in said
    _, said = copy("study", "judge", "studies/none", "seen", "supported", *why, code=4)
    assert "studies/none is no study" in said


def test_what_was_changed_later_is_told_on_the_terminal(shell: Shell, tmp_path: Path) -> None:
    copy = Shell(tmp_path)
    shutil.copytree(shell.folder, tmp_path, dirs_exist_ok=True)
    text = STUDY.replace("[111, 112]", "[111]").replace("at_least = 0.0", "at_least = 0.01")
    (tmp_path / "hidden.toml").write_text(text)
    shutil.rmtree(tmp_path / "studies" / "hidden" / "runs" / "line-112")
    out, _ = copy("study", "run", "hidden.toml")
    assert "On record, without a complete run: seed 112 of line." in out
    assert "so this is no prediction" in out
    assert "written or edited after its data were seen" in out


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    made = shell_in(tmp_path)
    (tmp_path / "my files").mkdir()
    text = STUDY.replace("epochs = 15", "epochs = 4000").replace('"shapes"', '"../shapes"')
    (tmp_path / "my files" / "hidden.toml").write_text(text)
    process = made.start("study", "run", "my files/hidden.toml")
    checkpoints = tmp_path / "studies" / "hidden" / "runs" / "plain-111" / "history.csv"
    wait_for(checkpoints, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    last = said.strip().split("\n")[-1]
    assert last == (
        "sureshot: stopped in run 1 of 4, plain-111; go on with: sureshot study run "
        "'my files/hidden.toml'"
    )
