"""`sureshot export`: the classifier in other people's formats."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A run folder or a *.shot file.")],
    to: Annotated[str, typer.Option(help="onnx, pytorch, keras or card.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="A new folder; for card a new file.", show_default="NAME-FORM, or README.md"
        ),
    ] = None,
) -> None:
    """Write the classifier for ONNX, PyTorch or Keras, proved equal, or a model card."""
    from sureshot import exporting

    print(exporting.export(model, to, out))
