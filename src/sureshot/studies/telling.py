"""A plan, a leaderboard, pairs and verdicts in words, as a terminal has room for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sureshot.comparison import KINDS, Standing, Way, one_seed_in_words, tries_in_words
from sureshot.progress import duration

if TYPE_CHECKING:
    import pandas as pd

    from sureshot.studies.planning import StudyPlan

QUICK = "quick form: this says nothing about the claims"
ACCURACY = KINDS["accuracy"]
PLAN = ("run", "state", "parameters", "time at most")
BOARD = ("name", "accuracy", "interval", "seeds", "n", "training", "really better?")
PAIRS = (
    "pair",
    "lead",
    "interval",
    "sure",
    "only first right",
    "only second",
    "McNemar p, not corrected",
)


def plan_rows(plan: "StudyPlan") -> Iterator[tuple[str, ...]]:
    """Each run with what it will take."""
    for one in plan.runs:
        seconds = "" if one.state == "done" else duration(plan.seconds[one.recipe])
        yield one.name, one.state, f"{plan.parameters[one.recipe]:,}", seconds


def plan_lines(plan: "StudyPlan") -> Iterator[str]:
    """What else there is to do, and the sum of it."""
    search, curve = plan.search, plan.curve
    most = "at most "
    if search.seconds:
        most = ""
        yield (
            f"before them a search, {search.count:,} tries to go, and its winner with each seed: "
            f"about {duration(search.seconds)} if they take as long as their base"
        )
    if curve.count:
        yield (
            f"after them a learning curve, {curve.count:,} runs to go: at most about "
            f"{duration(curve.seconds)}"
        )
    yield f"in all {most}about {duration(plan.left)}; in {plan.folder}"


def board_rows(board: "pd.DataFrame") -> Iterator[tuple[str, ...]]:
    """Each contender, the best first."""
    for row in board.to_dict("records"):
        tries = tries_in_words(row["tries"])
        yield (
            f"{row['recipe']} ({tries})" if tries else row["recipe"],
            ACCURACY.told(row["accuracy"]),
            _interval(row),
            f"{row['seeds']}",
            f"{row['n']:,}",
            duration(60 * row["minutes"]),
            row["really_better"],
        )


def about_line(standings: Sequence[Standing]) -> str:
    """What a comparison says something of, for one run of a recipe says nothing of the recipe."""
    if standings[0].accuracy.recipes:
        return "about the recipes, on other images of this kind and with other seeds"
    why = one_seed_in_words(standings)
    return f"about these trained models alone, on other images of this kind: {why}"


def pair_rows(pairs: "pd.DataFrame") -> Iterator[tuple[str, ...]]:
    """Every pair: who leads, whether that is sure, and how many images flipped."""
    for row in pairs.to_dict("records"):
        p = row["mcnemar_p"]
        yield (
            f"{row['better']} against {row['than']}",
            ACCURACY.told(row["by"], "difference"),
            _interval(row, difference=True),
            "yes" if row["sure"] else "no",
            f"{row['only_first_right']:,}",
            f"{row['only_second_right']:,}",
            "" if p is None or p != p else f"{p:.2g}",
        )


def verdict_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """A claim with what was found, then what would decide it and what else is to be known."""
    yield f"{told['says']}: {told['sentence']}"
    for words in (told["need"], told["remark"]):
        if words and words != told["sentence"]:
            yield words


def _interval(row: Mapping[Any, Any], difference: bool = False) -> str:
    known = row["low"] == row["low"]  # NaN where there is no interval
    way: Way = "difference" if difference else "value"
    return ACCURACY.between(row["low"], row["high"], way) if known else "none"
