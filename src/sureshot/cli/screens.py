"""What the verbs print: short tables on standard output."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sureshot.data import CacheEntry
from sureshot.files import readable_size
from sureshot.progress import printable
from sureshot.records import SPLITS, Index, Layer, Predictions, Score, Scores
from sureshot.runs import Run, headline
from sureshot.workflow import Look

if TYPE_CHECKING:
    import pandas as pd

    from sureshot.downloads import Dataset

ROWS = 50  # of an answer to a query
SHOWN = 12  # image names below a finding; all of them stand in findings.json
STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}
SHARES = ("accuracy", "top_", "precision", "recall", "f1")  # shown as percentages


def show_counts(index: Index) -> None:
    """What there is: images by class and split."""
    console = new_console()
    console.print(Text(printable(str(index))))
    table = new_table("class", *SPLITS, "all", right=range(1, 5))
    for name, row in zip(index.classes, index.counts(), strict=True):
        table.add_row(safe(name), *(f"{n:,}" for n in row), f"{row.sum():,}")
    totals = index.counts().sum(axis=0)
    table.add_section()
    table.add_row("all", *(f"{n:,}" for n in totals), f"{totals.sum():,}")
    console.print(table)


def show_findings(found: Look) -> None:
    """What was noticed, worst first, and where the page is."""
    console = new_console()
    for finding in found.findings:
        line = Table.grid(padding=(0, 1, 0, 0))
        line.add_column(width=9)
        line.add_column(overflow="fold")
        line.add_row(Text(finding.severity, STYLES[finding.severity]), safe(finding.sentence))
        console.print(line)
        for image in finding.images[:SHOWN]:
            console.print(Text(f"          {printable(image)}", "dim"))
        if len(finding.images) > SHOWN:
            console.print(Text(f"          and {len(finding.images) - SHOWN:,} more", "dim"))
    if found.page is not None:
        console.print(Text(f"page      {found.page}"))


def show_sources(forms: Mapping[str, str]) -> None:
    """Every form of a source, with an example."""
    table = new_table("form", "what it is, and how it is named", right=())
    for name, words in forms.items():
        table.add_row(Text(name, "bold"), Text(words))
    new_console().print(table)


def show_datasets(catalogue: "Mapping[str, Dataset]") -> None:
    """Every dataset that can be fetched."""
    table = new_table(
        "dataset", "images", "classes", "download", "licence", "home", right=(1, 2, 3)
    )
    for name, one in catalogue.items():
        size = readable_size(one.size) if one.size else "none"
        counts = f"{one.images:,}", f"{one.classes:,}"
        table.add_row(Text(name, "bold"), *counts, size, Text(one.licence), Text(one.home))
    console = new_console()
    console.print(table)
    console.print(Text("fetch one: sureshot get NAME; or kaggle:OWNER/DATASET by Kaggle's client"))


def show_answer(answer: "pd.DataFrame") -> None:
    """The first rows of an answer to a query."""
    numeric = [number for number, kind in enumerate(answer.dtypes) if kind.kind in "iuf"]
    table = new_table(*map(str, answer.columns), right=numeric)
    for row in answer.head(ROWS).itertuples(index=False):
        table.add_row(*(safe(_value(value)) for value in row))
    console = new_console()
    console.print(table)
    if len(answer) > ROWS:
        console.print(Text(f"the first {ROWS} of {len(answer):,} rows; --out FILE has all", "dim"))


def _value(value: object) -> str:
    """One cell: whole numbers plain, others to six digits."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def show_run(run: Run) -> None:
    """The headline, what the curves say, and where everything lies."""
    from sureshot.figures import curves, read_curves  # Matplotlib: half a second to import
    from sureshot.report import leaks_in_words

    console = new_console()
    summary, history = run.summary, run.history
    console.print(Text(headline(summary), "bold"))
    leaks = leaks_in_words(summary)
    if leaks:
        console.print(Text(leaks, STYLES["warning"]))
    last = run.last_scores(summary["headline"]["split"])
    if last:
        accuracy = last.overall["accuracy"].percent()
        console.print(Text(f"the last epoch's weights, epoch {len(history)}: {accuracy}"))
    for sentence in read_curves(curves(history), run.recipe.on_features):
        console.print(Text(sentence))
    for what, path in (("report", run.report_path), ("model", run.model_path)):
        console.print(Text(f"{what:<8}{path}"))


def show_scores(scores: Scores) -> None:
    """All scores with their intervals, then precision, recall and F1 a class."""
    console = new_console()
    left_out = f", {scores.unreadable:,} unreadable left out" if scores.unreadable else ""
    console.print(Text(f"{scores.n:,} images{left_out}; intervals are 95 %"))
    table = new_table("score", "value", "interval", "n", "method", right=(1, 2, 3))
    for name, score in scores.overall.items():
        value, interval = _number(name, score)
        table.add_row(name.replace("_", " "), value, interval, f"{score.n:,}", score.method)
    console.print(table)
    per_class = new_table("class", "precision %", "recall %", "F1 %", "images", right=range(1, 5))
    for name, row, truth in zip(
        scores.per_class, scores.per_class.values(), scores.confusion, strict=True
    ):
        cells = (_share(row[kind]) for kind in ("precision", "recall", "f1"))
        per_class.add_row(safe(name), *cells, f"{truth.sum():,}")
    console.print(per_class)


def show_predictions(predictions: Predictions) -> None:
    """One line an image: what it shows and how probable that is; below, why some have none."""
    table = new_table("image", "prediction", "probability", right=(2,))
    top, probabilities = predictions.top(), predictions.probabilities()
    reasons = []
    for row, name in enumerate(predictions.id):
        if predictions.problem[row]:
            code, _, reason = predictions.problem[row].partition(": ")
            table.add_row(safe(name), safe(f"unreadable: {code}"), "")
            reasons.append(safe(f"{name}: {reason}"))
        else:
            share = probabilities[row, top[row]]
            table.add_row(safe(name), safe(predictions.classes[top[row]]), f"{100 * share:.1f} %")
    console = new_console()
    console.print(table)
    for line in reasons:
        console.print(line)


def show_models(known: Mapping[str, Sequence[str]]) -> None:
    """Every network by name, with what it is and what to expect of it."""
    table = new_table("network", "what it is, and what to expect", right=())
    for name, lines in known.items():
        table.add_row(Text(name, "bold"), Text("\n".join(lines)))
    console = new_console()
    console.print(table)
    console.print(Text("layers and parameters of one: sureshot models NAME"))


def show_layers(name: str, lines: Sequence[str], layers: Sequence[Layer]) -> None:
    """The layers of a network, as Keras's `summary()` shows them."""
    console = new_console()
    console.print(Text(name, "bold"))
    for line in lines:
        console.print(Text(line))
    table = new_table("layer", "detail", "output shape", "parameters", right=(3,))
    for layer in layers:
        shape = ", ".join(str(side) for side in layer.output)
        table.add_row(
            Text(layer.name),
            Text(layer.detail),
            Text(f"({shape})"),
            f"{layer.parameters:,}",
        )
    console.print(table)
    total, trainable = (
        sum(getattr(layer, count) for layer in layers) for count in ("parameters", "trainable")
    )
    console.print(Text(f"{total:,} parameters ({readable_size(4 * total)} as 32-bit numbers)"))
    console.print(Text(f"{trainable:,} trainable, {total - trainable:,} not trainable"))


def show_cache(folder: Path, entries: Sequence[CacheEntry]) -> None:
    """Every set of decoded images, with its size on disk."""
    console = new_console()
    if not entries:
        console.print(Text(f"nothing is cached in {folder}"))
        return
    table = new_table("made from", "images", "pixels", "on disk", right=(1, 2, 3))
    for entry in entries:
        size = f"{entry.size}×{entry.size}"
        table.add_row(safe(entry.source), f"{entry.images:,}", size, readable_size(entry.bytes))
    console.print(table)
    total = readable_size(sum(entry.bytes for entry in entries))
    console.print(Text(f"{total} in {folder}; remove with: sureshot cache --clear"))


def new_console() -> Console:
    """Standard output; into a file or pipe, lines are as long as they need to be."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, soft_wrap=True, width=400)


def new_table(*headers: str, right: Sequence[int] | range) -> Table:
    """A table without lines; `right` has the numbers of the columns that hold numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, header in enumerate(headers):  # names may fold, numbers are never cut
        justify: Literal["right", "left"] = "right" if number in right else "left"
        table.add_column(header, justify=justify, no_wrap=number in right, overflow="fold")
    return table


def safe(text: str) -> Text:
    """Text from outside on one line, where nothing in it can command the terminal."""
    return Text(printable(text))


def _number(name: str, score: Score) -> tuple[str, str]:
    """Value and interval in the unit that fits the score."""
    if name.startswith(SHARES):
        return f"{100 * score.value:.1f} %", f"{100 * score.low:.1f} to {100 * score.high:.1f} %"
    return f"{score.value:.3f}", f"{score.low:.3f} to {score.high:.3f}"


def _share(score: Score | None) -> str:
    """Value and interval in per cent, short enough for three of them in a line."""
    if score is None:
        return "undefined"
    return f"{100 * score.value:.1f} ({100 * score.low:.1f}–{100 * score.high:.1f})"
