"""What of new images need not be looked at: the plan of a run, as the plan's own page has it."""

import shlex

from sureshot.automate import Planned, recalled, rows_of
from sureshot.bundle import Plan
from sureshot.dashboard.answers import model_of
from sureshot.dashboard.dressed import empty, put, say
from sureshot.dashboard.shelf import ShelvedRun
from sureshot.figures.words import percent
from sureshot.records import CALIBRATION
from sureshot.report.automation import plan_sections
from sureshot.report.material import Material


def show(run: ShelvedRun, material: Material) -> None:
    """The plan's words and curve, or how to make one."""
    plan = model_of(run.run).about.plan
    if plan is None:
        empty(
            "No plan was made for this run.",
            "A plan says how many images need not be looked at, and how wrong that will be.",
            f"sureshot plan {shlex.quote(str(run.folder))}",
        )
        return
    made = _recalled(material, plan)
    if made is None:
        _briefly(run, plan)
    else:
        put(*plan_sections(plan, made.curve, made.classes, made.sentences))


def _recalled(material: Material, plan: Plan) -> Planned | None:
    """The plan with its curve where it stands on images that the run set aside; else None."""
    run, index = material.run, material.index
    if not all(run.predictions_path(split).exists() for split in ("validation", CALIBRATION)):
        return None
    known = rows_of(run.predictions("validation"), index, ("train",))
    rows = rows_of(run.predictions(CALIBRATION), index, ("train", "validation"))
    return recalled(plan, rows, known, index.classes)


def _briefly(run: ShelvedRun, plan: Plan) -> None:
    """A plan that stands on images from elsewhere."""
    page = run.run.planned_path.with_suffix(".html")
    kept = "nothing can be promised"
    if plan.threshold is not None:
        kept = (
            f"{percent(plan.automated)} of the images can be sorted automatically, and with "
            f"{percent(plan.confidence)} confidence at most {percent(plan.max_error)} of that is "
            "wrong"
        )
    say(f"The plan stands on {plan.n:,} images of another folder: {kept}. Its curve is in {page}.")
