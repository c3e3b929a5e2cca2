"""The manifest: one line an image, whose place in the folder is settled; and what is under way.

A batch is written to the journal before any file is touched, and to the manifest when all of it is
done. After a kill the journal tells which files may have been touched, and each is looked at.
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from sureshot import files
from sureshot.data.corrections import escaped, meant, written
from sureshot.errors import DataError
from sureshot.progress import cell

MANIFEST, JOURNAL = "manifest.csv", ".sorting.csv"
COLUMNS = ("source", "destination", "decision", "class", "reason", "sha256", "model", "action")
_BEGINNING = ",".join(COLUMNS).encode()
SHARE = "p_"  # before the name of a class, in the header of its probabilities

Action = Literal["copied", "moved", "linked"]


@dataclass(frozen=True)
class Row:
    """One image: where it was, where it is, why, and what was done to bring it there."""

    source: str  # the whole path
    destination: str  # below the folder of the manifest, with forward slashes
    decision: str  # "auto", "review", "unlike" or "unreadable"
    label: str  # the most probable class; "" where unreadable
    reason: str  # why it is unreadable, "code: sentence"; "" where it is not
    sha256: str  # of its bytes
    model: str  # SHA-256 of the model file
    action: Action
    probabilities: tuple[str, ...]  # (K,) in digits; "" where unreadable


@dataclass(frozen=True)
class Manifest:
    """The manifest of a folder, for the classes of its columns."""

    folder: Path
    classes: tuple[str, ...]

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / MANIFEST

    @property
    def journal(self) -> Path:
        """Where the batch under way is written down."""
        return self.folder / JOURNAL

    def rows(self) -> list[Row]:
        """Every line, a torn last one left out."""
        return read(self.path)[1] if self.path.exists() else []

    def begin(self, rows: Iterable[Row]) -> None:
        """Write down what is about to be done."""
        files.write_text(self.journal, _table(self.classes, rows))

    def pending(self) -> list[Row]:
        """What may have been begun and not finished; a torn line at the manifest's end is cut."""
        _cut(self.path)
        return read(self.journal)[1] if self.journal.exists() else []

    def finish(self, rows: Sequence[Row]) -> None:
        """Add lines for what is done, for keeps, and forget that it was under way."""
        if not self.path.exists():
            files.write_text(self.path, _table(self.classes, rows))
        elif rows:
            with files.storing(self.path), self.path.open("ab") as file:
                file.write("".join(_lines(rows)).encode())
                file.flush()
                os.fsync(file.fileno())
        self.journal.unlink(missing_ok=True)

    def keep(self, rows: Sequence[Row]) -> None:
        """Let only these lines stand; without any, the manifest goes."""
        if rows:
            files.write_text(self.path, _table(self.classes, rows))
        else:
            self.path.unlink(missing_ok=True)


def read(path: Path) -> tuple[tuple[str, ...], list[Row]]:
    """The classes and the lines of a manifest; DataError where it is none."""
    try:
        text = path.read_bytes().decode()
        header, *found = csv.reader(io.StringIO(text[: text.rfind("\n") + 1]), strict=True)
        shares = header[len(COLUMNS) :]
        if tuple(header[: len(COLUMNS)]) != COLUMNS or not all(s.startswith(SHARE) for s in shares):
            raise ValueError("its columns are others")
        return tuple(meant(s.removeprefix(SHARE)) for s in shares), [_row(cells) for cells in found]
    except FileNotFoundError:
        raise DataError(f"there is no manifest {path}") from None
    except (ValueError, TypeError, csv.Error) as error:
        raise DataError(
            f"{path} is not a manifest as sureshot sort writes it: {error}; name the one in the "
            "folder that was sorted into"
        ) from None


def is_manifest(path: Path) -> bool:
    """Whether a file begins like a manifest."""
    try:
        with path.open("rb") as file:
            return file.read(len(_BEGINNING)) == _BEGINNING
    except OSError:
        return False


def _row(cells: list[str]) -> Row:
    source, destination, *others = cells
    place = PurePosixPath(meant(destination))
    if place.is_absolute() or ".." in place.parts or len(place.parts) < 2:
        raise ValueError(f"{destination!r} is no place in a folder of it")
    decision, label, reason, sha256, model, action, *shares = others
    match action:
        case "copied" | "moved" | "linked":
            told = (decision, label, reason, sha256, model, action)
            return Row(os.path.normpath(meant(source)), str(place), *told, tuple(shares))
    raise ValueError(f"it has the action {action!r}")


def _table(classes: Sequence[str], rows: Iterable[Row]) -> str:
    header = (*COLUMNS, *(SHARE + escaped(label) for label in classes))
    return "".join([_line(header), *_lines(rows)])


def _lines(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        places = written(row.source), written(row.destination)
        words = (row.decision, cell(row.label), cell(row.reason), row.sha256, row.model, row.action)
        yield _line((*places, *words, *row.probabilities))


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def _cut(path: Path) -> None:
    """Take away the beginning of a line that a kill or a full disk left at the end."""
    content = path.read_bytes() if path.exists() else b""
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with files.storing(path):
            os.truncate(path, whole)
