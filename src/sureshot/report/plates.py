"""Charts, and cards with photographs: what the sections of the page are illustrated with."""

import re
from collections.abc import Iterable

from matplotlib.figure import Figure
from PIL import Image

from sureshot.figures import FOLDER, Guess, Picture, jpeg, marked, svg
from sureshot.figures.words import percent, visible
from sureshot.report.markup import Html, image, join, name, tag
from sureshot.runs import Run

_SHRUNK = 0.72  # how far a chart may shrink on a narrow screen before it scrolls sideways
_WIDE = 900  # pixels; wider charts have so much in them that they do not shrink at all


def chart(figure: Figure, alt: str, caption: str, least: float = _SHRUNK) -> Html:
    """A Matplotlib figure as SVG inside an image, where its ids cannot clash with others.

    On a narrow screen it shrinks to the share `least` of its width, then scrolls sideways.
    """
    return _framed(svg(figure), alt, caption, least)


def drawn(run: Run, figure: str, alt: str, caption: str, least: float = _SHRUNK) -> Html:
    """The same of a figure that lies in the run's own folder already."""
    return _framed((run.folder / FOLDER / f"{figure}.svg").read_bytes(), alt, caption, least)


def _framed(content: bytes, alt: str, caption: str, least: float) -> Html:
    points = re.findall(rb'(?:width|height)="([0-9.]+)pt"', content)[:2]
    width, height = (round(float(side) / 72 * 96) for side in points)
    style = f"min-width:{width if width > _WIDE else round(width * least)}px"
    shown = image(content, "image/svg+xml", alt, width=width, height=height, style=style)
    holder = tag("div", shown, class_="scroll", tabindex=0, role="region", aria_label=visible(alt))
    return tag("figure", holder, tag("figcaption", caption), class_="chart")


def photograph(picture: Picture, alt: str) -> Html:
    """A small photograph in its square, or the words that there is none."""
    if picture is None:
        return tag("div", "cannot be shown", class_="photo none")
    content = jpeg(Image.fromarray(picture))
    height, width = picture.shape[:2]
    return tag("div", image(content, "image/jpeg", alt, width=width, height=height), class_="photo")


def cards(inside: Iterable[Html], size: str) -> Html:
    """Cards beside each other, as many in a row as fit."""
    return tag("ul", *(tag("li", card) for card in inside), class_=f"cards {size}")


def guess_card(guess: Guess, picture: Picture) -> Html:
    """A photograph, what the model says of it, what is true, and three bars."""
    kind, word = {
        True: ("right", "right"),
        False: ("wrong", "wrong"),
        None: ("unknown", "not known to be right"),
    }[guess.right]
    answer, chance = guess.names[0], percent(guess.probabilities[0])
    mark = tag("span", f"{marked(guess)[0]} ", aria_hidden="true")
    bars = [
        _bar(label, share, "right" if label == guess.true else kind if number == 0 else "other")
        for number, (label, share) in enumerate(zip(guess.names, guess.probabilities, strict=True))
    ]
    told = [
        tag("p", mark, name(answer), class_=f"what {kind}"),
        tag("p", *_truth(guess), class_="quiet"),
        tag("ul", *bars, class_="bars"),
    ]
    shown = photograph(picture, f"{guess.id}: predicted {answer} with {chance}, {word}")
    return join([shown, tag("div", *told, class_="answer")])


def _truth(guess: Guess) -> list[str]:
    if guess.right is None:
        return ["true class unknown"]
    beyond = f" ({percent(guess.of_true)})" if guess.true not in guess.names else ""
    return ["true: ", name(guess.true), beyond]


def _bar(label: str, share: float, kind: str) -> Html:
    fill = tag("span", class_=f"fill {kind}", style=f"width:{share * 100:.1f}%")
    words = tag("span", name(label), class_="label")
    track = tag("span", fill, words, class_="track")
    return tag("li", track, tag("span", percent(share), class_="share"))
