"""`sureshot sort`: a folder of images into class folders, and back."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from sureshot.errors import UsageError


def sort(
    model: Annotated[
        Path | None, typer.Argument(metavar="MODEL", help="A run folder or a *.shot file.")
    ] = None,
    inbox: Annotated[
        Path | None, typer.Argument(metavar="INBOX", help="A folder of images.")
    ] = None,
    out: Annotated[
        Path | None, typer.Argument(metavar="OUT", help="The folder that they are sorted into.")
    ] = None,
    max_error: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE", help="Wrong ÷ automatically sorted.", show_default="the plan's"
        ),
    ] = None,
    move: Annotated[bool, typer.Option("--move", help="Move, in place of copying.")] = False,
    link: Annotated[bool, typer.Option("--link", help="Make hard links, not copies.")] = False,
    undo: Annotated[
        Path | None, typer.Option(metavar="MANIFEST", help="Take an earlier sort back.")
    ] = None,
    back_to: Annotated[
        Path | None,
        typer.Option(metavar="INBOX", help="With --undo: where files may go back to."),
    ] = None,
    corrections: Annotated[
        Path | None,
        typer.Option(metavar="MANIFEST", help="List what you moved since, for train --add."),
    ] = None,
) -> None:
    """Sort images into class folders by a model's plan; what it is not sure of, for review."""
    from sureshot import sorting

    given = [each for each in (model, inbox, out, max_error) if each is not None]
    if undo is not None or corrections is not None:
        if given or move or link or (undo is not None and corrections is not None):
            raise UsageError("--undo MANIFEST and --corrections MANIFEST stand alone")
        if undo is not None:
            print(sorting.undo(undo, back_to=back_to))
        elif corrections is not None:
            path, rows = sorting.corrections(corrections)
            print(f"corrections  {path}  (rows: {rows:,})")
            print(f"train on them with: sureshot train SOURCE --add {quote(str(path))}")
        return
    if back_to is not None:
        raise UsageError("--back-to is for --undo MANIFEST; leave it out")
    if model is None or inbox is None or out is None:
        raise UsageError("sort wants three things: MODEL, INBOX and OUT")
    done = sorting.sort(model, inbox, out, max_error=max_error, move=move, link=link)
    print(done)
    print(f"manifest  {done.manifest}")
    beside = inbox.resolve().is_relative_to(out.resolve().parent)
    elsewhere = f" --back-to {quote(str(inbox))}" if move and not beside else ""
    print(f"take it back with: sureshot sort --undo {quote(str(done.manifest))}{elsewhere}")
