"""What was made before, opened and verified."""

from pathlib import Path
from typing import TYPE_CHECKING

from sureshot.runs import Run, open_run
from sureshot.workflow.indexing import PathLike

if TYPE_CHECKING:
    from sureshot.bundle import Bundle


def load(path: PathLike) -> "Run | Bundle":
    """A run from its folder, or a bundle from its file (which proves itself first)."""
    from sureshot.bundle import open_bundle

    return open_run(Path(path)) if Path(path).is_dir() else open_bundle(Path(path))


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
    replayed = len(open_bundle(Path(path)).about.references)
    if not replayed:
        return [f"{path}: hashes agree; it carries no reference images to replay"]
    return [f"{path}: hashes agree, and {replayed} reference images give their probabilities"]
