"""The top of the page: what was trained, how good it is, and what that means in plain words."""

from sureshot import runs
from sureshot.figures.words import out_of, percent, plural
from sureshot.recipe import public_name
from sureshot.records import Score
from sureshot.report.leaks import leaks_in_words
from sureshot.report.markup import Html, join, name, tag
from sureshot.report.material import Baseline, Material, baseline, openings


def top(material: Material) -> Html:
    """Title, headline with interval and n, a ruler, and the same in words."""
    told = material.summary["headline"]
    score = Score(**{key: told[key] for key in ("value", "low", "high", "n", "method")})
    compared = baseline(material)
    value = f"{score.value:.1%}".replace("%", " %")
    return tag(
        "header",
        tag("p", "Sureshot, run ", name(material.run.name), class_="kicker"),
        tag(
            "h1",
            name(public_name(material.recipe.model)),
            " on ",
            name(material.index.root.absolute().name or "images"),
        ),
        tag(
            "div",
            tag("p", value, class_="big", aria_hidden="true"),
            tag(
                "div",
                tag("p", runs.headline(material.summary), class_="sentence"),
                _ruler(score, compared),
            ),
            class_="headline",
        ),
        *(tag("p", words, class_="meaning") for words in _meaning(material, score, compared)),
    )


def _meaning(material: Material, score: Score, compared: Baseline | None) -> list[Html]:
    """The headline in plain words, and what a reader should hold against it."""
    hundred = out_of(score.value)
    low, high = round(score.low * hundred), round(score.high * hundred)
    first = (
        f"Of {hundred:,} such images, about {round(score.value * hundred):,} are told right. "
        f"With {plural(score.n, 'image')} to judge by, anything from {low:,} to {high:,} is "
        f"plausible (95 % interval, {score.method})."
    )
    words = [join([first])]
    if compared:
        always = ["Always answering ", name(compared.answer), ", the most frequent class in "]
        reached = f"training, would be right for {percent(compared.share)}: the thin mark above."
        words.append(join([*always, reached]))
    leaks = leaks_in_words(material.summary)
    if leaks:
        words.append(tag("strong", f"{leaks[0].upper()}{leaks[1:]}."))
    return [*words, _caveat(material)]


def _caveat(material: Material) -> Html:
    """Why the number may be better than what new images will see."""
    if material.split != "test":
        return tag("strong", _FLATTERED)
    return join(["The test split has been opened ", openings(material), _OPENED])


_FLATTERED = (
    "There is no test split, so this stands on validation images. The epoch was chosen on the same "
    "images, which flatters the number: expect somewhat less on new ones."
)
_OPENED = "; each choice made after seeing it flatters the next number."


def _ruler(score: Score, compared: Baseline | None) -> Html:
    """The interval on a line from 0 to 100 %, with the baseline."""
    marks = [
        tag("span", class_="band", style=f"left:{_at(score.low)};right:{_at(1 - score.high)}"),
        tag("span", class_="point", style=f"left:{_at(score.value)}"),
    ]
    if compared:
        marks.insert(0, tag("span", class_="base", style=f"left:{_at(compared.share)}"))
    ends = tag("div", tag("span", "0 %"), tag("span", "100 %"), class_="ends")
    return tag("div", tag("div", *marks, class_="line"), ends, class_="ruler", aria_hidden="true")


def _at(share: float) -> str:
    return f"{share * 100:.2f}%"
