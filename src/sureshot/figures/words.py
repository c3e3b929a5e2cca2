"""Names and numbers as people read them: whatever a class or a file is called.

A class may be called `two\\nlines`, `$x^2$`, `衬衫` or have two hundred letters. Nothing here may
crash on it, let it run out of its place, or change what a reader sees around it.
"""

import unicodedata
from functools import lru_cache

import numpy as np

_LACKING = 1.2  # ems kept free for a letter that our font lacks; measured: its stand-in has 1.16
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # can turn a line round
_REFERENCE = 100  # points at which letters are measured


def visible(text: object) -> str:
    """The same words on one line, with control letters written out: a line feed becomes `\\n`."""
    return "".join(_written_out(letter) for letter in str(text))


def drawable(text: str) -> bool:
    """Whether the font that Matplotlib brings along has every letter."""
    return all(_advance(letter)[1] for letter in set(text))


def ems(text: str, bold: bool = False) -> float:
    """How wide the words are, in units of the font's size."""
    return sum(_advance(letter, bold)[0] for letter in text)


def inches(text: str, points: float, bold: bool = False) -> float:
    """How wide the words are at a font size, in inches."""
    return ems(text, bold) * points / 72


def shorten(text: object, points: float, width: float, bold: bool = False) -> str:
    """The words as they fit into `width` inches, with `…` for the middle where they do not."""
    words = visible(text)
    if inches(words, points, bold) <= width:
        return words
    for kept in range(min(len(words) - 1, 200), 0, -1):
        tail = kept // 3
        short = words[: kept - tail].rstrip() + "…" + words[len(words) - tail :].lstrip()
        if inches(short, points, bold) <= width:
            return short
    return "…"


def wrapped(text: str, points: float, width: float) -> list[str]:
    """The words on as many lines as `width` inches ask for; no word is parted."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and inches(longer, points) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def percent(share: float) -> str:
    """A share for people: "76 %", "99.4 %", "<0.1 %"; "–" where there is none."""
    if not np.isfinite(share):
        return "–"
    if share in (0.0, 1.0) or 0.01 <= share < 0.985:
        return f"{share:.0%}".replace("%", " %")
    if share < 0.001:
        return "<0.1 %"
    if share >= 0.9995:
        return ">99.9 %"
    return f"{share:.1%}".replace("%", " %")


def out_of(share: float) -> int:
    """Of how many a share is told: 100, or so many that not quite all is not told as all."""
    whole = 100
    while 0 < share < 1 and round(share * whole) in (0, whole):
        whole *= 10
    return whole


def plural(count: int, noun: str, several: str = "") -> str:
    """ "1 image", "1,234 images"."""
    return f"{count:,} {noun if count == 1 else several or noun + 's'}"


def _written_out(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Cs":  # a byte of a file name that is no UTF-8
        return "\N{REPLACEMENT CHARACTER}"
    if category in ("Cc", "Zl", "Zp") or letter in _BIDI:
        return letter.encode("unicode_escape").decode()
    return letter


@lru_cache(maxsize=4096)
def _advance(letter: str, bold: bool = False) -> tuple[float, bool]:
    """How wide one letter is, in ems, and whether the font has it."""
    from matplotlib.font_manager import FontProperties, findfont, get_font
    from matplotlib.ft2font import LoadFlags

    weight = "bold" if bold else "normal"
    font = get_font(findfont(FontProperties(family=["DejaVu Sans"], weight=weight)))
    if not font.get_char_index(ord(letter)):
        return _LACKING, False
    if unicodedata.combining(letter):
        return 0.0, True
    font.set_size(_REFERENCE, 72)
    glyph = font.load_char(ord(letter), flags=LoadFlags.NO_HINTING)
    return glyph.linearHoriAdvance / 65536 / _REFERENCE, True
