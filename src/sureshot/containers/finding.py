"""A file or folder → the lists of images that it holds."""

from collections.abc import Iterator
from pathlib import Path

from sureshot.containers.opening import could_be, form_of, stacks
from sureshot.containers.parts import Form, Part, Stack
from sureshot.errors import DataError, UsageError
from sureshot.images import hidden, promises_image
from sureshot.records import Strings

_SHOWN = 8  # columns named in an error


def find(place: Path, label: str | None = None) -> tuple[Path, tuple[Part, ...]] | None:
    """The root and the parts of a file or folder that holds images in containers.

    None where it is something else: an image, a folder of image files, a small table. `label` names
    the column of labels where there are columns. Raises DataError, UsageError.
    """
    if place.is_dir():
        files = _containers(place)
        root = place
    else:
        form = form_of(place) if place.is_file() else None
        files = {} if form is None else {place: form}
        root = place.parent
    if not files:
        return None
    _require_one_form(place, files)
    parts: list[Part] = []
    columns: set[str] = set()
    for path in sorted(files):  # one after the other, for each may fill much memory
        for stack in stacks(path):
            columns.update(stack.columns)
            parts.append(_part(root, path, stack, label))
    if not parts:
        raise DataError(
            f"{place} holds labels and no images; put the images beside them, and name those"
        )
    if label is not None and label not in columns:
        raise _no_column(place, sorted(columns), label)
    return root, tuple(parts)


def _containers(folder: Path) -> dict[Path, Form]:
    """The containers in a folder, or Parquet in its `data`; none where folders hold image files."""
    names = [path for path in _files(folder) if could_be(path)]
    data = folder / "data"
    if data.is_dir() and not data.is_symlink():
        names += [path for path in _files(data) if path.suffix.lower() == ".parquet"]
    if not names or _holds_images(folder):
        return {}
    found = {path: form for path in names if (form := form_of(path)) is not None}
    for path in found:
        _require_inside(folder, path)
    _require_no_images(folder, sorted(path.name for path in found if path.parent == folder))
    packed = {path for path in found if path.suffix.lower() == ".gz"}
    twins = {path for path in packed if path.with_suffix("") in found}  # as torchvision leaves them
    return {path: form for path, form in found.items() if path not in twins}


def _files(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if path.is_file()]


def _entries(folder: Path) -> Iterator[Path]:
    try:
        return (path for path in list(folder.iterdir()) if not hidden(path.name))
    except PermissionError:
        raise DataError(f"{folder} may not be read: permission denied") from None


def _holds_images(folder: Path) -> bool:
    """Whether a folder in this one, at any depth, has an image file."""
    waiting = [folder]
    while waiting:
        inner = [e for e in _entries(waiting.pop()) if e.is_dir() and not e.is_symlink()]
        if any(promises_image(file) for entry in inner for file in _files(entry)):
            return True
        waiting += inner
    return False


def _require_no_images(folder: Path, containers: list[str]) -> None:
    images = sorted(path.name for path in _files(folder) if promises_image(path))
    if images and containers:
        raise DataError(
            f"{folder} holds image files ({images[0]} …) beside {containers[0]}; name the one that "
            "is meant"
        )


def _require_inside(folder: Path, path: Path) -> None:
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        raise DataError(
            f"{path} must lie in its folder, and is a link out of it; copy the file into the folder"
        )


def _require_one_form(place: Path, files: dict[Path, Form]) -> None:
    examples = {form.name: path.name for path, form in sorted(files.items(), reverse=True)}
    if len(examples) > 1:
        found = " and ".join(f"{form} ({name})" for form, name in sorted(examples.items()))
        raise DataError(
            f"{place} must hold images in one form, found {found}; name one file, or keep each "
            "form in a folder of its own"
        )


def _part(root: Path, path: Path, stack: Stack, label: str | None) -> Part:
    name = path.relative_to(root).as_posix()
    labels = stack.labels(label)
    if labels is not None:
        _require_named(path, labels)
    return Part(f"{name}/{stack.array}" if stack.array else name, stack.split, labels, stack.count)


def _require_named(path: Path, labels: Strings) -> None:
    empty = labels == ""
    if empty.any():
        raise DataError(
            f"every image in {path} must have a label, and that of row {int(empty.argmax()):,} "
            "(from 0) is empty; fill it in, or leave the row out"
        )


def _no_column(place: Path, columns: list[str], label: str) -> UsageError:
    if not columns:
        return UsageError(
            f"label names a column of a table, and {place} has none to choose from, got "
            f"label={label!r}; leave it out"
        )
    return UsageError(
        f"label must be a column of {place}: {', '.join(columns[:_SHOWN])}, got {label!r}"
    )
