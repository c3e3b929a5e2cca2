"""Verdicts as `verdicts.json` has them, and what else happened in a study, ready to be shown."""

import csv
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from sureshot.comparison import OUTCOMES, Verdict
from sureshot.comparison.numbers import Number
from sureshot.dashboard.shelf import Shelf, ShelvedRun, ShelvedStudy
from sureshot.errors import RunError
from sureshot.figures.words import plural
from sureshot.studies import Studied

Event = tuple[str, str, str]  # when, what, and what came of it
_VERDICT = frozenset(field.name for field in fields(Verdict))


def verdicts(found: Studied) -> list[Verdict]:
    """The verdicts of a concluded study; RunError where its file is damaged."""
    try:
        return [_verdict(told) for told in found.told]
    except (KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{found.folder / 'verdicts.json'} is damaged: {error}") from None


def _verdict(told: Mapping[str, Any]) -> Verdict:
    """One verdict; JSON has null for an interval without an upper end, and for what is unknown."""
    number = told["number"]
    if number is not None:
        open_end = {"high": math.inf}
        told_of: dict[str, Any] = {
            k: open_end.get(k, math.nan) if v is None else v for k, v in number.items()
        }
        number = Number(**told_of)
    known = {key: value for key, value in told.items() if key in _VERDICT}
    return Verdict(**(known | {"number": number}))


def counted(told: Sequence[Verdict]) -> str:
    """ "4 claims: 2 supported, 1 refuted, 1 undecided"."""
    counts = [(sum(one.outcome == word for one in told), word) for word in OUTCOMES]
    listed = ", ".join(f"{count} {word}" for count, word in counts if count)
    return f"{plural(len(told), 'claim')}: {listed}" if told else "This study makes no claims."


def history(shelf: Shelf, study: ShelvedStudy, told: Sequence[Verdict]) -> list[Event]:
    """Everything that happened in a study, the first first, whatever came of it."""
    begun, claims = str(study.place.record["begun"]), len(study.place.original.claims)
    events = [(begun, "the study file was put on record", f"{plural(claims, 'claim')} in it")]
    for run in shelf.runs:
        if run.study == study.name:
            events.append((_ended(run), f"run {run.folder.name}", run.said))
    events += [
        (one.when, f"{one.who} judged {one.claim}", f"{one.outcome}: {one.sentence}")
        for one in told
        if one.when
    ]
    return sorted(events)


def negative(told: Sequence[Verdict]) -> list[Verdict]:
    """The claims that did not hold, kept as carefully as the others."""
    return [one for one in told if one.outcome == "refuted"]


def tries(study: Path) -> list[dict[str, str]]:
    """Every try of a study's search, also those that came to nothing; none without a search."""
    path = study / "search" / "trials.csv"
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RunError(f"{path} is damaged: {error}") from None


def facts_of(one: Verdict) -> list[tuple[str, str]]:
    """What a verdict stands on, as names and values."""
    number = one.number
    listed = [("asked", one.asked)]
    if number is None or not number.known:
        return listed
    listed += [
        ("found", one.found),
        (f"{100 * number.level:.3g} % interval", one.interval),
        ("stands on", _stand(number)),
    ]
    if one.p is not None:
        shown = "below 0.001" if one.p < 0.001 else f"{one.p:.2g}"
        listed.append(("corrected two-sided p", shown))
    return listed


def _stand(number: Number) -> str:
    images = [plural(number.n, "image")] if number.n else []
    return ", ".join([*images, plural(number.seeds, "seed"), f"about {number.about}"])


def _ended(run: ShelvedRun) -> str:
    """When a run was finished, or written to last."""
    try:
        seconds = (run.folder / "manifest.json").stat().st_mtime
    except OSError:
        seconds = run.changed
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
