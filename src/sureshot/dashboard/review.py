"""The page that goes through `_review`: one image after another, one key each, written at once.

Shapes: `S` the side of what the network sees in pixels, `C` channels.
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from sureshot.dashboard import remembered, safe
from sureshot.dashboard.dressed import empty, put, say, wrong
from sureshot.dashboard.looked import nearest_images, plate, some_of_class
from sureshot.dashboard.shelf import Choice, Shelf, ShelvedRun
from sureshot.errors import SureshotError, UnreadableImage
from sureshot.figures import Picture
from sureshot.figures.words import percent, plural
from sureshot.images import prepare, read_file, thumbnail
from sureshot.recipe import Preprocessing
from sureshot.report.markup import name, tag
from sureshot.report.material import Material
from sureshot.sorting import Aside, Review, review

KEYS = "1234567890"  # of the first classes in their order, so that a key is always the same class
LARGE = 720  # pixels of the image's longer side: sharp in its column
SHOWN = Preprocessing(size=224, channels=3, fit="pad", background="white")  # without a run
PROBLEM = "review problem"  # in the session: what could not be done
Step = tuple[Aside, str | None]  # an image, and the class that it was given; None: left


@dataclass(frozen=True)
class Desk:
    """What somebody goes through, and what they have said of it in this session."""

    found: Review
    past: list[Step]

    def ahead(self, waiting: list[Aside]) -> list[Aside]:
        """What waits but for what they have left."""
        left = {one.place for one, label in self.past if label is None}
        return [one for one in waiting if one.place not in left]

    def put(self, one: Aside, label: str) -> None:
        """Write down what they said."""
        try:
            if self.found.put(one, label):
                self.past.append((one, label))
        except SureshotError as error:
            st.session_state[PROBLEM] = f"{error}."

    def leave(self, one: Aside) -> None:
        """Pass an image by, until they go through those again."""
        self.past.append((one, None))

    def undo(self) -> None:
        """Take their last step back."""
        one, label = self.past.pop()
        try:
            if label is not None:
                self.found.put_back(one, label)
        except SureshotError as error:
            st.session_state[PROBLEM] = f"{error}."

    def again(self) -> None:
        """Forget what was left, not what was told."""
        self.past[:] = [(one, label) for one, label in self.past if label is not None]


def show(shelf: Shelf, choice: Choice) -> None:
    """Go through what sorting has put aside in a folder."""
    called = _called(shelf)
    try:
        found = review(shelf.filled[called])
        material = _material(choice.run, found)
    except SureshotError as error:
        wrong(str(error))
        return
    desk = Desk(found, st.session_state.setdefault(f"reviewed in {called}", []))
    waiting = found.waiting()
    ahead = desk.ahead(waiting)
    _came(desk.past)
    if ahead:
        number, of = len(found.aside) - len(ahead) + 1, len(found.aside)
        st.progress(number / of, text=f"{number:,} of {of:,}")
        _one(desk, ahead[0], material, shelf.writable)
    elif found.aside:
        _done(desk, len(waiting))
    else:
        empty("No image waits for a person.", "Sorting put none of them aside.")
    _after(found.folder, material)


def _called(shelf: Shelf) -> str:
    """The folder that is gone through, as the link has it (`sorted=…`) and a person says."""
    names, key = list(shelf.filled), "sorted folder"
    if st.session_state.get(key) not in names:
        linked = st.query_params.get("sorted")
        st.session_state[key] = linked if linked in names else names[0]
    if len(names) > 1:
        st.selectbox("Sorted folder", names, format_func=safe.plain, key=key)
        st.query_params["sorted"] = st.session_state[key]
    return str(st.session_state[key])


def _material(run: ShelvedRun | None, found: Review) -> Material | None:
    """The chosen run, where it knows just these classes: its images stand beside the others."""
    if run is None or run.state != "complete":
        return None
    material = remembered.material(run)
    return material if material.index.classes == found.classes else None


def _came(past: list[Step]) -> None:
    """What could not be done, or else what was done last."""
    problem = st.session_state.pop(PROBLEM, "")
    if problem:
        wrong(problem)
    elif past:
        one, label = past[-1]
        image = name(PurePosixPath(one.place).name)
        say(image, *([" was left."] if label is None else [" is now ", name(label), "."]))


def _one(desk: Desk, one: Aside, material: Material | None, writable: bool) -> None:
    """The image, the buttons, and below them training images like it."""
    settings = SHOWN if material is None else material.recipe.image.settled()
    called = PurePosixPath(one.place).name
    picture, pixels = _read(desk.found.folder / one.place, settings)
    left, right = st.columns([3, 2])
    with left:
        put(plate(picture, called, LARGE), tag("p", name(called), class_="quiet"))
    with right:
        _asked(desk, one, writable)
    if material is not None and (pixels is None or not nearest_images(material, pixels)):
        some_of_class(material, one.best)


def _read(path: Path, settings: Preprocessing) -> tuple[Picture, NDArray[np.uint8] | None]:
    """The image for people, and as the network sees it, (S, S, C); None and a reason without."""
    try:
        content = read_file(path, settings.max_megabytes)
        return thumbnail(content, settings, LARGE), prepare(content, settings)
    except UnreadableImage as error:
        wrong(f"This image cannot be read now: {error.reason}.")
        return None, None


def _asked(desk: Desk, one: Aside, writable: bool) -> None:
    """The suggestion, a button for each class, and the ways past this image."""
    classes, key = desk.found.classes, f"{one.sha256} {one.place!r}"  # a press is of what was shown
    best = classes[one.best]
    put(tag("p", "Is it ", tag("b", name(best)), f"? {percent(one.shares[one.best])} probable"))
    if writable:
        yes = f"Yes: {safe.name(best)}"
        _button(yes, f"yes {key}", "Y", partial(desk.put, one, best), first=True)
        with st.container(horizontal=True):
            for number, label in enumerate(classes):
                shortcut = KEYS[number] if number < len(KEYS) else None
                _button(
                    safe.name(label), f"{number} {key}", shortcut, partial(desk.put, one, label)
                )
    else:
        say("This dashboard only shows. Started with --write, it takes answers.", quiet=True)
    with st.container(horizontal=True):
        _button("Leave", f"leave {key}", "L", partial(desk.leave, one))
        _undo(desk)


def _undo(desk: Desk) -> None:
    _button("Undo the last", f"undo {len(desk.past)}", "U", desk.undo, disabled=not desk.past)


def _button(
    words: str,
    key: str,
    shortcut: str | None,
    pressed: Callable[[], None],
    *,
    first: bool = False,
    disabled: bool = False,
) -> None:
    st.button(
        words,
        key=key,
        shortcut=shortcut,
        on_click=pressed,
        type="primary" if first else "secondary",
        width="stretch" if first else "content",
        disabled=disabled,
    )


def _done(desk: Desk, waiting: int) -> None:
    """Nothing lies ahead: all are told, or left."""
    of = len(desk.found.aside)
    empty(
        f"{plural(of - waiting, 'image')} of {of:,} told, {waiting:,} left.",
        "What is left stays in _review." if waiting else "Nothing waits any more.",
    )
    with st.container(horizontal=True):
        if waiting:
            st.button("Go through those again", on_click=desk.again)
        _undo(desk)


def _after(folder: Path, material: Material | None) -> None:
    """How answers become training data."""
    manifest, added = (shlex.quote(str(folder / n)) for n in ("manifest.csv", "corrections.csv"))
    images = "SOURCE" if material is None else shlex.quote(str(material.index.root))
    before = f" \\\n    --before {shlex.quote(str(material.run.folder))}" if material else ""
    say(
        "Each answer moves the file into the folder of its class at once, as if it were dragged "
        "there. They become training data with:",
        quiet=True,
    )
    train = f"sureshot train {images} \\\n    --add {added}{before}"
    put(tag("pre", f"sureshot sort --corrections {manifest}\n{train}", tabindex=0))
