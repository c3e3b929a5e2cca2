"""`swift` through the whole path: presets from the data, the profile, the same bits again."""

from pathlib import Path

import numpy as np
import pytest

import sureshot
from shapes import write_shapes
from sureshot.bundle import open_bundle
from sureshot.progress import Silent

FEW = {"epochs": 2, "network.widths": [16, 16]}


class Told(Silent):
    """Keeps every line."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, sentence: str) -> None:
        """Keep it."""
        self.lines.append(sentence)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[sureshot.Run, list[str]]:
    folder = tmp_path_factory.mktemp("swift")
    data = write_shapes(folder / "shapes", each=40)
    told = Told()
    run = sureshot.train(data, settings=FEW, name="a", runs=folder, progress=told, profile=True)
    return run, told.lines


def test_without_a_name_it_is_swift_and_every_choice_comes_with_its_reason(
    trained: tuple[sureshot.Run, list[str]],
) -> None:
    run, lines = trained
    recipe = run.recipe
    assert (recipe.model, recipe.preset) == ("swift", "good")
    assert recipe.augment.flip == "alternating"
    assert recipe.network.tta_flip
    assert any(line.startswith("preset good for ") for line in lines)
    assert any(line.startswith("about ") and "for 2 epochs" in line for line in lines)
    assert run.complete


def test_the_profile_names_every_part_and_its_share(
    trained: tuple[sureshot.Run, list[str]],
) -> None:
    _, lines = trained
    parts = {line.split()[0]: line for line in lines if line.endswith(" %") and " s " in line}
    wanted = ["loading", "augmentation", "forward", "backward", "optimizer", "validation", "saving"]
    assert set(wanted) < set(parts)
    shares = [float(parts[name].split()[-2]) for name in parts if name != "all"]
    assert sum(shares) == pytest.approx(100, abs=1)
    assert float(parts["backward"].split()[1]) > 0


def test_the_bundle_answers_for_an_image_and_its_mirror_image_alike(
    trained: tuple[sureshot.Run, list[str]],
) -> None:
    run, _ = trained
    bundle = open_bundle(run.model_path)
    pixels = np.random.default_rng(0).integers(0, 256, (6, *bundle.session.pixel_shape), np.uint8)
    assert np.abs(bundle.logits(pixels) - bundle.logits(pixels[:, :, ::-1])).max() < 1e-4


def test_again_it_gives_the_same_bits(
    trained: tuple[sureshot.Run, list[str]], tmp_path: Path
) -> None:
    run, _ = trained
    again = sureshot.train(run.index.root, settings=FEW, name="b", runs=tmp_path, progress=Silent())
    assert again.model_path.read_bytes() == run.model_path.read_bytes()
    assert again.recipe == run.recipe


def test_photographs_are_cut_pasted_exported_and_answered_alike(tmp_path: Path) -> None:
    """Patches of 4×4, pieces, CutMix; the bundle proves itself on the files."""
    data = write_shapes(tmp_path / "shapes", each=20)
    settings = {"epochs": 2, "image.size": 72, "batch": 8, "augment.cutmix": 0.5}
    settings["validation"] = False
    run = sureshot.train(data, settings=settings, name="a", runs=tmp_path, progress=Silent())
    assert run.recipe.augment.resized_crop > 0
    assert run.layers[0].detail.startswith("48 filters 4×4, 4 apart")
    stored = run.predictions("test")
    fresh = sureshot.predict(run.folder, *(run.index.root / name for name in stored.id))
    assert np.abs(fresh.logits - stored.logits).max() < 1e-5


def test_digits_are_not_mirrored_and_it_says_so(tmp_path: Path) -> None:
    data = write_shapes(tmp_path / "shapes", each=20)
    for folder, digit in zip(sorted(p for p in data.iterdir() if p.is_dir()), "23", strict=False):
        folder.rename(data / digit)
    third = data / "4"
    third.mkdir()
    for number, image in enumerate(sorted((data / "2").iterdir())[:10]):
        image.rename(third / f"{number}{image.suffix}")
    told = Told()
    run = sureshot.train(data, settings=FEW, name="a", runs=tmp_path, progress=told)
    assert run.recipe.augment.flip is False
    assert not run.recipe.network.tta_flip
    assert any(line.startswith("no image is mirrored: ") for line in told.lines)
