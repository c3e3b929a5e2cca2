"""A bundle in use: open it, let it prove itself, predict with it.

Shapes: `N` images, `B` images of a batch, `H` × `W` pixels, `C` channels, `K` classes.
"""

import html
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle.about import SCHEMA, About, Plan, Unlike
from sureshot.bundle.deciding import Decisions, decided, in_words, unlike
from sureshot.bundle.format import Contents, read_contents, read_hashed
from sureshot.bundle.proving import probabilities_of, replay, require_fit
from sureshot.bundle.session import Session
from sureshot.containers import Item
from sureshot.errors import UnreadableImage
from sureshot.images import prepare
from sureshot.parallel import map_in_order
from sureshot.recipe import Preprocessing
from sureshot.records import UNKNOWN, Predictions, softmax, strings
from sureshot.runs import open_run

ROWS = 64  # of a table that `stream` gives; assumed: few enough to show that it moves

PathLike = str | os.PathLike[str]
Judged = tuple[NDArray[np.float32], NDArray[np.bool_] | None]  # logits, and what is unlike
Answer = tuple[str, tuple[NDArray[np.float32], bool] | str]  # a name with these, or its problem


class Bundle:
    """A classifier from one file. Opening it replays its references."""

    def __init__(self, contents: Contents, session: Session, origin: str) -> None:
        self.contents = contents
        self.session = session
        self.origin = origin

    @property
    def about(self) -> About:
        """What it is: classes, preprocessing, temperature, plan."""
        return self.contents.about

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in the order of the logits."""
        return self.about.classes

    @property
    def preprocessing(self) -> Preprocessing:
        """How bytes become pixels for this network."""
        return self.about.preprocessing

    @property
    def wanted(self) -> tuple[str, ...]:
        """The network's outputs that `decide` needs."""
        return ("logits",) if self.about.unlike is None else ("logits", "feature_map")

    def predict(self, paths: PathLike | Iterable[PathLike]) -> Predictions:
        """Predict one image file or several, all in one table. See `stream` for many."""
        several = [paths] if isinstance(paths, str | os.PathLike) else paths
        parts = list(self.stream(Item.of_file(Path(path)) for path in several))
        return Predictions.concatenate(parts or [self._table([])])

    def stream(self, items: Iterable[Item]) -> Iterator[Predictions]:
        """Predict images batch by batch, memory bounded; an unreadable one is a row."""
        remaining = iter(items)
        groups = iter(lambda: list(islice(remaining, self.session.batch)), [])
        answers = chain.from_iterable(map_in_order(self._answers, groups))
        while part := list(islice(answers, ROWS)):
            yield self._table(part)

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pixels as `sureshot.images.prepare` gives them, (N, H, W, C) → logits (N, K)."""
        return self.session.logits(pixels)

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Prepared pixels (N, H, W, C) → probabilities (N, K), with the temperature."""
        return softmax(self.session.logits(pixels), self.about.temperature)

    def features(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Prepared pixels (N, H, W, C) → what the last layer sees, (N, F)."""
        return self.session.several(("features",), pixels)["features"]

    def outputs(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """What `decide` wants of prepared pixels (N, H, W, C); feature maps are large."""
        if self.about.unlike is None:
            return {"logits": self.logits(pixels)}
        return self.session.several(self.wanted, pixels)

    def decide(self, outputs: Mapping[str, NDArray[np.float32]]) -> Decisions:
        """Class, probability and decision ("auto", "review" or "unlike") of each image."""
        return decided(self.about, self.contents.kept, outputs)

    def judge(self, pixels: NDArray[np.uint8]) -> Judged:
        """Prepared pixels (N, H, W, C) → logits (N, K), and which are unlike the training data.

        The latter is None where the bundle cannot tell.
        """
        outputs = self.outputs(pixels)
        return outputs["logits"], unlike(self.about, self.contents.kept, outputs)

    def with_(
        self,
        *,
        temperature: float | None = None,
        plan: Plan | None = None,
        unlike: Unlike | None = None,
        kept: NDArray[np.float32] | None = None,
    ) -> Contents:
        """The contents of a new bundle, with what is given changed; `write_contents` writes it.

        `kept` (P + D, A) goes with `unlike`. A plan belongs to the temperature and to what was
        unlike when it was made, so it is gone where these change and no new one comes.
        """
        told, old = self.about.model_dump() | {"schema_version": SCHEMA}, self.contents
        if temperature is not None:
            rows = probabilities_of(self.session, self.preprocessing, old.images, temperature)
            told["references"] = tuple(
                reference | {"probabilities": tuple(map(float, row))}
                for reference, row in zip(told["references"], rows, strict=True)
            )
            told |= {"temperature": temperature, "plan": None}
        if unlike is not None:
            told |= {"unlike": unlike.model_dump(), "plan": None}
        if plan is not None:
            told["plan"] = plan.model_dump()
        about = About.model_validate(told)
        return Contents(about, old.graph, old.images, old.kept if unlike is None else kept)

    def _answers(self, items: Sequence[Item]) -> list[Answer]:
        """Decode a few images and run the network on them, all on the processor of one thread."""
        found = [self._decode(item) for item in items]
        pixels = [one for one in found if not isinstance(one, str)]
        judged = iter(self._judged(np.stack(pixels)) if pixels else ())
        return [
            (item.name, one if isinstance(one, str) else next(judged))
            for item, one in zip(items, found, strict=True)
        ]

    def _judged(self, pixels: NDArray[np.uint8]) -> list[tuple[NDArray[np.float32], bool]]:
        """Logits (K,) of each image of a batch (B, H, W, C), and whether it is unlike all."""
        if self.about.unlike is None:
            return [(row, False) for row in self.session.logits_of_batch(pixels)]
        outputs = self.session.several_of_batch(self.wanted, pixels)
        far = unlike(self.about, self.contents.kept, outputs)
        assert far is not None
        return list(zip(outputs["logits"], far.tolist(), strict=True))

    def _decode(self, item: Item) -> NDArray[np.uint8] | str:
        try:
            return prepare(item.read(self.preprocessing.max_megabytes), self.preprocessing)
        except UnreadableImage as error:
            return error.problem

    def _table(self, answers: Sequence[Answer]) -> Predictions:
        """One row an answer."""
        logits = np.full((len(answers), len(self.classes)), np.nan, np.float32)
        far = np.zeros(len(answers), bool)
        for row, (_, answer) in enumerate(answers):
            if not isinstance(answer, str):
                logits[row], far[row] = answer
        problems = [answer if isinstance(answer, str) else "" for _, answer in answers]
        table = Predictions(
            self.classes,
            id=strings([name for name, _ in answers]),
            label=np.full(len(answers), UNKNOWN, np.int64),
            logits=logits,
            problem=strings(problems),
            temperature=self.about.temperature,
            unlike=None if self.about.unlike is None else far,
        )
        return self._decided(table)

    def _decided(self, table: Predictions) -> Predictions:
        """The table with the decision on each image that can be read, where there is any."""
        if self.about.plan is None and self.about.unlike is None:
            return table
        decision = in_words(self.about, table.probabilities().max(axis=1), table.unlike)
        decision[~table.readable] = ""
        return replace(table, decision=decision)

    def __repr__(self) -> str:
        size, channels = self.preprocessing.size, self.preprocessing.channels
        return (
            f"<Bundle {self.origin}: {self.about.network}, {len(self.classes)} classes, "
            f"{size}×{size}×{channels} pixels, {len(self.about.references)} references replayed>"
        )

    def _repr_html_(self) -> str:
        classes = ", ".join(html.escape(name) for name in self.classes)
        return f"<p>{html.escape(repr(self)[1:-1])}</p><p>{classes}</p>"


def open_bundle(path: Path | str) -> Bundle:
    """Open a `*.shot` file and let it prove itself; BundleError where it cannot."""
    return _proved(read_contents(Path(path)), str(path))


def open_hashed(path: Path) -> tuple[Bundle, str]:
    """The same, and the SHA-256 of the file: both of the same bytes, whoever writes to it."""
    contents, sha256 = read_hashed(path)
    return _proved(contents, str(path)), sha256


def _proved(contents: Contents, origin: str) -> Bundle:
    session = Session(contents.graph)
    require_fit(contents.about, session, origin)
    replay(contents, session, origin)
    return Bundle(contents, session, origin)


def bundle_of(model: PathLike) -> Bundle:
    """The bundle of a run folder, or of a `*.shot` file; RunError where a run has none yet."""
    return open_bundle(model_file(model))


def model_file(model: PathLike) -> Path:
    """The `*.shot` file that is meant by a run folder or by itself; RunError as `bundle_of`."""
    path = Path(model)
    if not path.is_dir():
        return path
    run = open_run(path)
    if not run.model_path.exists():
        run.require_complete()
    return run.model_path
