"""The content of one image by its id: a file below the root, or one row of a container there.

An id is a path below the root with forward slashes; in a container it is path#row.
"""

from pathlib import Path

from sureshot.errors import DataError, UnreadableImage
from sureshot.images import Content, digest, read_file
from sureshot.records import Index


def content(root: Path, name: str, contained: bool, max_megabytes: int) -> Content:
    """What one image is made from; UnreadableImage where it cannot be read."""
    assert not contained
    return read_file(root / name, max_megabytes)


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
