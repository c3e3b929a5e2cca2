"""The page about a folder of images: one file, read from top to bottom, that needs only a browser.

overview   the top, the counts, the data dictionary
noticed    findings, each with its pictures
gallery    one image a class, several, their means, and what preprocessing does
pixels     sizes, brightness and the values of pixels
atlas      the map of images that look alike
prints     small pictures out of prepared pixels
look.js    what the map does under a pointer
"""

import base64
import hashlib
import platform
import shlex
from importlib import resources
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sureshot import files
from sureshot.figures import Survey
from sureshot.figures.words import plural, visible
from sureshot.progress import duration
from sureshot.recipe import Preprocessing
from sureshot.records import Finding, Index
from sureshot.report.atlas import map_section
from sureshot.report.gallery import gallery_section, means_section, prepared_section
from sureshot.report.markup import Html, facts, section, tag
from sureshot.report.noticed import noticed_section
from sureshot.report.overview import columns_section, counts_section, title_of, top
from sureshot.report.page import mark
from sureshot.report.pixels import spreads_section, values_section

_LINKS = (
    ("findings", "Findings"),
    ("counts", "Classes"),
    ("columns", "Columns"),
    ("images", "Images"),
    ("means", "Means"),
    ("spreads", "Sizes"),
    ("values", "Pixels"),
    ("map", "Map"),
    ("prepared", "Preparation"),
    ("making", "How it was made"),
)
_PACKAGES = ("sureshot", "numpy", "pillow", "matplotlib", "scikit-learn")


def write_look(
    path: Path,
    source: str,
    index: Index,
    findings: list[Finding],
    survey: Survey,
    settings: Preprocessing,
    examples: NDArray[np.uint8] | None,
) -> Path:
    """Write the page about an index and its survey, and return where it lies.

    `source` is what a person named, with its options, as words of a command. `examples`, uint8
    (I, 1 + V, S, S, C), are the I images of `survey.prepared`, plain first, then as augmentation
    changes them; None where nothing is augmented. StorageError where the disk refuses.
    """
    sections = [
        top(source, index, findings),
        tag("nav", *(tag("a", words, href=f"#{place}") for place, words in _LINKS)),
        noticed_section(index, findings, settings),
        counts_section(index),
        columns_section(survey),
        gallery_section(index, survey, settings),
        means_section(index, survey),
        spreads_section(index, survey),
        values_section(survey),
        map_section(index, survey),
        prepared_section(index, survey, settings, examples),
        _making(path, source, index, survey, settings),
    ]
    page = "<!doctype html>\n" + _page(title_of(index), sections) + "\n"
    files.write_bytes(path, page.encode("utf-8", "replace"))
    return path


def _page(title: str, sections: list[Html]) -> Html:
    style, script = _own("style.css"), _own("look.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'"
    )
    return tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            mark("look"),
            tag("meta", http_equiv="Content-Security-Policy", content=policy),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", f"{visible(title)}, a first look by Sureshot"),
            tag("style", Html(style)),
        ),
        tag("body", tag("main", *sections), tag("script", Html(script))),
        lang="en",
    )


def _own(file: str) -> str:
    return (resources.files("sureshot.report") / file).read_text("utf-8")


def _making(path: Path, source: str, index: Index, survey: Survey, settings: Preprocessing) -> Html:
    command = f"sureshot look {source} --out {shlex.quote(str(path))} --seed {survey.seed}"
    packages = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    side = settings.size
    prepared = f"{side} × {side} pixels, {plural(settings.channels, 'channel')}, {settings.fit}"
    return section(
        "making",
        "How it was made",
        facts(
            [
                ("Command", tag("code", visible(command))),
                ("Seed", f"{survey.seed}: the same seed shows the same images and the same map"),
                ("Data", tag("code", index.fingerprint())),
                ("Images as", prepared),
                ("Time", f"{duration(survey.seconds)} from pixels to numbers and map"),
                ("Versions", f"Python {platform.python_version()}, {packages}"),
            ]
        ),
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
