"""The sentence about the images that were seen before, for the page and for the terminal."""

from collections.abc import Mapping
from typing import Any

from sureshot.figures.words import plural
from sureshot.records import Score


def leaks_in_words(summary: Mapping[str, Any]) -> str:
    """The accuracy without leaking images, as `scores.json` has it; "" where nothing leaks."""
    told = summary.get("without_leaks")
    if told is None:
        return ""
    images = plural(told["images"], f"{summary['headline']['split']} image")
    has = "has" if told["images"] == 1 else "have"
    leaking = (
        f"the {images} that {has} a duplicate in {' or '.join(_PLACES[i] for i in told['in'])}"
    )
    if told["accuracy"] is None:
        return f"nothing is left to judge by without {leaking}"
    accuracy = Score(**told["accuracy"])
    return f"accuracy without {leaking}: {accuracy.percent()} on the other {accuracy.n:,}"


_PLACES = {"train": "training", "validation": "validation"}
