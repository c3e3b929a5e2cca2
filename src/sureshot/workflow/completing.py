"""The last leg: train ─→ export ─→ bundle ─→ predictions ─→ scores ─→ report, and the seal."""

from typing import TYPE_CHECKING

from sureshot import files, records
from sureshot.device import Device
from sureshot.progress import Progress
from sureshot.recipe import Recipe
from sureshot.records import CALIBRATION, Index, Split
from sureshot.runs import Run

if TYPE_CHECKING:
    from sureshot.bundle import Bundle
    from sureshot.data import Pixels
    from sureshot.training import Data, Tracker

JUDGED: tuple[Split, ...] = ("validation", "test", CALIBRATION)  # what the bundle predicts


def complete(
    run: Run,
    index: Index,
    pixels: "Pixels",
    where: Device | None,
    said: Progress,
    profile: bool = False,
) -> None:
    """Everything from the recipe in a run's folder to its seal, each step where its file lacks.

    `where` is None where training is over: what is left needs no device.
    """
    from sureshot.bundle import open_bundle
    from sureshot.training import tracking

    _keep_layers(run, index)
    with tracking(run.environment.get("log"), run, said) as tracker:
        if where is not None:
            _train(run, index, pixels, where, tracker, said, profile)
        bundles = {"": open_bundle(run.model_path)}
        if run.last_path.exists():
            bundles["last"] = open_bundle(run.last_path)
        _predict(run, bundles, index, pixels, said)
        _score(run, bundles[""], index, pixels)
    _report(run, bundles[""], pixels, said)
    run.seal()


def _keep_layers(run: Run, index: Index) -> None:
    """Write down the network, where the run was begun before Sureshot did so."""
    from sureshot.models import layers_of

    path = run.folder / "network.json"
    if not path.exists():
        records.save_layers(path, layers_of(run.recipe, len(index.classes)))


def _train(
    run: Run,
    index: Index,
    pixels: "Pixels",
    where: Device,
    tracker: "Tracker",
    said: Progress,
    profile: bool,
) -> None:
    """Train, then export the best epoch as the bundle; the last too where the recipe asks."""
    from sureshot.training import Clock, Data, preview, train

    recipe, data = run.recipe, Data.of(index, pixels)
    if recipe.augment.wanted:
        files.write_array(run.augmentation_path, preview(recipe, data))
    clock = Clock.on(where.name, waiting=profile)
    best = train(run, recipe, data, where, said, tracker, clock)
    for line in clock.table() if profile else ():
        said.say(line)
    _export(run, recipe, index, data, best, said)


def _export(
    run: Run, recipe: Recipe, index: Index, data: "Data", best: int, said: Progress
) -> None:
    """The weights of the best epoch as the bundle, and of the last where the recipe asks."""
    from sureshot.bundle import gather
    from sureshot.evaluation import write_trained
    from sureshot.training import export

    last = len(run.history)
    images = gather(index, recipe.image.settled(), recipe.references)
    wanted = {run.model_path: best}  # written last: its being there means that training is over
    if recipe.score_last and best != last:
        wanted = {run.last_path: last} | wanted
    for path, epoch in wanted.items():
        said.say(f"exporting epoch {epoch}, and comparing it with PyTorch image by image")
        graph = export(run, recipe, data, epoch)
        write_trained(path, graph, recipe, index, data.pixels.array, images)


def _predict(
    run: Run, bundles: "dict[str, Bundle]", index: Index, pixels: "Pixels", said: Progress
) -> None:
    """What each bundle says of every image that it can be judged by."""
    from sureshot.evaluation import predict_split

    for which, bundle in bundles.items():
        for split in JUDGED:
            path = run.predictions_path(split, which)
            if len(index.rows(split)) and not path.exists():
                predict_split(bundle, index, pixels.array, split, said).save(path)


def _score(run: Run, bundle: "Bundle", index: Index, pixels: "Pixels") -> None:
    """All numbers of the run, from its predictions alone; and how fast they came."""
    from sureshot.evaluation import speed, summarise

    path = run.folder / "scores.json"
    if not path.exists():
        files.write_json(path, summarise(run, speed(bundle, index, pixels.array)))


def _report(run: Run, bundle: "Bundle", pixels: "Pixels", said: Progress) -> None:
    """Maps of what the network looked at, figures, and the page that shows them."""
    from sureshot import explaining, report

    if not run.report_path.exists():
        said.say("drawing figures and writing the report")
        explaining.keep_attention(run, bundle, pixels.array)
        report.write(run)
