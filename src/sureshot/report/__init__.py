"""The report: one page that holds everything about a run and needs nothing but a browser."""

from pathlib import Path

from sureshot import files
from sureshot.figures import FOLDER, draw
from sureshot.report.comparison import require_list, write_comparison
from sureshot.report.data import data_section, findings_section
from sureshot.report.leaks import leaks_in_words
from sureshot.report.look import write_look
from sureshot.report.making import making_section
from sureshot.report.material import read
from sureshot.report.page import links, page, require_page
from sureshot.report.results import results_section
from sureshot.report.study import StudyMaterial, write_study
from sureshot.report.top import top
from sureshot.report.training import training_section
from sureshot.runs import Run

__all__ = [
    "StudyMaterial",
    "leaks_in_words",
    "require_list",
    "require_page",
    "write",
    "write_comparison",
    "write_look",
    "write_study",
]

_LINKS = (
    ("findings", "Findings"),
    ("data", "Data"),
    ("training", "Training"),
    ("results", "Results"),
    ("making", "How it was made"),
)


def write(run: Run) -> Path:
    """Draw the run's figures, and write `report.html` with them in it, into the run folder.

    RunError names what the run lacks for it.
    """
    material = read(run)
    draw(run, run.folder / FOLDER)
    sections = [
        top(material),
        links(_LINKS),
        findings_section(material),
        data_section(material),
        training_section(material),
        results_section(material),
        making_section(material),
    ]
    content = page(f"{run.name}, a Sureshot report", sections)
    files.write_bytes(run.report_path, content.encode("utf-8", "replace"))
    return run.report_path
