"""The page about a folder: whole, self-contained, escaped, and alive in a real browser."""

import re
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from test_report_page import Walk

from fake_run import CLOTHES, HOSTILE, generated_index, index_of
from sureshot import figures, records
from sureshot.audit import worst_first
from sureshot.progress import Silent
from sureshot.recipe import ImageSettings, Preprocessing
from sureshot.records import Finding, Index
from sureshot.report import atlas, noticed
from sureshot.report.look import write_look

SIDE = 24
SECTIONS = ("findings", "counts", "columns", "images", "means", "spreads", "values")
SECTIONS += ("map", "prepared", "making")


def settings(channels: int = 3) -> Preprocessing:
    return ImageSettings(size=SIDE, channels=channels).settled()  # type: ignore[arg-type]


def pixels_of(index: Index, channels: int = 3) -> NDArray[np.uint8]:
    """Every image as a network sees it; zeros where unreadable."""
    pixels = np.zeros((len(index), SIDE, SIDE, channels), np.uint8)
    for row in np.flatnonzero(index.readable):
        with Image.open(index.path(int(row))) as opened:
            image = opened.convert("RGB" if channels == 3 else "L").resize((SIDE, SIDE))
        pixels[row] = np.asarray(image).reshape(SIDE, SIDE, channels)
    return pixels


def written(
    path: Path,
    index: Index,
    pixels: NDArray[np.uint8],
    findings: Sequence[Finding] = (),
    variants: int = 0,
) -> Path:
    told = figures.survey(index, pixels, 111, Silent())
    plain = told.prepared.pixels
    examples = np.stack([plain, *(255 - plain for _ in range(variants))], 1) if variants else None
    ordered = worst_first(list(findings))
    return write_look(
        path, str(index.root), index, ordered, told, settings(pixels.shape[3]), examples
    )


def clothes_with_copies(folder: Path) -> Index:
    """Rows 0 and 30 have the same bytes, rows 3 to 5 are one group; row 9 is unreadable."""
    first = generated_index(folder, CLOTHES, (3, 2, 2))
    shutil.copy(first.path(0), first.path(30))
    told = zip(first.id, first.label, first.split, strict=True)
    index = index_of(folder, CLOTHES, [(str(i), int(k), str(s)) for i, k, s in told])
    group = index.group.copy()
    group[3:6] = 7
    return replace(index, group=group).with_problems({9: "empty: it has no bytes"})


def findings_of(index: Index) -> list[Finding]:
    """The leak names a picture, its copy, and a file that the index does not know."""
    leak = str(index.id[0]), "gone.png", str(index.id[30])
    return [
        Finding("imbalance", "note", "classes differ in size"),
        Finding("near_copies", "note", "3 images are nearly the same", tuple(index.id[3:6])),
        Finding("unreadable_empty", "error", "1 image cannot be read", (str(index.id[9]),)),
        Finding("leak", "warning", "2 images stand in more than one split", leak),
        Finding("dark", "warning", "40 images are dark", tuple(index.id[:40])),
        Finding("strays", "note", "1 entry passed over", ("notes.txt",)),
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of each kind by name."""
    folder = tmp_path_factory.mktemp("look")
    clothes = clothes_with_copies(folder / "clothes")
    hostile = generated_index(folder / "<img src=x>", sorted(HOSTILE), (2, 3, 0))
    names = [f"{'a' * 20}\u202e</script><script>alert(1)</script>\n\udcff{k}" for k in range(30)]
    renamed = replace(hostile, id=records.strings(names))
    said = [Finding("x", "error", "<script>alert(2)</script>", tuple(names))]
    one = generated_index(folder / "one", ["only"], (10, 0, 0))
    unsplit = replace(one, split=records.strings([""] * 10))
    gone = one.with_problems(dict.fromkeys(range(10), "truncated: the file ends too soon"))
    many = generated_index(folder / "many", [f"class {k:03}" for k in range(70)], (2, 0, 0))
    copies = findings_of(clothes)
    return {
        "clothes": written(folder / "clothes.html", clothes, pixels_of(clothes), copies, 4),
        "hostile": written(folder / "hostile.html", renamed, pixels_of(hostile), said),
        "grey": written(folder / "grey.html", clothes, pixels_of(clothes, 1)),
        "one": written(folder / "one.html", unsplit, pixels_of(unsplit)),
        "gone": written(folder / "gone.html", gone, pixels_of(gone)),
        "many": written(folder / "many.html", many, pixels_of(many)),
    }


KINDS = ("clothes", "hostile", "grey", "one", "gone", "many")


def walk(path: Path) -> Walk:
    """The page's tags and words, its script left out."""
    page = path.read_text("utf-8")
    return Walk(re.sub(r"<script>.*?</script></body>", "</body>", page, flags=re.DOTALL))


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_whole_and_in_order(made: dict[str, Path], kind: str) -> None:
    page = walk(made[kind])
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert tuple(ids) == SECTIONS
    assert {f"#{place}" for place in SECTIONS} <= {str(link["href"]) for link in page.all("a")}
    assert all(image["width"] and image["height"] for image in page.all("img"))
    assert not re.search(r"\bnan\b", page.text)
    before = page.text.split("What was noticed")[0]
    assert ("sureshot train" in before) == (kind != "gone")
    assert ("nothing to train on yet" in before) == (kind == "gone")


@pytest.mark.parametrize("kind", KINDS)
def test_it_reaches_nowhere(made: dict[str, Path], kind: str) -> None:
    page = made[kind].read_text("utf-8")
    assert not re.search(r"https?://", page)
    assert page.count("<script") == 1
    told = walk(made[kind])
    assert not {"script", "link", "iframe", "object", "form"} & {tag for tag, _ in told.tags}
    assert all(str(image["src"]).startswith("data:image/") for image in told.all("img"))
    assert not [key for _, attributes in told.tags for key in attributes if key.startswith("on")]
    policy = next(str(m["content"]) for m in told.all("meta") if "http-equiv" in m)
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'; ")
    assert re.search(r"script-src 'sha256-[\w+/=]{44}'$", policy)


def test_the_top_tells_the_gravest(made: dict[str, Path]) -> None:
    before, after = walk(made["clothes"]).text.split("What was noticed")
    assert "images70classes10train / validation / test29 / 20 / 20on disk" in before
    assert "unreadable1" in before
    assert "error 1 image cannot be read and 5 more findings below" in before
    order = ("cannot be read", "more than one split", "are dark", "differ in size", "passed over")
    places = [after.index(words) for words in order]
    assert places == sorted(places)
    assert "Nothing was found to be wrong" in walk(made["grey"]).text


def test_findings_show_their_pictures_in_groups(made: dict[str, Path]) -> None:
    page = made["clothes"].read_text("utf-8")
    told = page[page.index('class="findings"') : page.index('id="counts"')]
    parts = told.split('class="told">')[1:]
    counts = {part.split("<")[0]: part.count("<img") for part in parts}
    assert counts["2 images stand in more than one split"] == 2
    assert counts["40 images are dark"] == 12
    assert counts["3 images are nearly the same"] == 3
    assert counts["1 image cannot be read"] == counts["1 entry passed over"] == 0
    near = next(part for part in parts if "nearly" in part)
    assert near.count("<li><ul>") == 1
    assert near.count("<bdi>hat</bdi>") == 3
    assert "40 paths, 12 of them above" in told
    assert "gone.png" in told


def test_the_majority_is_told_for_each_split(made: dict[str, Path]) -> None:
    text = walk(made["clothes"]).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Always answering dress, one of the 9 most frequent classes, would be right for" in text
    assert "10 % of validation, 10 % of test" in text
    assert "Always answering only, the most frequent class, would" in walk(made["one"]).text
    assert "100 % of all images" in walk(made["one"]).text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_cut_is_said(made: dict[str, Path]) -> None:
    text = walk(made["many"]).text
    assert text.count("The first 60 of 70 classes.") == 3
    shared = "The 24 classes with the most dots have each a colour and mark of their own; the other"
    assert f"{shared} 36 are grey." in text
    assert "mark of their own" not in walk(made["clothes"]).text
    assert "class 059" in text
    assert "class 065" not in text.split("The images")[1]


def test_the_largest_classes_have_looks_of_their_own() -> None:
    labels = np.array([-1] * 99 + [k for k in range(60) for _ in range(1 + (k >= 40))])
    looks = atlas._looks(labels)
    assert len(set(looks.values())) == len(looks) == 24
    assert set(looks) == {*range(4), *range(40, 60)}  # of equal ones the first
    assert atlas._SHARED not in looks.values()
    assert atlas._looks(np.arange(10)) == dict(enumerate(atlas._LOOKS[:10]))


def test_classes_without_training_images_are_not_unreadable_ones(tmp_path: Path) -> None:
    index = generated_index(tmp_path / "late", [f"class {k:02}" for k in range(61)], (1, 1, 0))
    index = replace(index, split=np.where(index.label < 60, "validation", index.split))
    text = walk(written(tmp_path / "late.html", index, pixels_of(index))).text
    means = text.split("The mean of each class")[1].split("Sizes")[0]
    assert "The first 60 of 61 classes. None of them has training images" in means
    assert "No image can be read" not in text


@pytest.mark.parametrize(("kind", "said"), [("grey", "1 channel,"), ("clothes", "3 channels,")])
def test_channels_are_counted_in_plain_english(made: dict[str, Path], kind: str, said: str) -> None:
    assert said in walk(made[kind]).text


def test_what_is_alike_is_looked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index, counted = clothes_with_copies(tmp_path), Counter[str]()

    def counting(done: Any) -> Any:
        def call(index: Index) -> Any:
            counted[done.__name__] += 1
            return done(index)

        return call

    for done in (noticed.families, noticed.contents):
        monkeypatch.setattr(noticed, done.__name__, counting(done))
    twice = [found for found in findings_of(index) for _ in range(2)]
    noticed.noticed_section(index, twice, settings())
    assert counted == {"families": 1, "contents": 1}


def test_hostile_names_are_words(made: dict[str, Path]) -> None:
    page = made["hostile"].read_text("utf-8")
    text = walk(made["hostile"]).text
    assert "<script>alert('x')</script>" in text
    assert "<script>alert(2)</script>" in text
    assert "\\u202e" in text
    assert "\u202e" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize("kind", ["clothes", "grey"])
def test_preparation_is_shown_with_and_without_augmentation(
    made: dict[str, Path], kind: str
) -> None:
    page = made[kind].read_text("utf-8").split('id="prepared"')[1].split('id="making"')[0]
    assert page.count('class="steps"') == 3
    assert page.count("<img") == 3 * (6 if kind == "clothes" else 2)
    assert ("augmentation may make" in page) == (kind == "clothes")
    assert "24 × 24" in page


def opened(browser: Any, path: Path, width: int = 1280, scheme: str = "light") -> tuple[Any, Any]:
    """The page in a tab, and what it complains of or asks for."""
    page = browser.new_page(viewport={"width": width, "height": 1600}, color_scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith(("data:", "file:")) else complaints.append(asked.url)
        ),
    )
    page.goto(path.as_uri())
    return page, complaints


@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1280, "light")])
@pytest.mark.parametrize("kind", KINDS)
def test_in_a_browser(
    browser: Any, made: dict[str, Path], kind: str, width: int, scheme: str
) -> None:
    page, complaints = opened(browser, made[kind], width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    assert complaints == []
    page.close()


@pytest.mark.parametrize("kind", ["clothes", "hostile", "many"])
def test_the_map_shows_the_image_under_the_pointer(
    browser: Any, made: dict[str, Path], kind: str
) -> None:
    page, complaints = opened(browser, made[kind])
    lens, dots = page.locator(".lens"), page.locator(".dots")
    assert not lens.is_visible()
    dots.scroll_into_view_if_needed()
    box = dots.bounding_box()
    scale = box["width"] / page.evaluate("document.querySelector('.dots').viewBox.baseVal.width")
    path = page.locator(".dots path[data-class]").last
    x, y = (int(part) for part in re.findall(r"\d+", path.get_attribute("d"))[:2])
    page.mouse.move(box["x"] + x * scale, box["y"] + y * scale)
    assert lens.is_visible()
    legend = page.locator(f".legend button[data-class='{path.get_attribute('data-class')}']")
    assert lens.locator(".what").text_content() == legend.text_content()
    number = page.evaluate(_BEFORE)
    assert lens.locator(".quiet").text_content() == page.evaluate(
        f"JSON.parse(document.querySelector('.map').dataset.names)[{number}]"
    )
    inside, window = lens.locator("img").bounding_box(), lens.locator(".window").bounding_box()
    column, row = number % 50, number // 50
    assert inside["x"] + column * window["width"] == pytest.approx(window["x"], abs=1)
    assert inside["y"] + row * window["height"] == pytest.approx(window["y"], abs=1)
    page.mouse.move(1, 1)
    assert not lens.is_visible()
    assert complaints == []
    page.close()


# How many dots there are in the classes before the last.
_BEFORE = """[...document.querySelectorAll(".dots path[data-class]")].slice(0, -1)
    .map(path => path.getAttribute("d").split("M").length - 1).reduce((a, b) => a + b, 0)"""


def test_the_map_can_be_walked_and_a_class_brought_out(browser: Any, made: dict[str, Path]) -> None:
    page, complaints = opened(browser, made["clothes"])
    page.locator(".dots").focus()
    page.keyboard.press("ArrowRight")
    first = page.locator(".lens .quiet").text_content()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".lens .quiet").text_content() != first
    page.keyboard.press("Escape")
    assert not page.locator(".lens").is_visible()
    shirt = page.get_by_role("button", name="shirt", exact=True)
    shirt.click()
    assert shirt.get_attribute("aria-pressed") == "true"
    assert page.locator(".dots path[data-class].away").count() == 9
    page.locator(".dots").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".lens .what").text_content() == "shirt"
    shirt.click()
    assert page.locator(".dots path[data-class].away").count() == 0
    assert complaints == []
    page.close()


def test_without_a_script_the_map_is_a_picture(browser: Any, made: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(made["clothes"].as_uri())
    assert page.locator(".dots").is_visible()
    assert not page.locator(".lens").is_visible()
    context.close()
