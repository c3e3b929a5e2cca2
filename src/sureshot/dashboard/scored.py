"""Every score of a run with its interval and n, in all and by class, as the run's page has them."""

from sureshot.dashboard.dressed import put
from sureshot.dashboard.shelf import ShelvedRun
from sureshot.report.markup import tag
from sureshot.report.material import Material, openings
from sureshot.report.results import classes_part, overall_part


def show(run: ShelvedRun, material: Material) -> None:
    """The overall scores of every split, then those of each class on the headline's split."""
    opened = tag("p", "Test has been opened ", openings(material), ".")
    put(*overall_part(material), opened, *classes_part(material))
