"""What people have judged by hand: `judged.json`, checked as strictly as a study file."""

import time
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sureshot import files
from sureshot.comparison import OUTCOMES
from sureshot.comparison.verdicts import Outcome
from sureshot.errors import UsageError
from sureshot.studies.folder import StudyFolder
from sureshot.studies.lines import Origin
from sureshot.studies.words import did_you_mean, first_error

_SAID = r"\S"  # something, and not only spaces


class Judgement(BaseModel):
    """What a person says of one claim."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    verdict: Outcome = Field(description=f"one of {', '.join(OUTCOMES)}")
    reason: str = Field(pattern=_SAID, description="a sentence: why")
    who: str = Field(pattern=_SAID, description="the name of who says so")
    when: str = Field("", description="a day")


def read_judged(folder: StudyFolder, by_hand: Collection[str]) -> dict[str, Judgement]:
    """What was judged, by claim; UsageError where that is none of those that are `by_hand`."""
    if not folder.judged_path.exists():
        return {}
    told, origin = folder.read_json(folder.judged_path.name), Origin(str(folder.judged_path))
    return {name: _judgement(name, one, by_hand, origin) for name, one in told.items()}


def judgement(
    folder: StudyFolder, claim: str, told: Mapping[str, str], by_hand: Collection[str]
) -> dict[str, Judgement]:
    """What was judged, and a new judgement with it; UsageError where that cannot be."""
    when = time.strftime("%Y-%m-%d %H:%M")
    new = _judgement(claim, {**told, "when": when}, by_hand, Origin("as given"))
    return {**read_judged(folder, by_hand), claim: new}


def write_judged(folder: StudyFolder, judged: Mapping[str, Judgement]) -> None:
    """Write down what was judged."""
    plain = {name: one.model_dump() for name, one in judged.items()}
    files.write_json(folder.judged_path, plain)


def _judgement(name: str, told: Any, by_hand: Collection[str], origin: Origin) -> Judgement:
    if name not in by_hand:
        known = ", ".join(repr(one) for one in by_hand) or "none"
        raise UsageError(
            f"a claim judged by hand must be one of {known}, got {name!r} ({origin.name})"
            + did_you_mean(name, by_hand)
        )
    if not isinstance(told, Mapping):
        raise UsageError(
            f"{name} must be a table of verdict, reason and who, got {told!r:.40} ({origin.name})"
        )
    wrong = first_error(Judgement, told, (name,), origin)
    if wrong:
        raise UsageError(wrong)
    return Judgement.model_validate(dict(told))
