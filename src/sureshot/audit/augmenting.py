"""Augmentation that would change what an image shows: a mirrored 2, a left turn that turns right.

Said before training, from the class names alone.
"""

import re
from collections.abc import Iterator, Sequence

from sureshot.audit.words import listed
from sureshot.recipe import Recipe
from sureshot.records import Finding, Index

STEEP = 45.0  # degrees; assumed: from here on a 6 may be taken for a 9, and an N for a Z
FEWEST = 3  # assumed: two classes named 0 and 1 are more often no and yes than digits

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SAME_IN_MIRROR = frozenset("018AHIMOTUVWXYilmotuvwx")  # as printed; capitals and small letters
_SAME_TURNED = frozenset("0Oo")
_BY_MIRROR = (("left", "right"), ("west", "east"), ("clockwise", "anticlockwise"))
_BY_TURNING = (("up", "down"), ("north", "south"), ("left", "right"), ("west", "east"))
_OTHER_WORDS = {
    "counterclockwise": "anticlockwise",
    "ccw": "anticlockwise",
    "cw": "clockwise",
    "upward": "up",
    "upwards": "up",
    "downward": "down",
    "downwards": "down",
    "leftward": "left",
    "rightward": "right",
}


def augmentation_findings(index: Index, recipe: Recipe) -> Iterator[Finding]:
    """What flipping and turning would do to these classes; nothing where they are off."""
    augment = recipe.augment
    if augment.flip or recipe.network.tta_flip is True:
        key = "augment.flip" if augment.flip else "network.tta_flip"
        yield from _finding(
            "flip_changes_labels",
            f"{key} mirrors images left to right",
            _characters(index.classes, _SAME_IN_MIRROR),
            _directions(index.classes, _BY_MIRROR),
            f"set {key} = false",
        )
    if augment.rotation >= STEEP:
        yield from _finding(
            "rotation_changes_labels",
            f"augment.rotation turns images by up to {augment.rotation:g} degrees",
            _characters(index.classes, _SAME_TURNED),
            _directions(index.classes, _BY_TURNING),
            f"set augment.rotation below {STEEP:g}",
        )


def _finding(
    code: str, deed: str, characters: Sequence[str], directions: Sequence[str], remedy: str
) -> Iterator[Finding]:
    harmed = [
        *([f"the characters {listed(characters, 10)}"] if characters else []),
        *([f"the directions {listed(directions, 10)}"] if directions else []),
    ]
    if harmed:
        sentence = f"{deed}, which would change what {' and '.join(harmed)} show; {remedy}"
        yield Finding(code, "warning", sentence)


def _characters(classes: Sequence[str], unharmed: frozenset[str]) -> list[str]:
    """The classes that are digits or letters and would be others; none where they are few."""
    named = {name: _character(name) for name in classes}
    found = {name: character for name, character in named.items() if character}
    harmed = [name for name, character in found.items() if character not in unharmed]
    return harmed if len(found) >= FEWEST else []


def _character(name: str) -> str:
    """The digit or letter that a class is named after, "" where there is none."""
    if name.casefold() in _NUMBERS:
        return str(_NUMBERS.index(name.casefold()))
    plain = name.strip()
    if len(plain) == 2 and plain.isdecimal() and plain[0] == "0":
        plain = plain[1]
    return plain if len(plain) == 1 and plain.isalnum() else ""


def _directions(classes: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[str]:
    """The classes that say a direction of which the other is a class too."""
    words = {name: _words(name) for name in classes}
    said = frozenset().union(*words.values())
    opposed = {word for pair in pairs if said.issuperset(pair) for word in pair}
    return [name for name in classes if words[name] & opposed]


def _words(name: str) -> frozenset[str]:
    """ "Turn_Left" → {"turn", "left"}."""
    found = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
    return frozenset(_OTHER_WORDS.get(word.casefold(), word.casefold()) for word in found)
