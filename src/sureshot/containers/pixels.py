"""Arrays of any kind → uint8 pixels, by stated rules; what could mean two things is refused.

Shapes: `N` images, `H` × `W` pixels.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.errors import DataError

_BLOCK = 2048  # images converted at once, so that their fractions never fill the memory. Assumed.


def channels_last(array: NDArray[Any], place: str) -> NDArray[Any]:
    """A view as (N, H, W) or (N, H, W, 3), of that, (N, H, W, 1), (N, 1, H, W) or (N, 3, H, W)."""
    shape = array.shape
    if array.ndim in (3, 4) and 0 not in shape:
        match shape[1:]:
            case (first, side) if first not in (1, 3) and side > 3:
                return array
            case (first, _, 1) if first not in (1, 3):
                return array[..., 0]
            case (first, _, 3) if first not in (1, 3):
                return array
            case (1, _, last) if last not in (1, 3):
                return array[:, 0]
            case (3, _, last) if last not in (1, 3):
                return array.transpose(0, 2, 3, 1)
    raise DataError(
        f"{place} must hold images of shape (N, H, W), (N, H, W, 1) or (N, H, W, 3), got {shape}; "
        "reshape it, channels last"
    )


def levels(array: NDArray[Any], place: str) -> NDArray[np.uint8]:
    """Whole numbers from 0 to 255, or fractions from 0 (black) to 1 (white), as read-only uint8."""
    if array.dtype == np.uint8:
        pixels = array.view()
    elif array.dtype.kind in "iuf":
        low, high = array.min(), array.max()  # NaN where there is one
        if not 0 <= low <= high <= 255:
            raise _refusal(place, f"{array.dtype} from {low} to {high}")
        white = 255 if array.dtype.kind == "f" and high <= 1 else 1
        pixels = _converted(array, white, place)
    else:
        raise _refusal(place, str(array.dtype))
    pixels.flags.writeable = False  # what is read is shared by all who read it
    return pixels


def _converted(array: NDArray[Any], factor: int, place: str) -> NDArray[np.uint8]:
    pixels = np.empty(array.shape, np.uint8)
    for start in range(0, len(array), _BLOCK):
        block = array[start : start + _BLOCK]
        near = np.rint(block.astype(np.float32) * factor)
        if factor == 1 and (near != block).any():
            raise _refusal(place, f"fractions up to {array.max()}")
        pixels[start : start + _BLOCK] = near
    return pixels


def _refusal(place: str, found: str) -> DataError:
    return DataError(
        f"{place} must hold whole numbers from 0 to 255, or fractions from 0 to 1, got {found}; "
        "scale it, then save it as uint8"
    )
