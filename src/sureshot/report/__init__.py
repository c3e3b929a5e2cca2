"""The report: one page that holds everything about a run and needs nothing but a browser."""

from importlib import resources
from pathlib import Path

from sureshot import files
from sureshot.report.comparison import require_page, write_comparison
from sureshot.report.data import data_section, findings_section
from sureshot.report.leaks import leaks_in_words
from sureshot.report.look import is_look, write_look
from sureshot.report.making import making_section
from sureshot.report.markup import Html, tag
from sureshot.report.material import Material, read
from sureshot.report.results import results_section
from sureshot.report.study import StudyMaterial, write_study
from sureshot.report.top import top
from sureshot.report.training import training_section
from sureshot.runs import Run

__all__ = [
    "StudyMaterial",
    "is_look",
    "leaks_in_words",
    "require_page",
    "write",
    "write_comparison",
    "write_look",
    "write_study",
]

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_LINKS = (
    ("findings", "Findings"),
    ("data", "Data"),
    ("training", "Training"),
    ("results", "Results"),
    ("making", "How it was made"),
)


def write(run: Run) -> Path:
    """Write `report.html` into the run folder; RunError names what the run lacks for it."""
    page = "<!doctype html>\n" + _page(read(run)) + "\n"
    files.write_bytes(run.report_path, page.encode("utf-8", "replace"))
    return run.report_path


def _page(material: Material) -> Html:
    style = (resources.files("sureshot.report") / "style.css").read_text("utf-8")
    title = f"{material.run.name}, a Sureshot report"
    links = tag("nav", *(tag("a", words, href=f"#{place}") for place, words in _LINKS))
    return tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", title),
            tag("style", Html(style)),
        ),
        tag(
            "body",
            tag(
                "main",
                top(material),
                links,
                findings_section(material),
                data_section(material),
                training_section(material),
                results_section(material),
                making_section(material),
            ),
        ),
        lang="en",
    )
