"""The stable codes for why a file cannot be turned into pixels, and the error that carries one."""

from collections.abc import Mapping
from types import MappingProxyType

from sureshot.errors import UnreadableImage

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "changed": "the file changed while it was being read",
        "damaged": "the file contradicts itself, so its pixels cannot be trusted",
        "empty": "the file has no bytes",
        "file_too_large": "the file is larger than image.max_megabytes",
        "format_not_allowed": "the file is of a known type that is not read here",
        "missing": "there is no such file, or a link leads nowhere",
        "no_permission": "the operating system does not let this user read the file",
        "no_pixels": "the image has a width or height of 0",
        "not_a_file": "the name belongs to a folder, pipe, socket or device",
        "not_an_image": "the first bytes belong to no image format",
        "out_of_memory": "the pixels do not fit into this machine's memory",
        "pixel_mode": "the pixels are numbers without a stated range, so no grey can be given",
        "read_failed": "the disk or network failed while the file was being read",
        "side_too_long": "the width or height is above the limit",
        "too_complex": "decoding would take far longer than for any ordinary image of its size",
        "too_many_pixels": "the image has more pixels than image.max_megapixels",
        "truncated": "the file ends before its image does",
        "unsupported": "the format is read here, but not in this rare variant",
    }
)


def unreadable(code: str, sentence: str) -> UnreadableImage:
    """The error for one image: a code of REASONS and a sentence for people."""
    assert code in REASONS, code
    return UnreadableImage(code, sentence)
