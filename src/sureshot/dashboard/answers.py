"""What the bundle says of images that are handed over, one by one, and how long each took.

Shapes: `N` images, `K` classes, `S` the side of what the network sees in pixels, `C` channels.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from sureshot import figures
from sureshot.bundle import Bundle, open_bundle
from sureshot.errors import UnreadableImage
from sureshot.evaluation import write_predictions
from sureshot.figures import Picture
from sureshot.figures.words import percent, plural
from sureshot.images import Content, prepare, thumbnail
from sureshot.images.reading import require_size
from sureshot.records import UNKNOWN, Predictions, strings
from sureshot.report.material import Material
from sureshot.runs import Run

SURE = 0.5  # below it the answer is, by its own account, more probably wrong than right
LONGEST = 320  # pixels of a picture's longer side: sharp beside the bars
OPENED = 4  # models kept in memory; assumed: a run's with and without a plan, of two runs
DECIDED = {  # what `sort` would do, by a bundle's decision
    "auto": "sorted automatically",
    "review": "to review",
    "unlike": "unlike the training data",
}


@dataclass(frozen=True)
class Given:
    """An image that somebody handed over, or picked from the test set."""

    name: str
    content: Content
    true: str = ""  # its class, where it is known


@dataclass(frozen=True, eq=False)
class Answer:
    """What came of one image."""

    logits: NDArray[np.float32]  # (K,) NaN where it is unreadable
    decision: str = ""  # "auto", "review" or "unlike"; "" where it is unreadable
    problem: str = ""  # "" where readable, else "code: sentence"
    why: str = ""  # the sentence alone
    pixels: NDArray[np.uint8] | None = None  # (S, S, C) what the network saw
    picture: Picture = None  # for people, upright
    reading: float = 0.0  # ms, from bytes to pixels
    thinking: float = 0.0  # ms, from pixels to logits


def opened(path: Path) -> Bundle:
    """The bundle at a path, opened and proved once for as long as the file stays the same."""
    status = path.stat()
    return _opened(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=OPENED)
def _opened(path: Path, changed: int, size: int) -> Bundle:
    """`changed` and `size` only say whether it was opened before."""
    bundle = open_bundle(path)
    bundle.outputs(np.zeros((1, *bundle.session.pixel_shape), np.uint8))  # the first takes longer
    return bundle


def model_of(run: Run) -> Bundle:
    """The bundle of a run, with its plan where one was made for just this network."""
    plain = opened(run.model_path)
    if not run.planned_path.exists():
        return plain
    planned = opened(run.planned_path)
    return planned if planned.about.graph_sha256 == plain.about.graph_sha256 else plain


def answer(bundle: Bundle, content: Content) -> Answer:
    """One image through the one preprocessing and the one forward path."""
    settings, started = bundle.preprocessing, time.perf_counter()
    try:
        if isinstance(content, bytes):
            require_size(
                len(content),
                settings.max_megabytes,
                empty="the file is empty (0 bytes); choose another one",
                remedy="make it smaller",
            )
        pixels = prepare(content, settings)
        read = time.perf_counter()
        outputs = bundle.outputs(pixels[None])
        decision = str(bundle.decide(outputs).decision[0])
        done = time.perf_counter()
        picture = thumbnail(content, settings, LONGEST)
    except UnreadableImage as error:
        none = np.full(len(bundle.classes), np.nan, np.float32)
        return Answer(none, problem=error.problem, why=error.reason)
    return Answer(
        outputs["logits"][0],
        decision,
        pixels=pixels,
        picture=picture,
        reading=1000 * (read - started),
        thinking=1000 * (done - read),
    )


def table(bundle: Bundle, given: Sequence[Given], answers: Sequence[Answer]) -> Predictions:
    """All answers as one table of the kind that every part of the program shares."""
    numbers = {name: k for k, name in enumerate(bundle.classes)}
    return Predictions(
        bundle.classes,
        id=strings([one.name for one in given]),
        label=np.array([numbers.get(one.true, UNKNOWN) for one in given], np.int64),
        logits=np.stack([one.logits for one in answers]),
        problem=strings([one.problem for one in answers]),
        temperature=bundle.about.temperature,
        unlike=None
        if bundle.about.unlike is None
        else np.array([one.decision == "unlike" for one in answers], bool),
    )


def as_csv(predictions: Predictions) -> bytes:
    """The same file that `sureshot predict` writes."""
    with TemporaryDirectory(prefix="sureshot-") as folder:
        path = Path(folder) / "predictions.csv"
        write_predictions(path, [predictions])
        return path.read_bytes()


def unsure(probability: float) -> bool:
    """Whether the answer must not be taken for one."""
    return not probability >= SURE


def outcome(one: Answer, probability: float) -> str:
    """The word for what became of an image."""
    if one.problem:
        return "unreadable"
    return "unsure" if unsure(probability) else "sure"


def decision_in_words(bundle: Bundle, one: Answer) -> str:
    """What `sort` would do with the image, and why; "" where the bundle carries no plan."""
    plan = bundle.about.plan
    if one.decision == "unlike":
        return (
            "It is unlike all that the model was trained on, so whatever is answered means little: "
            "it is never sorted automatically."
        )
    if plan is None:
        return ""
    if plan.threshold is None:
        return "It would go to review: the plan found nothing that can be promised."
    least = f"{plan.threshold:.6g}"
    if one.decision == "review":
        return (
            f"It would go to review: for less than a probability of {least} no error is promised."
        )
    return (
        f"It would be sorted automatically: its probability is at least {least}, and with "
        f"{percent(plan.confidence)} confidence at most {percent(plan.max_error)} of what is "
        "sorted so is wrong."
    )


def record_in_words(material: Material, probability: float) -> str:
    """How often such an answer was right before, with its interval and n; "" if never given."""
    bins = figures.reliability(material.predictions).bins
    place = int(np.searchsorted(bins.high, probability))
    if place >= len(bins.n) or not bins.n[place]:
        return ""
    ends = f"{percent(bins.accuracy_low[place])} to {percent(bins.accuracy_high[place])}"
    asked = f"{percent(bins.low[place])} to {percent(bins.high[place])}"
    return (
        f"Of {plural(int(bins.n[place]), f'{material.split} image')} answered with {asked}, "
        f"{percent(bins.accuracy[place])} were right (95 % interval {ends})."
    )
