"""`sureshot export`: one new folder or file a form, whole and proved, or none at all."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sureshot import files
from sureshot.bundle import Bundle, Session, bundle_of
from sureshot.errors import UsageError
from sureshot.exporting.keras_model import write_keras
from sureshot.exporting.proof import Pixels, Proof, proof_of, require_proved
from sureshot.exporting.pytorch import write_pytorch
from sureshot.records import softmax
from sureshot.runs import open_run


def export(model: Path, to: str, out: Path | None = None) -> Path:
    """Write a run's or bundle's classifier in the form `to`, one of FORMS; returns where.

    "onnx", "pytorch" and "keras" make a new folder, "card" a new Markdown file. Raises UsageError
    where `out` is there already, TrainingError where the export would answer otherwise.
    """
    if to not in FORMS:
        raise UsageError(f"--to must be {', '.join(FORMS[:-1])} or {FORMS[-1]}, got {to!r}")
    name = model.resolve().name.removesuffix(".shot")
    place = out or Path("README.md" if to == "card" else f"{name}-{to}")
    if os.path.lexists(place):
        raise UsageError(
            f"{place} is there already, and nothing is overwritten; name another --out"
        )
    if to == "card":
        _write_card(model, place)
        return place
    bundle = bundle_of(model)
    proof = proof_of(bundle)
    with files.writing_folder(place, expected=len(bundle.contents.graph)) as folder:
        _WRITERS[to](folder, bundle, proof)
    return place


def _write_card(model: Path, place: Path) -> None:
    if not model.is_dir():
        raise UsageError(
            f"a model card tells scores and data, so MODEL must be a run folder, got {model}"
        )
    from sureshot.exporting.card import card_of

    run = open_run(model)
    run.require_whole()
    files.write_text(place, card_of(run))


def _write_onnx(folder: Path, bundle: Bundle, proof: Proof) -> None:
    """`model.onnx`, byte for byte the bundle's network, and `about.json`."""
    path = folder / "model.onnx"
    path.write_bytes(bundle.contents.graph)
    _write_about(folder, bundle, "logits (N, K), to be divided by the temperature before softmax")
    session = Session(path.read_bytes())

    def answer(pixels: Pixels) -> Any:
        return softmax(session.logits(pixels), bundle.about.temperature)

    require_proved("ONNX file", proof, answer)


def _write_keras(folder: Path, bundle: Bundle, proof: Proof) -> None:
    """`model.keras` and `about.json`."""
    write_keras(folder, bundle, proof)
    _write_about(folder, bundle, "probabilities (N, K), with the temperature")


def _write_about(folder: Path, bundle: Bundle, gives: str) -> None:
    """`about.json`: what the network's file does not say."""
    about = bundle.about
    told = {
        "takes": "uint8 pixels (N, H, W, C), 0 to 255, which the network rescales itself",
        "gives": gives,
        "classes": about.classes,
        "temperature": about.temperature,
        "preprocessing": about.preprocessing.model_dump(),
        "sureshot": about.sureshot,
    }
    files.write_json(folder / "about.json", told)


_WRITERS: dict[str, Callable[[Path, Bundle, Proof], None]] = {
    "onnx": _write_onnx,
    "pytorch": write_pytorch,
    "keras": _write_keras,
}
FORMS = (*_WRITERS, "card")
