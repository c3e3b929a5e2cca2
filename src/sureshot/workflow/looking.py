"""Before any training: a dataset fetched; a source looked at, asked, exported; a network told."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sureshot import device, files, records
from sureshot.errors import UsageError
from sureshot.progress import Progress, Terminal
from sureshot.recipe import Augmentation, Recipe, assemble
from sureshot.records import Finding, Index, Layer
from sureshot.runs import open_run, require_unsealed
from sureshot.seeds import DEFAULT_SEED
from sureshot.workflow.indexing import PathLike, looked_at

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from sureshot.data import Pixels, Source

MOST_CLASSES = 100_000  # of a network that is only described; assumed
USUAL = {"rotation": 10.0, "zoom": 0.1, "translation": 0.1, "brightness": 0.1}  # shown, not advised


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

        require_unsealed(Path(path))
        return write_findings(Path(path), self.index, self.findings)

    def _repr_html_(self) -> str:
        from html import escape

        if self.page is not None and self.page.exists():
            page = escape(self.page.read_text("utf-8"))
            return f'<iframe srcdoc="{page}" width="100%" height="800" frameborder="0"></iframe>'
        said = "".join(f"<li>{f.severity}: {escape(f.sentence)}</li>" for f in self.findings)
        return f"{self.index._repr_html_()}<ul>{said}</ul>"


def get(name: str, *, to: PathLike | None = None, progress: Progress | None = None) -> Path:
    """Fetch a dataset of the catalogue, verified by its hash; its name is a source from then on.

    "kaggle:owner/dataset" and "kaggle:competitions/name" come through Kaggle's own client.
    """
    from sureshot.downloads import fetch, fetch_kaggle

    fetching = fetch_kaggle if name.startswith("kaggle:") else fetch
    return fetching(name, None if to is None else Path(to), progress or Terminal())


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
    from sureshot.bundle import bundle_of
    from sureshot.data import source_of
    from sureshot.evaluation import answers_of
    from sureshot.report import require_page

    said = progress or Terminal()
    wanted = source_of(source)
    page = None if out is None else require_page(Path(out), "look")
    bundle = None if model is None else bundle_of(model)
    listing, index, pixels, recipe = looked_at(wanted, seed, said)
    if counted is not None:
        counted(index)
    found = audit(index, pixels.array, recipe, listing)
    said.say("searching for label suspects and shortcuts with a small model")
    answers = None if bundle is None else answers_of(bundle, index, said)
    findings = worst_first([*found, *suspicions(index, pixels.array, recipe.seed, answers)])
    if page is not None:
        _write_page(page, wanted, index, pixels, findings, recipe, said)
    return Look(index, findings, page)


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
    from sureshot.data import files_read, source_of

    said = progress or Terminal()
    sql.require_ready(None if out is None else Path(out))
    wanted = source_of(source)
    of_run = (wanted.path / "recipe.toml").exists()
    if out is not None:
        require_unsealed(Path(out))
        files.require_apart(Path(out), wanted.path.rglob("*") if of_run else files_read(wanted))
    if of_run:
        tables = sql.tables_of(open_run(wanted.path))
    else:
        tables = sql.tables_of_index(looked_at(wanted, seed, said)[1])
    answer = sql.query(tables, statement)
    if out is not None:
        sql.save(answer, Path(out))
    return answer


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
    from sureshot.data import export, require_new_place, source_of

    said = progress or Terminal()
    require_new_place(Path(out), to)
    _, index, _, recipe = looked_at(source_of(source), seed, said)
    size = export(index, Path(out), to, recipe.image.max_megabytes, said)
    return int((index.readable & (index.split != records.ASIDE)).sum()), size


def describe(
    model: str, *, size: int | None = None, channels: int | None = None, classes: int = 10
) -> list[Layer]:
    """A network's layers, for images of some size, or as its author used it.

    Raises UsageError where there is no such network, or it cannot take such images.
    """
    device.require_torch()
    assemble(model)  # says so where there is none
    from sureshot.models import layers_of, made_for

    usual = made_for(model)
    wanted = {
        "image.size": usual[0] if size is None else size,
        "image.channels": usual[1] if channels is None else channels,
    }
    if not 2 <= classes <= MOST_CLASSES:
        raise UsageError(f"classes must be between 2 and {MOST_CLASSES:,}, got {classes:,}")
    return layers_of(assemble(model, settings=wanted), classes)


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
