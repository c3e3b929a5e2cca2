"""What all models of a contest get wrong: found, ordered, written down, and shown."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planted import CLASSES, contest

from sureshot.comparison import Contest, leaderboard, meet
from sureshot.comparison.failures import all_wrong, write_all_wrong
from sureshot.records import strings
from sureshot.report.failures import failures_section
from sureshot.studies.folder import StudyFolder
from sureshot.studies.reading import Study


def saying(label: list[int], answers: dict[str, list[list[int]]], sure: float = 3.0) -> Contest:
    """A contest of known labels in which each seed of each contender says what is given."""
    n, made = len(label), contest(dict.fromkeys(answers, 0.5), len(label), 1)
    return replace(
        made,
        label=np.array(label, np.int64),
        rows=np.arange(n),
        contenders=tuple(
            replace(
                one,
                seeds=tuple(range(len(answers[one.name]))),
                logits=np.stack([sure * np.eye(3)[said] for said in answers[one.name]]).astype(
                    "f4"
                ),
            )
            for one in made.contenders
        ),
    )


def test_only_what_every_seed_of_every_model_misses_counts() -> None:
    told = saying(
        [0, 0, 0, 0],
        {"one": [[1, 1, 0, 1], [1, 2, 1, 1]], "other": [[2, 2, 1, 1]]},
    )
    found = all_wrong(told)
    assert found.runs == ("one, seed 0", "one, seed 1", "other, seed 0")
    assert [(one.row, one.said, one.times) for one in found.images] == [
        (3, "disc", 3),  # all agree, so it stands first
        (0, "disc", 2),
        (1, "ring", 2),
    ]
    assert found.said.tolist() == [[1, 1, 1], [1, 1, 2], [1, 2, 2]]
    assert (found.agreed, found.n) == (1, 4)


def test_of_equal_votes_the_surer_stand_first() -> None:
    told = saying([0, 0], {"one": [[1, 1]]})
    told.contenders[0].logits[0, 0, 1] = 0.5
    assert [one.row for one in all_wrong(told).images] == [1, 0]


def test_planted_contests_agree_with_counting() -> None:
    told = contest({"good": 0.9, "bad": 0.7}, 500, 3)
    said = np.concatenate([one.top for one in told.contenders])
    wanted = {row for row in range(500) if all(said[:, row] != told.label[row])}
    assert wanted
    assert {one.row for one in all_wrong(told).images} == wanted


@pytest.mark.parametrize("wrong", [True, False])
def test_they_are_written_as_csv(tmp_path: Path, wrong: bool) -> None:
    told = saying([0, 1], {"=one": [[1, 1]], "id": [[2 if wrong else 0, 1]]})
    named = replace(told.index, id=strings(["=cmd.png", "caf\udce9.png"]))
    told = replace(told, index=named)
    write_all_wrong(tmp_path / "all_wrong.csv", told, all_wrong(told))
    with (tmp_path / "all_wrong.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.reader(lines))
    assert rows[0] == ["id", "true", "'=one, seed 0", "id, seed 0"]
    assert rows[1:] == ([["'=cmd.png", CLASSES[0], CLASSES[1], CLASSES[2]]] if wrong else [])


def test_the_section_shows_them_and_the_leader(trained: tuple[Study, StudyFolder]) -> None:
    met = meet(trained[1].groups())
    names = ("<script>bar", "disc & ring")
    told = replace(met, classes=names, index=replace(met.index, classes=names))
    standings = leaderboard(told)
    page = failures_section(told, standings)
    assert f"of the leader, <bdi>{standings[0].name}</bdi>, as trained with seed 111" in page
    assert "<script" not in page
    assert "&lt;script&gt;bar" in page
    assert "; all models " in page
    assert page.count('id="failures"') == 1


@pytest.mark.parametrize(
    ("hard", "words"),
    [
        (0, "None of {n} test images is told wrong by all (2 models with all seeds, 4 runs)."),
        (1, "1 of {n} test images is told wrong by all (2 models with all seeds, 4 runs); of 1 "),
        (3, "3 of {n} test images are told wrong by all (2 models with all seeds, 4 runs); of 3 "),
    ],
)
def test_hard_images_are_counted_and_shown(
    trained: tuple[Study, StudyFolder], hard: int, words: str
) -> None:
    met = meet(trained[1].groups())
    said = met.label.copy()
    said[:hard] = 1 - said[:hard]
    for one in met.contenders:
        one.logits[:] = 5.0 * np.eye(2)[said]
    page = failures_section(met, leaderboard(met))
    assert words.format(n=met.n) in page
    assert page.count("4 of 4 runs") == hard
