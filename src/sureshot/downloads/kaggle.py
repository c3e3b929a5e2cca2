"""Datasets of Kaggle through its official client, which holds the person's key; we unpack."""

import contextlib
import importlib
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from sureshot import files
from sureshot.downloads.archive import Limits, extract
from sureshot.downloads.place import alone, appearing, folder_of, is_whole
from sureshot.errors import DownloadError, MissingExtra, UsageError
from sureshot.progress import Progress, printable

NAME = re.compile(r"kaggle:([a-z0-9][\w-]*)/([a-z0-9][\w-]*)", re.ASCII | re.IGNORECASE)


def fetch_kaggle(name: str, to: Path | None, progress: Progress) -> Path:
    """The folder with "kaggle:owner/dataset" or "kaggle:competitions/name".

    Kaggle tells no hashes, so that nothing proves the content; its archive is unpacked with the
    same suspicion as any other. Raises UsageError for other names, MissingExtra without the
    client, and what `fetch` raises.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"a dataset of Kaggle must be kaggle:owner/dataset or kaggle:competitions/name, "
            f"got {name!r}"
        )
    folder = (to or folder_of(name)).expanduser().resolve()
    if is_whole(folder, name):
        progress.say(f"{name} is there already: {folder}")
        return folder
    with alone(folder, name, progress) as scratch:
        if not is_whole(folder, name):
            progress.say(f"asking Kaggle for {name}; it tells no hashes that could prove it")
            archive = _download(name, scratch)
            limits = Limits(shutil.disk_usage(scratch).free)
            with appearing(folder, name, archive.stat().st_size) as staging:
                if archive.suffix == ".zip":
                    extract(archive, staging, limits, "(.*)", progress)
                else:
                    shutil.copyfile(archive, staging / archive.name)
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _download(name: str, scratch: Path) -> Path:
    """The one file that the client leaves in a fresh folder of `scratch`."""
    place = scratch / "kaggle"
    with files.storing(place):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
    owner, _, dataset = name.removeprefix("kaggle:").partition("/")
    try:
        with contextlib.redirect_stdout(sys.stderr):  # it talks where results belong
            api = _client()
            if owner == "competitions":
                api.competition_download_files(dataset, path=str(place), quiet=True)
            else:
                api.dataset_download_files(f"{owner}/{dataset}", path=str(place), quiet=True)
    except MissingExtra:
        raise
    except (Exception, SystemExit) as error:  # whatever it and its transport raise
        raise DownloadError(
            f"Kaggle did not give {name} ({type(error).__name__}: {printable(str(error))[:300]}); "
            "it wants a key in ~/.kaggle, and consent to its rules on the website, "
            f"or fetch it there and unpack it yourself"
        ) from None
    found = [path for path in place.iterdir() if path.is_file()]
    if len(found) != 1:
        raise DownloadError(f"Kaggle must give one file for {name}, got {len(found)}; try again")
    return found[0]


def _client() -> Any:
    try:
        kaggle = importlib.import_module("kaggle")  # looks for the key at once, and may exit
    except ImportError:
        raise MissingExtra("kaggle", "fetching from Kaggle") from None
    kaggle.api.authenticate()
    return kaggle.api
