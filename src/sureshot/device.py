"""Where the arithmetic runs and in which precision, always with the reason."""

import ctypes
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, Literal

from sureshot.errors import MissingExtra, UsageError
from sureshot.records import Layer

# Operations of a step from which further threads pay: on two processors one was quicker with
# 2.3e7 (`mlp_128`, batch 32), two with 6.8e7 (`dnnd`); docs/log.md.
SHARED = 3e7
M_MMAP_THRESHOLD, M_TRIM_THRESHOLD = -3, -1  # of glibc's malloc.h


@dataclass(frozen=True)
class Device:
    """What was chosen, and why."""

    name: Literal["cpu", "cuda"]
    precision: Literal["fp32", "bf16"]
    threads: int
    reasons: tuple[str, ...]


def threads() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Work:
    """What one step of a training computes."""

    dense: bool  # whether there is no convolution in it
    operations: float  # multiplications and additions, forward and backward

    @classmethod
    def of(cls, layers: Sequence[Layer], batch: int) -> "Work":
        """The work of a network's layers on a batch: each weight is used once at every place."""
        used = sum(layer.parameters * math.prod(layer.output[:-1]) for layer in layers)
        return cls(not any(layer.kind.endswith("Conv2D") for layer in layers), 6.0 * batch * used)


def choose(name: str = "auto", precision: str = "auto", work: Work | None = None) -> Device:
    """Settle device, precision and thread count for training; `work` where it is known.

    Raises MissingExtra without PyTorch, UsageError where the wanted device is not there.
    """
    require_torch()
    import torch

    cuda = torch.cuda.is_available()
    if name == "cuda" and not cuda:
        raise UsageError('device must be "auto" or "cpu" here, got "cuda": PyTorch finds no GPU')
    used = threads()
    if name != "cpu" and cuda:
        chosen, fast = "cuda", torch.cuda.is_bf16_supported()
        where = f"on the GPU ({torch.cuda.get_device_name()})"
        why = "it computes bf16" if fast else "it has no bf16"
    else:
        chosen = "cpu"
        abilities = torch.cpu.get_capabilities()
        found = [flag for flag in ("amx_bf16", "avx512_bf16") if abilities.get(flag)]
        fast = bool(found)
        asked = "as asked" if name == "cpu" else "there is no GPU"
        if work is not None and work.operations < SHARED and used > 1:
            used, asked = 1, f"{asked}; a step is too short to be shared"
        where = f"on {used} processor{'s' if used > 1 else ''} ({asked})"
        why = f"the processor has {found[0]}" if fast else "the processor has no bf16 arithmetic"
        if fast and work is not None and work.dense:
            fast, why = False, "dense layers alone gain nothing from bf16"
    if precision == "auto":
        settled: Literal["fp32", "bf16"] = "bf16" if fast else "fp32"
    else:
        settled, why = ("bf16" if precision == "bf16" else "fp32"), "as asked"
    return Device(
        name="cuda" if chosen == "cuda" else "cpu",
        precision=settled,
        threads=used,
        reasons=(where, f"in {settled} ({why})"),
    )


def keep_memory() -> None:
    """Let the C library keep freed memory for the next step, where it is glibc.

    It gives large blocks back to the system at once, and every step then pays for new pages:
    several times the arithmetic of a ReLU (docs/log.md). Elsewhere this does nothing.
    """
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    if mallopt(M_MMAP_THRESHOLD, 2**30) == 1:  # a libc that refuses is left as it is
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def has_torch() -> bool:
    """Whether PyTorch is installed; it is not imported."""
    return find_spec("torch") is not None


def require_torch() -> None:
    """Raise MissingExtra where PyTorch is not installed."""
    if not has_torch():
        raise MissingExtra("train", "training")


def environment(device: Device) -> dict[str, Any]:
    """Versions, hardware and the choice of device, for `environment.json`."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": processor(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "device": asdict(device),
    }


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What of versions, processor and device is not as it was, as "torch 2.12 → 2.13"."""
    then = {group: before.get(group) or {} for group in ("packages", "device")}
    pairs = {
        **{name: (then["packages"].get(name), v) for name, v in now["packages"].items()},
        "processor": (before.get("processor"), now["processor"]),
        **{
            name: (then["device"].get(name), now["device"][name])
            for name in ("name", "precision", "threads")
        },
    }
    return ", ".join(f"{name} {a} → {b}" for name, (a, b) in pairs.items() if a != b)


_PACKAGES = ("sureshot", "torch", "onnx", "onnxruntime", "numpy", "pillow", "pyarrow")


def processor() -> str:
    """The processor's own name, where the system tells it."""
    try:
        with open("/proc/cpuinfo") as lines:
            names = (line.split(":", 1)[1].strip() for line in lines if "model name" in line)
            return next(names, platform.processor())
    except OSError:
        return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
