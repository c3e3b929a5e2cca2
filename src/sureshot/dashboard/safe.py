"""Names from outside, made harmless where they are shown: files, classes, runs, claims.

A class may be called `<script>`, `:smile:`, `$x$`, `[a](http://b.c)`, رنگ, or have two hundred
letters. It is always shown as just these letters, on one line, and never as anything else.

plain      where nothing is interpreted: options, cells of tables, text
name       in Markdown, shortened
sentence   in Markdown, whole: what an error says, with the names in it
label      in a Plotly figure, whose labels know some HTML
"""

import html
import re
import unicodedata

from sureshot.figures.words import visible

LONGEST = 60  # letters of a name; assumed: two lines on a phone
JOINER = "\u2060"  # takes no room, and parts what would be read as one
ISOLATE, POP = "\u2068", "\u2069"  # between them the direction of writing is the name's own
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")  # of ASCII: Markdown lets a backslash undo each
_LATER = re.compile(  # what becomes an icon or a link even after a backslash has been taken away
    r":(?=[\w+/-]+:)|:(?=//)|@(?=\w)|www(?=\.)", re.IGNORECASE
)


def plain(text: object, longest: int = LONGEST) -> str:
    """On one line, control letters written out, with `…` for the middle where it is too long."""
    words = visible(text)
    if len(words) <= longest:
        return words
    tail = longest // 3
    return f"{words[: longest - tail - 1]}…{words[-tail:]}"


def name(text: object) -> str:
    """A name in the middle of Markdown."""
    return _apart(_literal(plain(text)))


def sentence(text: object) -> str:
    """A sentence with names in it, as Markdown that shows just these letters."""
    return _literal(visible(text))


def label(text: object, longest: int = 24) -> str:
    """A name as Plotly draws it; the default length leaves room for the bars on a phone."""
    words = plain(text, longest).replace("%{", f"%{JOINER}{{")  # begins a value in a template
    return _apart(html.escape(words, quote=False))


def _literal(words: str) -> str:
    parted = _LATER.sub(lambda found: found[0] + JOINER, words.strip())
    return _PUNCTUATION.sub(r"\\\1", parted)


def _apart(words: str) -> str:
    """What is written from right to left turns no words around it."""
    turned = any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in words)
    return f"{ISOLATE}{words}{POP}" if turned else words
