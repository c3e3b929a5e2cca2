"""The verbs `study` and `compare`: parse, call, print."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sureshot.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from sureshot.studies import Studied, StudyPlan

study = typer.Typer(
    help="Write claims first, run what they need, and see what is really known.",
    no_args_is_help=True,
)
Named = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A shipped study, or a TOML file.")]
STYLES = {"supported": "bold green", "refuted": "bold red", "undecided": "bold"}


@study.command("list")
def list_() -> None:
    """List the studies that come along."""
    from rich.text import Text

    from sureshot.cli import screens
    from sureshot.studies import shipped

    table = screens._table("study", "what it is, and what it costs", right=())
    for name, lines in shipped.overview().items():
        table.add_row(Text(name, "bold"), Text("\n".join(lines)))
    console = screens._console()
    console.print(table)
    console.print(Text("its file: sureshot study show NAME; run it: sureshot study run NAME"))


@study.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A shipped study.")],
) -> None:
    """Print a study's file, to be changed and run as your own."""
    from sureshot.studies import shipped

    print(shipped.text_of(name), end="")


@study.command()
def run(
    named: Named,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would run and what can be decided.")
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer epochs, images and seeds; decides nothing.")
    ] = False,
    studies: Annotated[Path, typer.Option(help="Where studies are kept.")] = Path("studies"),
) -> None:
    """Run a study to its verdicts, or go on with one that was stopped."""
    from sureshot.studies import study as run_study

    if dry_run:
        _show_plan(run_study(named, studies=studies, quick=quick, dry_run=True))
    else:
        _show_studied(run_study(named, studies=studies, quick=quick))


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN RUN ...", help="Run folders.")],
    out: Annotated[Path, typer.Option(help="The page that is written.")] = Path("compare.html"),
) -> None:
    """Compare runs: who is better, is that sure, and which images flipped."""
    from sureshot.cli import screens
    from sureshot.studies import compare as compare_runs

    if len(runs) < 2:
        raise UsageError(f"compare wants two runs or more, got {len(runs)}")
    found = compare_runs(*runs, out=out)
    _show_board(found.leaderboard)
    _show_pairs(found.pairs)
    screens._console().print(f"page       {found.page}", markup=False)


def _show_plan(plan: "StudyPlan") -> None:
    from rich.text import Text

    from sureshot.cli import screens
    from sureshot.progress import duration

    console = screens._console()
    quick = ", quick form" if plan.study.quick else ""
    images = ", ".join(f"{count:,} {split}" for split, count in plan.images.items())
    console.print(Text(f"{plan.study.name}{quick}: {images} images", "bold"))
    table = screens._table("run", "state", "parameters", "time at most", right=(2, 3))
    for one in plan.runs:
        seconds = plan.seconds.get(one.recipe)
        told = "" if seconds is None or one.state == "done" else duration(seconds)
        table.add_row(one.name, one.state, f"{plan.parameters[one.recipe]:,}", told)
    console.print(table)
    console.print(Text(f"in all at most about {duration(plan.left)}; in {plan.folder}"))
    for name, words in plan.deciding.items():
        console.print(Text.assemble((f"{name}: ", "bold"), screens._safe(words)))


def _show_studied(done: "Studied") -> None:
    from rich.text import Text

    from sureshot.cli import screens
    from sureshot.studies.folder import StudyFolder

    console = screens._console()
    if StudyFolder(done.folder).record["quick"]:
        console.print(Text("quick form: this says nothing about the claims", "yellow"))
    _show_board(done.leaderboard)
    for told in done.told:
        console.print(
            Text.assemble(
                (f"{told['outcome']:<10} ", STYLES[told["outcome"]]),
                screens._safe(f"{told['says']}: {told['sentence']}"),
            )
        )
        for words in (told["need"], told["remark"]):
            if words and words != told["sentence"]:
                console.print(Text(f"           {words}", "dim"))
    console.print(Text(f"page       {done.page}"))


def _show_board(board: "pd.DataFrame") -> None:
    """The leaderboard, in as few columns as a terminal has room for."""
    from sureshot.cli import screens
    from sureshot.progress import duration

    header = ("name", "accuracy", "interval", "seeds", "n", "training", "is the leader better?")
    table = screens._table(*header, right=(1, 2, 3, 4, 5))
    for row in board.to_dict("records"):
        known = row["low"] == row["low"]  # NaN where there is no interval
        table.add_row(
            screens._safe(row["recipe"]),
            f"{100 * row['accuracy']:.1f} %",
            f"{100 * row['low']:.1f} to {100 * row['high']:.1f} %" if known else "none",
            f"{row['seeds']}",
            f"{row['n']:,}",
            duration(60 * row["minutes"]),
            row["really_better"],
        )
    screens._console().print(table)


def _show_pairs(pairs: "pd.DataFrame") -> None:
    """Every pair: who leads, whether that is sure, and how many images flipped."""
    from sureshot.cli import screens

    header = ("pair", "lead, points", "sure", "only first right", "only second", "McNemar p")
    table = screens._table(*header, right=(1, 3, 4, 5))
    for row in pairs.to_dict("records"):
        known, p = row["low"] == row["low"], row["mcnemar_p"]
        ends = f" ({100 * row['low']:+.1f} to {100 * row['high']:+.1f})" if known else ""
        table.add_row(
            screens._safe(f"{row['better']} against {row['than']}"),
            f"{100 * row['by']:+.1f}{ends}",
            "yes" if row["sure"] else "no",
            f"{row['only_first_right']:,}",
            f"{row['only_second_right']:,}",
            "" if p is None or p != p else f"{p:.2g}",
        )
    screens._console().print(table)
