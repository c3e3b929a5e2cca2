"""The model card says what the run measured, whatever its classes are called."""

import shutil
from pathlib import Path

import pytest

from fake_run import CLOTHES, HOSTILE, generated_index, write_run
from sureshot import report
from sureshot.errors import RunError
from sureshot.exporting import export
from sureshot.runs import Run


def sealed(
    folder: Path,
    classes: tuple[str, ...],
    counts: tuple[int, int, int],
    shot: Path,
    model: str = "arch_1",
) -> Run:
    """A complete run of made-up predictions."""
    index = generated_index(folder / "my 😀", sorted(classes), counts)
    run = write_run(folder / "first", index, settings={"model": model})
    shutil.copy(shot, run.model_path)
    report.write(run)
    run.seal()
    return run


@pytest.mark.parametrize(
    ("classes", "counts", "split"),
    [(CLOTHES, (2, 2, 2), "test"), (HOSTILE, (2, 3, 0), "validation")],
)
def test_a_card_tells_scores_data_limits_and_making(
    classes: tuple[str, ...],
    counts: tuple[int, int, int],
    split: str,
    drawn: dict[str, Path],
    tmp_path: Path,
) -> None:
    yaml = pytest.importorskip("yaml")
    run = sealed(tmp_path, classes, counts, drawn["linear"])
    card = export(run.folder, "card", tmp_path / "README.md").read_text("utf-8")
    _, head, body = card.split("---\n", 2)
    told = yaml.safe_load(head)
    result = told["model-index"][0]["results"][0]
    accuracy = run.scores.overall["accuracy"]
    assert told["pipeline_tag"] == result["task"]["type"] == "image-classification"
    assert result["dataset"]["split"] == split
    assert result["dataset"]["name"] == run.index.root.name
    assert result["metrics"][0]["value"] == round(accuracy.value, 4)
    assert accuracy.percent() in body
    assert f"| {accuracy.n:,} |" in body
    assert body.count("\n## ") == 4
    assert run.index.fingerprint() in body
    assert run.recipe.to_toml() in body
    assert ("flatters them" if split == "validation" else "was opened once") in body
    assert "<script>" not in body.replace("\\<script\\>", "")
    wide = {line.count("|") - line.count("\\|") for line in body.split("\n") if line[:2] == "| "}
    assert wide == {5}  # four columns, whatever a class is called


def test_a_run_that_is_not_whole_gets_no_card(drawn: dict[str, Path], tmp_path: Path) -> None:
    run = sealed(tmp_path, CLOTHES, (1, 1, 1), drawn["linear"])
    (run.folder / "history.csv").write_text("changed")
    with pytest.raises(RunError, match="history.csv was changed"):
        export(run.folder, "card", tmp_path / "README.md")
    assert not (tmp_path / "README.md").exists()


@pytest.mark.parametrize(
    ("model", "says"),
    [("arch_1", "trained from nothing"), ("torch", "whose first weights its own file made")],
)
def test_a_card_tells_where_the_weights_began(
    model: str, says: str, drawn: dict[str, Path], tmp_path: Path
) -> None:
    if model == "torch":
        (tmp_path / "net.py").write_text("def make_model(classes, size, channels): ...\n")
        model = f"torch:{tmp_path / 'net.py'}:make_model"
    run = sealed(tmp_path, CLOTHES, (1, 1, 1), drawn["linear"], model)
    assert says in export(run.folder, "card", tmp_path / "README.md").read_text("utf-8")
