"""Which names in a folder are images, strays or litter, judged by the name alone."""

import re

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

_EXTENSION = re.compile(r".\.([A-Za-z0-9]+)$", re.DOTALL)


def hidden(name: str) -> bool:
    """Whether a file or folder name is litter that no listing should show."""
    return name.startswith((".", "~$")) or name.lower() in _LITTER


def looks_like_image(name: str) -> bool:
    """Whether a file name promises an image: a known image extension, or no extension at all."""
    extension = _EXTENSION.search(name)
    return extension is None or extension[1].lower() in _EXTENSIONS
