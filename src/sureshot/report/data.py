"""What was noticed about the data, and what the data is."""

from sureshot import figures
from sureshot.figures.words import plural, visible
from sureshot.records import Finding
from sureshot.report.markup import Html, details, join, name, paths, section, table, tag
from sureshot.report.material import Material
from sureshot.report.plates import cards, drawn, photograph

_WORST_FIRST = ("error", "warning", "note")
_INLINE = 3  # paths that are shown without a click
_LISTED = 500  # paths that are shown at all; findings.json has every one


def findings_section(material: Material) -> Html:
    """Findings, the worst first."""
    if not material.findings:
        said: list[Html] = [tag("p", "Nothing was found to be wrong with the images.")]
    else:
        ordered = sorted(material.findings, key=lambda found: _WORST_FIRST.index(found.severity))
        said = [tag("ul", *(_finding(found) for found in ordered), class_="findings")]
    return section("findings", "What was noticed about the data", *said)


def _finding(found: Finding) -> Html:
    badge = tag("span", found.severity, class_=f"badge {found.severity}")
    inside = [badge, tag("span", visible(found.sentence), class_="told")]
    if len(found.images) > _INLINE:
        listed = paths(found.images[:_LISTED])
        more = len(found.images) - _LISTED
        rest = [tag("p", f"and {more:,} more, all in findings.json")] if more > 0 else []
        inside.append(details(plural(len(found.images), "image"), listed, *rest))
    elif found.images:
        inside.append(paths(found.images))
    return tag("li", *inside)


def data_section(material: Material) -> Html:
    """How many images each class has, and one image of each."""
    counts = figures.class_counts(material.index)
    alt = f"Bars: images by class in {', '.join(counts.columns)}; the table below has the numbers"
    columns = ", ".join(
        f"{plural(int(total), 'image')} in {split}"
        for split, total in zip(counts.columns, counts.counts.sum(axis=0), strict=True)
    )
    rows = [
        (name(label), *(f"{count:,}" for count in row))
        for label, row in zip(counts.classes, counts.counts, strict=True)
    ]
    made = material.index.made
    return section(
        "data",
        "The data",
        tag("p", f"{plural(len(counts.classes), 'class', 'classes')}: {columns}. ", _split(made)),
        drawn(material.run, "class_counts", alt, "Each column has its own scale."),
        details("The same as a table", table(("class", *counts.columns), rows, "Images by class")),
        tag("h3", "One image of each class"),
        _samples(material),
    )


def _split(made: tuple[str, ...]) -> str:
    if not made:
        return "The splits came with the data."
    listed = " and ".join([part for part in (", ".join(made[:-1]), made[-1]) if part])
    return f"Sureshot made {listed}, by content, so that duplicates stay together."


def _samples(material: Material) -> Html:
    chosen = figures.samples(material.index, material.recipe.seed)
    first = chosen[: figures.SAMPLES]
    settings = material.recipe.image.settled()
    shown = figures.pictures(material.index, [sample.id for sample in first], settings)
    made = []
    for sample, picture in zip(first, shown, strict=True):
        size = f"{sample.width} × {sample.height}" if sample.row is not None else "no image"
        made.append(
            join(
                [
                    photograph(picture, f"An image of the class {sample.name}"),
                    tag("p", name(sample.name), class_="what"),
                    tag("p", size, class_="quiet"),
                ]
            )
        )
    some = f"The first {len(first)} of {len(chosen)} classes. " if len(first) < len(chosen) else ""
    words = f"{some}Chosen by chance; below each its width × height in pixels."
    return join([tag("p", words), cards(made, "small")])
