"""The dashboard as people start it, and its pages in a real browser with all they complain of."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

PATIENCE = 20_000  # ms that a page may take on a slow machine
WIDTHS = (1280, 375)  # pixels: a desk, a phone
PARTS = {  # of each page, as links and as buttons have them
    "summary": {"": ""},
    "data": {
        "classes": "Classes",
        "images": "Images",
        "findings": "Findings",
        "preparation": "Preparation",
        "sizes": "Sizes and means",
        "map": "Map",
        "check": "Check",
    },
    "performance": {
        "scores": "Scores",
        "confusion": "Confusion",
        "curves": "Curves",
        "leaderboard": "Leaderboard",
        "flips": "Run against run",
        "calibration": "Calibration",
        "failures": "Where it fails",
        "plan": "Automation",
    },
    "classifier": {"": ""},
    "hypotheses": {"": ""},
    "live": {"": ""},
}
# Parts of a page that are still being drawn: old ones, empty ones, and charts without a chart.
UNFINISHED = ", ".join(
    [
        "[data-stale=true]",
        "[data-testid=stSkeleton]",
        "[data-testid=stPlotlyChart]:not(:has(.main-svg))",
    ]
)
# Words that are cut: inside neither the window nor something that scrolls or shortens with "…".
CUT = """[...document.querySelectorAll(".sureshot :is(h1, h2, h3, h4, p, dt, dd, summary, li)")]
    .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .filter(e => !e.closest(".scroll, .several, .strip, .map"))
    .map(e => e.textContent.slice(0, 60))"""


@contextmanager
def served(folder: Path, *options: str) -> Iterator[str]:
    """The address of a folder that `sureshot dashboard` serves."""
    pytest.importorskip("streamlit", reason="Streamlit is not installed")
    pytest.importorskip("plotly", reason="Plotly is not installed")
    command = [sys.executable, "-m", "sureshot", "dashboard", str(folder), *options]
    command += ["--port", "0", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        said = running.stdout.readline()
        try:
            yield said.partition(" is shown at ")[2].partition(";")[0]
        finally:
            running.terminate()


@contextmanager
def looking(chromium: Any, address: str, **query: str) -> Iterator[Any]:
    """A view by its link, drawn to its end; at last nothing must have complained."""
    page = chromium.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda failed: complaints.append(failed.url[:120]))
    page.on("request", lambda asked: _require_here(asked.url, address, complaints))
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    try:
        page.goto(f"{address}/?{urlencode(query)}")
        settle(page)
        yield page
        assert page.evaluate("window.broken === undefined")
        assert not complaints, complaints
    finally:
        page.close()


def _require_here(url: str, address: str, complaints: list[str]) -> None:
    """Nothing is fetched from elsewhere: the page works where there is no internet."""
    if not url.startswith((f"{address}/", "data:", "blob:")):
        complaints.append(f"asked for {url[:120]}")


def settle(page: Any) -> None:
    """Wait until the script has run and its last part is on the page."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_selector('[data-testid="stMainBlockContainer"] .sureshot', state="attached")
    page.wait_for_function(f"!document.querySelector({UNFINISHED!r})")


def parts(page: Any, name: str) -> Iterator[str]:
    """Each part of a page in turn, by its button; one without parts is there already."""
    for number, (part, label) in enumerate(PARTS[name].items()):
        if number:  # the first is open already
            buttons = page.get_by_test_id("stButtonGroup").nth(1)
            buttons.get_by_text(label, exact=True).click()
            page.wait_for_function(f"location.search.includes('part={part}')")
            settle(page)
        yield part


def words_on(page: Any) -> str:
    """Everything that can be read beside the controls."""
    return str(page.locator(".stMain").inner_text())


def require_sound(page: Any) -> None:
    """On a desk and on a phone nothing is cut or sticks out, and no part of the page has failed."""
    assert page.locator('[data-testid="stException"]').count() == 0
    assert "cannot be shown: " not in words_on(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        settle(page)
        page.wait_for_function(f"document.documentElement.scrollWidth <= {width}")
        assert page.evaluate(CUT) == []
    page.emulate_media(color_scheme="dark")
    settle(page)
