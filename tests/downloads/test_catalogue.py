"""What the catalogue says, held against the real files where they are here."""

import gzip
import hashlib
import re
import subprocess
import sys
import types
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sureshot import downloads
from sureshot.downloads import CATALOGUE, fetch, fetch_kaggle, located
from sureshot.downloads.catalogue import Remote, Way
from sureshot.downloads.place import datasets_folder
from sureshot.errors import DataError, DownloadError, MissingExtra, UsageError

WAYS = [(name, way) for name, dataset in CATALOGUE.items() for way in dataset.ways]


def test_names() -> None:
    names = ["mnist", "fashion_mnist", "cifar10", "cifar100", "clothing", "digits"]
    assert list(CATALOGUE) == names
    assert [dataset.name for dataset in CATALOGUE.values()] == names


@pytest.mark.parametrize(("name", "way"), WAYS)
def test_every_way_can_be_proven(name: str, way: Way) -> None:
    hashes = [way.tree, *(h for remote in way.files for h in (remote.sha256, remote.unzipped))]
    assert all(re.fullmatch("[0-9a-f]{64}|", value) for value in hashes)
    for remote in way.files:
        assert remote.sha256 or remote.unzipped or way.tree
        assert remote.url or remote.mirror
        assert urlsplit(remote.url).scheme in ("https", "")
        assert 0 < remote.size < 200_000_000
    assert len({remote.name for remote in way.files}) == len(way.files)
    assert re.compile(way.keep).groups == bool(way.keep)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10", "cifar100"])
def test_the_size_is_that_of_the_files(name: str) -> None:
    files = CATALOGUE[name].ways[0].files
    assert CATALOGUE[name].size == sum(remote.size for remote in files)


def test_a_name_by_hand_is_that_of_the_file() -> None:
    assert Remote("https://h/a/master.tar.gz", "", 1).name == "master.tar.gz"
    assert Remote("https://h/a/x.gz", "datasets/y.gz", 1).name == "y.gz"


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"SURESHOT_DATA": "/a/b"}, "/a/b"),
        ({"SURESHOT_DATA": "", "XDG_DATA_HOME": "/x"}, "/x/sureshot/datasets"),
        (
            {"SURESHOT_DATA": "", "XDG_DATA_HOME": "", "HOME": "/h"},
            "/h/.local/share/sureshot/datasets",
        ),
    ],
)
def test_where_datasets_are_kept(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], folder: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert datasets_folder() == Path(folder)


def test_importing_is_light() -> None:
    heavy = ["numpy", "PIL", "sklearn", "torch", "kaggle", "rich", "urllib.request"]
    code = f"import sys, sureshot.downloads; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def images_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix in (".jpg", ".png")]


def test_the_real_mnist(shared: Path, said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURESHOT_MIRROR", str(shared))
    folder = fetch("mnist", None, said)
    files = sorted(path.name for path in folder.glob("*.gz"))
    assert files == sorted(remote.name for remote in CATALOGUE["mnist"].ways[0].files)
    with gzip.open(folder / "train-images-idx3-ubyte.gz") as file:
        assert file.read(16).hex() == "00000803" + "0000ea60" + "0000001c" * 2  # 60,000 of 28×28
    assert fetch("mnist", None, said) == folder == located("mnist")


def test_the_real_clothing(shared: Path, said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURESHOT_MIRROR", str(shared))
    folder = fetch("clothing", None, said)
    splits = Counter(path.relative_to(folder).parts[0] for path in images_below(folder))
    assert splits == {"train": 3068, "validation": 341, "test": 372}
    assert len({path.parent.name for path in images_below(folder)}) == 10
    assert fetch("clothing", None, said) == folder


def test_the_real_clothing_as_github_packs_it(
    shared: Path, said: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    by_hand = datasets_folder() / "clothing.download" / "master.tar.gz"
    by_hand.parent.mkdir(parents=True)
    plain = (shared / "datasets" / "clothing-dataset-small.tar").read_bytes()
    by_hand.write_bytes(gzip.compress(plain, 0, mtime=0))
    monkeypatch.setenv("SURESHOT_MIRROR", str(tmp_path))
    assert len(images_below(fetch("clothing", None, said))) == CATALOGUE["clothing"].images


def test_the_real_cifar10_as_jpeg(shared: Path, said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURESHOT_MIRROR", str(shared))
    binary, jpeg = CATALOGUE["cifar10"].ways
    tenth = replace(jpeg, keep=jpeg.keep.replace("(?:train|test)/[a-z]+", "test/[a-z]+"))
    monkeypatch.setitem(CATALOGUE, "cifar10", replace(CATALOGUE["cifar10"], ways=(binary, tenth)))
    folder = fetch("cifar10", None, said)
    assert "cifar10 comes as JPEG, which is lossy" in said.text
    per_class = Counter(path.parent.name for path in images_below(folder / "test"))
    assert sorted(per_class.values()) == [1000] * 10


def test_digits_need_no_download(said: Any, tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    pytest.importorskip("sklearn")
    from PIL import Image

    folder = fetch("digits", tmp_path / "digits", said)
    per_class = Counter(path.parent.name for path in images_below(folder))
    assert sum(per_class.values()) == CATALOGUE["digits"].images
    assert sorted(per_class) == [str(digit) for digit in range(10)]
    paths = sorted(images_below(folder), key=lambda path: path.name)
    pixels = np.stack([np.asarray(Image.open(path)) for path in paths])
    assert pixels.shape == (1797, 8, 8)
    assert pixels.max() == 255
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    assert digest.startswith("b41ca9fd3354")


def test_digits_without_scikit_learn(said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtra, match=r"the dataset digits needs the extra 'sklearn'"):
        fetch("digits", None, said)
    assert not (datasets_folder() / "digits").exists()


class Kaggle:
    """Stands for the official client: leaves what it is told to leave."""

    def __init__(self, files: dict[str, bytes], error: BaseException | None = None) -> None:
        self.files = files
        self.error = error
        self.asked: list[str] = []

    def authenticate(self) -> None:
        if self.error:
            raise self.error

    def dataset_download_files(self, dataset: str, path: str, quiet: bool) -> None:
        print("Dataset URL: https://www.kaggle.com/…")
        self.asked.append(dataset)
        for name, content in self.files.items():
            (Path(path) / name).write_bytes(content)

    def competition_download_files(self, competition: str, path: str, quiet: bool) -> None:
        self.dataset_download_files(f"competition {competition}", path, quiet)


@pytest.fixture
def kaggle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kaggle:
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        archive.writestr("cat/1.jpg", b"meow")
        archive.writestr("dog/1.jpg", b"woof")
    client = Kaggle({"pets.zip": (tmp_path / "pets.zip").read_bytes()})
    monkeypatch.setitem(sys.modules, "kaggle", types.SimpleNamespace(api=client))
    return client


@pytest.mark.parametrize(
    ("name", "asked"),
    [("kaggle:me/pets-2", "me/pets-2"), ("kaggle:competitions/pets", "competition pets")],
)
def test_kaggle_is_asked_once(
    kaggle: Kaggle, said: Any, capsys: pytest.CaptureFixture[str], name: str, asked: str
) -> None:
    folder = fetch_kaggle(name, None, said)
    assert fetch_kaggle(name, None, said) == folder == located(name)
    assert (folder / "dog" / "1.jpg").read_bytes() == b"woof"
    assert kaggle.asked == [asked]
    assert capsys.readouterr().out == ""
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_one_file_of_kaggle_is_kept_as_it_is(kaggle: Kaggle, said: Any, tmp_path: Path) -> None:
    kaggle.files = {"train.csv": b"label,pixel0\n"}
    folder = fetch_kaggle("kaggle:competitions/digits", tmp_path / "digits", said)
    assert (folder / "train.csv").read_bytes() == b"label,pixel0\n"


@pytest.mark.parametrize(
    "name", ["mnist", "kaggle:pets", "kaggle:../pets", "kaggle:a/b/c", "x:a/b"]
)
def test_kaggle_wants_an_owner_and_a_name(kaggle: Kaggle, said: Any, name: str) -> None:
    with pytest.raises(UsageError, match="must be kaggle:owner/dataset or kaggle:competitions/nam"):
        fetch_kaggle(name, None, said)


@pytest.mark.parametrize("error", [SystemExit(1), OSError("Could not find kaggle.json")])
def test_kaggle_without_a_key(kaggle: Kaggle, said: Any, error: BaseException) -> None:
    kaggle.error = error
    with pytest.raises(DownloadError, match=r"Kaggle did not give kaggle:me/pets .*wants a key"):
        fetch_kaggle("kaggle:me/pets", None, said)


@pytest.mark.parametrize("files", [{}, {"a.zip": b"", "b.zip": b""}])
def test_kaggle_must_give_one_file(kaggle: Kaggle, said: Any, files: dict[str, bytes]) -> None:
    kaggle.files = files
    with pytest.raises(DownloadError, match=f"must give one file for .*, got {len(files)}"):
        fetch_kaggle("kaggle:me/pets", None, said)


def test_a_hostile_archive_of_kaggle_is_refused(kaggle: Kaggle, said: Any, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../../evil", b"evil")
    kaggle.files = {"evil.zip": (tmp_path / "evil.zip").read_bytes()}
    with pytest.raises(DataError, match="climbs out"):
        fetch_kaggle("kaggle:me/evil", None, said)
    assert located("kaggle:me/evil") is None
    assert not list(tmp_path.rglob("evil"))


def test_kaggle_without_its_client(said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kaggle", None)
    with pytest.raises(MissingExtra, match=r"Kaggle needs the extra 'kaggle'"):
        fetch_kaggle("kaggle:me/pets", None, said)


def test_the_public_face_is_what_the_program_uses() -> None:
    assert downloads.__all__ == ["CATALOGUE", "Dataset", "fetch", "fetch_kaggle", "located"]
