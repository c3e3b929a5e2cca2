"""The top of the page about a folder, its counts and its columns."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sureshot import figures
from sureshot.figures import Column, Survey
from sureshot.figures.words import percent, plural, shorten, visible
from sureshot.files import readable_size
from sureshot.records import SPLITS, UNKNOWN, Finding, Index
from sureshot.report.markup import Html, details, name, section, table, tag
from sureshot.report.plates import chart

_ROWS = 200  # classes listed at most, in a table that opens on a click


def title_of(index: Index) -> str:
    """The name of the source."""
    return index.root.absolute().name or "images"


def top(source: str, index: Index, findings: Sequence[Finding]) -> Html:
    """Name, the facts at one glance, the gravest finding, and what to do next."""
    return tag(
        "header",
        tag("p", "Sureshot, a first look at", class_="kicker"),
        tag("h1", name(title_of(index))),
        tag("dl", *(_tile(*pair) for pair in _facts(index)), class_="tiles"),
        _gravest(findings),
        *_next(source, index),
    )


def _next(source: str, index: Index) -> list[Html]:
    """The command that trains, where there is anything to train on."""
    if not index.readable.any():
        words = "No image can be read, so there is nothing to train on yet."
        return [tag("p", words, class_="meaning")]
    return [
        tag("p", "To train a first classifier on these images:", class_="meaning"),
        tag("pre", visible(f"sureshot train {source}"), tabindex=0, class_="command"),
    ]


def _facts(index: Index) -> list[tuple[str, str]]:
    unreadable = int((~index.readable & ~index.excluded).sum())
    splits = " / ".join(f"{len(index.rows(s)):,}" for s in SPLITS if len(index.rows(s)))
    held = " / ".join(split for split in SPLITS if len(index.rows(split)))
    return [
        ("images", f"{len(index):,}"),
        ("class" if len(index.classes) == 1 else "classes", f"{len(index.classes):,}"),
        (held or "splits", splits or "none"),
        ("on disk", readable_size(float(index.bytes.sum()))),
        ("unreadable", f"{unreadable:,}"),
    ]


def _tile(term: str, value: str) -> Html:
    return tag("div", tag("dt", term), tag("dd", value))


def _gravest(findings: Sequence[Finding]) -> Html:
    if not findings:
        return tag("p", "Nothing was found to be wrong with the images.", class_="sentence")
    first = findings[0]
    others = len(findings) - 1
    link = tag("a", f"and {plural(others, 'more finding')} below", href="#findings")
    return tag(
        "p",
        tag("span", first.severity, class_=f"badge {first.severity}"),
        " ",
        tag("span", visible(first.sentence), class_="told"),
        *([" ", link] if others else []),
        class_="gravest",
    )


def counts_section(index: Index) -> Html:
    """Images by class and split, and what the most frequent answer would reach."""
    counts = figures.class_counts(index)
    alt = f"Bars: images by class in {', '.join(counts.columns)}; the table below has the numbers"
    rows = [
        (name(label), *(f"{count:,}" for count in row), f"{row.sum():,}")
        for label, row in zip(counts.classes[:_ROWS], counts.counts, strict=False)
    ]
    columns = ("class", *counts.columns, "all")
    listed = "The same as a table"
    if len(rows) < len(counts.classes):
        listed += f", the first {_ROWS} of {len(counts.classes):,} classes"
    return section(
        "counts",
        "Classes and splits",
        chart(figures.plot_class_counts(counts), alt, "Each column has its own scale."),
        details(listed, table(columns, rows, "Images by class and split")),
        *_majority(index),
    )


def _majority(index: Index) -> list[Html]:
    """What always giving the most frequent class would reach, in each split."""
    known = index.readable & (index.label != UNKNOWN)
    learnt = known & (index.split == "train") if (index.split == "train").any() else known
    if not learnt.any():
        return []
    counts = np.bincount(index.label[learnt])
    most, ties = int(counts.argmax()), int((counts == counts.max()).sum())
    which = "the most frequent class" if ties == 1 else f"one of the {ties:,} most frequent classes"
    held: dict[str, NDArray[np.bool_]] = {s: known & (index.split == s) for s in SPLITS}
    held = {s: rows for s, rows in held.items() if rows.any()} or {"all images": known}
    told = ", ".join(
        f"{percent(float((index.label[rows] == most).mean()))} of {place}"
        for place, rows in held.items()
    ).replace(" %", "\N{NO-BREAK SPACE}%")
    return [
        tag(
            "p",
            "Always answering ",
            name(index.classes[most]),
            f", {which}, would be right for {told}. A classifier is worth "
            "something where it is clearly above that.",
        )
    ]


def columns_section(told: Survey) -> Html:
    """The data dictionary."""
    header = ("column", "meaning", "type", "found", "missing")
    return section(
        "columns",
        "What is known of each image",
        tag("p", "One row an image; the last is what a network is given."),
        tag(
            "div",
            table(header, [_column(column) for column in told.columns], "Data dictionary"),
            class_="dictionary",
        ),
    )


def _column(column: Column) -> list[str]:
    missing = f"{column.missing:,}" if column.missing else "–"
    found = shorten(column.found, 72, 60.0)
    return [tag("code", column.name), column.meaning, column.kind, found, missing]
