"""Where the arithmetic runs and in which precision, always with the reason."""

import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, Literal

from sureshot.errors import MissingExtra, UsageError


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


def choose(name: str = "auto", precision: str = "auto") -> Device:
    """Settle device, precision and thread count for training.

    Raises MissingExtra without PyTorch, UsageError where the wanted device is not there.
    """
    require_torch()
    import torch

    cuda = torch.cuda.is_available()
    if name == "cuda" and not cuda:
        raise UsageError('device must be "auto" or "cpu" here, got "cuda": PyTorch finds no GPU')
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
        where = f"on {threads()} processor{'s' if threads() > 1 else ''} ({asked})"
        why = f"the processor has {found[0]}" if fast else "the processor has no bf16 arithmetic"
    if precision == "auto":
        settled: Literal["fp32", "bf16"] = "bf16" if fast else "fp32"
    else:
        settled, why = ("bf16" if precision == "bf16" else "fp32"), "as asked"
    return Device(
        name="cuda" if chosen == "cuda" else "cpu",
        precision=settled,
        threads=threads(),
        reasons=(where, f"in {settled} ({why})"),
    )


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
