"""A search on little pictures: what it tries, what it stops, and that a kill changes nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from study_small import SMALL, write_study

from sureshot import Silent, recipe
from sureshot.errors import MissingExtra, RunError, TrainingError, UsageError
from sureshot.recipe import assemble
from sureshot.report.search import search_section
from sureshot.runs import Run
from sureshot.studies import planning
from sureshot.studies.dividing import kept
from sureshot.studies.folder import StudyFolder
from sureshot.studies.lines import Origin, lines_of
from sureshot.studies.reading import Study
from sureshot.studies.results import conclude
from sureshot.studies.running import begin, plan, train_all
from sureshot.studies.searching import search
from sureshot.studies.wanted import Range, read_search, variant

OVER = """
[search]
base = "plain"
tries = 12
seed = 7
[search.over]
"optimizer.rate" = { low = 1e-7, high = 1e-1, log = true }
batch = [4, 8, 16]
epochs = { low = 3, high = 5 }
"""
FOUND = ["number", "state", "log_loss", "accuracy", "epochs_trained"]
SAME = [*FOUND, "optimizer.rate", "batch", "epochs"]
Searched = tuple[Study, Path, list[str]]

needs_optuna = pytest.mark.skipif(not find_spec("optuna"), reason="Optuna is not installed")


class Heard(Silent):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


def begun(place: Path, over: str = OVER) -> tuple[Study, Path]:
    """A study on record of which nothing was trained."""
    study, folder = write_study(place, SMALL + over), StudyFolder(place / "studies" / "small")
    begin(study, folder, Silent())
    return study, folder.path


def trials(folder: Path) -> pd.DataFrame:
    """Every try that is on record."""
    return pd.read_csv(folder / "search" / "trials.csv")


def searched_part(folder: Path) -> str:
    """What the study's page says of its search."""
    page = StudyFolder(folder).page.read_text()
    return page[page.index('id="search"') : page.index('id="data"')]


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Searched:
    """A study whose search is over; its winner is not trained yet."""
    pytest.importorskip("optuna", reason="Optuna is not installed")
    study, folder = begun(tmp_path_factory.mktemp("search"))
    heard = Heard()
    search(study, folder, heard)
    return study, folder, heard.said


@needs_optuna
def test_the_winner_is_the_try_with_the_least_validation_log_loss(searched: Searched) -> None:
    study, folder, said = searched
    told = trials(folder)
    assert list(told["number"]) == list(range(1, 13))
    whole = told[told["state"] == "complete"]
    best = whole.loc[whole["log_loss"].idxmin()]
    winner = search(study, folder, Silent())
    assert winner == recipe.load(folder / "search" / "winner.toml")
    noted = json.loads((folder / "search" / "winner.json").read_text())
    assert noted == {"number": best["number"]}
    assert winner.optimizer.rate == pytest.approx(best["optimizer.rate"])
    assert (winner.batch, winner.epochs) == (best["batch"], best["epochs"])
    assert winner.network == study.recipes["plain"].network
    assert winner.seed == study.seeds[0]
    assert (told["epochs_trained"] <= told["epochs"]).all()
    assert said[-1].startswith("the best of 12 tries: optimizer.rate = ")
    assert "left of the search" in said[-3]
    assert "left of the search" not in said[-2]  # of the last try


@needs_optuna
def test_bad_tries_are_stopped_early_and_good_ones_are_not(searched: Searched) -> None:
    told = trials(searched[1])
    pruned = told[told["state"] == "pruned"]
    assert len(pruned) >= 1
    for number in pruned["number"]:
        run = Run(searched[1] / "search" / "tries" / str(number))
        assert 2 <= len(run.history) < run.recipe.epochs
    whole = told[told["state"] == "complete"]
    assert (told["state"][:5] == "complete").all()  # there is no median before
    assert pruned["log_loss"].min() > whole["log_loss"].min()


@needs_optuna
def test_test_images_are_not_looked_at(searched: Searched) -> None:
    folder = searched[1]
    assert not list((folder / "search").rglob("predictions"))
    assert not list((folder / "search").rglob("checkpoints"))
    assert not (folder / "runs").exists()


@needs_optuna
def test_a_search_that_is_over_is_not_made_again(searched: Searched) -> None:
    study, folder, _ = searched
    heard = Heard()
    search(study, folder, heard)
    assert heard.said == []


KILLED = """
import sys
from pathlib import Path
from sureshot import Silent
from sureshot.studies.reading import read_study
from sureshot.studies.searching import search
search(read_study(sys.argv[1]), Path(sys.argv[2]), Silent())
"""


@needs_optuna
def test_killed_in_the_middle_of_a_try_it_goes_on_to_the_same_tries(
    searched: Searched, tmp_path: Path
) -> None:
    study, unbroken, _ = searched
    folder = tmp_path / "small"
    shutil.copytree(unbroken, folder, ignore=shutil.ignore_patterns("search"))
    command = [sys.executable, "-c", KILLED, str(study.folder / "small.toml"), str(folder)]
    for number in (2, 7):
        running = subprocess.Popen(command, env=os.environ, start_new_session=True)
        begun = folder / "search" / "tries" / str(number) / "recipe.toml"
        while not begun.exists():
            assert running.poll() is None
            time.sleep(0.001)
        running.send_signal(signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL
    heard = Heard()
    assert search(study, folder, heard) == search(study, unbroken, Silent())
    assert heard.said[0] == "6 of 12 tries are done and passed over"
    told = trials(folder)
    stopped = told[told["why"] == "it was killed"]
    assert list(stopped["number"]) == [2, 7]
    assert set(stopped["state"]) == {"failed"}
    rest = told.drop(stopped.index).reset_index(drop=True)
    pd.testing.assert_frame_equal(rest[SAME], trials(unbroken)[SAME])
    for number in (2, 7):
        same = told[told["number"] == number]
        assert len(same) == 2
        assert same["optimizer.rate"].nunique() == same["batch"].nunique() == 1


@needs_optuna
def test_killed_between_a_try_and_its_row_the_table_is_whole_all_the_same(
    searched: Searched, tmp_path: Path
) -> None:
    study, unbroken, _ = searched
    folder = Path(shutil.copytree(unbroken, tmp_path / "small"))
    for name in ("winner.toml", "winner.json"):
        (folder / "search" / name).unlink()
    table = folder / "search" / "trials.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    assert search(study, folder, Silent()) == search(study, unbroken, Silent())
    for name in ("trials.csv", "winner.json"):
        once, again = (place / "search" / name for place in (unbroken, folder))
        assert once.read_bytes() == again.read_bytes()


@needs_optuna
def test_the_page_shows_tries_beside_the_score_and_what_selection_did(
    searched: Searched, tmp_path: Path
) -> None:
    study, unbroken, _ = searched
    folder = Path(shutil.copytree(unbroken, tmp_path / "small"))
    assert "It was not trained with fresh seeds yet." in search_section(folder, [])
    found = study.with_winner(search(study, folder, Silent()))
    alone = replace(found, recipes={"searched": found.recipes["searched"]})
    train_all(alone, StudyFolder(folder), Silent(), "")
    conclude(StudyFolder(folder))
    page = searched_part(folder)
    told = trials(folder)
    best = told[told["state"] == "complete"]["log_loss"].min()
    assert f"the best of 12 tries; of these {(told['state'] == 'pruned').sum()} stopped" in page
    assert f"{best:.3f}" in page
    runs = [Run(folder / "runs" / f"searched-{seed}") for seed in study.seeds]
    mean = sum(run.scores.overall["accuracy"].value for run in runs) / 2
    assert f"Trained again with 2 fresh seeds it has {100 * mean:.1f} % on the test" in page
    assert "flatter" in page
    assert page.count("<tr>") == 1 + 12
    shutil.copytree(runs[1].folder, folder / "runs" / "searched-wide-112")
    for name in ("manifest.json", "scores.json"):
        (runs[0].folder / name).unlink()
    conclude(StudyFolder(folder))
    alone_told = f"{100 * runs[1].scores.overall['accuracy'].value:.1f} % on the test"
    assert f"Trained again with 1 fresh seed it has {alone_told}" in searched_part(folder)


@needs_optuna
def test_a_quick_search_has_few_tries_and_epochs(tmp_path: Path) -> None:
    study, folder = write_study(tmp_path, SMALL + OVER).quickened(), tmp_path / "quick"
    begin(study, StudyFolder(folder), Silent())
    assert search(study, folder, Silent()).epochs <= 2
    told = trials(folder)
    assert len(told) == 3
    assert told["epochs_trained"].max() <= 2


@needs_optuna
def test_a_network_whose_settings_follow_from_the_data_can_be_the_base(tmp_path: Path) -> None:
    swift = SMALL.replace('model = "nn"\nepochs = 3\nbatch = 8', 'model = "swift"', 1)
    over = OVER.replace("batch = [4, 8, 16]\nepochs = { low = 3, high = 5 }", "batch = [16, 32]")
    study, folder = write_study(tmp_path, swift + over).quickened(), tmp_path / "quick"
    begin(study, StudyFolder(folder), Silent())
    winner = search(study, folder, Silent())
    assert winner.preset == "good"
    tried = Run(folder / "search" / "tries" / "1").recipe
    assert tried.optimizer.name == winner.optimizer.name == "muon"
    settled = planning.settled(study.with_winner(winner), "searched", kept(folder))
    assert settled.optimizer == winner.optimizer
    assert settled.augment == tried.augment


@needs_optuna
def test_tries_that_fail_are_on_record_and_all_of_them_end_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hot = OVER.replace("low = 1e-7, high = 1e-1, log = true", "low = 9.0, high = 10.0")
    hot = hot.replace('"optimizer.rate"', "optimizer.rate").replace("tries = 12", "tries = 2")
    deep = SMALL.replace('model = "nn"', 'model = "cifar_cnn"', 1)
    deep = deep.replace("batch = 8", 'batch = 8\noptimizer = { name = "sgd", momentum = 0.99 }', 1)
    deep = deep.replace("image =", "network = { batch_norm = false }\nimage =", 1)
    study, folder = write_study(tmp_path, deep + hot), StudyFolder(tmp_path / "small")
    begin(study, folder, Silent())
    with pytest.raises(TrainingError) as found:
        search(study, folder.path, Silent())
    assert "none of the 2 tries came to its end, the last because the loss is no longer a" in (
        str(found.value)
    )
    told = trials(folder.path)
    assert list(told["state"]) == ["failed", "failed"]
    assert told["why"].str.startswith("the loss is no longer a number").all()
    assert capfd.readouterr() == ("", "")


@needs_optuna
def test_another_search_is_not_gone_on_with(searched: Searched) -> None:
    study, folder, _ = searched
    assert study.search is not None
    changed = study.search.model_copy(update={"tries": 13})
    with pytest.raises(UsageError, match="search.tries must stay what it was when "):
        search(replace(study, search=changed), folder, Silent())
    other = study.recipes["plain"].model_copy(update={"label_smoothing": 0.1})
    with pytest.raises(UsageError, match="recipes.plain must stay what it was when "):
        search(replace(study, recipes={**study.recipes, "plain": other}), folder, Silent())


@pytest.mark.parametrize("step", [plan, begin])
def test_what_cannot_be_searched_is_said_before_the_study_is_on_record(
    step: Callable[..., object], tmp_path: Path
) -> None:
    """So a typo can be mended without a mark on the claims."""
    over = OVER.replace("batch = [4, 8, 16]", "network.dropout = [true, false]")
    study, folder = write_study(tmp_path, SMALL + over), StudyFolder(tmp_path / "studies" / "small")
    sentence = "search.over.network.dropout = false would do nothing: nn has no dropout"
    with pytest.raises(UsageError, match=sentence) as found:
        step(study, folder, Silent())
    assert "small.toml, line " in str(found.value)
    assert not folder.begun


def test_without_optuna_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study, folder = begun(tmp_path)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtra, match=r'needs the extra .tune.*"sureshot\[tune\]"'):
        search(study, folder, Silent())


@needs_optuna
def test_a_record_that_is_damaged_is_a_sentence(searched: Searched, tmp_path: Path) -> None:
    study, unbroken, _ = searched
    folder = Path(shutil.copytree(unbroken, tmp_path / "small"))
    (folder / "search" / "winner.toml").unlink()
    (folder / "search" / "trials.sqlite").write_text("no database, but longer than a header" * 9)
    with pytest.raises(RunError, match="cannot be gone on with: .*remove it to begin"):
        search(study, folder, Silent())


TABLE = """\
[search]
base = "plain"
tries = 30
seed = 7
[search.over]
"optimizer.rate" = { low = 1, high = 2 }
schedule.name = ["constant", "cosine"]
batch = [32, 64]
epochs = { low = 5, high = 20 }
network.widths = [[64], [64, 32]]
"""


def read(text: str) -> Any:
    import tomllib

    recipes = {
        "plain": assemble(recipe={"model": "nn"}),
        "blind": assemble(recipe={"model": "nn", "validation": False}),
    }
    origin = Origin("study.toml", lines_of(text))
    return read_search(tomllib.loads(text)["search"], recipes, (111, 112), origin)


def test_a_whole_table_is_read_and_whole_numbers_stay_whole() -> None:
    told = read(TABLE)
    assert told.over == {
        "optimizer.rate": Range(low=1.0, high=2.0),
        "schedule.name": ("constant", "cosine"),
        "batch": (32, 64),
        "epochs": Range(low=5, high=20),
        "network.widths": ([64], [64, 32]),
    }
    assert told.over["epochs"].whole
    assert not told.over["optimizer.rate"].whole


def test_a_variant_keeps_the_base_and_drops_what_does_nothing() -> None:
    base = assemble(
        recipe={"model": "nn", "batch": 7, "optimizer": {"name": "sgd", "momentum": 0.9}}
    )
    found = variant(base, {"optimizer.name": "adam", "epochs": 3})
    assert (found.optimizer.name, found.optimizer.momentum) == ("adam", 0.0)
    assert (found.batch, found.epochs) == (7, 3)
    assert found.optimizer.rate == base.optimizer.rate


def test_a_field_that_only_another_one_gives_effect_may_be_searched_with_it() -> None:
    both = TABLE + 'optimizer.name = ["adam", "sgd"]\noptimizer.momentum = [0.8, 0.9]\n'
    assert read(both).over["optimizer.momentum"] == (0.8, 0.9)


BROKEN = {
    "unknown key": (
        "tries = 30", "tries = 30\ntrys = 30",
        "unknown key 'search.trys' (study.toml, line 4); [search] may hold base, tries, seed, ov",
    ),
    "no tries": (
        "tries = 30", "tries = 0",
        "search.tries must be a whole number between 1 and 10000, got 0 (study.toml, line 3)",
    ),
    "unknown base": (
        '"plain"', '"plian"',
        "search.base must name a recipe, one of plain, blind, got 'plian' (study.toml, line 2); "
        "did you mean plain?",
    ),
    "blind base": (
        '"plain"', '"blind"', "blind has validation = false (study.toml, line 2)",
    ),
    "seed of the study": (
        "seed = 7", "seed = 112",
        "search.seed must be none of the study's seeds, for these confirm the winner, got 112 "
        "(study.toml, line 4); choose another",
    ),
    "seed missing": ("seed = 7\n", "", "search.seed is missing (study.toml, line 1); it must be a"),
    "mistyped field": (
        "batch =", "bacth =",
        "unknown key 'search.over.bacth'; a recipe may hold ",
    ),
    "mistyped field, cure": ("batch =", "bacth =", "did you mean batch? (study.toml, line 8)"),
    "mistyped field inside": (
        '"optimizer.rate"', '"optimizer.rte"',
        "unknown key 'search.over.optimizer.rte'; [optimizer] may hold clip, momentum, name, rate, "
        "weight_decay; did you mean rate? (study.toml, line 6)",
    ),
    "table": (
        "batch = [32, 64]", "augment = [1, 2]",
        "search.over.augment is a table; name single fields of it, search.over.augment.brightness "
        "(study.toml, line 8)",
    ),
    "field of a field": (
        "batch = [32, 64]", '"batch.size" = [32, 64]', "batch must be a single value, got ",
    ),
    "seed": (
        "batch = [32, 64]", "seed = [1, 2]",
        "search.over.seed would only choose by luck (study.toml, line 8); remove it",
    ),
    "impossible value": (
        "[32, 64]", "[32, 0]",
        "search.over.batch must be a whole number between 1 and 8192, got 0 (study.toml, line 8)",
    ),
    "impossible word": (
        '"cosine"', '"cosin"', "search.over.schedule.name must be ",
    ),
    "impossible end": (
        "low = 1, high = 2", "low = 1, high = 20",
        "search.over.optimizer.rate must be above 0 and at most 10, got 20.0 (study.toml, line 6)",
    ),
    "half an epoch": (
        "low = 5, high = 20", "low = 5.0, high = 20.5",
        "search.over.epochs must be a whole number between 1 and 10000, got 5.0 (study.toml, line",
    ),
    "unknown network": (
        "batch = [32, 64]", 'model = ["nn", "nm"]',
        "search.over.model: there is no network called 'nm'; there are ",
    ),
    "open network": (
        "batch = [32, 64]", 'model = ["nn", "swift"]',
        "search.over.model must leave out swift, whose settings follow from the data (study.toml,",
    ),
    "no validation": (
        "batch = [32, 64]", "validation = [true, false]",
        "search.over.validation must hold true alone",
    ),
    "one value": (
        "[32, 64]", "[32]",
        "search.over.batch must hold two values or more, all different, got [32] (study.toml, lin",
    ),
    "value twice": ("[32, 64]", "[32, 32]", "must hold two values or more, all different"),
    "plain value": (
        "batch = [32, 64]", "batch = 32",
        "search.over.batch must be a list of values such as [32, 64], or a range such as "
        "{ low = 1e-4, high = 1e-1 }, got 32 (study.toml, line 8)",
    ),
    "range without end": (
        "{ low = 5, high = 20 }", "{ low = 5 }",
        "search.over.epochs.high is missing (study.toml, line 9); it must be a number",
    ),
    "range of words": (
        "{ low = 5, high = 20 }", '{ low = "5", high = 20 }',
        "search.over.epochs.low must be a number, got '5' (study.toml, line 9)",
    ),
    "range mistyped": (
        "{ low = 5, high = 20 }", "{ low = 5, high = 20, logg = true }",
        "unknown key 'search.over.epochs.logg' (study.toml, line 9); [search.over.epochs] may hold "
        "low, high, log; did you mean log?",
    ),
    "ends exchanged": (
        "low = 5, high = 20", "low = 20, high = 5",
        "search.over.epochs.high must be above low = 20, got 5 (study.toml, line 9); exchange",
    ),
    "logarithm of 0": (
        "low = 1, high = 2", "low = 0, high = 2, log = true",
        "search.over.optimizer.rate.low must be above 0 where log = true, got 0",
    ),
    "idle": (
        "batch = [32, 64]", "optimizer.momentum = [0.5, 0.9]",
        "search.over.optimizer.momentum = 0.5 would do nothing: it belongs to optimizer.name",
    ),
    "twice": (
        "batch = [32, 64]", "optimizer.rate = [0.1, 0.2]",
        "search.over.optimizer.rate stands there twice (study.toml, line 8)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_table_is_one_sentence_with_line_and_cure(kind: str) -> None:
    old, new, sentence = BROKEN[kind]
    assert TABLE.count(old) == 1, old
    with pytest.raises(UsageError) as found:
        read(TABLE.replace(old, new))
    assert sentence in str(found.value)
    assert "study.toml" in str(found.value)
