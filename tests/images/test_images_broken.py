"""Every kind of broken file has its code, quickly, silently, and is left as it was."""

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL.PngImagePlugin import PngImageFile

from corpus import broken, encode, opt_in, patched, png_header, settings, smooth, snapshot
from sureshot.errors import UnreadableImage
from sureshot.images import REASONS, decode, header, prepare, read_file, thumbnail
from sureshot.recipe import Preprocessing


def refusal(path: Path, chosen: Preprocessing) -> UnreadableImage:
    with pytest.raises(UnreadableImage) as caught:
        decode(read_file(path, chosen.max_megabytes), chosen)
    return caught.value


def test_every_broken_file_has_its_code(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    codes = broken(tmp_path / "broken")
    before = snapshot(tmp_path / "broken")
    assert len(codes) >= 100
    for name, code in codes.items():
        start = time.perf_counter()
        error = refusal(tmp_path / "broken" / name, settings())
        assert error.code == code, f"{name}: {error}"
        assert time.perf_counter() - start < 2, name
        assert error.reason.isprintable(), name
        assert "Traceback" not in error.reason, name
    assert snapshot(tmp_path / "broken") == before
    assert capfd.readouterr() == ("", "")


def test_broken_files_of_the_formats_that_must_be_admitted(tmp_path: Path) -> None:
    codes, odd = opt_in(tmp_path)
    for name, code in codes.items():
        assert refusal(tmp_path / name, settings(also=("tiff", "avif"))).code == code, name
    for name in odd:
        error = refusal(tmp_path / name, settings())
        assert error.code == "format_not_allowed"
        assert 'image.also = ["' in error.reason


def test_all_entrances_refuse_alike(tmp_path: Path) -> None:
    for name, code in broken(tmp_path).items():
        try:
            data = read_file(tmp_path / name, 32)
        except UnreadableImage:
            continue
        for entrance in (prepare, lambda d, s: thumbnail(d, s, 64)):
            with pytest.raises(UnreadableImage) as caught:
                entrance(data, settings())
            assert caught.value.code == code


def test_every_code_is_met_by_a_test(tmp_path: Path) -> None:
    met = set(broken(tmp_path / "a").values()) | set(opt_in(tmp_path / "b")[0].values())
    elsewhere = {"changed", "no_permission", "out_of_memory", "read_failed"}
    assert met | elsewhere == set(REASONS)
    assert len(REASONS) <= 25
    assert list(REASONS) == sorted(REASONS)


def test_a_bomb_costs_neither_time_nor_memory() -> None:
    bomb = png_header(50_000, 50_000) + bytes(1000)
    with pytest.raises(UnreadableImage):
        header(bomb, settings())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    for _ in range(1000):
        with pytest.raises(UnreadableImage):
            header(bomb, settings())
    assert time.perf_counter() - start < 5  # 5 ms each
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000  # kB


def test_the_limit_on_pixels_is_exact_and_names_the_setting() -> None:
    assert header(png_header(1000, 1000), settings(max_megapixels=1)).width == 1000
    with pytest.raises(UnreadableImage, match=r"raise image\.max_megapixels") as caught:
        header(png_header(1000, 1001), settings(max_megapixels=1))
    assert caught.value.code == "too_many_pixels"
    assert header(png_header(32_768, 1), settings()).width == 32_768


def test_a_raised_limit_is_not_undone_by_pillow() -> None:
    """Pillow itself warns above 89 megapixels and refuses above 179."""
    raised = settings(max_megapixels=1000)
    assert header(png_header(20_000, 20_000), raised).height == 20_000
    gif = encode(smooth(8, 8)[..., 0], "GIF")
    assert header(patched(gif, 6, b"\x00\x40\x00\x40"), raised).width == 16_384


def test_no_memory_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(PngImageFile, "load", load)
    with pytest.raises(UnreadableImage) as caught:
        decode(encode(smooth(), "PNG"), settings())
    assert caught.value.code == "out_of_memory"


def test_a_mistake_of_ours_is_not_a_damaged_image(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: object) -> None:
        raise TypeError("our own mistake")

    monkeypatch.setattr(PngImageFile, "load", load)
    with pytest.raises(TypeError, match="our own"):
        decode(encode(smooth(), "PNG"), settings())


def test_importing_is_light() -> None:
    code = "import sys, sureshot.images; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"torch", "pydantic", "pandas", "pyarrow"} & set(loaded.stdout.split())
