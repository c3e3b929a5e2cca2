"""`sureshot explain`: what spoke for an answer, drawn."""

from pathlib import Path
from typing import Annotated

import typer


def explain(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A run folder or a *.shot file.")],
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Image files.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="A new folder.")] = Path("explained"),
    grad_cam: Annotated[
        bool, typer.Option("--grad-cam", help="Grad-CAM as well, by PyTorch.")
    ] = False,
    nearest: Annotated[
        bool, typer.Option("--nearest", help="Of a run: its nearest training images as well.")
    ] = False,
) -> None:
    """Draw where on an image the network found what speaks for its answer."""
    from sureshot import explaining, exporting
    from sureshot.progress import Terminal

    rebuilt = exporting.rebuilt if grad_cam else None
    count = explaining.explain_files(
        model, images, out, Terminal(), rebuilt=rebuilt, with_nearest=nearest
    )
    print(f"{count:,} of {len(images):,} images: {out}")
