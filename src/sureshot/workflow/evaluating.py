"""How good a model is: by a run's stored predictions, or on labelled images that it is shown."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sureshot.errors import DataError, UsageError
from sureshot.progress import Progress, Terminal
from sureshot.records import SPLITS, UNKNOWN, Index, Scores, Split
from sureshot.runs import Run, holding, open_run, times
from sureshot.workflow.indexing import PathLike, require_all, scanned

if TYPE_CHECKING:
    from sureshot.bundle import Bundle
    from sureshot.data import Source


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
    from sureshot.bundle import bundle_of
    from sureshot.data import source_of
    from sureshot.evaluation import predict_source
    from sureshot.measure import score

    bundle = bundle_of(model)
    index = _labelled(source_of(source), bundle, split, said)
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


def _run_folder(model: PathLike) -> Path:
    if Path(model).is_file():
        raise UsageError(
            f"{model} holds no data of its own to be scored on; name a labelled folder"
        )
    return Path(model)


def _own_scores(run: Run, split: Split | None, said: Progress) -> Scores:
    """The stored scores of one split; test's being looked at is counted and shown."""
    run.require_whole()
    headline: Split = run.summary["headline"]["split"]
    chosen = split or headline
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
    if chosen == headline and "without_leaks" in run.summary:
        from sureshot.report import leaks_in_words

        said.say(leaks_in_words(run.summary))
    return run.split_scores(chosen)


def _labelled(source: "Source", bundle: "Bundle", split: Split | None, said: Progress) -> Index:
    """The index of labelled images, or of one split of them."""
    from sureshot.data import list_source

    require_all(source)
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
    index = scanned(listing, source, bundle.preprocessing, said)
    return index.take((~index.excluded).nonzero()[0])


def _say_what_is_known(run: Run, index: Index, said: Progress) -> None:
    """Say which of the images to be scored took part in the training, and count test openings."""
    before = run.index
    seen = {split: set(before.sha256[before.rows(split)]) for split in SPLITS}
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
