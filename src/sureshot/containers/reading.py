"""The content of one image by its id: a file below the root, or one row of a container there.

An id is a path below the root with forward slashes; in a container it is path#row.
"""

from functools import lru_cache
from pathlib import Path

from sureshot.containers.opening import stacks
from sureshot.containers.parts import Stack
from sureshot.errors import DataError, UnreadableImage
from sureshot.images import Content, digest, read_file
from sureshot.images.reading import require_size
from sureshot.records import Index


def content(root: Path, name: str, contained: bool, max_megabytes: int) -> Content:
    """What one image is made from; UnreadableImage where it cannot be read.

    DataError where a container cannot be read any more, or has no such row.
    """
    if not contained:
        return read_file(root / name, max_megabytes)
    stack, row = _stack_and_row(root, name)
    image = stack.image(row)
    if isinstance(image, bytes):
        require_size(
            len(image),
            max_megabytes,
            empty="the row has no bytes of an image; fill it in, or leave it out",
            noun="image",
        )
    return image


def file_of(root: Path, name: str, contained: bool) -> Path:
    """The file that holds one image: its own, or a container."""
    return _place(root, name.rpartition("#")[0])[0] if contained else root / name


def _stack_and_row(root: Path, name: str) -> tuple[Stack, int]:
    """The opened list and the row that an id names."""
    part, _, digits = name.rpartition("#")
    path, array = _place(root, part)
    found = [stack for stack in stacks(path) if stack.array == array]
    if not found or not digits.isdecimal() or int(digits) >= found[0].count:
        count = found[0].count if found else 0
        raise DataError(
            f"{root / part} must hold the image {name}, and has {count:,} images, numbered from "
            "0; put the old file back, or list its images again"
        )
    return found[0], int(digits)


@lru_cache(maxsize=64)  # for every image of a container asks the same
def _place(root: Path, part: str) -> tuple[Path, str]:
    """The file of a container, and the array in it, where it holds several."""
    path = root / part
    return (path.parent, path.name) if path.parent.is_file() else (path, "")


def indexed(index: Index, row: int, max_megabytes: int) -> Content:
    """The content of one row; DataError where it is gone or is another one now.

    What an index says was read once can be read again; a failure now is about the disk and not
    about the image, so it is never taken for an unreadable image.
    """
    path = index.path(row)
    try:
        found = content(index.root, str(index.id[row]), index.contained, max_megabytes)
    except UnreadableImage as error:
        raise DataError(
            f"{path} could be read when it was indexed, and now cannot ({error.code}); "
            "put it back, and go on"
        ) from None
    if digest(found) != index.sha256[row]:
        raise DataError(
            f"{path} was changed since it was indexed; put the old file back, or train anew, so "
            "that what is recorded is what was trained on"
        )
    return found
