"""What a person names as a source → a listing: a folder of classes, a table, or containers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sureshot.containers import Item, Part, file_of, find
from sureshot.data.corrections import with_added
from sureshot.data.folders import Entry, Listing, list_folder, list_images, places
from sureshot.data.selection import selected
from sureshot.data.source import Source
from sureshot.data.tables import is_table, list_table
from sureshot.errors import DataError, UsageError
from sureshot.images import hidden, promises_image
from sureshot.records import SPLIT_WORDS

FORMS = {
    "folder of classes": "photos/cat/1.jpg; or train/ validation/ test/ with classes inside each",
    "table": "labels.csv, .tsv, .xlsx, .parquet or .jsonl with file names and labels; --label and "
    "--image name the columns",
    "table of pixels": "a .csv with a label and 784 (any square, times 3) columns of 0 to 255",
    "IDX": "a folder with train-images-idx3-ubyte, train-labels-idx1-ubyte, …, gzipped or not",
    "CIFAR batches": "a folder with data_batch_1 … test_batch, binary or Python's; CIFAR-100 too",
    "NumPy": "a .npz with x_train, y_train, x_test, y_test; a .npy beside its labels",
    "Parquet": "encoded images with labels, as the Hugging Face hub has them: train-….parquet",
    "dataset": "the name of one that was fetched; see: sureshot get",
    "to predict": "also image files, globs, folders without classes, and - for paths from stdin",
}


def list_source(source: Source) -> Listing:
    """Every labelled and wanted image of a source; DataError says what was found instead."""
    place = source.path
    listing = _listing(source)
    labelled = tuple(entry for entry in listing.entries if entry.label is not None)
    if not labelled:
        raise DataError(
            f"{place} has images without labels, which are for prediction only; training and "
            "looking want a class for each image"
        )
    lacking = [entry.id for entry in listing.entries if entry.label is None]
    unlabelled = dict.fromkeys(name.rpartition("#")[0] or name for name in lacking)
    strays = listing.strays + tuple(unlabelled)
    wanted = selected(replace(listing, entries=labelled, strays=strays), source)
    return wanted if source.add is None else with_added(wanted, Path(source.add))


def list_items(
    sources: Sequence[str], image: str | None = None, root: Path | None = None
) -> Iterator[Item]:
    """Every image of files, folders, globs, tables and containers, to be predicted.

    "-" reads paths from standard input. `image` and `root` are for tables, as in `Source`.
    DataError where a path or glob has nothing.
    """
    for source in sources:
        for place in places(source):
            listing = None if place == "-" else _unlabelled(Path(place), image, root)
            if listing is None:
                yield from (Item.of_file(path) for path in list_images([place]))
            else:
                folder = place if Path(place).is_dir() else str(Path(place).parent)
                for entry in listing.entries:
                    name = f"{folder}/{entry.id}".removeprefix("./")
                    yield Item(name, listing.root, entry.id, listing.contained)


def files_read(source: Source) -> Iterator[Path]:
    """Every file that a source is read from: images or containers, tables, a person's lists."""
    yield source.path
    yield from (Path(own) for own in (source.exclude, source.add) if own is not None)
    listing = _listing(source)
    if source.path.is_dir() and not listing.contained:
        yield from _lone_tables(source.path)
    yield from {file_of(listing.root, e.id, listing.contained) for e in listing.entries}


def _unlabelled(place: Path, image: str | None, root: Path | None) -> Listing | None:
    """Every image of a container or table, labelled or not; None where the place is neither."""
    if not place.exists():
        return None
    found = find(place)
    if found is not None:
        return _contained(*found)
    if place.is_file() and is_table(place):
        return list_table(place, None, image, root, labelled=False)
    return None


def _listing(source: Source) -> Listing:
    place, label, image = source.path, source.label, source.image
    if not place.exists():
        raise DataError(f"there is no file or folder {place}")
    found = find(place, label)
    if found is not None:
        _require_unused(source, "image", "root")
        return _contained(*found)
    root = None if source.root is None else Path(source.root)
    if place.is_file() and is_table(place):
        return list_table(place, label, image, root)
    tables = [] if place.is_file() else _lone_tables(place)
    if len(tables) == 1:
        return list_table(tables[0], label, image, root or place)
    if tables:
        names = ", ".join(path.name for path in tables)
        raise DataError(f"{place} has several tables, {names}; name the one with the labels")
    _require_unused(source, "label", "image", "root")
    if place.is_file():
        raise DataError(
            f"training and looking want a folder of classes, a table or a container, got the file "
            f"{place}; see: sureshot sources"
        )
    return list_folder(place)


def _require_unused(source: Source, *options: str) -> None:
    for option in options:
        if getattr(source, option) is not None:
            raise UsageError(
                f"--{option} is for a table of file names and labels, not for {source.place}"
            )


def _contained(root: Path, parts: tuple[Part, ...]) -> Listing:
    entries = [
        Entry(f"{part.name}#{row}", None if part.labels is None else part.labels[row], part.split)
        for part in parts
        for row in range(part.count)
    ]
    return Listing(root, tuple(entries), contained=True)


def _lone_tables(folder: Path) -> list[Path]:
    """The tables of a folder whose images lie in no folder a class, but flat or by split."""

    names = [path for path in sorted(folder.iterdir()) if not hidden(path.name)]
    tables = [path for path in names if path.is_file() and is_table(path)]
    folders = [path.name.lower() for path in names if path.is_dir()]
    flat = any(promises_image(path) for path in names if path.is_file() and path not in tables)
    splits = bool(folders) and all(name in SPLIT_WORDS for name in folders)
    return tables if (flat and not folders) or (splits and not _nested(folder)) else []


def _nested(folder: Path) -> bool:
    return any(
        inner.is_dir() for path in folder.iterdir() if path.is_dir() for inner in path.iterdir()
    )
