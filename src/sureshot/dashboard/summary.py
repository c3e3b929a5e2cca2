"""The first page: what it is for, how good it is in plain words, and how an answer comes about."""

import numpy as np

from sureshot import figures
from sureshot.containers import indexed
from sureshot.dashboard import remembered
from sureshot.dashboard.dressed import healthy, put, wrong
from sureshot.dashboard.shelf import Choice, Shelf, ShelvedStudy
from sureshot.errors import SureshotError
from sureshot.figures.words import out_of, percent, plural
from sureshot.files import readable_size
from sureshot.images import prepare
from sureshot.records import SPLITS, Index, Score
from sureshot.report.making import making_section
from sureshot.report.markup import Html, join, name, section, tag
from sureshot.report.material import Material
from sureshot.report.network import network_part
from sureshot.report.plates import photograph
from sureshot.report.top import top

FITTED = {
    "squash": "stretched to a square",
    "crop": "cut to its central square",
    "pad": "set into a square with background beside it",
}
_PARTS = (2, 3, 4, 5, 10, 20)  # denominators that people say; beyond them "99 of 100"
_NEAR = 0.015  # how far "3 of 4" may lie from the share that it stands for; assumed
_FINE = 0.02  # width of an interval below which "in 100" would hide it; assumed
_MARK = {"supported": ("✓", "right"), "refuted": ("✗", "wrong"), "undecided": ("–", "quiet")}


def show(shelf: Shelf, choice: Choice) -> None:
    """The study's aim and verdicts, then the run: headline, data, and the way to an answer."""
    if choice.study is not None:
        _aim(choice.study)
    run = healthy(choice)
    if run is None:
        return
    material = remembered.material(run)
    put(_headline(material), top(material))
    put(_data(material.index))
    put(_way(material), tag("section", *network_part(material)), making_section(material))


def _aim(study: ShelvedStudy) -> None:
    """The study as far as it can be read; what cannot hides nothing of the run."""
    try:
        put(*_about(study))
    except SureshotError as error:
        wrong(str(error))


def plainly(score: Score) -> str:
    """A share of images as people say it: "About 3 of 4 images are sorted correctly; …"."""
    whole = max(out_of(score.value), 1000 if score.high - score.low < _FINE else 100)
    low, high = round(score.low * whole), round(score.high * whole)
    right, of = _fraction(score.value, whole)
    return (
        f"About {right:,} of {of:,} images are sorted correctly; "
        f"between {low:,} and {high:,} in {whole:,}, going by {plural(score.n, 'image')}."
    )


def _fraction(share: float, whole: int) -> tuple[int, int]:
    """The fraction with the smallest denominator that is near enough, else so many in `whole`."""
    for of in _PARTS:
        right = round(share * of)
        if 0 < right < of and abs(right / of - share) <= _NEAR:
            return right, of
    return round(share * whole), whole


def _headline(material: Material) -> Html:
    told = material.summary["headline"]
    score = Score(**{key: told[key] for key in ("value", "low", "high", "n", "method")})
    return tag("p", plainly(score), class_="sentence")


def _about(study: ShelvedStudy) -> list[Html]:
    """What the study is for, what is required of it, and what became of its claims."""
    about = study.place.original.about
    wanted = [tag("li", words) for words in about.requirements]
    parts = [
        tag("p", "Study ", name(study.name), class_="kicker"),
        tag("h1", about.objective or study.name),
        *([tag("p", "What is required:"), tag("ul", *wanted)] if wanted else []),
    ]
    if study.state != "concluded":
        return [*parts, tag("p", f"{study.said[0].upper()}{study.said[1:]}.")]
    rows = [tag("li", *_claim(told)) for told in study.found.told]
    listed = [tag("ul", *rows)] if rows else []
    return [*parts, tag("p", tag("b", "Claims: "), f"{study.said}."), *listed]


def _claim(told: dict[str, str]) -> list[Html | str]:
    mark, kind = _MARK[told["outcome"]]
    return [tag("b", f"{mark} {told['outcome']}", class_=kind), f": {told['says']}"]


def _data(index: Index) -> Html:
    """How many images of how many classes there are, in which splits, and how large."""
    held = [split for split in SPLITS if len(index.rows(split))]
    unreadable = int((~index.readable & ~index.excluded).sum())
    sides = np.maximum(index.width, index.height)[index.readable]
    tiles = {
        "images": f"{len(index):,}",
        "class" if len(index.classes) == 1 else "classes": f"{len(index.classes):,}",
        " / ".join(held): " / ".join(f"{len(index.rows(split)):,}" for split in held),
        "longer side, pixels, median": f"{np.median(sides):,.0f}" if len(sides) else "–",
        "on disk": readable_size(float(index.bytes.sum())),
        "unreadable": f"{unreadable:,}",
    }
    tiled = [tag("div", tag("dt", term), tag("dd", told)) for term, told in tiles.items()]
    made = " and ".join(index.made)
    came = f"Sureshot made {made}, by content, so that duplicates stay together." if made else ""
    shown = [join([name(label), ", "]) for label in index.classes[:30]]
    more = len(index.classes) - len(shown)
    classes = join([*shown[:-1], name(index.classes[len(shown) - 1])]) if shown else ""
    return section(
        "the-data",
        "The data",
        tag("dl", *tiled, class_="tiles"),
        tag("p", "Classes: ", classes, f" and {more:,} more." if more > 0 else "."),
        tag("p", came or "The splits came with the data."),
    )


def _way(material: Material) -> Html:
    """From an image file to the answer, on one image by chance."""
    settings, recipe = material.recipe.image.settled(), material.recipe
    guess = figures.random_guesses(material.predictions, recipe.seed, 1)
    colour = "grey" if settings.channels == 1 else "red, green and blue"
    numbers = settings.size**2 * settings.channels
    total = sum(layer.parameters for layer in material.layers)
    steps = [
        ("1. An image", "A file as it comes, turned upright as the camera noted it."),
        (
            "2. Prepared",
            f"{FITTED[settings.fit].capitalize()}, {settings.size} × {settings.size} pixels in "
            f"{colour}: {numbers:,} numbers of 0 to 255. The same in training and in use.",
        ),
        (
            "3. The network",
            f"{recipe.model} with {plural(total, 'parameter')}, which training has set so that "
            f"its answers on {len(material.index.rows('train')):,} training images are right.",
        ),
        (
            "4. The answer",
            f"A probability for each of {plural(len(material.index.classes), 'class', 'classes')}; "
            "together they are 100 %. The largest is the answer.",
        ),
    ]
    pictures = _pictures(material, guess) if guess else []
    cards = [
        tag("li", *pictures[at : at + 1], tag("h4", title), tag("p", words))
        for at, (title, words) in enumerate(steps)
    ]
    return section("way", "From an image to an answer", tag("ol", *cards, class_="way"))


def _pictures(material: Material, guess: list[figures.Guess]) -> list[Html]:
    """The image as it is, as the network sees it, nothing for the network, and the answer."""
    [said], settings = guess, material.recipe.image.settled()
    row = int(np.flatnonzero(material.index.id == said.id)[0])
    [plain] = figures.pictures(material.index, [said.id], settings)
    try:
        pixels = prepare(indexed(material.index, row, settings.max_megabytes), settings)
        seen = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
    except (SureshotError, OSError):  # the file is gone; what it was is still known
        seen = None
    told = (
        tag("div", name(label), f" {percent(share)}")
        for label, share in zip(said.names, said.probabilities, strict=True)
    )
    truth = f"labelled {said.true}" if said.true else "not labelled"
    return [
        photograph(plain, f"{said.id}, as it is"),
        photograph(seen, f"{said.id}, as the network sees it"),
        tag("div", tag("p", material.recipe.model), class_="photo none"),
        tag("div", tag("div", *told, tag("div", truth, class_="quiet")), class_="photo none"),
    ]
