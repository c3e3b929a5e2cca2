"""The scikit-learn classifier: one training, kept as the bytes of its bundle."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted

from sureshot import device, files
from sureshot.audit import known
from sureshot.bundle import Bundle, gather, open_bundle
from sureshot.data import Pixels, propose
from sureshot.errors import Interrupted, TrainingError, UsageError
from sureshot.estimator.given import (
    Images,
    hold_out,
    images_of,
    labels_of,
    names_of,
    warn_where_dark,
)
from sureshot.evaluation import write_trained
from sureshot.presets import settled_preset
from sureshot.progress import Progress, Silent, Terminal
from sureshot.recipe import (
    DEFAULT_MODEL,
    Recipe,
    assemble,
    has_presets,
    is_pretrained,
    model_names,
)
from sureshot.records import Index
from sureshot.runs import Run

CHUNK = 512  # images predicted at once; few enough for any memory
KEPT = 4  # bundles that stay open for the next prediction. Assumed.
OURS = {"references": "synthetic", "score_last": False}  # below the user's settings
SOON = {"preset": "quick"}  # the same; a search fits many times


class SureshotClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """An image classifier for scikit-learn: trained by PyTorch, predicting through ONNX Runtime.

    Shapes: `N` images, `H` × `W` pixels, `C` channels, `K` classes.

    X is an array of whole levels from 0 (black) to 255 (white), (N, H, W) or (N, H, W, C) with C 1
    or 3, or a sequence of N paths to image files. Floats are refused, for they may mean 0..1 or
    0..255. Images of any size are resized as `sureshot train` does it. y has one label an image:
    whole numbers or text.

    model                 the network; `sureshot.recipe.model_names()` lists them. Of swift it is
                          the preset quick, unless settings has {"preset": "good"} or "best"
    settings              single choices of the recipe, such as {"optimizer.rate": 1e-3}
    epochs                at most so many; None takes the recipe's
    validation_fraction   of each class, set aside to choose the best epoch by; taken by content
                          and seed. With settings={"validation": False} none is, and the last
                          epoch is kept
    random_state          the seed; None takes the recipe's, so that a repeated fit is always the
                          same. A RandomState gives another seed each time
    verbose               whether to tell epochs, on standard error

    `model`, `epochs` and `random_state` win over `settings`. Nothing of X goes into the bundle,
    unless `settings` has {"references": "images"} and X is paths.

    After `fit`:

    classes_      (K,) the labels, sorted
    history_      one row an epoch: epoch, rate, train_loss, train_accuracy, validation_loss, …
    best_epoch_   the epoch whose weights were kept, from 1

    The fitted classifier is the bytes of its bundle: it can be pickled, and is saved with `save`.

        import numpy as np
        from sklearn.datasets import load_digits
        from sklearn.model_selection import cross_val_score
        from sureshot import SureshotClassifier

        digits = load_digits()
        X = np.rint(digits.images * (255 / 16)).astype(np.uint8)  # (1797, 8, 8); 16 is white there
        cross_val_score(SureshotClassifier("cnn", epochs=5), X, digits.target, cv=3)
    """

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        *,
        settings: Mapping[str, Any] | None = None,
        epochs: int | None = None,
        validation_fraction: float = 0.15,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.model = model
        self.settings = settings
        self.epochs = epochs
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any) -> Self:
        """Train on images X and their labels y (N,); returns the classifier itself.

        Raises InputError (a ValueError) where X or y cannot be used, UsageError where a setting
        cannot, MissingExtra without PyTorch, TrainingError where the loss is no longer a number.
        """
        images = images_of(X)
        classes, numbers = labels_of(y, len(images))
        warn_where_dark(images)
        recipe, fraction = self._recipe(), self._fraction()
        device.choose(recipe.device, recipe.precision)  # says at once what is missing
        if is_pretrained(recipe.model):
            raise UsageError(
                f"model must be a network that is trained from nothing here, got {recipe.model!r}; "
                "pretrained ones are for: sureshot train"
            )
        if recipe.references == "images" and isinstance(images.items, np.ndarray):
            raise UsageError(
                'references must be "synthetic" or "none" where X is an array, got "images"; give '
                "paths to files for that"
            )
        names = names_of(classes)
        sorted_names = sorted(names)  # "10" comes before "9" in a bundle
        label = np.array([sorted_names.index(name) for name in names])[numbers]
        index = images.index(sorted_names, label, recipe.image)
        if recipe.validation:
            index = hold_out(index, recipe.seed, fraction)
        said = Terminal() if self.verbose else Silent()
        if has_presets(recipe.model):
            seen = known(index, recipe)
            assembled = partial(self._recipe, seed=recipe.seed)
            recipe, reasons = settled_preset(recipe, seen, assembled)
            for reason in reasons:
                said.say(reason)
        self._bundle, self.history_, self.best_epoch_ = _trained(recipe, index, images, said)
        self.classes_ = classes
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable label of each image, (N,). Raises as `predict_proba` does."""
        best = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The probability of each class, (N, K), in the order of `classes_`.

        Raises InputError (a ValueError) where X cannot be used or an image cannot be read,
        NotFittedError before `fit`.
        """
        check_is_fitted(self)
        images, bundle = images_of(X), _opened(self._bundle)
        pixels = images.pixels(bundle.preprocessing)
        parts = []
        while chunk := list(islice(pixels, CHUNK)):
            parts.append(bundle.probabilities(np.stack(chunk)))
        place = {name: number for number, name in enumerate(bundle.classes)}
        columns = [place[name] for name in names_of(self.classes_)]
        return np.asarray(np.concatenate(parts)[:, columns])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the bundle, such as "model.shot": `sureshot predict` and `sureshot.load` take it.

        Raises StorageError where the disk refuses it, NotFittedError before `fit`.
        """
        check_is_fitted(self)
        files.write_bytes(Path(path), self._bundle)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        given = tags.input_tags
        given.two_d_array, given.three_d_array = False, True
        given.one_d_array = given.string = True  # paths
        return tags

    def _recipe(self, below: Mapping[str, Any] | None = None, seed: int | None = None) -> Recipe:
        """The recipe of these parameters; UsageError where one of them is not allowed.

        `below` is a preset to lay under them, `seed` the one that was drawn already.
        """
        if not isinstance(self.settings, Mapping | None):
            raise UsageError(
                "settings must be a mapping of the recipe's keys, such as "
                f'{{"optimizer.rate": 1e-3}}, got {self.settings!r}'
            )
        chosen = dict(self.settings or {})
        if self.epochs is not None:
            chosen["epochs"] = self.epochs
        if self.random_state is not None:
            chosen["seed"] = _seed(self.random_state) if seed is None else seed
        for key, value in chosen.items():
            if isinstance(value, np.generic):  # as a grid or a distribution gives them
                chosen[key] = value.item()
        model = str(self.model)
        ours = OURS | SOON if model in model_names() and has_presets(model) else OURS
        recipe = assemble(model, ours, chosen, below)
        if recipe.score_last:
            raise UsageError(
                "score_last = true belongs to `sureshot train`; here only the best epoch is kept"
            )
        return recipe

    def _fraction(self) -> float:
        fraction = self.validation_fraction
        if not isinstance(fraction, int | float | np.number) or not 0 < fraction < 1:
            raise UsageError(
                f"validation_fraction must be above 0 and below 1, got {fraction!r}; to do "
                'without validation: settings={"validation": False}'
            )
        return float(fraction)


def _seed(random_state: Any) -> int:
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def _trained(
    recipe: Recipe, index: Index, images: Images, said: Progress
) -> tuple[bytes, list[dict[str, float]], int]:
    """Train and export in a folder that is gone afterwards; the bundle, the history, the epoch."""
    from sureshot.models import outline, require_batch, smallest, summary
    from sureshot.training import Data, export, train

    found = propose(index, smallest(recipe.model))
    recipe = recipe.settle(found.size, found.channels)
    image = recipe.image.settled()
    network = outline(recipe.model, image, len(index.classes), recipe.network)
    require_batch(recipe.model, network, recipe.batch)
    layers = summary(network, (image.size, image.size, image.channels))
    work = device.Work.of(layers, recipe.batch)
    where = device.choose(recipe.device, recipe.precision, work)
    recipe = recipe.on(where.name, where.precision)
    for reason in where.reasons:
        said.say(reason)
    array = np.empty((len(images), image.size, image.size, image.channels), np.uint8)
    for row, pixels in enumerate(images.pixels(image)):
        array[row] = pixels
    with TemporaryDirectory(prefix="sureshot-") as folder, _nothing_to_resume():
        run = Run(Path(folder))
        data = Data.of(index, Pixels(array, {}, run.folder))
        best = train(run, recipe, data, where, said)
        graph = export(run, recipe, data, best)
        references = gather(index, image, recipe.references)
        write_trained(run.model_path, graph, recipe, index, array, references)
        return run.model_path.read_bytes(), run.history, best


@contextmanager
def _nothing_to_resume() -> Iterator[None]:
    """Let no error point into the folder that is gone."""
    try:
        yield
    except Interrupted as error:
        raise (
            KeyboardInterrupt() if error.exit_code == 130 else SystemExit(error.exit_code)
        ) from None
    except TrainingError as error:
        raise TrainingError(str(error).partition(". The last good checkpoint")[0]) from None


@lru_cache(maxsize=KEPT)
def _opened(content: bytes) -> Bundle:
    """A bundle from its bytes; it proves itself once a process, and the classifier stays small."""
    with TemporaryDirectory(prefix="sureshot-") as folder:
        path = Path(folder) / "model.shot"
        files.write_bytes(path, content)
        return open_bundle(path)
