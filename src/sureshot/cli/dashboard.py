"""The verb `dashboard`: parse, call."""

from pathlib import Path
from typing import Annotated

import typer


def dashboard(
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="Where runs and studies lie.")
    ] = Path(),
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = (
        8501
    ),
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open a browser.")
    ] = False,
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Ask visitors for the token in this file, or in SURESHOT_TOKEN."
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Let visitors judge claims and sorted images.")
    ] = False,
) -> None:
    """Look at runs and studies in a browser."""
    from sureshot.dashboard.serving import serve

    serve(folder, host=host, port=port, browser=not no_browser, token_file=token_file, write=write)
