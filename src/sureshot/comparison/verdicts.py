"""What became of a claim: supported, refuted or undecided, with the numbers that say so."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sureshot.comparison.kinds import KINDS, Way
from sureshot.comparison.numbers import OTHERS, Number
from sureshot.measure.deciding import Bounds

Outcome = Literal["supported", "refuted", "undecided"]
OUTCOMES: tuple[Outcome, ...] = ("supported", "refuted", "undecided")
Written = Literal["before", "changed since", "removed since", "after"]  # against the first run
About = Literal["recipes", "models"]  # other images and seeds, or one trained model on other images
_REMARKS: Mapping[Written, str] = {
    "before": "",
    "changed since": "the study file has another claim in its place now; this is the one that was "
    "written before the runs",
    "removed since": "the study file has this claim no more; it was written before the runs",
    "after": "this claim was written or edited after its data were seen, so it is no prediction",
}


@dataclass(frozen=True)
class Verdict:
    """One claim and what is known of it."""

    claim: str
    says: str
    outcome: Outcome
    sentence: str  # what was found, in words
    need: str = ""  # what would decide it; "" where it is decided
    written: Written = "before"
    score: str = ""  # "" where a person judges
    class_: str = ""
    of: str = ""
    against: str = ""  # a recipe, or OTHERS
    way: Way = "value"
    about: About = "recipes"
    at_least: float | None = None
    at_most: float | None = None
    number: Number | None = None
    p: float | None = None  # two-sided, corrected for the number of claims (Holm)
    changed: str = ""  # what else became another after data were seen: "the recipe new"
    who: str = ""  # of a verdict by hand
    when: str = ""

    @property
    def by_hand(self) -> bool:
        """Whether a person judges."""
        return not self.score

    @property
    def remark(self) -> str:
        """What a reader must know of when the claim was written; "" where it was in time."""
        if self.written == "after" and self.changed:
            return f"changed after data were seen: {self.changed}; so this is no prediction"
        return _REMARKS[self.written]

    @property
    def asked(self) -> str:
        """The claim in numbers: "accuracy of augmented minus plain, at least +5.0 points"."""
        if self.by_hand:
            return "judged by hand"
        kind = KINDS[self.score]
        what = f"{kind.words} of {self.class_}" if self.class_ else kind.words
        against = "that of every other recipe" if self.against == OTHERS else self.against
        pair = {"value": "", "difference": f" minus {against}", "ratio": f" / {against}"}
        by = " by" if self.class_ else " of"
        models = " as trained" if self.about == "models" else ""
        return f"{what}{by} {self.of}{models}{pair[self.way]}, {self.bounds}"

    @property
    def bounds(self) -> str:
        """ "at least 70.0 %", "between 0.9 and 1.1"."""
        kind = KINDS[self.score]
        low, high = (
            None if bound is None else kind.stated(bound, self.way)
            for bound in (self.at_least, self.at_most)
        )
        if low and high:
            return f"between {low} and {high}"
        return f"at least {low}" if low else f"at most {high}"

    @property
    def limits(self) -> list[float]:
        """The bounds that the claim has: one, or two; only where no person judges."""
        return Bounds(self.at_least, self.at_most).given

    @property
    def found(self) -> str:
        """The number in words: "74.2 %"."""
        assert self.number is not None
        return KINDS[self.score].told(self.number.value, self.way, self._digits)

    @property
    def interval(self) -> str:
        """The number's interval in words: "72.9 to 75.5 %"; only where it has one."""
        assert self.number is not None
        return KINDS[self.score].between(self.number.low, self.number.high, self.way, self._digits)

    @property
    def _digits(self) -> int:
        """As many digits as show on which side of its bounds each end of the interval lies."""
        assert self.number is not None
        if not self.number.known or self.number.low == self.number.high:
            return 1
        return KINDS[self.score].digits_beside(
            (self.number.low, self.number.high), self.limits, self.way
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for `verdicts.json`; what is no number becomes null."""

        def plain(value: Any) -> Any:
            if isinstance(value, Mapping):
                return {key: plain(inner) for key, inner in value.items()}
            return None if isinstance(value, float) and not math.isfinite(value) else value

        told: dict[str, Any] = plain(asdict(self))
        return told | {"asked": self.asked, "remark": self.remark}
