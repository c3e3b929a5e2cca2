"""Bytes → pixels: the one decode path and the one preprocessing of the whole program.

The files, in the order in which an image meets them:

listing    which names in a folder are images
reading    a path → bytes: regular files only, limited, never a hang
plain      … or pixels that came without a file
formats    what the bytes are, by their first few
pared      the file without all that does not decide pixels: jpeg, png, gif, webp; exif
opening    the header, within limits, before a pixel is allocated
decode     the pixels, complete, upright
modes      … as 8-bit grey or colour, transparency on a stated background
prepare    … in the size, fit and channels of a network
reasons    why not: every code that an unreadable image can carry
"""

from sureshot.images.decode import decode
from sureshot.images.listing import hidden, promises_image
from sureshot.images.opening import Header, header
from sureshot.images.plain import Content, digest, encoded
from sureshot.images.prepare import prepare, thumbnail
from sureshot.images.reading import read_file
from sureshot.images.reasons import REASONS

__all__ = [
    "REASONS",
    "Content",
    "Header",
    "decode",
    "digest",
    "encoded",
    "header",
    "hidden",
    "prepare",
    "promises_image",
    "read_file",
    "thumbnail",
]
