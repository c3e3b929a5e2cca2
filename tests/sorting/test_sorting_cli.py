"""The verb: what it takes, and what it prints."""

import shlex
from pathlib import Path

import pytest
import typer
from inboxes import contents
from typer.testing import CliRunner

from sureshot.cli.sorting import sort
from sureshot.errors import UsageError

APP = typer.Typer()
APP.command()(sort)


def said(*told: object) -> str:
    result = CliRunner().invoke(APP, list(map(str, told)))
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_there_and_back(model: Path, inbox: Path) -> None:
    before, out = contents(inbox), inbox.parent / "Sorted photos"
    told = said(model, inbox, out, "--max-error", "2%", "--move")
    assert "60 images sorted" in told
    assert f"manifest  {out}/manifest.csv" in told
    back = told.partition("take it back with: ")[2]
    assert shlex.split(back) == ["sureshot", "sort", "--undo", f"{out}/manifest.csv"]
    away = next((out / "_review").iterdir())
    away.rename(out / "bar" / away.name)
    told = said("--corrections", out / "manifest.csv")
    assert f"corrections  {out}/corrections.csv  (rows: 1)" in told
    train = told.partition("train on them with: ")[2]
    assert shlex.split(train)[-2:] == ["--add", f"{out}/corrections.csv"]
    (out / "bar" / away.name).rename(away)
    assert "60 put back, 0 removed" in said("--undo", out / "manifest.csv")
    assert contents(inbox) == before


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ((), "sort wants three things: MODEL, INBOX and OUT"),
        (("a.shot", "b"), "sort wants three things"),
        (("a.shot", "--undo", "m.csv"), "stand alone"),
        (("--undo", "m.csv", "--corrections", "m.csv"), "stand alone"),
        (("--undo", "m.csv", "--move"), "stand alone"),
        (("a.shot", "b", "c", "--back-to", "b"), "--back-to is for --undo"),
        (("a.shot", "b", "c", "--move", "--link"), "exclude one another"),
    ],
)
def test_options_that_do_not_go_together_say_so(told: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        said(*told)
