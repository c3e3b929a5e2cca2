"""How an image comes to the classifier: from a person's files, a camera, or the test images."""

from collections.abc import Callable, Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from sureshot.containers import indexed
from sureshot.dashboard import safe
from sureshot.dashboard.answers import Given
from sureshot.dashboard.dressed import empty, say, wrong
from sureshot.records import Predictions
from sureshot.report.material import Material

MOST = 200  # images at once; assumed: more are work for `sureshot predict`
WHICH = ("all", "right", "wrong")


def handed(material: Material) -> list[Given]:
    """The images that a person wants to be classified."""
    way = st.radio("Images from", list(_WAYS), horizontal=True, key="classifier-way")
    return _WAYS[way](material)


def _files(_: Material) -> list[Given]:
    """What a person uploads; the browser's idea of its type is not asked."""
    files = st.file_uploader(
        "Images to classify, one or many",
        accept_multiple_files=True,
        key="classifier-files",
        help="JPEG, PNG, WebP, BMP or GIF. They stay in memory and are stored nowhere.",
    )
    if len(files) > MOST:
        wrong(
            f"At most {MOST} images are classified here at once, and these are {len(files):,}; "
            "choose fewer, or use the command sureshot predict."
        )
        return []
    return [Given(file.name, file.getvalue()) for file in files]


def _camera(_: Material) -> list[Given]:
    say("Browsers lend a camera only to pages on this machine or over HTTPS.", quiet=True)
    photo = st.camera_input("Take a photograph", key="classifier-camera")
    return [] if photo is None else [Given("photograph", photo.getvalue())]


def _known(material: Material) -> list[Given]:
    """One image of the split that the results are shown on; DataError where it is gone."""
    predictions, index = material.predictions, material.index
    classes = ["all classes", *predictions.classes]
    left, middle, right = st.columns([2, 1, 1])
    label = left.selectbox(
        "True class", range(len(classes)), format_func=lambda k: safe.plain(classes[k])
    )
    which = middle.selectbox("Answered", WHICH)
    rows = answered(predictions, label - 1, which)
    if not len(rows):
        empty(f"There is no such {material.split} image.", "Choose another class, or all answers.")
        return []
    row = rows[right.number_input(f"Which of {len(rows):,}", 1, len(rows)) - 1]
    image, true = str(predictions.id[row]), int(predictions.label[row])
    at = int(np.flatnonzero(index.id == image)[0])
    content = indexed(index, at, material.recipe.image.max_megabytes)
    return [Given(image, content, predictions.classes[true] if true >= 0 else "")]


def answered(predictions: Predictions, label: int, which: str) -> NDArray[np.int64]:
    """The readable rows of a class, or of all where it is below 0, that were answered so."""
    right = predictions.top() == predictions.label
    wanted = predictions.readable
    if which != "all":
        wanted = wanted & (right if which == "right" else ~right)
    return np.flatnonzero(wanted if label < 0 else wanted & (predictions.label == label))


_WAYS: Mapping[str, Callable[[Material], list[Given]]] = {
    "Your own files": _files,
    "Camera": _camera,
    "Known images": _known,
}
