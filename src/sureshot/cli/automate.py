"""The verbs that take work off a person: plan what need not be looked at."""

from pathlib import Path
from typing import Annotated

import typer


def plan(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    max_error: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            help="Wrong ÷ automatically sorted, at most.",
            show_default="2%",
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(metavar="LABELLED", help="Labelled images that no choice was made on."),
    ] = None,
    review_minutes: Annotated[
        float | None, typer.Option(metavar="N", help="Time a day: it decides in place of an error.")
    ] = None,
    per_day: Annotated[
        int | None, typer.Option(metavar="N", help="Images that come a day.", show_default="1000")
    ] = None,
    seconds_per_image: Annotated[
        float | None,
        typer.Option(metavar="S", help="A person's time for one image.", show_default="4"),
    ] = None,
    confidence: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="How sure the promise is.", show_default="95%"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.shot", help="The new model.", show_default="RUN-planned.shot"),
    ] = None,
) -> None:
    """Say how much can be sorted without a look, and promise how wrong that will be."""
    from sureshot import workflow

    made = workflow.plan(
        run,
        max_error=max_error,
        source=source,
        review_minutes=review_minutes,
        per_day=per_day,
        seconds_per_image=seconds_per_image,
        confidence=confidence,
        out=out,
    )
    print(made)
    _show_classes(made.classes, [each.model_dump() for each in made.plan.per_class])
    assert made.model is not None
    print(f"page      {made.model.with_suffix('.html')}")
    print(f"model     {made.model}")


def _show_classes(classes: tuple[str, ...], rows: list[dict[str, int]]) -> None:
    """One line a class: said to be it, sorted into it, of these wrong."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from sureshot.progress import printable

    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    shown.add_column("class", overflow="fold")
    for header in ("said to be it", "sorted into it", "of these wrong"):
        shown.add_column(header, justify="right", no_wrap=True)
    for label, row in zip(classes, rows, strict=True):
        numbers = (f"{row[kind]:,}" for kind in ("said", "automated", "wrong"))
        shown.add_row(Text(printable(label)), *numbers)
    Console(highlight=False, soft_wrap=True).print(shown)
