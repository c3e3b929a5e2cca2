"""What a sort promises and what it did, in words."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sureshot.automate import share_of
from sureshot.automate.telling import percents
from sureshot.bundle import Plan
from sureshot.errors import UsageError
from sureshot.progress import printable
from sureshot.sorting.manifest import Row
from sureshot.sorting.naming import OTHERS


@dataclass(frozen=True)
class Sorted:
    """What a call of `sort` did."""

    manifest: Path
    rows: tuple[Row, ...]  # of this call
    before: int  # images that an earlier call had sorted
    left: Mapping[Path, str]  # what was left alone, and why
    promise: str  # of what is sorted automatically, in one sentence

    def __str__(self) -> str:
        counts = Counter(row.decision for row in self.rows)
        others = [f"{counts[name]:,} in {folder}" for name, folder in OTHERS.items()]
        lines = [
            f"{len(self.rows):,} images sorted, {counts['auto']:,} of them automatically; "
            + ", ".join(others),
            self.promise,
        ]
        if self.before:
            lines.append(f"{self.before:,} images had been sorted before")
        return "\n".join([*lines, *told_left(self.left)])


def promised(plan: Plan | None, max_error: str | float | None, path: Path) -> str:
    """What is promised; UsageError where more is wanted than the model's plan promises."""
    wanted = None if max_error is None else share_of("--max-error", max_error)
    make = "make a plan with: sureshot plan RUN"
    if plan is None:
        if wanted is not None:
            raise UsageError(
                f"{path} carries no plan, so no error can be promised of it; {make} --max-error "
                f"{percents(wanted).replace(' ', '')}"
            )
        return f"nothing can be promised, for {path} carries no plan: no class is filled; {make}"
    least, sure = percents(plan.max_error), percents(plan.confidence)
    if plan.threshold is None:
        return (
            f"nothing can be promised: the plan of {path} found no way to err in at most {least}; "
            "so no class is filled"
        )
    if wanted is not None and wanted < plan.max_error - 1e-9:
        raise UsageError(
            f"the plan of {path} promises an error of at most {least}, got {percents(wanted)}; "
            f"{make} --max-error {percents(wanted).replace(' ', '')}"
        )
    return (
        f"with {sure} confidence at most {least} of what is sorted automatically is wrong, for "
        "images of the same kind as those of the plan"
    )


def told_left(left: Mapping[Path, str]) -> list[str]:
    """What was left alone, one line a reason, each with an example."""
    examples = {why: path for path, why in [*left.items()][::-1]}
    counts = Counter(left.values())
    return [
        f"left alone: {n:,} {why}, such as {printable(str(examples[why]))}"
        for why, n in counts.items()
    ]
