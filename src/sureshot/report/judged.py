"""One model's answers with their pictures, as the parts of the page show them.

Shapes: `N` images that were scored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sureshot import figures
from sureshot.comparison import KINDS, Contest
from sureshot.figures import Picture
from sureshot.figures.failures import Rate
from sureshot.figures.tables import Counts, Floats
from sureshot.figures.words import percent
from sureshot.recipe import Preprocessing
from sureshot.records import Index, Predictions, Split
from sureshot.report.markup import Html, join, name, tag
from sureshot.report.material import Material
from sureshot.report.plates import photograph


@dataclass(frozen=True, eq=False)
class Judged:
    """What one model said of images, and where their pictures are."""

    predictions: Predictions  # (N,) all of them scored
    rows: Counts  # (N,) in `index`
    index: Index
    settings: Preprocessing
    split: Split
    seed: int
    everyone: Floats | None  # (N,) the share of all models that are right; None for one model

    def pictures(self, places: Sequence[int] | Counts) -> list[Picture]:
        """Small versions of some images, by their place among the N."""
        ids = [str(self.predictions.id[at]) for at in places]
        return figures.pictures(self.index, ids, self.settings)

    def take(self, places: Counts) -> "Judged":
        """Some of the images, in the order given."""
        return replace(
            self,
            predictions=self.predictions.take(places),
            rows=self.rows[places],
            everyone=None if self.everyone is None else self.everyone[places],
        )


def judged_of(material: Material) -> Judged:
    """What one run said of the split that its headline stands on."""
    scored = material.predictions.scored()
    row_of = {image: row for row, image in enumerate(material.index.id)}
    return Judged(
        predictions=scored,
        rows=np.array([row_of[image] for image in scored.id], np.int64),
        index=material.index,
        settings=material.recipe.image.settled(),
        split=material.split,
        seed=material.recipe.seed,
        everyone=None,
    )


def judged_in(contest: Contest, name: str) -> Judged:
    """The first run of one contender; pictures and pixels are those of the contest's index."""
    one = contest[name]
    everyone = np.concatenate([each.top == contest.label for each in contest.contenders])
    nothing = np.full(contest.n, "", dtype=object)
    ids = contest.index.id[contest.rows]
    return Judged(
        predictions=Predictions(contest.classes, ids, contest.label, one.logits[0], nothing),
        rows=contest.rows,
        index=contest.index,
        settings=contest.contenders[0].runs[0].recipe.image.settled(),
        split=contest.split,
        seed=one.seeds[0],
        everyone=everyone.mean(axis=0) if len(everyone) > 1 else None,
    )


def in_words(share: float) -> str:
    """A share that stands beside its interval: "72.9 %"."""
    return KINDS["accuracy"].told(share)


def between(told: Rate) -> str:
    """The 95 % interval of a share: "72.9 to 75.5 %"."""
    return KINDS["accuracy"].between(told.low, told.high)


def said_card(judged: Judged, at: int, picture: Picture) -> Html:
    """A photograph, what the model says of it with a mark, and the truth where that is another."""
    told = judged.predictions.take(np.array([at]))
    answer, label = told.classes[told.top()[0]], told.classes[told.label[0]]
    right = answer == label
    mark, kind = ("✓ ", "right") if right else ("✗ ", "wrong")
    truth = [] if right else [", true: ", name(label)]
    words = f"{told.id[0]}: {label}, said to be {answer}"
    return join(
        [
            photograph(picture, words),
            tag("p", tag("span", mark, aria_hidden="true"), name(answer), class_=f"what {kind}"),
            tag("p", percent(float(told.probabilities().max())), *truth, class_="quiet"),
        ]
    )
