"""One dataset by name, in order: is it there, who else is at it, which way, fetch, prove, unpack.

Nothing is kept that is not proven: a file by its own SHA-256 or by that of what it unzips to, an
archive without stable bytes by that of everything in it. What lies on a disk already, where others
may change it, is copied first, and the copy is proven and used.
"""

import gzip
import hashlib
import os
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from sureshot import files
from sureshot.downloads.archive import Limits, extract
from sureshot.downloads.catalogue import CATALOGUE, SENT_ON, Dataset, Remote, Way
from sureshot.downloads.digits import write_digits
from sureshot.downloads.place import alone, appearing, folder_of, is_whole
from sureshot.downloads.transfer import Rules, Wanted, transfer
from sureshot.errors import DataError, DownloadError, UsageError
from sureshot.progress import Progress

PIECE = 1 << 20  # bytes hashed at once
AGAIN = "and run the same command again"

Mirror = Path | str | None  # a folder, an https address, or the datasets' own homes


def fetch(name: str, to: Path | None, progress: Progress) -> Path:
    """The folder with the dataset `name`: `to`, or its place among the user's datasets.

    Returns at once where it is there whole. Raises UsageError for a name or folder that will not
    do, DownloadError where it cannot be had, DataError where it is not what the catalogue says,
    StorageError where there is no room.
    """
    if name not in CATALOGUE:
        raise UsageError(f"a dataset must be one of {', '.join(CATALOGUE)}, got {name!r}")
    folder = (to or folder_of(name)).expanduser().resolve()
    if is_whole(folder, name):
        progress.say(f"{name} is there already: {folder}")
        return folder
    mirror = _mirror()
    with alone(folder, name, progress) as scratch:
        if not is_whole(folder, name):
            _bring(CATALOGUE[name], folder, scratch, mirror, progress)
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _mirror() -> Mirror:
    """Where SURESHOT_MIRROR says that files are to be taken from."""
    given = os.environ.get("SURESHOT_MIRROR", "")
    if "://" in given:
        if not given.startswith("https://"):
            raise UsageError(f"SURESHOT_MIRROR must be a folder or an https address, got {given}")
        return given.rstrip("/")
    if given and not Path(given).expanduser().is_dir():
        raise UsageError(f"SURESHOT_MIRROR must be a folder or an https address, got {given}")
    return Path(given).expanduser().resolve() if given else None


def _bring(
    dataset: Dataset, folder: Path, scratch: Path, mirror: Mirror, progress: Progress
) -> None:
    """Put `dataset` at `folder`, by the first way that can be had."""
    if not dataset.ways:
        with appearing(folder, dataset.name, dataset.images << 12) as staging:  # 4 kB a file
            write_digits(staging)
        return
    lacking: list[Remote] = []
    for way in dataset.ways:
        missing = [remote for remote in way.files if not _address(remote, mirror, scratch)]
        obtained = [] if missing else _obtain(dataset, way, scratch, mirror, progress)
        if len(obtained) == len(way.files):
            _settle(dataset.name, way, obtained, folder, progress)
            return
        lacking += missing or [way.files[len(obtained)]]
    raise DownloadError(_lacking(dataset, lacking, scratch, mirror))


def _address(remote: Remote, mirror: Mirror, scratch: Path) -> str:
    """Where `remote` can be had: a path or an https address; "" where it cannot."""
    at_hand = scratch / remote.name  # finished by an earlier process, or put there by hand
    if isinstance(mirror, Path) and not at_hand.is_file():
        at_hand = mirror / remote.mirror
    if at_hand.is_file():
        return str(at_hand)
    if mirror is None:
        return remote.url
    return f"{mirror}/{remote.mirror}" if remote.mirror and isinstance(mirror, str) else ""


def _lacking(dataset: Dataset, lacking: Sequence[Remote], scratch: Path, mirror: Mirror) -> str:
    first = next(remote for remote in lacking if (remote.mirror if mirror else remote.url))
    where = f"the mirror {mirror}, as {first.mirror}" if mirror else f"its home, {first.url}"
    advice = "unset SURESHOT_MIRROR to fetch it from its home, or " if mirror else ""
    return (
        f"{dataset.name} must lie in {where}, and does not; {advice}put the file by hand at "
        f"{scratch / first.name} {AGAIN}"
    )


def _obtain(
    dataset: Dataset, way: Way, scratch: Path, mirror: Mirror, progress: Progress
) -> list[Path]:
    """The files of `way`, proven as far as they have hashes, up to the first that is not there."""
    missing = sum(remote.size for remote in way.files)  # to download, or to copy
    here = sum(path.stat().st_size for path in scratch.glob("*.partial"))
    files.require_space(scratch, way.unpacked + max(0, missing - here))
    address = _address(way.files[0], mirror, scratch)
    origin = urlsplit(address).hostname or Path(address).parent
    size = files.readable_size(sum(remote.size for remote in way.files))
    progress.say(f"{dataset.title}: {size} from {origin}; licence: {dataset.licence}")
    if way.note:
        progress.say(f"{dataset.name} comes {way.note}")
    found: list[Path] = []
    for remote in way.files:
        address = _address(remote, mirror, scratch)
        if not address.startswith("https://"):
            found.append(_copied(Path(address), remote, way, scratch))
        elif path := _download(remote, address, way, scratch, mirror, progress):
            found.append(path)
        else:
            break
    return found


def _copied(path: Path, remote: Remote, way: Way, scratch: Path) -> Path:
    """A copy of the file at `path`, proven; DataError where it cannot be read or is another."""
    copy = scratch / "copied" / remote.name
    try:
        with files.storing(copy, remote.size):
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, copy)
    except OSError as error:  # of reading
        raise DataError(
            f"{path} must be a file that can be read, and is not ({error.strerror}); "
            f"replace it {AGAIN}"
        ) from None
    try:
        _prove(copy, remote, way, f"replace {path} {AGAIN}")
    except DataError:
        copy.unlink()
        raise
    return copy


def _download(
    remote: Remote, address: str, way: Way, scratch: Path, mirror: Mirror, progress: Progress
) -> Path | None:
    """The file at `address`, proven where it has a hash; None where there is no such file."""
    partial = scratch / f"{remote.name}.partial"
    wanted = Wanted(address, remote.size, exact=bool(remote.sha256))
    try:
        if not transfer(wanted, partial, _rules(mirror), progress):
            return None
    except DownloadError as error:
        raise DownloadError(
            f"{error}; try again later, or put the file by hand at {scratch / remote.name} {AGAIN}"
        ) from None
    try:
        _prove(
            partial,
            remote,
            way,
            f"it was removed; fetch it again, or put the right file by "
            f"hand at {scratch / remote.name} {AGAIN}",
        )
    except DataError:
        partial.unlink()
        raise
    if not (remote.sha256 or remote.unzipped):
        return partial
    with files.storing(partial):
        return partial.rename(scratch / remote.name)


def _rules(mirror: Mirror) -> Rules:
    """Whom to ask: the catalogue's hosts, and the mirror that the person named."""
    urls = [r.url for d in CATALOGUE.values() for way in d.ways for r in way.files]
    hosts = SENT_ON | {urlsplit(url).hostname or "" for url in urls if url}
    if not isinstance(mirror, str):
        return Rules(hosts)
    try:
        parts = urlsplit(mirror)
        return Rules(hosts, mirror=f"{parts.hostname}:{parts.port or 443}")
    except ValueError:
        raise UsageError(f"SURESHOT_MIRROR must be an https address, got {mirror}") from None


def _prove(path: Path, remote: Remote, way: Way, advice: str) -> None:
    """Raise DataError where the file at `path` is not `remote`, as far as that has a hash."""
    what, expected = "SHA-256", remote.sha256
    if not expected:
        what, expected = "SHA-256 when unzipped", remote.unzipped
    if expected and (found := _sha256(path, remote, way.unpacked)) != expected:
        raise DataError(f"{path.name} must have the {what} {expected}, got {found}; {advice}")


def _sha256(path: Path, remote: Remote, limit: int) -> str:
    digest = hashlib.sha256()
    try:
        if remote.sha256:
            return files.sha256_of(path)
        with gzip.open(path) as file:
            while (piece := file.read(PIECE)) and limit >= 0:
                digest.update(piece)
                limit -= len(piece)
    except (OSError, EOFError, zlib.error) as error:
        return f"none, for it cannot be read ({error})"
    return digest.hexdigest() if limit >= 0 else "none, for it is far larger"


def _settle(
    name: str, way: Way, obtained: Sequence[Path], folder: Path, progress: Progress
) -> None:
    """Make the finished folder from files that are here."""
    try:
        with appearing(folder, name, way.unpacked) as staging:
            for path in obtained:
                if way.keep:
                    extract(path, staging, Limits(way.unpacked), way.keep, progress)
                else:
                    shutil.copyfile(path, staging / path.name)
            for file, text in way.texts:
                (staging / file).write_text(text, "utf-8")
            if way.tree:
                _prove_tree(staging, name, way.tree)
    except DataError:
        for path in obtained:
            if path.suffix == ".partial":  # nothing but its content could prove it
                path.unlink(missing_ok=True)
        raise


def _prove_tree(folder: Path, name: str, expected: str) -> None:
    """Raise DataError unless the SHA-256 of the lines `sha256sum` prints, sorted, is `expected`."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    lines = [f"{files.sha256_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths]
    found = hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()
    if found != expected:
        raise DataError(
            f"the {len(lines):,} images of {name} must have the SHA-256 {expected}, got {found}; "
            "nothing of them was kept: fetch them again, or choose a mirror with SURESHOT_MIRROR"
        )
