"""A signal, Ctrl-C unless said otherwise, at a known step of a training."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sureshot.training import stepping


@contextmanager
def interrupted(*steps: tuple[int, int], by: signal.Signals = signal.SIGINT) -> Iterator[None]:
    """Raise it right after some steps, (epoch, step) from 0, of every training within."""
    real = stepping.step

    def pressing(state: stepping.State, *rest: Any) -> None:
        real(state, *rest)
        training = signal.getsignal(signal.SIGTERM) != signal.SIG_DFL  # not the probe before it
        if training and (state.epoch, state.step) in steps:
            signal.raise_signal(by)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stepping, "step", pressing)
        yield
