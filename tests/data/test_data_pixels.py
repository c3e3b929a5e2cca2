"""The pixel cache: made once, keyed by content and preprocessing, flat in memory, safe for two."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sureshot.data import (
    batches,
    cache_entries,
    cache_folder,
    clear_cache,
    list_folder,
    prepare_pixels,
    propose,
    scan,
    shuffled,
)
from sureshot.errors import DataError, StorageError
from sureshot.images import prepare
from sureshot.progress import Silent
from sureshot.recipe import ImageSettings, Preprocessing
from sureshot.records import Index

SETTINGS = ImageSettings(size=16, channels=3).settled()


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURESHOT_CACHE", str(tmp_path / "cache"))


def indexed(root: Path) -> Index:
    return scan(list_folder(root), ImageSettings(), Silent())


def test_rows_are_what_prepare_gives(shapes: Path) -> None:
    index = indexed(shapes)
    pixels = prepare_pixels(index, SETTINGS, Silent())
    assert pixels.array.shape == (24, 16, 16, 3)
    for row in range(len(index)):
        assert np.array_equal(pixels.array[row], prepare(index.path(row).read_bytes(), SETTINGS))


def test_a_second_time_reads_and_another_setting_or_content_does_not(
    shapes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sureshot.data import pixels as module

    calls: list[bytes] = []

    def counted(
        content: bytes, settings: Preprocessing
    ) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
        calls.append(content)
        return prepare(content, settings)

    monkeypatch.setattr(module, "prepare", counted)
    prepare_pixels(indexed(shapes), SETTINGS, Silent())
    prepare_pixels(indexed(shapes), SETTINGS, Silent())
    assert len(calls) == 24
    prepare_pixels(indexed(shapes), SETTINGS.model_copy(update={"fit": "crop"}), Silent())
    assert len(calls) == 48
    (shapes / "bar" / "000.png").write_bytes((shapes / "disc" / "000.png").read_bytes())
    prepare_pixels(indexed(shapes), SETTINGS, Silent())
    assert len(calls) == 72
    assert len(cache_entries()) == 3
    assert clear_cache() > 0
    assert cache_entries() == []


def test_what_only_decoding_shows_is_a_problem_and_never_a_picture(shapes: Path) -> None:
    Image.open(shapes / "bar" / "000.png").save(shapes / "bar" / "000.bmp")
    whole = (shapes / "bar" / "000.bmp").read_bytes()
    (shapes / "bar" / "000.bmp").write_bytes(whole[: len(whole) * 3 // 4])
    index = indexed(shapes)
    assert index.id[0] == "bar/000.bmp"
    assert index.problem[0] == ""  # the header is whole
    pixels = prepare_pixels(index, SETTINGS, Silent())
    assert list(pixels.problems) == [0]
    assert not index.with_problems(pixels.problems).readable[0]
    again = prepare_pixels(index.with_problems(pixels.problems), SETTINGS, Silent())
    assert (again.folder, again.problems) == (pixels.folder, pixels.problems)


def test_a_file_changed_since_it_was_indexed_is_named(shapes: Path) -> None:
    index = indexed(shapes)
    (shapes / "bar" / "003.png").write_bytes((shapes / "disc" / "001.png").read_bytes())
    with pytest.raises(DataError, match="003.png was changed since it was indexed"):
        prepare_pixels(index, SETTINGS, Silent())
    assert cache_entries() == []


def test_too_small_a_disk_is_said_before_anything_is_decoded(
    shapes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(0, 0, 1000))
    with pytest.raises(StorageError, match=r"needs 18.4 kB and its disk has 1.0 kB free"):
        prepare_pixels(indexed(shapes), SETTINGS, Silent())


def test_two_processes_at_once_make_them_once(shapes: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from sureshot.workflow import look;"
        "from sureshot import Silent;"
        "class_ = Silent(); print(len(look(sys.argv[1], progress=class_).index))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(shapes)], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [process.communicate(timeout=60)[0].strip() for process in started] == [b"24"] * 3
    assert len(cache_entries()) == 1
    assert not list((cache_folder() / "pixels").glob(".partial-*"))


def test_order_is_a_function_of_seed_and_epoch() -> None:
    rows = np.arange(100, 200)
    assert np.array_equal(shuffled(rows, 111, 3), shuffled(rows, 111, 3))
    assert not np.array_equal(shuffled(rows, 111, 3), shuffled(rows, 111, 4))
    assert not np.array_equal(shuffled(rows, 111, 3), shuffled(rows, 112, 3))
    assert sorted(shuffled(rows, 111, 3)) == list(rows)
    parts = list(batches(rows, 32))
    assert [len(part) for _, part in parts] == [32, 32, 32, 4]
    assert np.array_equal(np.concatenate([part for _, part in parts]), rows)
    assert [step for step, _ in batches(rows, 32, start=2)] == [2, 3]


def test_size_and_channels_come_from_the_data_with_a_reason(digits: Path, shapes: Path) -> None:
    small = propose(indexed(digits), smallest=16)
    assert (small.size, small.channels) == (16, 1)
    assert small.size_reason == "every file has 8, the network wants 16"
    assert small.channels_reason == "all of them are greyscale"
    assert propose(indexed(digits), smallest=1).size == 8
    coloured = propose(indexed(shapes), smallest=1)
    assert (coloured.size, coloured.channels) == (24, 3)
