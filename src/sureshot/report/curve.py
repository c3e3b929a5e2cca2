"""The learning curve of a study: what more images to train on would give."""

from collections.abc import Sequence
from dataclasses import dataclass

from sureshot.figures.curve import plot_learning_curve
from sureshot.figures.words import plural
from sureshot.measure.forecast import Forecast, Point, Told
from sureshot.records import Split
from sureshot.report.markup import Html, join, name, section, table, tag
from sureshot.report.plates import chart


@dataclass(frozen=True, eq=False)
class CurveMaterial:
    """What is shown of a learning curve."""

    recipe: str
    split: Split  # judged by
    points: Sequence[Point]
    forecast: Forecast


def curve_section(told: CurveMaterial) -> Html:
    """What more images would give in a sentence, the picture, and every point."""
    forecast = told.forecast
    law = forecast.law
    alt = (
        f"Accuracy of {told.recipe} against the number of images trained on, with the forecast for "
        f"{forecast.largest + forecast.more:,}"
    )
    caption = (
        "The number of images is on a logarithmic scale. The "
        f"line is error = {100 * law.floor:.1f} % + {100 * law.drop:.3g} % × "
        f"images^-{law.exponent:.2f}, dashed where nothing was measured."
    )
    drawn = plot_learning_curve(told.points, forecast, told.split)
    columns = (
        "images trained on",
        f"{told.split} accuracy",
        "standard deviation over seeds",
        "each seed",
    )
    return section(
        "curve",
        "What more images would give",
        tag("p", name(told.recipe), f": {forecast_in_words(forecast)}", class_="sentence"),
        tag("p", _meaning(forecast)),
        chart(drawn, alt, caption),
        table(columns, [_row(point) for point in told.points], "Learning curve"),
    )


def forecast_in_words(told: Forecast) -> str:
    """ "1,000 more images than 2,000 would give +1.2 points of accuracy (0.4 to 2.0) …"."""
    gain = f"+{100 * told.gain.value:.1f} points of accuracy{_between(told.gain)}"
    reached = f"{100 * told.accuracy.value:.1f} %{_between(told.accuracy, ' %')}"
    return (
        f"{told.more:,} more training {'image' if told.more == 1 else 'images'} than "
        f"{told.largest:,} would give {gain}, and so {reached} in all"
    )


def _between(told: Told, unit: str = "") -> str:
    known = told.low == told.low  # no NaN
    return f" ({100 * told.low:.1f} to {100 * told.high:.1f}{unit})" if known else ""


def _meaning(told: Forecast) -> str:
    if told.why:
        return f"No interval can be given: {told.why}."
    return (
        "This is a forecast: it holds if the new images are of the same kind, and if the error "
        "goes on falling as a power law, as it was found to do in many fields (Cortes et al. 1994, "
        "Hestness et al. 2017). The 95 % intervals are over other images to judge by and other "
        "seeds, each of which drew its own images to train on."
    )


def _row(point: Point) -> list[Html | str]:
    several = len(point.by_seed) > 1
    spread = f"{100 * point.spread:.2f} points" if several else "–"
    return [
        f"{point.images:,}",
        join(
            [
                tag("b", f"{100 * point.accuracy:.1f} %"),
                tag("span", f"mean of {plural(len(point.by_seed), 'seed')}", class_="interval"),
            ]
        ),
        spread,
        ", ".join(f"{100 * value:.1f}" for value in point.by_seed),
    ]
