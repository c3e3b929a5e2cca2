"""The page in a real browser: nothing overflows, everything loads, nothing complains."""

from typing import Any

import pytest

from sureshot.runs import Run


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("which", ["run", "hostile", "rich", "lean"])
def test_in_a_browser(
    browser: Any, request: pytest.FixtureRequest, which: str, width: int, scheme: str
) -> None:
    made: Run = request.getfixturevalue(which)
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda failed: complaints.append(failed.url[:80]))
    page.goto(made.report_path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.body.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    assert page.evaluate(_OUTSIDE) == []
    assert complaints == []
    page.close()


# Words that are cut: inside neither the window nor something that scrolls or shortens with "…".
_OUTSIDE = """[...document.querySelectorAll("h1, h2, h3, p, dt, dd, summary, figcaption, nav a")]
    .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(e => e.textContent)"""
