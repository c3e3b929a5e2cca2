"""Which form a file has, and its images, opened once and kept while they are asked for."""

from pathlib import Path

from sureshot.containers import cifar, idx, numpy_files, parquet, pixel_table
from sureshot.containers.bytewise import State, changed, state
from sureshot.containers.kept import Kept
from sureshot.containers.parts import Form, Stack

FORMS: tuple[Form, ...] = (
    pixel_table.FORM,
    idx.FORM,
    *cifar.FORMS,
    *numpy_files.FORMS,
    parquet.FORM,
)

# Files kept open in a process: CIFAR-10's six, and two more. Assumed.
_OPENED: Kept[tuple[Path, State], tuple[Stack, ...]] = Kept(8)


def could_be(path: Path) -> bool:
    """Whether the name of a file is one of a container."""
    return any(form.pattern.fullmatch(path.name.lower()) for form in FORMS)


def form_of(path: Path) -> Form | None:
    """The form of a file, by its name and its beginning; None where it holds no images."""
    for form in FORMS:
        if form.pattern.fullmatch(path.name.lower()) and form.ours(path):
            return form
    return None


def stacks(path: Path) -> tuple[Stack, ...]:
    """The images of one file, () where it has none; DataError where it cannot be read."""
    known = state(path)
    return _OPENED.get((path, known), lambda: _open(path, known))


def _open(path: Path, known: State) -> tuple[Stack, ...]:
    form = form_of(path)
    found = () if form is None else form.stacks(path)
    if state(path) != known:
        raise changed(path, known, state(path))
    return found
