"""SQL over a source and over a run: the same numbers as by hand, and nothing but its tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sureshot
from sureshot import sql
from sureshot.errors import UsageError
from sureshot.progress import Silent
from sureshot.runs import Run


@pytest.fixture(scope="module")
def tables(run: Run) -> dict[str, pd.DataFrame]:
    return sql.tables_of(run)


def test_counts_are_those_of_the_index(run: Run, tables: dict[str, pd.DataFrame]) -> None:
    answer = sql.query(
        tables, "select class, split, count(*) as n from images group by all order by class, split"
    )
    index = run.index
    for name, split, n in answer.itertuples(index=False):
        rows = (index.label == index.classes.index(name)) & (index.split == split)
        assert n == rows.sum()


def test_accuracy_by_sql_is_the_headline(run: Run, tables: dict[str, pd.DataFrame]) -> None:
    answer = sql.query(
        tables, "select avg((label = prediction)::int) from predictions where split = 'test'"
    )
    assert answer.iloc[0, 0] == pytest.approx(run.scores.overall["accuracy"].value)


def test_tables_can_be_joined(tables: dict[str, pd.DataFrame]) -> None:
    answer = sql.query(
        tables,
        "select i.width, p.probability from images i join predictions p on i.id = p.path limit 3",
    )
    assert len(answer) == 3
    assert answer["probability"].between(0, 1).all()


def test_history_has_its_seconds(run: Run, tables: dict[str, pd.DataFrame]) -> None:
    answer = sql.query(tables, "select epoch, train_loss, seconds from history order by epoch")
    assert answer["epoch"].tolist() == list(range(1, len(run.history) + 1))
    assert (answer["seconds"] > 0).all()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("select nothing from images", 'Referenced column "nothing" not found'),
        ("select * from pictures", "pictures"),
        ("selekt 1", "syntax"),
        ("", "not understood|nothing"),
        ("select * from read_csv('{secret}')", "disabled|Permission"),
        ("select * from '{secret}'", "disabled|Permission|does not exist"),
        ("copy images to '{target}'", "disabled|Permission"),
        ("install httpfs", "disabled|Permission|not understood"),
        ("set enable_external_access = true", "locked|running|Cannot"),
    ],
)
def test_a_statement_sees_the_tables_alone(
    tables: dict[str, pd.DataFrame], tmp_path: Path, statement: str, said: str
) -> None:
    secret, target = tmp_path / "secret.csv", tmp_path / "target.csv"
    secret.write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match=said) as caught:
        sql.query(tables, statement.format(secret=secret, target=target))
    assert "the tables are images (id, class," in str(caught.value)
    assert not target.exists()


def test_a_source_and_a_file(shapes: Path, tmp_path: Path) -> None:
    statement = "select class, count(*) as n from images group by class order by class"
    out = tmp_path / "answer.parquet"
    answer = sureshot.query(shapes, statement, out=out, progress=Silent())
    assert answer.to_dict("list") == {"class": ["bar", "disc"], "n": [12, 12]}
    assert np.array_equal(pd.read_parquet(out).to_numpy(), answer.to_numpy())
    with pytest.raises(UsageError, match=r"\.csv or \.parquet, got 'answer.xlsx'"):
        sureshot.query(shapes, statement, out=tmp_path / "answer.xlsx", progress=Silent())
