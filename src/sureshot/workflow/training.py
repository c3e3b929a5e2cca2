"""From a source to a run with everything in it; and on with a run that was stopped."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sureshot import device, files, records
from sureshot.device import Device, Work
from sureshot.errors import Interrupted, RunError
from sureshot.progress import Progress, Silent, Terminal, seconds_of
from sureshot.recipe import assemble, is_own, own_function, plain_name
from sureshot.records import Finding, Index
from sureshot.runs import Run, holding, new_run, open_run, require_free, require_new
from sureshot.workflow.comparing import (
    as_before,
    require_comparable,
    require_place_to_compare,
    splits_of,
)
from sureshot.workflow.completing import complete
from sureshot.workflow.indexing import PathLike, listed, split
from sureshot.workflow.settling import Asked, Settled, foretold, settled_on, within

if TYPE_CHECKING:
    from sureshot.data import Source

ALLOWED_BAD = "1%"  # of the images may be unreadable; assumed: fewer are accidents, more a fault


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
    given = model, recipe, settings
    asked = Asked(given, assemble(*given)) if first is None else as_before(first, given, said)
    until = None if budget is None else started + seconds_of(budget)
    from sureshot.audit import audit, in_words
    from sureshot.data import (
        decoded,
        require_enough,
        require_readable,
        settle_splits,
        share_of,
        source_of,
        wanted_rows,
    )

    bad = share_of(allow_bad)
    pinned = None if split_from is None else open_run(Path(split_from)).index
    run = new_run(Path(runs), name, plain_name(asked.recipe.model))
    if first is not None:
        pinned = splits_of(first, asked) if pinned is None else pinned
        require_place_to_compare(run)
    wanted = source_of(source)
    require_free(run, wanted.path)
    device.choose(asked.recipe.device, asked.recipe.precision)  # what is missing is said at once
    from sureshot.training import require_tracker  # after all that can be said without PyTorch

    require_tracker(log)
    with holding(run, "training"), _resumable(run):
        require_new(run)
        files.remove_leftovers(run.folder)
        listing, index = listed(wanted, asked.recipe.image, said)
        require_readable(index, bad)
        planned = settle_splits(index, asked.recipe.seed, pinned, asked.recipe.calibrate)
        require_enough(planned, wanted, asked.recipe)
        if first is not None:
            require_comparable(planned, first)
        rows, every = wanted_rows(planned, wanted, asked.recipe), index
        settled = settled_on(rows, every, asked, said)
        index, pixels = decoded(index, settled.recipe.image.settled(), said)
        require_readable(index, bad)  # decoding may have found more
        index = split(index, pixels, wanted, settled.recipe, pinned, said)
        require_enough(index, wanted, settled.recipe)
        findings = audit(index, pixels.array, settled.recipe, listing)
        for finding in findings:
            said.say(in_words(finding))
        if until is None:
            told = foretold(settled, index, pixels)
        else:
            most, told = within(until, settled, index, pixels)
            settled = settled_on(rows, every, replace(asked, most=most), Silent())
        for sentence in told:
            said.say(sentence)
        _begin(run, settled, told, index, findings, wanted, log)
        complete(run, index, pixels, settled.where, said, profile)
    return run


def resume(folder: PathLike, *, progress: Progress | None = None) -> Run:
    """Go on with a run that was stopped or killed, to the same bits as if it had not been."""
    from sureshot.data import decoded

    said = progress or Terminal()
    run = open_run(Path(folder))
    with holding(run, "resuming"), _resumable(run):
        files.remove_leftovers(run.folder)
        if run.complete:
            said.say(f"{run.folder} is complete; there is nothing to resume")
            return run
        _require_runnable(run, said)
        index = run.index
        where = None if run.model_path.exists() else _where_it_began(run, index, said)
        index, pixels = decoded(index, run.recipe.image.settled(), said)
        complete(run, index, pixels, where, said)
    return run


@contextmanager
def _resumable(run: Run) -> Iterator[None]:
    """Where Ctrl-C comes outside the training loop, say how to go on, if there is a run by now."""
    try:
        yield
    except KeyboardInterrupt:
        if not (run.folder / "recipe.toml").exists():
            raise
        raise Interrupted(f"stopped; go on with: {run.resuming}") from None


def _begin(
    run: Run,
    settled: Settled,
    told: list[str],
    index: Index,
    findings: list[Finding],
    source: "Source",
    log: str | None,
) -> None:
    """Write down what will be trained on what; with the recipe, last, the folder becomes a run."""
    environment = {
        **device.environment(settled.where),
        "reasons": [*settled.reasons, *told],
        "log": log,
        "source": source.to_json(),
    }
    files.write_json(run.folder / "environment.json", environment)
    records.save_layers(run.folder / "network.json", settled.layers)
    index.save(run.folder / "index.parquet")
    records.save_findings(run.folder / "findings.json", findings)
    files.write_text(run.folder / "recipe.toml", settled.recipe.to_toml())


def _require_runnable(run: Run, said: Progress) -> None:
    """Say which file a network of one's own runs before it does; RunError where it may not."""
    if is_own(run.recipe.model):
        from sureshot.own import require_resumable

        own = own_function(run.recipe.model)
        require_resumable(own, run.folder)
        said.say(f"running {own.file.absolute()}, which the run's recipe names")


def _where_it_began(run: Run, index: Index, said: Progress) -> Device:
    """The device that the run's recipe names; what is not as it was then is said.

    RunError where it is a GPU, and here is none.
    """
    from sureshot.models import layers_of

    recipe = run.recipe
    if recipe.device == "cuda" and device.choose().name != "cuda":
        raise RunError(
            f"{run.folder} began on a GPU and must go on there, and PyTorch finds none here; "
            "resume it where there is one, or train under another name"
        )
    layers = layers_of(recipe, len(index.classes))
    where = device.choose(recipe.device, recipe.precision, Work.of(layers, recipe.batch))
    changed = device.differences(run.environment, device.environment(where))
    if changed:
        said.say(f"this differs from when the run began, so last digits may too: {changed}")
    return where
