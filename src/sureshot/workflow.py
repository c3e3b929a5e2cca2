"""The order of things: the file to read first.

    source ─→ listing ─→ index ─→ pixels ─→ duplicates ─→ splits ─→ findings ─→ page
                                                            │
    recipe ─────────────────────────────────────────────→ train ─→ export ─→ bundle
                                                                               │
                                              report ←─ scores ←─ predictions ←┘

Stages meet only here and in the run folder. Every step of a training leaves its file, and is
passed over where the file is there already; so a resumed run and an unbroken one go the same way.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sureshot import device, files, records
from sureshot.errors import DataError, Interrupted, UsageError
from sureshot.presets import assembled_like, preset, settled_preset, splitting
from sureshot.progress import Progress, Terminal, duration, seconds_of
from sureshot.recipe import (
    Augmentation,
    ImageSettings,
    Preprocessing,
    Recipe,
    assemble,
    has_presets,
    is_own,
    is_pretrained,
    own_function,
    plain_name,
)
from sureshot.records import (
    CALIBRATION,
    UNKNOWN,
    Finding,
    Index,
    Layer,
    Predictions,
    Scores,
    Split,
)
from sureshot.runs import Run, holding, new_run, open_run, require_free, require_new, times
from sureshot.seeds import DEFAULT_SEED

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from sureshot.automate import Planned
    from sureshot.bundle import Bundle
    from sureshot.containers import Item
    from sureshot.data import Listing, Pixels, Source
    from sureshot.images import Content
    from sureshot.training import Data, Tracker

PathLike = str | os.PathLike[str]
ENDING = 15.0  # seconds kept back from a budget for export, figures and report; assumed
MOST_CLASSES = 100_000  # of a network that is only described; assumed
ALLOWED_BAD = "1%"  # of the images may be unreadable; assumed: fewer are accidents, more a fault
USUAL = {"rotation": 10.0, "zoom": 0.1, "translation": 0.1, "brightness": 0.1}  # shown, not advised
NAMED = 3  # images named on the line of a finding; the report has all
JUDGED: tuple[Split, ...] = ("validation", "test", CALIBRATION)  # what the bundle predicts


@dataclass(frozen=True)
class Look:
    """What a source holds, and what was noticed about it."""

    index: Index
    findings: list[Finding]
    page: Path | None = None  # where it can be read at length

    def __repr__(self) -> str:
        return f"<Look: {self.index}, {len(self.findings)} findings>"

    def save_findings(self, path: PathLike) -> Path:
        """Write one row an image and finding as CSV, for a person to mark, and for `exclude`."""
        from sureshot.audit import write_findings

        return write_findings(Path(path), self.index, self.findings)

    def _repr_html_(self) -> str:
        from html import escape

        if self.page is not None and self.page.exists():
            page = escape(self.page.read_text("utf-8"))
            return f'<iframe srcdoc="{page}" width="100%" height="800" frameborder="0"></iframe>'
        said = "".join(f"<li>{f.severity}: {escape(f.sentence)}</li>" for f in self.findings)
        return f"{self.index._repr_html_()}<ul>{said}</ul>"


def look(
    source: "PathLike | Source",
    *,
    out: PathLike | None = None,
    model: PathLike | None = None,
    seed: int = DEFAULT_SEED,
    counted: Callable[[Index], None] | None = None,
    progress: Progress | None = None,
) -> Look:
    """Read a source, decode every image once, say what was noticed; `out` is a page to write.

    `model`, a run or bundle that was not trained on these labels, looks for wrong ones in place of
    a quick model. `counted` is called with the index as soon as there is one, before what takes
    longer. Raises DataError where the source holds no labelled images. It is never changed.
    """
    from sureshot.audit import audit, suspicions, worst_first

    said = progress or Terminal()
    wanted = _wanted(source)
    page = None if out is None else _look_page(Path(out))
    bundle = None if model is None else _bundle(model)
    listing, index, pixels, recipe = looked_at(wanted, seed, said)
    if counted is not None:
        counted(index)
    found = audit(index, pixels.array, recipe, listing)
    said.say("searching for label suspects and shortcuts with a small model")
    features = None if bundle is None else _features(bundle, index, said)
    findings = worst_first([*found, *suspicions(index, pixels.array, recipe.seed, features)])
    if page is not None:
        _write_page(page, wanted, index, pixels, findings, recipe, said)
    return Look(index, findings, page)


def get(name: str, *, to: PathLike | None = None, progress: Progress | None = None) -> Path:
    """Fetch a dataset of the catalogue, verified by its hash; its name is a source from then on.

    "kaggle:owner/dataset" and "kaggle:competitions/name" come through Kaggle's own client.
    """
    from sureshot.downloads import fetch, fetch_kaggle

    fetching = fetch_kaggle if name.startswith("kaggle:") else fetch
    return fetching(name, None if to is None else Path(to), progress or Terminal())


def export_data(
    source: "PathLike | Source",
    out: PathLike,
    *,
    to: str = "folder",
    seed: int = DEFAULT_SEED,
    progress: Progress | None = None,
) -> tuple[int, int]:
    """Write any source as a new "folder" of classes or as "parquet", with the splits of `seed`.

    Returns how many images, and how many bytes.
    """
    from sureshot.data import export, require_new_place

    said = progress or Terminal()
    require_new_place(Path(out), to)
    _, index, _, recipe = looked_at(_wanted(source), seed, said)
    size = export(index, Path(out), to, recipe.image.max_megabytes, said)
    return int((index.readable & (index.split != records.ASIDE)).sum()), size


def query(
    source: "PathLike | Source",
    statement: str,
    *,
    out: PathLike | None = None,
    seed: int = DEFAULT_SEED,
    progress: Progress | None = None,
) -> "pd.DataFrame":
    """Ask in SQL over `images`, and of a run also over `predictions` and `history`."""
    from sureshot import sql

    said = progress or Terminal()
    sql.require_ready(None if out is None else Path(out))
    wanted = _wanted(source)
    if (wanted.path / "recipe.toml").exists():
        tables = sql.tables_of(open_run(wanted.path))
    else:
        tables = sql.tables_of_index(looked_at(wanted, seed, said)[1])
    answer = sql.query(tables, statement)
    if out is not None:
        sql.save(answer, Path(out))
    return answer


def train(
    source: "PathLike | Source",
    *,
    model: str | None = None,
    recipe: PathLike | Mapping[str, Any] | None = None,
    settings: Sequence[str] | Mapping[str, Any] = (),
    name: str | None = None,
    runs: PathLike = "runs",
    split_from: PathLike | None = None,
    before: PathLike | None = None,
    allow_bad: str | float = ALLOWED_BAD,
    budget: str | float | None = None,
    log: str | None = None,
    profile: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Train on labelled images, evaluate, and leave everything in the folder `runs/name`.

    `recipe` is a TOML file or a table; `settings` are single choices such as {"epochs": 5,
    "image.size": 96}; both win over the network's own recipe. `split_from` names an earlier run:
    every image known there keeps its split. `before` names a run to be compared with: its recipe
    stands where no other is said, and so do its splits. `allow_bad`, such as "1%", is the share of
    images that may be unreadable. `budget` is the time that everything may take, such as "10m", or
    seconds: it is turned into a number of epochs before the start, at most the recipe's.
    `log` names a tracking service, "tensorboard" or "mlflow", that each epoch is told to as well.
    `profile` says at the end where the time of the training went.
    Raises the errors of `sureshot.errors`.
    """
    said, started = progress or Terminal(), time.monotonic()
    first = None if before is None else open_run(Path(before))
    chosen, settled = assemble(model, recipe, settings), False
    if first is not None:
        first.require_whole()
        chosen, settled = assembled_like(first.recipe, model, recipe, settings)
        recipe = {"model": first.recipe.model} if recipe is None else recipe
        said.say(f"{'recipe and splits' if settled else 'splits'} as in {first.folder}")
    until = None if budget is None else started + seconds_of(budget)
    device.choose(chosen.device, chosen.precision)  # says at once what is missing
    from sureshot.audit import audit
    from sureshot.data import require_readable, settle_splits, share_of
    from sureshot.models import smallest
    from sureshot.training import Data, require_tracker, tried

    bad = share_of(allow_bad)
    pinned = None if split_from is None else open_run(Path(split_from)).index
    require_tracker(log)
    run = new_run(Path(runs), name, plain_name(chosen.model))
    if first is not None:
        pinned = _splits_of(first, chosen) if pinned is None else pinned
        _require_place_to_compare(run)
    wanted = _wanted(source)
    require_free(run, wanted.path)
    with holding(run, "training"), _resumable(run):
        require_new(run)
        files.remove_leftovers(run.folder)
        listing, plain = _listed(wanted, chosen.image, said)
        require_readable(plain, bad)
        planned = settle_splits(plain, chosen.seed, pinned, chosen.calibrate)
        _require_enough(planned, wanted, chosen)
        if first is not None:
            _require_comparable(planned, first)
        rows = _wanted_rows(planned, wanted, chosen)
        if not settled:
            given = (model, recipe, settings)
            chosen = _following(given, chosen, rows, said).model_copy(update=splitting(chosen))
        chosen, why = _settled(chosen, plain, smallest(chosen.model))
        layers = _layers(chosen, len(plain.classes))
        if is_own(chosen.model):
            said.say(tried(chosen, len(plain.classes)))
        work = device.Work.of(layers, chosen.batch)
        where = device.choose(chosen.device, chosen.precision, work)
        chosen = chosen.on(where.name, where.precision)
        for reason in (why, *where.reasons):
            said.say(reason)
        plain, pixels = _decoded(plain, chosen, said)
        require_readable(plain, bad)  # decoding may have found more
        index = _split(plain, pixels, wanted, chosen, pinned, said)
        _require_enough(index, wanted, chosen)
        findings = audit(index, pixels.array, chosen, listing)
        for finding in findings:
            said.say(f"{finding.severity}: {finding.sentence}{_named(finding)}")
        if until is not None:
            chosen = _within(until, chosen, Data.of(index, pixels), where, said)
        environment = {
            **device.environment(where),
            "image": why,
            "log": log,
            "source": wanted.to_json(),
        }
        _begin(run, chosen, layers, index, findings, environment)
        if until is None and (has_presets(chosen.model) or is_pretrained(chosen.model)):
            _foretell(chosen, Data.of(index, pixels), where, said)
        _finish(run, index, pixels, where, said, profile)
    return run


def before_after(run: Run) -> Path:
    """Where the page lies that compares a run with the one before it."""
    return run.folder.with_name(f"{run.name}-before-after.html")


def resume(folder: PathLike, *, progress: Progress | None = None) -> Run:
    """Go on with a run that was stopped or killed, to the same bits as if it had not been."""
    said = progress or Terminal()
    run = open_run(Path(folder))
    with holding(run, "resuming"), _resumable(run):
        if run.complete:
            said.say(f"{run.folder} is complete; there is nothing to resume")
            return run
        files.remove_leftovers(run.folder)
        recipe = run.recipe
        _require_runnable(run, said)
        work = device.Work.of(_layers(recipe, len(run.index.classes)), recipe.batch)
        where = device.choose(recipe.device, recipe.precision, work)
        changed = _differences(run.environment, device.environment(where))
        if changed:
            said.say(f"this differs from when the run began, so last digits may too: {changed}")
        index, pixels = _decoded(run.index, recipe, said)
        _finish(run, index, pixels, where, said)
    return run


def evaluate(
    model: PathLike,
    source: "PathLike | Source | None" = None,
    *,
    split: Split | None = None,
    progress: Progress | None = None,
) -> Scores:
    """The scores of a run on its own images, or of a run or bundle on labelled images.

    Without `source`: from the run's stored predictions; looking at test once more is counted.
    With `source`: every image there, or those of `split`; by default of its test split, where it
    has one. Images of classes that the model does not know are left out, and said.
    """
    said = progress or Terminal()
    if source is None:
        return _own_scores(open_run(_run_folder(model)), split, said)
    from sureshot.evaluation import predict_source
    from sureshot.measure import score

    bundle = _bundle(model)
    index = _labelled(_wanted(source), bundle, split, said)
    if Path(model).is_dir():
        _say_what_is_known(open_run(Path(model)), index, said)
    predictions = predict_source(bundle, index, said)
    unknown = sorted(set(index.classes) - set(bundle.classes))
    if unknown:
        n = int((predictions.label == UNKNOWN).sum())
        said.say(
            f"left out: {n:,} images of classes the model does not know ({', '.join(unknown)})"
        )
    return score(predictions.settled())


def predict(
    model: PathLike,
    *sources: PathLike,
    item: int | None = None,
    image: str | None = None,
    root: PathLike | None = None,
    progress: Progress | None = None,
) -> Predictions:
    """Predict files, folders, globs, tables and containers; an unreadable image is a row.

    `item` is the number, from 0, of the only image wanted; `image` and `root` are for tables, as
    in `Source`.
    """
    items = _items(sources, image, root)
    if item is not None and not 0 <= item < len(items):
        raise UsageError(f"--item must be between 0 and {len(items) - 1:,}, got {item:,}")
    chosen = items if item is None else [items[item]]
    parts = _predicted(_bundle(model), chosen, progress or Terminal())
    return Predictions.concatenate(list(parts))


def predict_to(
    out: PathLike,
    model: PathLike,
    *sources: PathLike,
    submission: tuple[str, str] | None = None,
    image: str | None = None,
    root: PathLike | None = None,
    progress: Progress | None = None,
) -> tuple[int, int]:
    """Predict into a .csv, .json or .parquet file, with little memory for any number of images.

    `submission` names the two columns of a competition's CSV, such as ("ImageId", "Label"), that
    is written instead of the full table. Returns how many images there were, and how many of them
    were unreadable.
    """
    from sureshot.evaluation import require_place, write_predictions, write_submission

    path = Path(out)
    require_place(path, sources, submission is not None)
    items = _items(sources, image, root)
    parts = _predicted(_bundle(model), items, progress or Terminal())
    counts = [0, 0]

    def counted() -> Iterator[Predictions]:
        for part in parts:
            counts[0] += len(part)
            counts[1] += int((~part.readable).sum())
            yield part

    if submission is None:
        write_predictions(path, counted())
    else:
        write_submission(path, counted(), submission)
    return counts[0], counts[1]


def plan(
    folder: PathLike,
    *,
    max_error: str | float | None = None,
    source: "PathLike | Source | None" = None,
    review_minutes: float | None = None,
    per_day: int | None = None,
    seconds_per_image: float | None = None,
    confidence: str | float | None = None,
    out: PathLike | None = None,
    progress: Progress | None = None,
) -> "Planned":
    """How much of new images can be sorted without a look, such that `max_error` is kept.

    The promise stands on the images that the run set aside for calibration, or on those of a
    labelled `source` that took part in no choice. With `review_minutes` a day for `per_day` images
    the time decides, and the error follows. Writes a new bundle that carries the plan, and beside
    it a page with the whole curve. Raises DataError where there are no such images.
    """
    from sureshot import automate
    from sureshot.bundle import write_contents
    from sureshot.report.automation import write_plan

    said, run = progress or Terminal(), open_run(Path(folder))
    asked = automate.goal(max_error, review_minutes, per_day, seconds_per_image, confidence)
    run.require_whole()
    bundle, place = _bundle(run.folder), _place_for_plan(run, out)
    if "validation" not in run.predicted:
        raise DataError(
            f"a plan orders its thresholds by validation images, and {run.folder} has none; train "
            "with validation = true"
        )
    known = automate.rows_of(run.predictions("validation"), run.index, ("train",))
    rows = automate.rows_of(*_to_plan_on(run, bundle, source, said), ("train", "validation"))
    made = automate.plan(rows, known, asked, bundle.classes)
    write_contents(place, bundle.with_(plan=made.plan))
    write_plan(
        place.with_suffix(".html"), run.name, made.plan, made.curve, made.classes, made.sentences
    )
    return replace(made, model=place)


def check(path: PathLike) -> list[str]:
    """Verify a run or a bundle by hash and by replay; returns what was found to be well.

    Raises RunError or BundleError that names everything that is not.
    """
    from sureshot.bundle import open_bundle

    if Path(path).is_dir():
        run = open_run(Path(path))
        run.require_whole()
        said = [f"{run.folder}: every file is as it was written", *check(run.model_path)]
        return said + (check(run.last_path) if run.last_path.exists() else [])
    bundle = open_bundle(Path(path))
    replayed = len(bundle.about.references)
    if not replayed:
        return [f"{path}: hashes agree; it carries no reference images to replay"]
    return [f"{path}: hashes agree, and {replayed} reference images give their probabilities"]


def describe(
    model: str, *, size: int | None = None, channels: int | None = None, classes: int = 10
) -> list[Layer]:
    """A network's layers, for images of some size, or as its author used it.

    Raises UsageError where there is no such network, or it cannot take such images.
    """
    device.require_torch()
    assemble(model)  # says so where there is none
    from sureshot.models import made_for

    usual = made_for(model)
    wanted = {
        "image.size": usual[0] if size is None else size,
        "image.channels": usual[1] if channels is None else channels,
    }
    if not 2 <= classes <= MOST_CLASSES:
        raise UsageError(f"classes must be between 2 and {MOST_CLASSES:,}, got {classes:,}")
    return _layers(assemble(model, settings=wanted), classes)


def load(path: PathLike) -> "Run | Bundle":
    """A run from its folder, or a bundle from its file (which proves itself first)."""
    if Path(path).is_dir():
        return open_run(Path(path))
    return _bundle(path)


# The steps -----------------------------------------------------------------------------------


@contextmanager
def _resumable(run: Run) -> Iterator[None]:
    """Where Ctrl-C comes outside the training loop, say how to go on, if there is a run by now."""
    try:
        yield
    except KeyboardInterrupt:
        if not (run.folder / "recipe.toml").exists():
            raise
        raise Interrupted(f"stopped; go on with: sureshot resume {run.folder}") from None


def _wanted(source: "PathLike | Source") -> "Source":
    """What was named, as a Source; a fetched dataset's name becomes its folder."""
    from sureshot.data import Source

    wanted = source if isinstance(source, Source) else Source(source)
    return replace(wanted, place=_place(wanted.place))


def _place(named: PathLike) -> str:
    """A place as it was named; where that is a fetched dataset's name, its folder."""
    name = os.fspath(named)
    if os.path.lexists(name):
        return name
    from sureshot.downloads import CATALOGUE, located

    if name not in CATALOGUE:
        return name
    folder = located(name)
    if folder is None:
        raise DataError(
            f"there is no file or folder {name}; the dataset of that name is fetched with: "
            f"sureshot get {name}"
        )
    return str(folder)


def _listed(
    source: "Source", settings: ImageSettings | Preprocessing, said: Progress
) -> "tuple[Listing, Index]":
    """Source → listing → index; headers are read, pixels are not, and nothing is split."""
    from sureshot.data import list_source

    listing = list_source(source)
    return listing, _scanned(listing, source, settings, said)


def _scanned(
    listing: "Listing", source: "Source", settings: ImageSettings | Preprocessing, said: Progress
) -> Index:
    """Listing → index, what the source excludes marked."""
    from sureshot.data import excluded, scan

    index = scan(listing, settings, said)
    return index if source.exclude is None else excluded(index, Path(source.exclude))


def looked_at(
    source: "Source", seed: int, said: Progress
) -> "tuple[Listing, Index, Pixels, Recipe]":
    """A source as a training would see it, before any network is chosen."""
    recipe = assemble(settings={"seed": seed})
    listing, plain = _listed(source, recipe.image, said)
    recipe, _ = _settled(recipe, plain, smallest=1)
    plain, pixels = _decoded(plain, recipe, said)
    return listing, _split(plain, pixels, source, recipe, None, said), pixels, recipe


def _split(
    index: Index,
    pixels: "Pixels",
    source: "Source",
    recipe: Recipe,
    pinned: Index | None,
    said: Progress,
) -> Index:
    """Duplicates grouped, then splits that no group straddles, then the subset that is wanted."""
    from sureshot.data import settle_splits, told_of_added

    grouped = _grouped(index, pixels, recipe, said)
    index = settle_splits(grouped, recipe.seed, pinned, recipe.calibrate)
    for sentence in told_of_added(index) if source.add is not None else ():
        said.say(sentence)
    if recipe.calibrate:
        said.say(f"{len(index.rows(CALIBRATION)):,} training images set aside for calibration")
    return _wanted_rows(index, source, recipe)


def _wanted_rows(index: Index, source: "Source", recipe: Recipe) -> Index:
    """A split index with the subset that is wanted, without validation where none is."""
    from sureshot.data import subset, without_validation

    if source.subset is not None:
        index = subset(index, source.subset, recipe.seed)
    return index if recipe.validation else without_validation(index)


def _grouped(index: Index, pixels: "Pixels", recipe: Recipe, said: Progress) -> Index:
    """The index with its duplicates grouped, the same whatever size and fit the recipe wants."""
    from sureshot.containers import indexed
    from sureshot.data import find_groups, prepare_pixels

    settings = _plain(recipe, index).image.settled()
    if settings != recipe.image.settled():
        pixels = prepare_pixels(index, settings, said)

    def read(row: int) -> "Content":
        return indexed(index, row, settings.max_megabytes)

    return replace(index, group=find_groups(index, pixels.array, read, settings, said))


def _plain(recipe: Recipe, index: Index) -> Recipe:
    """The recipe with images as they are compared to find duplicates."""
    plain = {"size": "auto", "channels": "auto", "fit": "squash"}
    image = recipe.image.model_copy(update=plain)
    return _settled(recipe.model_copy(update={"image": image}), index, smallest=1)[0]


def _grouped_with(index: Index, known: Index, recipe: Recipe, said: Progress) -> Index:
    """Both as one index, in that order, whose duplicates are grouped, also from one to the other.

    Where pictures cannot be compared any more, this is said, and equal bytes alone count.
    """
    from sureshot.data import beside

    both = beside(index, known)
    try:
        if index.contained != known.contained:
            raise DataError("some lie in containers and some in files")
        plain = _plain(recipe, both)
        both, pixels = _decoded(both, plain, said)
        return _grouped(both, pixels, plain, said)
    except DataError as error:
        said.say(f"copies are found by equal bytes alone, for pictures cannot be compared: {error}")
        return both


def _settled(recipe: Recipe, index: Index, smallest: int) -> tuple[Recipe, str]:
    """The recipe with its images settled, and why they are taken so."""
    from sureshot.data import propose

    found = propose(index, smallest)
    settled = recipe.settle(found.size, found.channels)
    size = found.size_reason if recipe.image.size == "auto" else "as asked"
    channels = found.channels_reason if recipe.image.channels == "auto" else "as asked"
    colours = "greyscale" if settled.image.channels == 1 else "in colour"
    return settled, f"images of {settled.image.size} pixels ({size}), {colours} ({channels})"


def _splits_of(first: Run, recipe: Recipe) -> Index | None:
    """What a later run keeps the splits of; None where all of them came with the images."""
    index = first.index
    return index if index.made or recipe.calibrate else None


def _require_place_to_compare(run: Run) -> None:
    """Raise UsageError where the page would overwrite something else."""
    from sureshot.report import require_page

    require_page(before_after(run), "compare")


def _require_comparable(index: Index, first: Run) -> None:
    """Raise DataError where a run on these images could not be compared with an earlier one."""
    before, split = first.index, first.summary["headline"]["split"]
    if index.classes != before.classes:
        raise DataError(
            f"runs are compared where they have the same classes; {first.folder} has "
            f"{', '.join(before.classes)}, and {index.root} has {', '.join(index.classes)}; leave "
            "out --before"
        )
    if not set(index.sha256[index.rows(split)]) & set(before.sha256[before.rows(split)]):
        raise DataError(
            f"runs are compared on the {split} images that both have; {first.folder} and "
            f"{index.root} have none in common; leave out --before, or name the images it had"
        )


def _following(
    given: tuple[str | None, Any, Any], chosen: Recipe, rows: Index, said: Progress
) -> Recipe:
    """The recipe with what follows from the images: a preset, or a way of transfer; and why.

    `given` is what the recipe was assembled from, `rows` what will be trained on.
    """
    from sureshot.audit import known
    from sureshot.training import settled_transfer

    if is_pretrained(chosen.model):
        harm = known(rows, chosen).harm
        chosen, reasons = settled_transfer(given, chosen, rows, harm, said)
    elif has_presets(chosen.model):
        seen = known(rows, chosen)
        chosen, reasons = settled_preset(assemble(*given, preset(chosen, seen)), seen)
    else:
        return chosen
    for reason in reasons:
        said.say(reason)
    return chosen


def _foretell(recipe: Recipe, data: "Data", where: device.Device, said: Progress) -> None:
    """Say about how long the training will take."""
    from sureshot.training import seconds_an_epoch, transfer_in_words

    if is_pretrained(recipe.model):
        said.say(transfer_in_words(recipe, data, where))
        return
    each = seconds_an_epoch(recipe, data, where)
    said.say(f"about {duration(each * recipe.epochs)} for {recipe.epochs} epochs")


def _decoded(index: Index, recipe: Recipe, said: Progress) -> "tuple[Index, Pixels]":
    """All pixels, and the index with the problems that only decoding shows."""
    from sureshot.data import prepare_pixels

    pixels = prepare_pixels(index, recipe.image.settled(), said)
    return index.with_problems(pixels.problems), pixels


def _features(
    bundle: "Bundle", index: Index, said: Progress
) -> "Callable[[NDArray[np.int64]], NDArray[np.float32]]":
    """What a model makes of some rows: its logits, (M, K)."""
    from sureshot.data import prepare_pixels
    from sureshot.evaluation import logits_of

    pixels = prepare_pixels(index, bundle.preprocessing, said).array
    return lambda rows: logits_of(bundle, pixels, rows, said)


def _look_page(page: Path) -> Path:
    """The same path; UsageError where something else would be overwritten."""
    from sureshot.report import require_page

    return require_page(page, "look")


def _write_page(
    page: Path,
    source: "Source",
    index: Index,
    pixels: "Pixels",
    findings: list[Finding],
    recipe: Recipe,
    said: Progress,
) -> None:
    """The page of a look, with what preprocessing and augmentation do to some images."""
    from sureshot import figures, report

    survey = figures.survey(index, pixels.array, recipe.seed, said)
    shown = survey.prepared.pixels
    varied = _varied(shown, index, recipe) if device.has_torch() and len(shown) else None
    report.write_look(page, source.words(), index, findings, survey, recipe.image.settled(), varied)


def _varied(pixels: "NDArray[np.uint8]", index: Index, recipe: Recipe) -> "NDArray[np.uint8]":
    """Images (I, S, S, C) as usual augmentation would change them: (I, 1 + V, S, S, C).

    Mirrored only where that would not change a class.
    """
    from sureshot.audit import augmentation_findings
    from sureshot.training import varied

    mirrored = recipe.model_copy(update={"augment": Augmentation(flip=True, **USUAL)})
    harmful = list(augmentation_findings(index, mirrored))
    return varied(pixels, Augmentation(flip=not harmful, **USUAL), recipe.seed)


def _require_enough(index: Index, source: "Source", recipe: Recipe) -> None:
    """DataError where there is not enough to train on, and whether a choice of images did it."""
    from sureshot.data import require_trainable

    try:
        require_trainable(index, recipe.validation)
    except DataError as error:
        chosen = [name for name in ("classes", "subset", "exclude") if getattr(source, name)]
        if not chosen:
            raise
        raise DataError(f"of what --{' and --'.join(chosen)} leaves: {error}") from None


def _layers(recipe: Recipe, classes: int) -> list[Layer]:
    """The network's layers; UsageError where recipe and network do not go together."""
    from sureshot.models import outline, require_batch, summary

    image = recipe.image.settled()
    network = outline(recipe.model, image, classes, recipe.network)
    require_batch(recipe.model, network, recipe.batch)
    return summary(network, (image.size, image.size, image.channels))


def _require_runnable(run: Run, said: Progress) -> None:
    """Say which file a network of one's own runs before it does; RunError where it may not."""
    if is_own(run.recipe.model):
        from sureshot.own import require_resumable

        own = own_function(run.recipe.model)
        require_resumable(own, run.folder)
        said.say(f"running {own.file.absolute()}, which the run's recipe names")


def _within(
    until: float, recipe: Recipe, data: "Data", where: device.Device, said: Progress
) -> Recipe:
    """The recipe with as many of its epochs as fit before `until`, on the monotonic clock.

    UsageError where not even one does.
    """
    from sureshot.training import seconds_an_epoch

    each = seconds_an_epoch(recipe, data, where)
    left = until - time.monotonic()
    fitting = int((left - ENDING) / each)
    if fitting < 1:
        lacking = duration(each + ENDING - left)
        raise UsageError(
            f"the budget is too short: {duration(max(left, 0))} are left of it, one epoch takes "
            f"about {duration(each)} here, and export and report about {duration(ENDING)}; "
            f"give it {lacking} more"
        )
    epochs = min(fitting, recipe.epochs)
    said.say(f"about {duration(each)} an epoch: {epochs} of {recipe.epochs} epochs are in budget")
    return recipe.model_copy(update={"epochs": epochs})


def _begin(
    run: Run,
    recipe: Recipe,
    layers: list[Layer],
    index: Index,
    findings: list[Finding],
    environment: dict[str, Any],
) -> None:
    """Write down what will be trained on what; with the recipe, last, the folder becomes a run."""
    files.write_json(run.folder / "environment.json", environment)
    records.save_layers(run.folder / "network.json", layers)
    index.save(run.folder / "index.parquet")
    records.save_findings(run.folder / "findings.json", findings)
    files.write_text(run.folder / "recipe.toml", recipe.to_toml())


def _finish(
    run: Run,
    index: Index,
    pixels: "Pixels",
    where: device.Device,
    said: Progress,
    profile: bool = False,
) -> None:
    """Train → bundle → predictions → scores → report, each step only where its file is missing."""
    from sureshot import explaining, figures, report
    from sureshot.bundle import open_bundle
    from sureshot.evaluation import predict_split, speed, summarise
    from sureshot.training import tracking

    recipe = run.recipe
    if not (run.folder / "network.json").exists():  # as before Sureshot wrote one
        records.save_layers(run.folder / "network.json", _layers(recipe, len(index.classes)))
    with tracking(run.environment.get("log"), run, said) as tracker:
        if not run.model_path.exists():
            _train(run, recipe, index, pixels, where, tracker, said, profile)
        bundles = {"": open_bundle(run.model_path)}
        if run.last_path.exists():
            bundles["last"] = open_bundle(run.last_path)
        for which, bundle in bundles.items():
            for split in JUDGED:
                path = run.predictions_path(split, which)
                if len(index.rows(split)) and not path.exists():
                    predict_split(bundle, index, pixels.array, split, said).save(path)
        if not (run.folder / "scores.json").exists():
            summary = summarise(run, speed(bundles[""], index, pixels.array))
            files.write_json(run.folder / "scores.json", summary)
    if not run.report_path.exists():
        said.say("drawing figures and writing the report")
        figures.draw(run, run.folder / "figures")
        explaining.keep_attention(run, bundles[""], pixels.array)
        report.write(run)
    run.seal()


def _train(
    run: Run,
    recipe: Recipe,
    index: Index,
    pixels: "Pixels",
    where: device.Device,
    tracker: "Tracker",
    said: Progress,
    profile: bool,
) -> None:
    """Train, then export the best epoch as the bundle; the last too where the recipe asks."""
    from sureshot.bundle import gather
    from sureshot.evaluation import write_trained
    from sureshot.training import Clock, Data, export, preview, train

    data = Data.of(index, pixels)
    if recipe.augment.wanted:
        files.write_array(run.augmentation_path, preview(recipe, data))
    clock = Clock.on(where.name, waiting=profile)
    best = train(run, recipe, data, where, said, tracker, clock)
    if profile:
        for line in clock.table():
            said.say(line)
    last = len(run.history)
    images = gather(index, recipe.image.settled(), recipe.references)
    wanted = {run.model_path: best}  # written last: its being there means that training is over
    if recipe.score_last and best != last:
        wanted = {run.last_path: last} | wanted
    for path, epoch in wanted.items():
        said.say(f"exporting epoch {epoch}, and comparing it with PyTorch image by image")
        graph = export(run, recipe, data, epoch)
        write_trained(path, graph, recipe, index, pixels.array, images)


def _named(finding: Finding) -> str:
    """The first images of a finding, for one line."""
    if not finding.images:
        return ""
    more = len(finding.images) - NAMED
    rest = f" and {more:,} more" if more > 0 else ""
    return f" ({', '.join(finding.images[:NAMED])}{rest})"


def _own_scores(run: Run, split: Split | None, said: Progress) -> Scores:
    """The stored scores of one split; test's being looked at is counted and shown."""
    run.require_whole()
    chosen: Split = split or run.summary["headline"]["split"]
    if chosen not in run.predicted:
        raise UsageError(
            f"{run.folder} has predictions of {' and '.join(run.predicted)}, got {chosen!r}"
        )
    if chosen == "test":
        with holding(run, "evaluating"):
            said.say(f"test split of {run.folder}, opened {times(run.count_opening())}")
    else:
        said.say(
            f"{chosen} split of {run.folder}; the epoch was chosen on these images, which "
            "flatters the scores"
        )
    last = run.last_scores(chosen)
    if last:
        accuracy = last.overall["accuracy"].percent()
        said.say(f"the last epoch's weights, epoch {len(run.history)}: accuracy {accuracy}")
    if chosen == run.summary["headline"]["split"] and "without_leaks" in run.summary:
        from sureshot.report import leaks_in_words

        said.say(leaks_in_words(run.summary))
    return run.split_scores(chosen)


def _say_what_is_known(run: Run, index: Index, said: Progress) -> None:
    """Say which of the images to be scored took part in the training, and count test openings."""
    before = run.index
    seen = {split: set(before.sha256[before.rows(split)]) for split in records.SPLITS}
    again = {split: sum(sha in known for sha in index.sha256) for split, known in seen.items()}
    used = again["train"] + again["validation"]
    if used:
        said.say(
            f"{used:,} of these images were used to train or to choose the epoch, "
            "so the scores are flattered"
        )
    if again["test"]:
        with holding(run, "evaluating"):
            opened = times(run.count_opening())
        said.say(f"the run's own test images among them: {again['test']:,}, opened {opened} by now")


def _labelled(source: "Source", bundle: "Bundle", split: Split | None, said: Progress) -> Index:
    """The index of labelled images, or of one split of them."""
    from sureshot.data import list_source

    if source.subset is not None:
        raise UsageError("--subset is for training; a model is evaluated on all images")
    listing = list_source(source)
    present = {entry.split for entry in listing.entries} - {None}
    wanted = split or ("test" if "test" in present else None)
    if split and split not in present:
        raise DataError(
            f"{source.place} has no {split} split; leave --split out to use all its images"
        )
    if wanted:
        chosen = tuple(entry for entry in listing.entries if entry.split == wanted)
        listing = replace(listing, entries=chosen)
        said.say(f"evaluating on the {wanted} split of {source.place}")
    index = _scanned(listing, source, bundle.preprocessing, said)
    return index.take((~index.excluded).nonzero()[0])


def _items(sources: Sequence[PathLike], image: str | None, root: PathLike | None) -> "list[Item]":
    """Every image of some sources, to be predicted."""
    from sureshot.data import list_items

    if not sources or not all(isinstance(source, str | os.PathLike) for source in sources):
        raise UsageError(
            f"predict wants files, folders or globs, one after another, got {sources!r}"
        )
    places = [_place(source) for source in sources]
    items = list(list_items(places, image, None if root is None else Path(root)))
    if not items:
        told = ", ".join("standard input" if place == "-" else place for place in places)
        raise DataError(f"found no images in {told}")
    return items


def _predicted(bundle: "Bundle", items: "Sequence[Item]", said: Progress) -> Iterator[Predictions]:
    """Batch after batch."""
    with said.track("predicting", len(items)) as track:
        for part in bundle.stream(iter(items)):
            track.advance(len(part))
            yield part


def _bundle(model: PathLike) -> "Bundle":
    """The bundle of a run folder, or of a file."""
    from sureshot.bundle import open_bundle

    path = Path(model)
    if not path.is_dir():
        return open_bundle(path)
    run = open_run(path)
    if not run.model_path.exists():
        run.require_complete()
    return open_bundle(run.model_path)


def _run_folder(model: PathLike) -> Path:
    if Path(model).is_file():
        raise UsageError(
            f"{model} holds no data of its own to be scored on; name a labelled folder"
        )
    return Path(model)


def _place_for_plan(run: Run, out: PathLike | None) -> Path:
    """Where a bundle with a plan is written; UsageError where something else would be lost."""
    from sureshot.bundle import read_contents
    from sureshot.report import require_page

    place = run.planned_path if out is None else Path(out)
    if place.suffix != ".shot":
        raise UsageError(f"a model with a plan is a *.shot file, got {place.name!r}")
    if place.resolve().is_relative_to(run.folder.resolve()):
        raise UsageError(f"{run.folder} is complete and sealed; choose an --out outside of it")
    if place.exists() and read_contents(place).about.plan is None:
        raise UsageError(f"{place} is there already and carries no plan; choose another --out")
    require_page(place.with_suffix(".html"), "plan")
    return place


def _to_plan_on(
    run: Run, bundle: "Bundle", source: "PathLike | Source | None", said: Progress
) -> tuple[Predictions, Index]:
    """Predictions of labelled images that no choice has touched, and their index."""
    from sureshot.evaluation import predict_source

    if source is not None:
        index = _untouched(run, bundle, _wanted(source), said)
        return predict_source(bundle, index, said), index
    if not run.predictions_path(CALIBRATION).exists():
        raise DataError(
            f"a plan needs labelled images that no choice was made on, and {run.folder} set none "
            "aside: train with --calibrate 20%, or name a folder of such images with --source (the "
            "test images are taken only if you name them there, and are then no test any more)"
        )
    return run.predictions(CALIBRATION), run.index


def _untouched(run: Run, bundle: "Bundle", source: "Source", said: Progress) -> Index:
    """The index of a labelled source without what the run was trained or chosen on."""
    import numpy as np

    from sureshot.data import families

    listing, index = _listed(source, bundle.preprocessing, said)
    splits = sorted({str(entry.split) for entry in listing.entries if entry.split})
    if splits:
        raise DataError(
            f"{source.place} has the splits {', '.join(splits)}, and a plan must not guess which "
            "of them was left untouched; name the folder of that one"
        )
    before = run.index
    known = before.take(np.concatenate([before.rows(split) for split in records.SPLITS]))
    both = _grouped_with(index, known, run.recipe, said)
    family = families(both)
    own, theirs = family[: len(index)], family[len(index) :]
    used = np.isin(own, theirs[known.split != "test"])
    if used.any():
        said.say(
            f"left out: {int(used.sum()):,} images that the run was trained or chosen on, or that "
            "are like one of those"
        )
    again = np.isin(own, theirs[known.split == "test"])
    if again.any():
        with holding(run, "planning"):
            opened = times(run.count_opening())
        said.say(
            f"{int(again.sum()):,} of the run's own test images are planned on, opened {opened} by "
            "now; after a choice on them they are no test of it"
        )
    index = replace(index, group=both.group[: len(index)])
    return index.take(np.flatnonzero(~used & ~index.excluded))


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What of versions, processor and device is not as it was, as "torch 2.12 → 2.13"."""
    then = {group: before.get(group) or {} for group in ("packages", "device")}
    pairs = {
        **{name: (then["packages"].get(name), v) for name, v in now["packages"].items()},
        "processor": (before.get("processor"), now["processor"]),
        **{
            name: (then["device"].get(name), now["device"][name])
            for name in ("name", "precision", "threads")
        },
    }
    return ", ".join(f"{name} {a} → {b}" for name, (a, b) in pairs.items() if a != b)
