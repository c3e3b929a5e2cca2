"""What a person says by moving sorted files into class folders: labels to train on."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from sureshot import files
from sureshot.data.corrections import written
from sureshot.errors import DataError, reason_of
from sureshot.images import hidden
from sureshot.progress import cell
from sureshot.sorting.manifest import Manifest, Row
from sureshot.sorting.naming import class_of
from sureshot.sorting.placing import is_file
from sureshot.sorting.settling import settled

CORRECTIONS = "corrections.csv"


def corrections(manifest: str | os.PathLike[str]) -> tuple[Path, int]:
    """Write `corrections.csv` beside a manifest, for `train`; returns its path, and how many rows.

    Each file that sorting put elsewhere and that lies in a class folder now is a row. DataError
    where there is none.
    """
    path = Path(manifest)
    with settled(path) as (kept, begun):
        lines = list(_lines(kept, [*kept.rows(), *begun]))
    if not lines:
        raise DataError(
            f"no file of {path} was moved into a class folder since; move files of _review into "
            f"the folder of their class in {path.parent} first"
        )
    out = path.with_name(CORRECTIONS)
    files.write_text(out, "path,label,sha256\n" + "".join(lines))
    return out, len(lines)


def _lines(kept: Manifest, rows: Sequence[Row]) -> Iterator[str]:
    """A line for each file of some rows that lies in a class folder, where sorting put it not."""
    known, contents = {row.destination for row in rows}, {row.sha256 for row in rows}
    for place in _places(kept.folder):
        label = class_of(place, kept.classes)
        if label is None or str(place) in known:
            continue
        sha256 = _sha256(kept.folder / place)
        if sha256 in contents:
            yield f"{_quoted(written(str(place)))},{_quoted(cell(label))},{sha256}\n"


def _sha256(path: Path) -> str:
    """Of a file's bytes; "" where it is gone meanwhile, DataError where it cannot be read."""
    try:
        return files.sha256_of(path)
    except FileNotFoundError:
        return ""
    except OSError as error:
        why = reason_of(error)
        raise DataError(
            f"{path} must be a file that can be read, and is not ({why}); make it readable, or "
            "move it elsewhere, and run the same command again"
        ) from None


def _places(folder: Path) -> Iterator[PurePosixPath]:
    """The files below a folder that are neither hidden nor links, by their places in it, sorted."""
    for parent, names, found in os.walk(folder):
        names[:] = sorted(name for name in names if not hidden(name))
        for name in sorted(found):
            path = Path(parent, name)
            if not hidden(name) and is_file(path):
                yield PurePosixPath(path.relative_to(folder).as_posix())


def _quoted(told: str) -> str:
    return '"' + told.replace('"', '""') + '"'
