"""The command line as a person meets it: verbs, files, sentences and exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from shapes import write_shapes

VERBS = (
    "look", "train", "resume", "evaluate", "predict", "plan", "sort", "serve", "export", "explain",
    "check", "models", "sources", "get", "export-data", "query", "compare", "study", "cache",
)  # fmt: skip
QUICK = ("--set", "epochs=1", "--set", "image.size=16", "--set", "batch=8")


class Shell:
    """Runs `sureshot` in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self, *words: str, code: int = 0, stdin: str = "", **environment: str
    ) -> tuple[str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "sureshot", *words],
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            text=True,
            env={**os.environ, "COLUMNS": "200", **environment},
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout, done.stderr


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A folder with `shapes`, runs `runs/first` and, unfinished, `half`, and some pictures."""
    folder = tmp_path_factory.mktemp("shell")
    write_shapes(folder / "shapes", each=30)
    (folder / "broken.jpg").write_bytes(b"<html>404</html>")
    (folder / "half").mkdir()
    (folder / "half" / "recipe.toml").touch()
    Image.new("RGB", (9, 9)).save(folder / "=odd.png")
    made = Shell(folder)
    out, said = made("train", "shapes", "--name", "first", *QUICK)
    assert "report  runs/first/report.html" in out
    assert "1/1" in said
    return made


def test_help_names_every_verb(shell: Shell) -> None:
    out, _ = shell("--help")
    for verb in VERBS:
        assert verb in out
        assert shell(verb, "--help")[0].strip()
    assert shell("--version")[0].startswith("sureshot 0.")


def test_models_lists_the_networks_and_shows_the_layers_of_one(shell: Shell) -> None:
    out, _ = shell("models")
    assert [word for word in ("arch_1", "cifar_cnn", "nn") if f"\n{word} " in out] == [
        "arch_1", "cifar_cnn", "nn",
    ]  # fmt: skip
    assert out.count("Expect ") == 12
    out, _ = shell("models", "arch_2", "--size", "128", COLUMNS="80")
    assert "463,978 parameters" in out
    assert "462,474 trainable, 1,504 not trainable" in out
    row = next(line for line in out.split("\n") if line.startswith("conv2d_4 "))
    assert row.split()[-4:] == ["(8,", "8,", "256)", "295,168"]
    assert max(len(line.rstrip()) for line in out.split("\n")[4:]) <= 80
    assert "(7)" in shell("models", "cnn", "--size", "9", "--channels", "3", "--classes", "7")[0]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("models", "arch_9"), "there is no network called 'arch_9'"),
        (("models", "arch_1", "--size", "0"), "image.size must be a whole number between 8"),
        (("models", "arch_1", "--channels", "2"), "image.channels must be 1, 3"),
        (("models", "arch_1", "--classes", "1"), "classes must be between 2 and"),
        (("train", "shapes", "--budget", "soon"), "a time must be such as 90s, 10m or 1h30m"),
        (("train", "shapes", "--budget", "1s"), "the budget is too short"),
        (("train", "shapes", "--log", "paper"), 'log must be "tensorboard" or "mlflow"'),
        (("train", "shapes", "--class-weights", "odd"), "got 'odd' (--class-weights)"),
    ],
)
def test_what_networks_and_options_do_not_allow_is_a_sentence(
    words: tuple[str, ...], sentence: str, shell: Shell
) -> None:
    _, said = (
        shell(*words, "--name", "no", code=2) if words[0] == "train" else shell(*words, code=2)
    )
    assert sentence in said
    assert len([line for line in said.strip().split("\n") if "sureshot:" in line]) == 1
    assert not (shell.folder / "runs" / "no").exists()


def test_the_last_epoch_stands_beside_the_best(shell: Shell) -> None:
    quick = ("--set", "epochs=6", "--set", "image.size=16", "--set", "optimizer.rate=0.05")
    out, _ = shell("train", "shapes", "--model", "dnn", "--runs", "other", "--name", "both", *quick)
    if (shell.folder / "other" / "both" / "last.shot").exists():
        assert "the last epoch's weights, epoch 6: " in out
        assert "the last epoch's weights, epoch 6: " in shell("evaluate", "other/both")[1]
        assert len(shell("check", "other/both")[0].strip().split("\n")) == 3
    else:
        assert len(shell("check", "other/both")[0].strip().split("\n")) == 2


def test_look_prints_counts_and_findings(shell: Shell) -> None:
    out, _ = shell("look", "shapes")
    assert "60 images of 2 classes" in out
    assert "splits" not in out.split("\n")[0]
    assert [line.split() for line in out.split("\n") if line.startswith("disc")] == [
        ["disc", "20", "5", "5", "30"]
    ]
    assert "note" in out


def test_look_writes_a_page_and_a_list_that_leaves_images_out(shell: Shell) -> None:
    out, _ = shell("look", "shapes", "--out", "page.html", "--findings", "found.csv")
    assert "page      page.html" in out
    assert "sureshot look" in (shell.folder / "page.html").read_text("utf-8")
    rows = (shell.folder / "found.csv").read_text("utf-8").split("\n")
    assert rows[0] == "exclude,path,class,split,severity,finding,remark,sentence"
    (shell.folder / "out.csv").write_text("path\nbar/000.png\nbar/001.png\n")
    out, _ = shell("look", "shapes", "--exclude", "out.csv", "--out", "page.html")
    assert "60 images of 2 classes" in out.split("\n")[0]
    assert "2 of them excluded" in out.split("\n")[0]
    assert "2 images left out" in out


def test_sources_and_datasets_are_listed_and_fetched(shell: Shell) -> None:
    out, _ = shell("sources")
    assert all(word in out for word in ("folder of classes", "IDX", "CIFAR", "Parquet", "--label"))
    out, _ = shell("get")
    assert [line.split()[0] for line in out.split("\n")[1:7]] == [
        "mnist", "fashion_mnist", "cifar10", "cifar100", "clothing", "digits",
    ]  # fmt: skip
    kept = str(shell.folder / "datasets")
    _, said = shell("look", "digits", code=3, SURESHOT_DATA=kept)
    assert "sureshot get digits" in said
    out, _ = shell("get", "digits", SURESHOT_DATA=kept, SURESHOT_MIRROR="")
    assert "sureshot train digits" in out
    out, _ = shell("get", "digits", "--to", "my digits", SURESHOT_MIRROR="")
    assert "sureshot train 'my digits'  (" in out
    out, _ = shell("look", "digits", SURESHOT_DATA=kept)
    assert "1,797 images of 10 classes" in out


def test_a_source_is_exported_and_asked_in_sql(shell: Shell) -> None:
    out, _ = shell("export-data", "shapes", "parquet", "--to", "parquet", "--classes", "bar,disc")
    assert out.startswith("60 images, ")
    counts = "select class, count(*) as n from images group by 1 order by 1"
    out, _ = shell("query", "parquet", counts)
    assert [line.split() for line in out.strip().split("\n")] == [
        ["class", "n"], ["bar", "30"], ["disc", "30"],
    ]  # fmt: skip
    shell("query", "runs/first", "select * from predictions", "--out", "p.parquet")
    assert len(pd.read_parquet(shell.folder / "p.parquet")) == 18


def test_one_item_and_a_submission(shell: Shell) -> None:
    out, _ = shell("predict", "runs/first", "shapes", "--item", "3")
    assert "bar/003.png" in out
    shell("predict", "runs/first", "shapes/bar", "--submission", "sub.csv", "--columns", "id,label")
    rows = (shell.folder / "sub.csv").read_text().strip().split("\n")
    assert rows[0] == "id,label"
    assert [row.split(",")[0] for row in rows[1:]] == [f"{number:03d}" for number in range(30)]


def test_evaluate_shows_scores_with_intervals(shell: Shell) -> None:
    out, _ = shell("evaluate", "runs/first")
    assert "9 images; intervals are 95 %" in out
    assert any(line.startswith("accuracy") and "Wilson" in line for line in out.split("\n"))
    out, _ = shell("evaluate", "runs/first/model.shot", "shapes")
    assert "60 images" in out


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_predictions_in_every_format(ending: str, shell: Shell) -> None:
    name = f"p.{ending}"
    sources = ("shapes/bar", "broken.jpg", "=odd.png")
    out, _ = shell("predict", "runs/first", *sources, "--out", name)
    assert out == f"32 images, 1 unreadable: {name}\n"
    path = shell.folder / name
    if ending == "json":
        table = pd.DataFrame(json.loads(path.read_text()))
    else:
        table = pd.read_csv(path) if ending == "csv" else pd.read_parquet(path)
    assert list(table.columns) == [
        "path", "outcome", "prediction", "probability", "reason", "p_bar", "p_disc",
    ]  # fmt: skip
    assert len(table) == 32
    broken = table[table["path"] == "broken.jpg"].iloc[0]
    assert broken["outcome"] == "unreadable"
    assert broken["reason"].startswith("format_not_allowed: ")
    assert pd.isna(broken["p_bar"])
    last = "./=odd.png" if ending == "csv" else "=odd.png"  # no formula, still the file
    assert table["path"].iloc[-1] == last
    good = table[table["outcome"] == "ok"]
    assert ((good["p_bar"] + good["p_disc"]) - 1).abs().max() < 1e-9
    assert set(good["prediction"]) <= {"bar", "disc"}


def test_predict_prints_without_out_and_reads_standard_input(shell: Shell) -> None:
    out, _ = shell("predict", "runs/first", "-", stdin="shapes/bar/000.png\nnone.png\n")
    lines = out.strip().split("\n")
    assert len(lines) == 4
    assert lines[1].startswith("shapes/bar/000.png")
    assert lines[2].split() == ["none.png", "unreadable:", "missing"]
    assert lines[3].startswith("none.png: ")
    assert max(map(len, lines[:3])) < 80  # no row is as wide as a reason


def test_check_and_cache(shell: Shell) -> None:
    out, _ = shell("check", "runs/first")
    assert "every file is as it was written" in out
    assert "reference images give their probabilities" in out
    other = str(shell.folder / "other cache")
    shell("look", "shapes", SURESHOT_CACHE=other)
    assert "24×24" in shell("cache", SURESHOT_CACHE=other)[0]
    assert shell("cache", "--clear", SURESHOT_CACHE=other)[0].startswith("freed ")
    assert "nothing is cached" in shell("cache", SURESHOT_CACHE=other)[0]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("train", "nowhere"), 3, "there is no file or folder nowhere"),
        (("train", "broken.jpg"), 3, "got the file broken.jpg; see: sureshot sources"),
        (("train", "shapes", "--name", "first"), 4, "runs/first exists already; choose another"),
        (("train", "shapes", "--name", "../x"), 4, "a run's name holds letters"),
        (("train", "shapes", "--model", "arch_7"), 2, "there is no network called 'arch_7'"),
        (("train", "shapes", "--set", "epoch=3"), 2, "did you mean epochs?"),
        (
            ("train", "shapes", "--model", "arch_1", "--set", "image.size=8"),
            2,
            "image.size must be at least 16 for arch_1",
        ),
        (("train", "shapes", "--recipe", "none.toml"), 2, "there is no recipe file none.toml"),
        (("train", "shapes", "--references", "all"), 2, "references must be"),
        (("train", "shapes", "--split-from", "shapes"), 4, "shapes is not a run"),
        (("train", "shapes", "--set", "device=cuda"), 2, 'device must be "auto" or "cpu" here'),
        (("resume", "nowhere"), 4, "there is no run folder nowhere"),
        (("predict", "half", "shapes"), 4, "go on with: sureshot resume half"),
        (("explain", "half", "=odd.png"), 4, "go on with: sureshot resume half"),
        (("sort", "half", "shapes", "sorted"), 4, "go on with: sureshot resume half"),
        (("serve", "half", "--port", "0"), 4, "go on with: sureshot resume half"),
        (("evaluate", "runs/first", "--split", "tset"), 2, "--split must be train, validation or"),
        (("evaluate", "runs/first", "--split", "train"), 2, "has predictions of validation and"),
        (("predict", "none.shot", "shapes"), 6, "there is no model file none.shot"),
        (("predict", "broken.jpg", "shapes"), 6, "not a whole Sureshot model"),
        (
            ("predict", "runs/first", "none.png"),
            3,
            "there is no file, folder or match for none.png",
        ),
        (("predict", "runs/first", "broken.jpg"), 3, "not one of the images could be read"),
        (("predict", "runs/first", "shapes", "--out", "x.xls"), 2, "can be written as .csv, .json"),
        (("predict", "runs/first", "shapes", "--out", "broken.jpg/x.csv"), 2, "is no folder"),
        (("predict", "runs/first", ""), 2, "one of the arguments is empty"),
        (("train", ""), 2, "one of the arguments is empty"),
        (("check", "shapes"), 4, "shapes is not a run"),
        (("train", "shapes", "--seed", "-1"), 2, "got -1 (--seed)"),
        (("train", "shapes", "--references", "all"), 2, "got 'all' (--references)"),
        (
            ("train", "shapes", "--epochs", "3"),
            2,
            "sureshot: No such option: --epochs; see: sureshot train --help",
        ),
        (("predict", "runs/first", "shapes", "--item", "60"), 2, "--item must be between 0 and 59"),
        (("predict", "runs/first", "shapes", "--item", "1", "--out", "a.csv"), 2, "only one of"),
        (("predict", "runs/first", "shapes", "--submission", "a.json"), 2, "is a .csv file"),
        (
            ("predict", "runs/first", "shapes", "--submission", "a.csv", "--columns", "id"),
            2,
            "--columns must be two names",
        ),
        (("look", "shapes", "--classes", "cat"), 2, "--classes must name classes among bar, disc"),
        (("look", "shapes", "--merge", "bar"), 2, "--merge must be such as"),
        (("look", "shapes", "--subset", "0"), 2, "--subset must be between 1 and 51"),
        (("train", "shapes", "--allow-bad", "many"), 2, "--allow-bad must be a share"),
        (("get", "imagenet"), 2, "a dataset must be one of mnist,"),
        (("export-data", "shapes", "runs"), 2, "nothing is overwritten"),
        (("query", "shapes", "select x from images"), 2, "the SQL is not understood"),
        (("train",), 2, "sureshot: Missing argument 'SOURCE'; see: sureshot train --help"),
        (("look", "shapes", "--seed", "x"), 2, "sureshot: Invalid value for '--seed': "),
        (("look", "shapes", "--seed"), 2, "requires an argument; see: sureshot look --help"),
        (("nope",), 2, "sureshot: No such command 'nope'; see: sureshot --help"),
    ],
)
def test_a_mistake_is_one_sentence_and_an_exit_code(
    words: tuple[str, ...], code: int, sentence: str, shell: Shell
) -> None:
    if "device=cuda" in words:
        import torch

        if torch.cuda.is_available():
            pytest.skip("there is a GPU here")
    _, said = shell(*words, code=code)
    last = said.strip().split("\n")[-1]
    assert [run.name for run in (shell.folder / "runs").iterdir()] == ["first"]  # nothing half
    assert sentence in last
    assert last.startswith("sureshot: ")


def test_a_usage_error_is_one_line(shell: Shell) -> None:
    for words in (("train", "shapes", "--epochs", "3"), ("predict",), ("nope",), ("--nope",)):
        _, said = shell(*words, code=2)
        assert said.count("\n") == 1


def test_without_a_word_the_help_is_shown(shell: Shell) -> None:
    out, said = shell(code=2)
    assert "Usage: sureshot" in out
    assert said == ""


def test_control_c_is_one_sentence_wherever_it_comes(shell: Shell) -> None:
    hidden = shell.folder / "impatient"
    hidden.mkdir(exist_ok=True)
    (hidden / "sitecustomize.py").write_text(
        "import os, signal, sureshot.data as d\n"
        "d.list_source = lambda *_: os.kill(os.getpid(), signal.SIGINT)\n"
    )
    _, said = shell("look", "shapes", code=130, PYTHONPATH=str(hidden))
    assert said == "sureshot: stopped\n"


def test_training_without_torch_names_the_extra(shell: Shell) -> None:
    hidden = shell.folder / "hidden"
    hidden.mkdir(exist_ok=True)
    (hidden / "sitecustomize.py").write_text(
        "import importlib.util as u\n"
        "real = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'torch' else real(name, *rest)\n"
    )
    _, said = shell("train", "shapes", *QUICK, code=8, PYTHONPATH=str(hidden))
    assert 'pip install "sureshot[train]"' in said


def test_a_fault_of_ours_is_one_sentence_too(shell: Shell) -> None:
    hidden = shell.folder / "faulty"
    hidden.mkdir(exist_ok=True)
    (hidden / "sitecustomize.py").write_text(
        "import sureshot.data as d\n"
        "def broken(*_): raise ZeroDivisionError('oh')\n"
        "d.list_source = broken\n"
    )
    _, said = shell("look", "shapes", code=70, PYTHONPATH=str(hidden))
    assert "this is a fault of Sureshot itself: ZeroDivisionError: oh" in said
    done = subprocess.run(
        [sys.executable, "-m", "sureshot", "look", "shapes", "--debug"],
        cwd=shell.folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(hidden)},
    )
    assert "Traceback" in done.stderr


def test_control_characters_in_names_never_reach_the_terminal(shell: Shell) -> None:
    data = write_shapes(shell.folder / "escape", each=5)
    (data / "bar" / "\x1b[31mred\n.png").write_bytes(b"")
    out, said = shell("look", "escape")
    assert "\x1b" not in out + said
    assert "\\x1b[31mred\\n.png" in out  # nor can a name begin a line of its own


def test_a_closed_pipe_ends_quietly(shell: Shell) -> None:
    command = f"{sys.executable} -m sureshot predict runs/first shapes | head -1"
    done = subprocess.run(
        command, shell=True, cwd=shell.folder, capture_output=True, text=True, check=True
    )
    assert "Traceback" not in done.stderr
