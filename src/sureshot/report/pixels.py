"""How size, shape, weight and brightness are spread, and the values of the pixels themselves."""

from sureshot import figures
from sureshot.figures import Spread, Survey
from sureshot.figures.words import percent
from sureshot.records import Index
from sureshot.report.gallery import some_classes
from sureshot.report.markup import Html, section, table, tag
from sureshot.report.plates import chart


def spreads_section(index: Index, told: Survey) -> Html:
    """The spreads that differ as a chart, the others as a sentence."""
    if not told.spreads:
        said = tag("p", "No image can be read.")
        return section("spreads", "Sizes and brightness", said)
    same = [_same(spread) for spread in told.spreads if not spread.varies]
    inside = [tag("p", f"All images are alike in {' and '.join(same)}.")] if same else []
    if len(same) < len(told.spreads):
        names = ", ".join(spread.name for spread in told.spreads if spread.varies)
        alt = f"Histograms over all images, and percentiles by class, of {names}"
        caption = (
            f"{some_classes(index, told)}Brightness is the mean of an image's pixels: 0 % is "
            "black, 100 % white. Width : height is 1 for a square, above it for a wide image. A "
            "class that differs from the others here can be told by size or light alone, which a "
            "network may learn instead of what is shown."
        )
        inside.append(chart(figures.plot_spreads(told.spreads, told.classes), alt, caption))
    return section("spreads", "Sizes and brightness", *inside)


def _same(spread: Spread) -> str:
    unit = f" {spread.unit}" if spread.unit else ""
    return f"{spread.name} ({spread.whole[2]:,.4g}{unit})"


def values_section(told: Survey) -> Html:
    """Mean, deviation and ends of each channel by split, and the histogram of values."""
    numbers = figures.channel_numbers(told.tally)
    if not numbers:
        said = tag("p", "No image can be read.")
        return section("values", "Pixel values", said)
    rows = [
        (
            f"{each.part}, {each.channel}",
            f"{each.mean:.2f}",
            f"{each.deviation:.2f}",
            f"{each.least} to {each.most}",
            percent(each.black),
            percent(each.white),
        )
        for each in numbers
    ]
    header = ("split and channel", "mean", "deviation", "range", "share of 0", "share of 255")
    words = (
        "Of 0 to 255, of the images as a network sees them. A split whose means stand apart from "
        "the others' may have been taken in another light."
    )
    alt = "Lines: how often each value from 0 to 255 occurs; the table above has mean and ends"
    return section(
        "values",
        "Pixel values",
        tag("p", words),
        table(header, rows, "Pixel values by split and channel"),
        chart(figures.plot_pixel_values(told.tally), alt, "All readable images together.", 0.56),
    )
