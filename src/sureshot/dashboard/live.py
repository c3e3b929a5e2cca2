"""The page of a training in progress: epoch by epoch, and how long it will still take."""

import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import streamlit as st

from sureshot import figures
from sureshot.comparison import KINDS
from sureshot.dashboard import drawn
from sureshot.dashboard.dressed import chart, empty, put, say, wrong
from sureshot.dashboard.shelf import Choice, Shelf, ShelvedRun, find
from sureshot.errors import SureshotError
from sureshot.figures.words import plural
from sureshot.progress import duration
from sureshot.report.markup import Html, facts, join, name, tag
from sureshot.runs import chosen_epoch

EVERY = 2.0  # seconds between two looks at the run's files; assumed: an epoch takes longer
WATCHED = "watched"  # where a session keeps the name of the run that it looked at last
RECENT = 5  # epochs whose median is taken for the next; assumed: a pause in one changes nothing

Row = Mapping[str, float]


def show(shelf: Shelf, choice: Choice) -> None:
    """The training that was chosen, or else the newest that goes on now."""
    now = find(shelf.folder, shelf.writable)
    going = [run for run in now.runs if run.state == "training"]
    run = now.run(choice.run.name) if choice.run else None
    if run is None or run.state not in ("training", "stopped"):
        run = going[0] if going else None
    if run is None:
        _finished(now.run(st.session_state.get(WATCHED)))
        st.fragment(_awaited, run_every=EVERY)(shelf.folder)
        return
    st.session_state[WATCHED] = run.name
    every = EVERY if run.state == "training" else None
    st.fragment(_watched, run_every=every)(shelf.folder, run.name, run.state)
    _others([other for other in going if other.name != run.name])


def _finished(run: ShelvedRun | None) -> None:
    """What came of the training that this person was watching."""
    if run is not None and run.state == "complete":
        address = "?" + urlencode({"page": "summary", "run": run.name})
        link = tag("a", name(run.name), href=address, target="_self")
        put(tag("p", tag("b", "✓ ", class_="right"), link, f" is finished: {run.said}."))


def _awaited(folder: Path) -> None:
    """Nothing, and what to do about it; the whole page is drawn anew once something begins."""
    if any(run.state == "training" for run in find(folder).runs):
        st.rerun()
    empty(
        "Nothing is in training now.",
        "A training that writes into this folder is drawn here as it goes.",
        f"sureshot train FOLDER --runs {shlex.quote(str(folder))}",
    )


def _watched(folder: Path, which: str, was: str) -> None:
    """One look at a run; where it is finished or stopped since, the whole page is drawn anew."""
    run = find(folder).run(which)
    if run is None:
        wrong("The folder of this run is gone.")
        return
    if run.state != was:
        st.rerun()
    try:
        _drawn(run)
    except (SureshotError, OSError, ValueError, KeyError) as error:
        wrong(str(error))


def _drawn(run: ShelvedRun) -> None:
    put(tag("h2", name(run.name)), tag("p", f"{run.said[0].upper()}{run.said[1:]}."))
    if not run.epochs:
        say("The first epoch is not finished yet; nothing can be said before it is.")
        return
    history, timing = run.run.history, run.run.timing
    still = None if run.state != "training" else left(timing, run.wanted, _since(run.folder))
    words = "" if still is None else f", about {duration(still)} left"
    if still is not None and len(history) >= run.wanted:
        words = "; now the model is exported, tested, and its report is written"
    share = min(len(history) / max(run.wanted, 1), 1.0)
    st.progress(share, text=f"Epoch {len(history)} of {run.wanted}{words}")
    put(facts(_facts(run, history, timing)))
    table = figures.curves(history)
    alt = f"Loss and accuracy after each of {plural(len(history), 'epoch')}"
    chart(drawn.curves(table), f"live {run.name}", alt)
    put(*(tag("p", sentence) for sentence in figures.read_curves(table)))


def left(timing: Sequence[Row], wanted: int, since: float) -> float:
    """Seconds until the last of the epochs; `since` is how long the present one has taken."""
    each = median(row["seconds"] for row in timing[-RECENT:])
    return max(each * (wanted - len(timing)) - min(since, each), 0.0)


def _since(folder: Path) -> float:
    """Seconds since the last epoch was finished."""
    return max(time.time() - (folder / "history.csv").stat().st_mtime, 0.0)


def _facts(
    run: ShelvedRun, history: Sequence[Row], timing: Sequence[Row]
) -> list[tuple[str, str | Html]]:
    """The numbers of the last epoch and of the best, with their units."""
    last, best = history[-1], history[chosen_epoch(history) - 1]
    split = "validation" if "validation_loss" in last else "train"
    patience = run.run.recipe.early_stop.patience
    listed: list[tuple[str, str | Html]] = [
        ("network", join([name(run.model), f", seed {run.seed}"])),
        ("last epoch", _numbers(last, split)),
        ("best epoch so far", f"{best['epoch']:.0f}: {_numbers(best, split)}"),
        ("an epoch takes", duration(median(row["seconds"] for row in timing[-RECENT:]))),
        ("speed", KINDS["images_per_second"].told(timing[-1]["images_per_second"])),
    ]
    if patience:
        words = f"after {plural(patience, 'epoch')} without a gain in validation loss"
        listed.append(("may stop sooner", words))
    return listed


def _numbers(row: Row, split: str) -> str:
    accuracy = KINDS["accuracy"].told(row[f"{split}_accuracy"])
    return f"{split} loss {row[f'{split}_loss']:.3f}, accuracy {accuracy}"


def _others(runs: Sequence[ShelvedRun]) -> None:
    """Links to what else is in training now."""
    if not runs:
        return
    put(tag("h4", "Also in training"), tag("ul", *(tag("li", _link(run)) for run in runs)))


def _link(run: ShelvedRun) -> Html:
    address = "?" + urlencode({"page": "live", "run": run.name})
    return join([tag("a", name(run.name), href=address, target="_self"), f": {run.said}"])
