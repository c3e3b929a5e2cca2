"""Folders of little images to sort, and bundles with a plan to sort them by."""

from pathlib import Path

from PIL import Image

from made_bundles import noise
from made_plans import made_plan
from sureshot.bundle import Bundle, write_contents

ENDINGS = ("png", "jpg", "webp")


def write_images(folder: Path, count: int, seed: int = 1) -> Path:
    """Little images in nested folders, several of one name; every 25th is broken."""
    for number, picture in enumerate(noise(count, 24, 3, seed)):
        path = folder / f"{number % 7}" / f"{number // 3}.{ENDINGS[number % 3]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
        if number % 25 == 24:
            path.write_bytes(path.read_bytes()[:60] + bytes([number % 256]))
    return folder


def planned(bundle: Bundle, path: Path, threshold: float | None, max_error: float = 0.02) -> Path:
    """The same bundle with a plan, for half of what comes."""
    plan = made_plan(threshold, len(bundle.classes), max_error)
    write_contents(path, bundle.with_(plan=plan))
    return path


def contents(folder: Path) -> dict[str, bytes]:
    """What lies below a folder, place → bytes, but for what sorting writes of its own."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if path.name not in ("manifest.csv", ".sorting.csv")
    }
