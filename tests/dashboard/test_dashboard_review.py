"""Going through `_review` in a real browser: each key moves a file, and two tabs do no harm."""

from pathlib import Path
from typing import Any

import pytest

import sureshot
from looking import looking, require_sound, settle, words_on
from sureshot.dashboard.serving import FOLDER, WRITE
from sureshot.sorting import Review, corrections, review


def lies(found: Review, at: int, label: str) -> bool:
    """Whether an image lies in the folder of a class, and there alone."""
    one = found.aside[at]
    places = [path.parent.name for path in found.folder.rglob(Path(one.place).name)]
    return places == [label]


def press(page: Any, key: str, number: int, of: int) -> None:
    """A key, and the image after it."""
    page.keyboard.press(key)
    page.get_by_text(f"{number} of {of}", exact=True).wait_for()
    settle(page)


def test_each_key_writes_an_answer_that_corrections_read(
    chromium: Any, address: str, shelf: Path
) -> None:
    found = review(shelf / "sorted")
    n = len(found.aside)
    assert n >= 4
    best = [found.classes[one.best] for one in found.aside]
    other = [next(name for name in found.classes if name != label) for label in best]
    link = {"page": "review", "run": "runs/first", "sorted": "sorted"}
    with looking(chromium, address, **link) as page:
        page.get_by_text(f"1 of {n}", exact=True).wait_for()
        assert "Nearest training images" in words_on(page)
        assert f"Is it {best[0]}?" in words_on(page)
        press(page, "y", 2, n)
        assert lies(found, 0, best[0])
        press(page, str(1 + found.classes.index(other[1])), 3, n)
        assert lies(found, 1, other[1])
        press(page, "u", 2, n)
        assert lies(found, 1, "_review")
        press(page, "l", 3, n)
        assert lies(found, 1, "_review")
        require_sound(page)
        for number in range(4, n + 1):
            press(page, "y", number, n)
        page.keyboard.press("y")
        page.get_by_text(f"{n - 1} images of {n} told, 1 left.").wait_for()
        assert "sort --corrections" in words_on(page)
    path, rows = corrections(found.folder / "manifest.csv")
    assert rows == n - 1
    assert f'"{best[0]}",{found.aside[0].sha256}\n' in path.read_text()


def test_of_two_tabs_the_second_is_told_and_nothing_is_moved_twice(
    chromium: Any, address: str, shelf: Path
) -> None:
    found = review(shelf / "sorted twice")
    n = len(found.aside)
    link = {"page": "review", "run": "runs/first", "sorted": "sorted twice"}
    with looking(chromium, address, **link) as one, looking(chromium, address, **link) as two:
        press(one, "1", 2, n)
        press(two, "2", 2, n)
        assert "somebody else has judged it" in words_on(two)
        assert lies(found, 0, found.classes[0])
        press(one, "u", 1, n)
        assert lies(found, 0, "_review")


def test_whoever_may_not_write_only_looks(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    testing = pytest.importorskip("streamlit.testing.v1", reason="Streamlit is not installed")
    monkeypatch.setenv(FOLDER, str(shelf))
    monkeypatch.delenv(WRITE, raising=False)
    script = Path(sureshot.__file__).parent / "dashboard" / "app.py"
    page = testing.AppTest.from_file(str(script), default_timeout=20)
    page.query_params["page"] = "review"
    page.run()
    assert [button.label for button in page.button] == ["Leave", "Undo the last"]
    assert not page.exception
