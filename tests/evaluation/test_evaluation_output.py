"""Predictions as files: exact in JSON and Parquet, harmless to spreadsheets in CSV."""

import csv
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sureshot.errors import StorageError, UsageError
from sureshot.evaluation.output import FORMATS, require_place, write_predictions
from sureshot.records import UNKNOWN, Predictions, strings

NAMES = ("=1+1", '=HYPERLINK("x")', "@sum", "\t=2", "\x1b[31mred", "-1", "+5", "-x", "a b")
PATHS = ("=a.png", "-1", "caf\udce9.png", "two\nlines.png", "at 9.41\u202fAM.png", "b.png")


def predicted(paths: tuple[str, ...] = PATHS, classes: tuple[str, ...] = NAMES) -> Predictions:
    """One image a path; the last cannot be read; image k shows class k."""
    logits = np.eye(len(paths), len(classes), dtype=np.float32)
    logits[len(paths) - 1 :] = np.nan
    return Predictions(
        classes,
        id=strings(list(paths)),
        label=np.full(len(paths), UNKNOWN),
        logits=logits,
        problem=strings(
            ([""] * len(paths) + ["missing: +no file"])[-len(paths) :] if paths else []
        ),
    )


def cells(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_csv_holds_no_formula_and_no_control_character(tmp_path: Path) -> None:
    out = tmp_path / "p.csv"
    write_predictions(out, [predicted(tuple(f"{k}.png" for k in range(10)))])
    header, *rows = cells(out)
    assert [row[2] for row in rows] == [
        "'=1+1", "'=HYPERLINK(\"x\")", "'@sum", "\\t=2", "\\x1b[31mred", "-1", "+5", "'-x", "a b",
        "",
    ]  # fmt: skip
    assert header[-5:] == ["p_\\x1b[31mred", "p_-1", "p_+5", "p_-x", "p_a b"]
    assert "\x1b" not in out.read_text()


def test_a_model_that_decides_nothing_has_no_column_for_it(tmp_path: Path) -> None:
    plain = predicted()
    write_predictions(tmp_path / "p.csv", [plain])
    assert "decision" not in cells(tmp_path / "p.csv")[0]
    assert "decision" not in plain.to_pandas()
    decided = replace(plain, decision=strings(["auto", "review", "unlike", "auto", "auto", ""]))
    write_predictions(tmp_path / "d.csv", [decided])
    assert [row[4] for row in cells(tmp_path / "d.csv")] == ["decision", *decided.decision]
    assert list(decided.to_pandas()["decision"]) == list(decided.decision)
    decided.save(tmp_path / "d.parquet")
    assert list(Predictions.load(tmp_path / "d.parquet").decision) == list(decided.decision)


def test_paths_stay_usable(tmp_path: Path) -> None:
    for name in ("p.csv", "p.json", "p.parquet"):
        write_predictions(tmp_path / name, [predicted()])
    exact = ["=a.png", "-1", "caf\\udce9.png", "two\nlines.png", "at 9.41\u202fAM.png", "b.png"]
    shown = ["./=a.png", "./-1", exact[2], "two\\nlines.png", *exact[4:]]
    assert [row[0] for row in cells(tmp_path / "p.csv")[1:]] == shown
    assert [row["path"] for row in json.loads((tmp_path / "p.json").read_text())] == exact
    assert list(pd.read_parquet(tmp_path / "p.parquet")["path"]) == exact


def test_json_and_parquet_keep_names_as_they_are(tmp_path: Path) -> None:
    part = predicted(tuple(f"{k}.png" for k in range(10)))
    write_predictions(tmp_path / "p.json", [part])
    write_predictions(tmp_path / "p.parquet", [part])
    rows = json.loads((tmp_path / "p.json").read_text())
    table = pd.read_parquet(tmp_path / "p.parquet")
    assert [row["prediction"] for row in rows] == [*NAMES, ""]
    assert list(table["prediction"]) == [*NAMES, ""]
    assert list(rows[0]) == list(table.columns)
    assert list(table.columns[5:]) == [f"p_{name}" for name in NAMES]
    assert rows[-1]["p_a b"] is None
    assert np.isnan(table["p_a b"].iloc[-1])


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("known", [True, False])
def test_a_table_without_rows_is_a_valid_file(ending: str, known: bool, tmp_path: Path) -> None:
    out = tmp_path / f"p{ending}"
    write_predictions(out, [predicted((), ("a", "b"))] if known else [])
    columns = ["path", "outcome", "prediction", "probability", "reason"]
    columns += ["p_a", "p_b"] if known else []
    if ending == ".json":
        assert json.loads(out.read_text()) == []
    else:
        table = pd.read_csv(out) if ending == ".csv" else pd.read_parquet(out)
        assert list(table.columns) == columns
        assert len(table) == 0


@pytest.mark.parametrize("labelled", [True, False])
def test_a_file_holds_the_table_that_pandas_would_show(labelled: bool, tmp_path: Path) -> None:
    part = predicted(tuple(f"{k}.png" for k in range(10)))
    part.logits[3, 0] = np.nan  # a network may give that too
    if labelled:
        part.label[:] = [*range(9), UNKNOWN]
    write_predictions(tmp_path / "p.json", [part])
    shown = part.to_pandas().astype(object)
    wanted = shown.where(shown.notna(), None).to_dict("records")
    assert ("label" in wanted[0]) == labelled
    assert json.loads((tmp_path / "p.json").read_text()) == wanted


def test_a_table_of_predictions_is_written_without_pandas(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from sureshot.evaluation.output import write_predictions\n"
        "from sureshot.records import Predictions, strings\n"
        "ids, logits = strings(['a.png']), np.eye(1, 2, dtype=np.float32)\n"
        "part = Predictions(('a', 'b'), ids, np.array([-1]), logits, strings(['']))\n"
        f"write_predictions(Path({str(tmp_path / 'p.csv')!r}), [part])\n"
        "print('pandas' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
    assert cells(tmp_path / "p.csv")[1][:3] == ["a.png", "ok", "a"]


def test_several_parts_become_one_table(tmp_path: Path) -> None:
    for ending in FORMATS:
        write_predictions(tmp_path / f"p{ending}", [predicted(), predicted()])
    assert len(cells(tmp_path / "p.csv")) == 1 + 2 * len(PATHS)
    assert len(json.loads((tmp_path / "p.json").read_text())) == 2 * len(PATHS)
    assert len(pd.read_parquet(tmp_path / "p.parquet")) == 2 * len(PATHS)


def test_a_place_that_cannot_be_written_is_known_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.csv").mkdir()
    require_place(tmp_path / "new" / "deep" / "p.csv")
    assert not (tmp_path / "new").exists()
    with pytest.raises(UsageError, match="can be written as"):
        require_place(tmp_path / "p.xls")
    with pytest.raises(UsageError, match=r"folder\.csv is a folder"):
        require_place(tmp_path / "folder.csv")
    with pytest.raises(UsageError, match="file is no folder"):
        require_place(tmp_path / "file" / "deep" / "p.csv")
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write everywhere
    with pytest.raises(StorageError, match="may not be written to"):
        require_place(tmp_path / "p.csv")
