"""The verb that serves a model over HTTP."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer


def serve(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A run folder or a *.shot file.")],
    host: Annotated[
        str, typer.Option(help="The address; all but loopback wants a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8000,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The token of clients; or set SURESHOT_TOKEN."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name that clients call the server by."),
    ] = None,
    max_megabytes: Annotated[int, typer.Option(min=1, max=1000, help="Of a request.")] = 32,
    max_megapixels: Annotated[int, typer.Option(min=1, max=1000, help="Of an image.")] = 64,
    queue: Annotated[
        int, typer.Option(min=1, max=10_000, help="Images under way; above it clients are told.")
    ] = 64,
) -> None:
    """Answer over HTTP what images show; Ctrl-C or SIGTERM ends it when all is answered."""
    from sureshot import serving
    from sureshot.bundle import model_file

    access = serving.grant(host, serving.read_token(token_file), allow_host or ())
    limits = serving.Limits(megabytes=max_megabytes, megapixels=max_megapixels, queue=queue)
    serving.serve(model_file(model), access, limits, host, port, ready=partial(_say, access.local))


def _say(local: bool, address: str) -> None:
    ask = f"how to ask: {address}/docs; " if local else ""
    print(f"serving on {address}  ({ask}Ctrl-C ends it)", flush=True)
