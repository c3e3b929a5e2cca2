"""Which files in a folder are images, strays or litter: by extension, or without one by type."""

import re
from pathlib import Path

from sureshot.images import formats
from sureshot.images.reading import first_bytes

# Left behind by operating systems, archives and storage boxes; never meant as data.
_LITTER = frozenset(
    {
        "#recycle",
        "#snapshot",
        "$recycle.bin",
        "@eadir",
        "__macosx",
        "__pycache__",
        "desktop.ini",
        "ehthumbs.db",
        "icon\r",
        "lost+found",
        "recycler",
        "system volume information",
        "thumbs.db",
    }
)

# Every kind of picture that people keep, also the kinds that are refused, so that a photo which
# cannot be read is reported and not overlooked.
_READ = "jpg jpeg jpe jfif jif png apng webp bmp dib gif tif tiff avif avifs"
_REFUSED = (
    "ai arw bpg cdr cr2 cr3 cur dcm dcx dds djvu dng emf eps exr fit fits fli flif hdr heic heics "
    "heif heifs icns ico img j2c j2k jls jp2 jpc jpf jpm jpx jxl jxr miff mng mpo nef nrw orf pam "
    "pbm pcd pcx pdf pgm pict pnm ppm ps psb psd pxr qoi raf ras raw rgb rgba rw2 sgi sr2 srw svg "
    "svgz tga wbmp wdp wmf xbm xcf xpm"
)
_EXTENSIONS = frozenset([*_READ.split(), *_REFUSED.split()])

_BEGINNING = 64  # bytes; the longest signature of a readable type ends at 26
_EXTENSION = re.compile(r".\.([A-Za-z0-9]+)$", re.DOTALL)


def hidden(name: str) -> bool:
    """Whether a file or folder name is litter that no listing should show."""
    return name.startswith((".", "~$")) or name.lower() in _LITTER


def promises_image(path: Path) -> bool:
    """Whether a file has an image's extension; without any, whether it begins like an image."""
    extension = _EXTENSION.search(path.name)
    if extension is not None:
        return extension[1].lower() in _EXTENSIONS
    return formats.kind(first_bytes(path, _BEGINNING)) in (*formats.ALLOWED, *formats.OPT_IN)
