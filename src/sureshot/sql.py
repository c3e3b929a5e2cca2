"""SQL over the tables of a source or a run, by DuckDB, in memory and without the disk.

images       one row an image: the index, with the class by name
predictions  one row an image that the run predicted: split, label, outcome, prediction, shares
history      one row an epoch, with its seconds
"""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sureshot import files
from sureshot.errors import MissingExtra, RunError, UsageError
from sureshot.records import Index
from sureshot.runs import Run

if TYPE_CHECKING:
    import pandas as pd


def tables_of(run: Run) -> "dict[str, pd.DataFrame]":
    """Every table of a run, by name."""
    import pandas as pd

    if not run.predicted:
        raise RunError(f"{run.folder} has no predictions yet; go on with: {run.resuming}")
    history = pd.DataFrame(run.history).merge(pd.DataFrame(run.timing), on="epoch")
    parts = {split: run.predictions(split).to_pandas() for split in run.predicted}
    predicted = pd.concat(
        [table.assign(split=split) for split, table in parts.items()], ignore_index=True
    )
    return {"images": run.index.to_pandas(), "predictions": predicted, "history": history}


def tables_of_index(index: Index) -> "dict[str, pd.DataFrame]":
    """The only table of a source."""
    return {"images": index.to_pandas()}


def query(tables: "dict[str, pd.DataFrame]", statement: str) -> "pd.DataFrame":
    """The answer to one SQL statement; UsageError says what is wrong with it, and what there is.

    Files, network and extensions of DuckDB are shut off: a statement sees these tables alone.
    """
    require_ready(None)
    import duckdb

    with duckdb.connect(":memory:") as database:
        for name, table in tables.items():
            database.register(name, table)
        database.execute("SET enable_external_access = false; SET lock_configuration = true")
        try:
            answer = database.execute(statement)
            if answer is not None:
                return answer.df()
            said = "there is no statement in it"
        except duckdb.Error as error:
            said = str(error).splitlines()[0].rstrip(".")
    known = "; ".join(f"{name} ({', '.join(table)})" for name, table in tables.items())
    raise UsageError(f"the SQL is not understood: {said}; the tables are {known}")


def require_ready(out: Path | None) -> None:
    """Raise MissingExtra without DuckDB, UsageError where an answer cannot be written."""
    if find_spec("duckdb") is None:
        raise MissingExtra("audit", "SQL over images and predictions")
    if out is not None and out.suffix.lower() not in (".csv", ".parquet"):
        raise UsageError(f"an answer is written as .csv or .parquet, got {out.name!r}")


def save(answer: "pd.DataFrame", path: Path) -> None:
    """Write an answer as .csv or .parquet."""
    with files.writing(path) as file:
        if path.suffix.lower() == ".csv":
            answer.to_csv(file, index=False)
        else:
            answer.to_parquet(file, index=False)
