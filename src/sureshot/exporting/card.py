"""A model card for the Hugging Face hub: what a stranger must know before using the classifier.

Everything in it was measured or is stated in the run; what nobody knows, such as a licence, is
left for a person to fill in. The head is YAML, written as JSON values, which YAML reads alike.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sureshot import runs
from sureshot.bundle import read_contents
from sureshot.figures.words import plural, visible
from sureshot.recipe import is_own, public_name
from sureshot.records import SPLITS, Score
from sureshot.runs import Run, times

_MARKUP = re.compile(r"([\\`*_\[\]<>|&~#])")  # what Markdown would not show as itself
_LOSSES = ("log_loss", "brier", "calibration_error")  # not shares of images


def card_of(run: Run) -> str:
    """The whole card of a complete run, as Markdown."""
    parts = [_head(run), _title(run), _scores(run), _data(run), _limits(run), _making(run)]
    return "\n\n".join(parts) + "\n"


def _head(run: Run) -> str:
    """The YAML head with the scores as the hub reads them."""
    told = run.summary["headline"]
    dataset = {"type": "imagefolder", "name": _data_name(run), "split": told["split"]}
    metrics = [
        {"type": kind, "value": round(run.scores.overall[name].value, 4), "name": words}
        for name, kind, words in (
            ("accuracy", "accuracy", "Accuracy"),
            ("f1_macro", "f1", "F1, mean of classes"),
        )
    ]
    task = {"type": "image-classification", "name": "Image classification"}
    results = [{"task": task, "dataset": dataset, "metrics": metrics}]
    head = {
        "library_name": "sureshot",
        "pipeline_tag": "image-classification",
        "tags": ["image-classification", "sureshot", "onnx"],
        "metrics": ["accuracy", "f1"],
        "model-index": [{"name": visible(run.name), "results": results}],
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    return "\n".join(["---", *lines, "---"])


def _title(run: Run) -> str:
    recipe, classes = run.recipe, run.index.classes
    return "\n\n".join(
        [
            f"# {_plain(run.name)}",
            f"Tells {plural(len(classes), 'class', 'classes')} of images apart: "
            f"{', '.join(map(_plain, classes))}. The network is `{public_name(recipe.model)}`, "
            f"{_begun_with(run)}. Measured: {runs.headline(run.summary)}.",
            "```sh\npip install sureshot\nsureshot predict model.shot photo.jpg\n```",
        ]
    )


def _begun_with(run: Run) -> str:
    """Where its weights began."""
    if is_own(run.recipe.model):
        return "whose first weights its own file made"
    told = run.folder / "pretrained.json"
    if not told.exists():
        return "trained from nothing"
    repo = json.loads(told.read_text("utf-8"))["repo"]
    return f"which began with the weights of {_plain(repo)}, whose licence holds for it too"


def _scores(run: Run) -> str:
    split, scores = run.summary["headline"]["split"], run.scores
    overall = [
        (_words(name), _value(name, score), _interval(name, score), f"{score.n:,}")
        for name, score in scores.overall.items()
    ]
    each = [
        (_plain(name), *(_short(row.get(kind)) for kind in ("precision", "recall", "f1")))
        for name, row in scores.per_class.items()
    ]
    return "\n\n".join(
        [
            "## Scores",
            f"On {scores.n:,} {split} images, each with its 95 % interval.",
            _table(("score", "value", "95 % interval", "n"), overall),
            _table(("class", "precision", "recall", "F1"), each),
        ]
    )


def _data(run: Run) -> str:
    index = run.index
    rows = [
        (_plain(name), *(f"{count:,}" for count in counts))
        for name, counts in zip(index.classes, index.counts(), strict=True)
    ]
    found = [f"- {f.severity}: {_plain(f.sentence)}" for f in run.findings]
    made = f" Sureshot itself made the splits {', '.join(index.made)}." if index.made else ""
    return "\n\n".join(
        [
            "## Data",
            f"{plural(int(index.readable.sum()), 'image')} of {_plain(_data_name(run))}, "
            f"fingerprint `{index.fingerprint()}`.{made}",
            _table(("class", *SPLITS), rows),
            "What was noticed about them before training:",
            "\n".join(found) if found else "- nothing",
        ]
    )


def _limits(run: Run) -> str:
    """What the numbers do not promise."""
    scores, split = run.scores, run.summary["headline"]["split"]
    said = [
        "Whatever an image shows, one of the classes above is the answer.",
        "The scores are for images like those it was tested on; nobody has measured it on others.",
        f"The test split was opened {times(run.test_openings)}; each choice made after that "
        "flatters the score."
        if split == "test"
        else "There was no test split: the epoch was chosen on the images that the scores stand "
        "on, which flatters them.",
    ]
    recalls = {name: row["recall"] for name, row in scores.per_class.items()}
    if known := {name: score for name, score in recalls.items() if score is not None}:
        worst = min(known, key=lambda name: known[name].value)
        said.append(
            f"It finds {_plain(worst)} least often: {known[worst].percent()} of "
            f"{known[worst].n:,} images."
        )
    if scores.unreadable:
        said.append(f"{plural(scores.unreadable, f'{split} image')} could not be read.")
    said.append("Its licence, and what the licence of the images allows, are for its owner to say.")
    return "\n\n".join(["## Limits", "\n".join(f"- {words}" for words in said)])


def _making(run: Run) -> str:
    environment, about = run.environment, read_contents(run.model_path).about
    shown = run.recipe.model_copy(update={"model": public_name(run.recipe.model)})
    packages = ", ".join(f"{name} {v}" for name, v in environment["packages"].items() if v)
    return "\n\n".join(
        [
            "## How it was made",
            f"{plural(len(run.history), 'epoch')}, of which the weights of epoch "
            f"{runs.chosen_epoch(run.history)} were kept; on {_plain(environment['processor'])}, "
            f"{_plain(environment['system'])}, Python {environment['python']}, with {packages}. "
            f"Logits are divided by {about.temperature:g} before they become probabilities. "
            f"SHA-256 of the ONNX network: `{about.graph_sha256}`.",
            "The recipe, from which the same data make it again:",
            f"```toml\n{shown.to_toml()}```",
        ]
    )


def _data_name(run: Run) -> str:
    return visible(run.index.root.absolute().name or "images")


def _words(name: str) -> str:
    """ "f1_macro" → "f1, mean of classes"."""
    named = name.replace("_macro", ", mean of classes").replace("_weighted", ", by class size")
    return named.replace("_", " ")


def _value(name: str, score: Score) -> str:
    loss = any(name.startswith(kind) for kind in _LOSSES)
    return f"{score.value:.3f}" if loss else f"{100 * score.value:.1f} %"


def _interval(name: str, score: Score) -> str:
    if any(name.startswith(kind) for kind in _LOSSES):
        return f"{score.low:.3f} to {score.high:.3f}"
    return f"{score.low * 100:.1f} to {score.high * 100:.1f} %"


def _short(score: Score | None) -> str:
    return "–" if score is None else f"{score.percent()}, n = {score.n:,}"


def _plain(words: Any) -> str:
    """A name as Markdown shows it: on one line, as nothing but itself."""
    return _MARKUP.sub(r"\\\1", visible(words))


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_lines(header, rows))


def _lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"| {' | '.join('---' for _ in header)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"
