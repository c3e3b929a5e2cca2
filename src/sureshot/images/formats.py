"""What a file is, by its first bytes; the name and its extension are never asked."""

from collections.abc import Iterable

from sureshot.errors import UnreadableImage
from sureshot.images.reasons import unreadable

ALLOWED = ("JPEG", "PNG", "WebP", "BMP", "GIF")  # the common ones, and the most fuzzed decoders
OPT_IN = {"TIFF": "tiff", "AVIF": "avif"}  # name → the word for it in image.also

# (offset, bytes, name)
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (0, b"8BPS", "PSD"),
    (0, b"%PDF", "PDF"),
    (0, b"%!PS", "EPS"),
    (0, b"\xc5\xd0\xd3\xc6", "EPS"),
    (0, b"SIMPLE  =", "FITS"),
    (0, b"\0\0\1\0", "ICO"),
    (0, b"\0\0\2\0", "CUR"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"DDS ", "DDS"),
    (0, b"qoif", "QOI"),
    (0, b"v/1\x01", "OpenEXR"),
    (0, b"#?RADIANCE", "HDR"),
    (0, b"gimp xcf", "XCF"),
    (0, b"\x8aMNG", "MNG"),
    (0, b"\0\5\x16\7", "AppleDouble"),
    (0, b"\0\5\x16\0", "AppleSingle"),
    (0, b"\xd0\xcf\x11\xe0", "Windows OLE"),  # Thumbs.db, old Office documents
    (0, b"PK\3\4", "ZIP"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (0, b"Rar!", "RAR"),
    (0, b"\x93NUMPY", "NumPy"),
    (0, b"\x89HDF", "HDF5"),
    (0, b"\x1aE\xdf\xa3", "video"),
    (128, b"DICM", "DICOM"),
)

_BMP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})  # bytes; "BM" alone begins many a text

_BRANDS = (  # of an ISO media file, the first that is found
    ((b"avif", b"avis"), "AVIF"),
    ((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), "HEIC"),
    ((b"crx ",), "CR3"),
)

_TEXT = (  # lower case, after any byte order mark and blanks
    (b"version https://git-lfs", "Git LFS pointer"),
    (b"<!doctype html", "HTML"),
    (b"<html", "HTML"),
    (b"<svg", "SVG"),
    (b"<!doctype svg", "SVG"),
    (b"<", "XML"),
    (b"{", "JSON"),
    (b"[", "JSON"),
)

_ADVICE = {
    "Git LFS pointer": "fetch the image itself with `git lfs pull`",
    "HTML": "a web page was saved in place of the image; fetch it again",
    "XML": "fetch the image again",
    "JSON": "fetch the image again",
    "AppleDouble": "it holds notes of macOS about another file; remove it",
    "AppleSingle": "it holds notes of macOS about another file; remove it",
    "Windows OLE": "remove it",
    "ZIP": "unpack it first",
    "gzip": "unpack it first",
    "7-Zip": "unpack it first",
    "RAR": "unpack it first",
}


def kind(data: bytes) -> str | None:
    """The type of a file by its first bytes, such as "JPEG" or "HTML"; None where unknown."""
    for offset, magic, name in _MAGIC:
        if data.startswith(magic, offset):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if data[4:8] == b"ftyp":
        return _media_kind(data)
    return _text_kind(data[:1024])


def require_allowed(data: bytes, also: Iterable[str]) -> str:
    """The type of a file that may be decoded: one of ALLOWED, or of OPT_IN where `also` has it.

    Raises UnreadableImage: not_an_image, format_not_allowed.
    """
    name, admitted = kind(data), tuple(also)
    if name is None:
        raise unreadable(
            "not_an_image",
            f"the file must be one of {', '.join(ALLOWED)}, and its first bytes belong to no "
            "known format; replace or remove it",
        )
    if name not in ALLOWED and OPT_IN.get(name) not in admitted:
        raise _not_allowed(name, admitted)
    return name


def _not_allowed(name: str, admitted: tuple[str, ...]) -> UnreadableImage:
    allowed = [*ALLOWED, *(known for known, word in OPT_IN.items() if word in admitted)]
    advice = _ADVICE.get(name, "convert it to PNG or JPEG, or remove it")
    if name in OPT_IN:
        words = ", ".join(f'"{word}"' for word in (*admitted, OPT_IN[name]))
        advice = f"convert it, or admit it with image.also = [{words}]"
    return unreadable(
        "format_not_allowed", f"the file must be one of {', '.join(allowed)}, got {name}; {advice}"
    )


def _media_kind(data: bytes) -> str:
    """An ISO media file by its brands, the major one first."""
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, length, 4))]
    for known, name in _BRANDS:
        if any(brand in known for brand in brands):
            return name
    return "video"


def _text_kind(head: bytes) -> str | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for start, name in _TEXT:
        if text.startswith(start):
            return "SVG" if name == "XML" and b"<svg" in text else name
    return None
