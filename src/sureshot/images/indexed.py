"""The bytes of an image that an index knows, and proof that they are still the same."""

import hashlib

from sureshot.errors import DataError, UnreadableImage
from sureshot.images.reading import read_file
from sureshot.records import Index


def indexed_bytes(index: Index, row: int, max_megabytes: int) -> bytes:
    """The encoded bytes of one row; DataError where the file is gone or is another one now.

    What an index says was read once can be read again; a failure now is about the disk and not
    about the image, so it is never taken for an unreadable image.
    """
    path = index.path(row)
    try:
        content = read_file(path, max_megabytes)
    except UnreadableImage as error:
        raise DataError(
            f"{path} could be read when it was indexed, and now cannot ({error.code}); "
            "put it back, and go on"
        ) from None
    if hashlib.sha256(content).hexdigest() != index.sha256[row]:
        raise DataError(
            f"{path} was changed since it was indexed; put the old file back, or train anew, so "
            "that what is recorded is what was trained on"
        )
    return content
