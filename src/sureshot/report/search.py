"""The search of a study: what it found, among how many tries, and what that is worth."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from sureshot.comparison.contest import SEARCHED
from sureshot.errors import RunError
from sureshot.figures.tries import Tried, plot_tries
from sureshot.figures.words import plural
from sureshot.progress import duration
from sureshot.report.markup import Html, details, facts, name, section, table, tag
from sureshot.report.plates import chart
from sureshot.runs import Run

_FIXED = ("number", "state", "log_loss", "accuracy", "epochs_trained", "seconds", "why")

Row = Mapping[str, str]


def search_section(folder: Path, again: Sequence[Run]) -> Html:
    """The winner beside the number of tries, its score with fresh seeds, and every try.

    `again` are the complete runs of the winner with the study's seeds.
    """
    rows = _rows(folder / "search" / "trials.csv")
    last = list({row["number"]: row for row in rows}.values())  # of each try, killed or not
    best = _winner(folder / "search" / "winner.json", last)
    fields = [key for key in best if key not in _FIXED]
    alt = f"Validation log loss of {len(last)} tries; the least is {float(best['log_loss']):.3f}"
    caption = (
        "Each try was drawn by what came of those before it. The line is the best so far of those "
        "that came to their end."
    )
    seconds = sum(float(row["seconds"]) for row in rows)
    return section(
        "search",
        "The search",
        tag("p", name(SEARCHED), f": the best of {_counted(last)}", class_="sentence"),
        facts([(key, tag("code", _brief(best[key]))) for key in fields]),
        tag("p", _worth(best, again, len(last))),
        chart(plot_tries(_tried(last)), alt, caption),
        details(f"All tries, {duration(seconds)} of training", _table(rows, fields)),
    )


def _rows(path: Path) -> list[Row]:
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))
    except OSError:
        raise RunError(f"{path} is missing or cannot be read; run the study again") from None


def _winner(path: Path, last: Sequence[Row]) -> Row:
    """The try that the search says was the best."""
    try:
        number = json.loads(path.read_text("utf-8"))["number"]
        return next(row for row in last if row["number"] == f"{number}" and row["log_loss"])
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        raise RunError(
            f"{path} must name a try of trials.csv that came to its end; remove it and "
            "winner.toml beside it, and run the study again"
        ) from None


def _counted(last: Sequence[Row]) -> str:
    """ "30 tries; 12 were stopped early, 1 failed"."""
    counts = {
        "stopped early": sum(row["state"] == "pruned" for row in last),
        "failed": sum(row["state"] == "failed" for row in last),
    }
    told = [f"{count} {words}" for words, count in counts.items() if count]
    return plural(len(last), "try", "tries") + (f"; of these {', '.join(told)}" if told else "")


def _worth(best: Row, again: Sequence[Run], made: int) -> str:
    """What the winner had when it was chosen, against what it has with fresh seeds."""
    chosen = 100 * float(best["accuracy"])
    said = (
        f"Among {plural(made, 'try', 'tries')} it had the least log loss on the validation images, "
        f"{float(best['log_loss']):.3f}, and there an accuracy of {chosen:.1f} %. "
    )
    if not again:
        return said + "It was not trained with fresh seeds yet."
    shares = [run.scores.overall["accuracy"].value for run in again]
    mean = 100 * sum(shares) / len(shares)
    split = again[0].summary["headline"]["split"]
    seeds = plural(len(shares), "fresh seed")
    said += f"Trained again with {seeds} it has {mean:.1f} % on the {split} images: "
    if split != "test":
        return said + "these are the images that chose it, so how far they flatter it is not known."
    if chosen <= mean:
        return said + "there is no sign that being chosen flattered it."
    return said + (
        f"selection flattered it by {chosen - mean:.1f} points, as far as other images and other "
        "seeds did not do it."
    )


def _tried(last: Sequence[Row]) -> list[Tried]:
    return [
        Tried(int(row["number"]), row["state"], float(row["log_loss"]))
        for row in last
        if row["log_loss"] and row["state"] != "failed"
    ]


def _table(rows: Sequence[Row], fields: Sequence[str]) -> Html:
    columns = ("try", *fields, "log loss", "accuracy", "trained epochs", "time", "state")
    return table(columns, [_cells(row, fields) for row in rows], "All tries of the search")


def _brief(value: str) -> str:
    """A real number with the digits that matter; all else as it stands."""
    real = value.replace(".", "", 1).replace("-", "").replace("e", "", 1).isdigit()
    return f"{float(value):.4g}" if real and not value.isdigit() else value


def _cells(row: Row, fields: Sequence[str]) -> list[str]:
    known = bool(row["log_loss"])
    return [
        row["number"],
        *(_brief(row[key]) for key in fields),
        f"{float(row['log_loss']):.3f}" if known else "–",
        f"{100 * float(row['accuracy']):.1f} %" if known else "–",
        row["epochs_trained"],
        duration(float(row["seconds"])),
        f"{row['state']}: {row['why']}" if row["why"] else row["state"],
    ]
