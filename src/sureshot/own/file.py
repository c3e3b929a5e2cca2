"""The user's file: read, proven to be the one that was named, run; its function called.

This is the only place where Sureshot runs code that it is given, and only code that was named on
the command line, or in the recipe of a run that is resumed: `require_resumable` says which.
"""

import hashlib
import inspect
import random
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from sureshot.errors import RunError, SureshotError, UsageError
from sureshot.recipe import Own

MOST = 240  # characters of what somebody else's error says; assumed: two lines of a terminal


def made(own: Own, classes: int, size: int, channels: int) -> object:
    """What the user's function gives for so many classes, and images of so many pixels."""
    wanted = {"classes": classes, "size": size, "channels": channels}
    function = _function(own, _module(own))
    try:
        inspect.signature(function).bind(**wanted)
    except TypeError:
        raise UsageError(
            f"{called(own)} must take classes, size and channels, and takes "
            f"{inspect.signature(function)}"
        ) from None
    with blaming(own, f"give a network for {', '.join(f'{k}={v}' for k, v in wanted.items())}"):
        return function(**wanted)


def called(own: Own) -> str:
    """How messages name the function: "make_model in net.py"."""
    return f"{own.function} in {own.file.name}"


def require_resumable(own: Own, folder: Path) -> None:
    """RunError where a run in `folder` may not run a file: one that has no hash, or lies in it.

    The folder may be a stranger's, and so may be what lies in it.
    """
    if not own.sha256:
        raise RunError(
            f"the recipe in {folder} must name {own.file} with its SHA-256, and does not; "
            "train under another name"
        )
    if own.file.resolve().is_relative_to(folder.resolve()):
        raise RunError(
            f"{own.file} must lie outside of the run folder {folder}, which runs no code of its "
            "own; move it out, read it, and train under another name with --model"
        )


@contextmanager
def blaming(own: Own, duty: str) -> Iterator[None]:
    """Turn whatever the user's code raises into one sentence with the line that it came from."""
    try:
        yield
    except SureshotError:
        raise
    except (Exception, SystemExit) as error:
        raise UsageError(f"{called(own)} must {duty}, and fails{complaint(error, own)}") from error


def complaint(error: BaseException, own: Own) -> str:
    """Where in the user's file an error came from, and what it says, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(own.file)]
    if isinstance(error, SyntaxError):
        lines, words = [error.lineno], str(error.msg)
    else:
        words = " ".join(re.sub(r"\x1b\[\d*m", "", str(error)).split())
    where = f" in line {lines[-1]}" if lines else ""
    short = words if len(words) <= MOST else words[:MOST] + "…"
    return f"{where}: {type(error).__name__}: {short}".removesuffix(": ")


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed every generator that a network may draw its first weights from, for a block only."""
    before = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed % 2**32)
        try:
            yield
        finally:
            random.setstate(before[0])
            np.random.set_state(before[1])


def _module(own: Own) -> ModuleType:
    """The file as a module of its own, run anew; RunError where it is not the file pinned."""
    try:
        content = own.file.read_bytes()
    except OSError:
        raise UsageError(f"there is no file {own.file} that could be read any more") from None
    found = hashlib.sha256(content).hexdigest()
    if own.sha256 not in ("", found):
        raise RunError(
            f"{own.file} must be the file that the recipe names, with SHA-256 {own.sha256[:12]}…, "
            f"and was changed to {found[:12]}…; put it back, or train under another name"
        )
    module = ModuleType(f"own_{own.file.stem}_{found[:12]}")
    module.__file__ = str(own.file)
    sys.modules[module.__name__] = module  # where dataclasses look for the module of a class
    with blaming(own, "be in a file that Python can run"):
        exec(compile(content, str(own.file), "exec"), module.__dict__)  # noqa: S102
    return module


def _function(own: Own, module: ModuleType) -> Callable[..., Any]:
    found: Callable[..., Any] | None = getattr(module, own.function, None)
    if callable(found):
        return found
    made_here = [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    ]
    raise UsageError(
        f"{own.file.name} must hold a function {own.function}, and holds "
        + (", ".join(made_here) or "none")
    )
