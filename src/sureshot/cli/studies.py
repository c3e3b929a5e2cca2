"""The verbs `study` and `compare`: parse, call, print."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sureshot.studies import Studied, StudyPlan

study = typer.Typer(
    help="Write claims first, run what they need, and see what is really known.",
    no_args_is_help=True,
)
Named = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A shipped study, or a TOML file.")]
STYLES = {"supported": "bold green", "refuted": "bold red", "undecided": "bold"}
INDENT = " " * 11  # below a verdict, whose outcome has ten letters at most


@study.command("list")
def list_() -> None:
    """List the studies that come along."""
    from rich.text import Text

    from sureshot.cli import screens
    from sureshot.studies import shipped

    table = screens.new_table("study", "what it is, and what it costs", right=())
    for name, lines in shipped.overview().items():
        table.add_row(Text(name, "bold"), Text("\n".join(lines)))
    console = screens.new_console()
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


@study.command()
def judge(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of a study.")],
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help="A claim judged by hand.")],
    verdict: Annotated[
        str, typer.Argument(metavar="VERDICT", help="supported, refuted or undecided.")
    ],
    reason: Annotated[str, typer.Option(help="A sentence: why.")],
    who: Annotated[str, typer.Option(help="Who says so.")],
) -> None:
    """Write down what you say of a claim that is judged by hand, and judge the study anew."""
    from sureshot.studies import Studied, judge_by_hand

    judge_by_hand(folder, claim, verdict, reason, who)
    _show_studied(Studied(folder))


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN RUN ...", help="Run folders.")],
    out: Annotated[Path, typer.Option(help="The page that is written.")] = Path("compare.html"),
) -> None:
    """Compare runs: who is better, is that sure, and which images flipped."""
    from sureshot.cli import screens
    from sureshot.studies import compare as compare_runs
    from sureshot.studies import telling

    found = compare_runs(*runs, out=out)
    _show_table(telling.BOARD, telling.board_rows(found.leaderboard), right=range(1, 6))
    _show_table(telling.PAIRS, telling.pair_rows(found.pairs), right=(1, 2, 4, 5, 6))
    screens.new_console().print(telling.about_line(found.standings), markup=False)
    screens.new_console().print(f"page       {found.page}", markup=False)


def _show_plan(plan: "StudyPlan") -> None:
    from rich.text import Text

    from sureshot.cli import screens
    from sureshot.studies import telling

    console = screens.new_console()
    quick = ", quick form" if plan.study.quick else ""
    images = ", ".join(f"{count:,} {split}" for split, count in plan.images.items())
    console.print(Text(f"{plan.study.name}{quick}: {images} images", "bold"))
    _show_table(telling.PLAN, telling.plan_rows(plan), right=(2, 3))
    for line in telling.plan_lines(plan):
        console.print(Text(line))
    if plan.study.quick:
        console.print(Text(telling.QUICK, "yellow"))
    for name, words in plan.deciding.items():
        console.print(Text.assemble((f"{name}: ", "bold"), screens.safe(words)))


def _show_studied(done: "Studied") -> None:
    from rich.text import Text

    from sureshot.cli import screens
    from sureshot.studies import telling

    console = screens.new_console()
    if done.quick:
        console.print(Text(telling.QUICK, "yellow"))
    for note in done.notes:
        console.print(Text(note, "yellow"))
    _show_table(telling.BOARD, telling.board_rows(done.leaderboard), right=range(1, 6))
    for told in done.told:
        first, *more = telling.verdict_lines(told)
        outcome = (f"{told['outcome']:<10} ", STYLES[told["outcome"]])
        console.print(Text.assemble(outcome, screens.safe(first)))
        for words in more:
            console.print(Text.assemble((INDENT, "dim"), screens.safe(words)))
    console.print(Text(f"page       {done.page}"))


def _show_table(
    header: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] | range
) -> None:
    from sureshot.cli import screens

    table = screens.new_table(*header, right=right)
    for row in rows:
        table.add_row(*(screens.safe(cell) for cell in row))
    screens.new_console().print(table)
