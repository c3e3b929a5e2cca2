"""The page: whole, self-contained, escaped, and honest about what its number stands on."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from fake_run import CLOTHES, generated_index, write_run
from sureshot import figures, report, runs
from sureshot.records import Finding, Score
from sureshot.runs import Run

ALONE = {"meta", "img"}


class Walk(HTMLParser):
    """Every tag in order; nesting is checked on the way."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in ALONE:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def page_of(run: Run) -> str:
    return run.report_path.read_text("utf-8")


@pytest.fixture(params=["run", "hostile", "rich", "lean"])
def page(request: pytest.FixtureRequest) -> str:
    return page_of(request.getfixturevalue(request.param))


def test_it_is_well_formed(page: str) -> None:
    walk = Walk(page)
    ids = [attributes["id"] for _, attributes in walk.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {f"#{place}" for place in ids} == {link["href"] for link in walk.all("a")}
    levels = [int(tag[1]) for tag, _ in walk.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_it_reaches_nowhere(page: str) -> None:
    walk = Walk(page)
    assert not re.search(r"https?://", page)
    assert not {"script", "link", "iframe", "object", "form"} & {tag for tag, _ in walk.tags}
    assert all(str(image["src"]).startswith("data:image/") for image in walk.all("img"))
    assert all(str(link["href"]).startswith("#") for link in walk.all("a"))
    assert not [key for _, attributes in walk.tags for key in attributes if key.startswith("on")]
    assert "url(" not in page
    policy = [meta.get("content") for meta in walk.all("meta") if "http-equiv" in meta]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


def test_every_picture_has_words(page: str) -> None:
    images = Walk(page).all("img")
    assert len(images) > 10
    assert all(image["alt"] and image["width"] and image["height"] for image in images)


def test_it_begins_with_the_headline(run: Run) -> None:
    text = Walk(page_of(run)).text
    assert runs.headline(run.summary) in text
    assert text.index(runs.headline(run.summary)) < text.index("What was noticed")
    assert "Of 100 such images, about" in text
    assert "the most frequent class in training, would be right for" in text


def test_a_headline_on_validation_says_that_it_is_flattered(hostile: Run, run: Run) -> None:
    assert "There is no test split" in Walk(page_of(hostile)).text
    assert "There is no test split" not in Walk(page_of(run)).text


def test_hostile_names_are_words(hostile: Run) -> None:
    page = page_of(hostile)
    walk = Walk(page)
    assert "<script>alert('x')</script>" in walk.text
    assert '"quoted" & <b>bold</b>' in walk.text
    assert "two\\nlines\\tand a tab" in walk.text
    assert "<script" not in page
    assert "<img src=x" not in page


def test_findings_stand_worst_first_and_long_ones_open_on_a_click(run: Run) -> None:
    walk = Walk(page_of(run))
    text = walk.text
    assert text.index("cannot be read") < text.index("occur twice") < text.index("smaller than")
    assert "39.png" in text
    assert "test/<img src=x>.png" in text


def test_the_network_is_drawn_and_listed(run: Run) -> None:
    text = Walk(page_of(run)).text
    total = sum(layer.parameters for layer in run.layers)
    assert f"9 layers, {total:,} parameters" in "".join(
        str(image["alt"]) for image in Walk(page_of(run)).all("img")
    )
    for layer in run.layers:
        assert f"{layer.name} ({layer.kind})" in text
    assert f"total {total:,}".replace(" ", "") in text.replace(" ", "")
    assert "non-trainable32" in text.replace(" ", "")


def test_the_curves_are_read(run: Run, lean: Run) -> None:
    for made in (run, lean):
        text = Walk(page_of(made)).text
        assert text.index("Learning curves") < text.index("The ring marks")
        for sentence in figures.read_curves(figures.curves(made.history)):
            assert sentence in text


def test_augmentation_is_shown_where_there_was_any(run: Run, rich: Run) -> None:
    text = Walk(page_of(rich)).text
    assert "mirrored left to right, one in two; turned by up to 10 degrees" in text
    assert "Validation and test images are never augmented" in text
    assert "must still be right to a person's eye" in text
    assert "augmented" not in Walk(page_of(run)).text


def test_a_training_without_validation_says_so(lean: Run) -> None:
    walk = Walk(page_of(lean))
    assert walk.text.count("o validation: the last epoch's weights were kept") == 2
    assert "least validation loss" not in walk.text
    assert "validation, n =" not in walk.text
    assert "nan" not in walk.text


def test_the_last_epoch_stands_beside_the_kept_one(run: Run, rich: Run) -> None:
    text = Walk(page_of(rich)).text
    last = rich.summary["last"]["splits"]["test"]["overall"]["accuracy"]
    assert f"Kept was epoch {runs.chosen_epoch(rich.history)}, with the least" in text
    assert f"accuracy {rich.scores.overall['accuracy'].percent()}" in text
    assert f"The last epoch, 20, has {Score(**last).percent()}, both on n = {last['n']} " in text
    assert "Published scores" not in text  # arch_1's own recipe does not ask for it
    assert "The last epoch" not in Walk(page_of(run)).text


@pytest.mark.parametrize("model", ["arch_1", "cnn"])
def test_published_scores_are_named_where_they_are_of_the_last_epoch(
    tmp_path: Path, model: str
) -> None:
    index = generated_index(tmp_path / "images", ["a", "b"], (2, 2, 2))
    settings = {"model": model, "score_last": True}
    text = Walk(
        page_of(Run(report.write(write_run(tmp_path / "r", index, 20, [], settings)).parent))
    )
    assert ("Published scores of this network are of the last epoch's" in text.text) == (
        model == "cnn"
    )


def test_a_last_epoch_that_was_kept_is_said_to_be(tmp_path: Path) -> None:
    index = generated_index(tmp_path / "images", ["a", "b"], (2, 2, 2))
    made = write_run(tmp_path / "run", index, 3, [], {"score_last": True})
    summary = made.summary
    del summary["last"]
    (made.folder / "scores.json").write_text(json.dumps(summary))
    assert runs.chosen_epoch(made.history) == 3
    text = Walk(page_of(Run(report.write(made).parent))).text
    assert "The last epoch, 3, was also the one that was kept" in text


def test_class_weights_are_judged_in_words(rich: Run) -> None:
    text = Walk(page_of(rich)).text
    told = text[text.index("What the class weights did") : text.index("Confusion")]
    assert "plain-1, the same training without weights" in told
    for words in ("✓ better", "✗ worse", "– undecided"):
        assert told.count(words) == 1
    assert "+30.0+12.0 to +46.0, n = 40" in told
    assert "-20.0-36.0 to -3.0, n = 44" in told


def test_class_weights_without_a_twin_say_how_to_get_one(lean: Run) -> None:
    text = Walk(page_of(lean)).text
    assert "train with --class-weights none into the same runs folder first" in text
    assert "verdict" not in text


def test_a_training_that_stopped_early_says_so(tmp_path: Path) -> None:
    index = generated_index(tmp_path / "images", ["a", "b"], (2, 2, 2))
    made = write_run(tmp_path / "run", index, 30, [], {"early_stop.patience": 4})
    (made.folder / "history.csv").write_text(runs.csv_text(made.history[:12]))
    text = Walk(page_of(Run(report.write(made).parent))).text
    assert "12 of at most 30, stopped early after 4 epochs without gain; epoch" in text


def test_it_is_small_enough_to_mail(run: Run) -> None:
    assert run.report_path.stat().st_size < 5_000_000


def test_the_same_run_gives_the_same_bytes(run: Run) -> None:
    before = run.report_path.read_bytes()
    assert report.write(run) == run.report_path
    assert run.report_path.read_bytes() == before


def test_all_scores_are_told_with_their_n(run: Run) -> None:
    text = Walk(page_of(run)).text
    scores = run.scores
    assert f"test, n = {scores.n:,}" in text
    assert f"{scores.overall['log_loss'].value:.3f}" in text
    assert f"{scores.overall['f1_macro'].value:.1%}".replace("%", " %") in text
    for name in CLOTHES:
        assert name in text


def test_how_it_was_made_is_told(run: Run) -> None:
    text = Walk(page_of(run)).text
    assert 'model = "arch_1"' in text
    assert run.index.fingerprint() in text
    assert run.recipe.hash() in text
    assert "512 images a second, 1.95 ms an image, on AMD EPYC, 2 threads" in text
    assert "in bf16 (the processor has avx512_bf16)" in text


def test_many_paths_are_cut_and_openings_counted(tmp_path: Path) -> None:
    many = Finding("blurred", "note", "600 are blurred", tuple(f"i/{n}.png" for n in range(600)))
    lost = Finding("lost", "warning", "not UTF-8", ("caf\udce9.png",))
    index = generated_index(tmp_path / "images", ["a", "b"], (1, 2, 2))
    made = write_run(tmp_path / "run", index, epochs=1, findings=[many, lost])
    (made.folder / "test_openings.json").write_text('{"openings": 3}')
    text = Walk(page_of(Run(report.write(made).parent))).text
    assert "and 100 more, all in findings.json" in text
    assert "caf\N{REPLACEMENT CHARACTER}.png" in text
    assert "opened 3 times" in text
    assert made.count_opening() == 4
    assert Walk(page_of(made)).text.count("4 times") == 2


def test_images_that_are_gone_are_said_to_be(tmp_path: Path) -> None:
    index = generated_index(tmp_path / "images", ["a", "b"], (1, 2, 2))
    made = write_run(tmp_path / "run", index, epochs=1, findings=[])
    for path in (tmp_path / "images").rglob("*.png"):
        path.unlink()
    text = Walk(page_of(Run(report.write(made).parent))).text
    assert "cannot be shown" in text
    assert "Nothing was found to be wrong" in text
