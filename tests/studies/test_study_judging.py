"""Verdicts on accuracies that were planted, and what becomes of claims that are touched later."""

import json
import math
from pathlib import Path

import pytest
from planted import contest

from sureshot.comparison import Verdict
from sureshot.errors import UsageError
from sureshot.studies.folder import StudyFolder
from sureshot.studies.judging import deciding, judge
from sureshot.studies.reading import parse_study

HEAD = """\
data = "shapes"
seeds = [1, 2, 3, 4, 5]
[recipes.old]
model = "nn"
[recipes.new]
model = "dnn"
"""
GAP = 'says = "x"\nscore = "accuracy"\nof = "new"\nminus = "old"\n'


def begun(folder: Path, claims: str) -> StudyFolder:
    """A study on record with the given claims, and nothing else."""
    place = StudyFolder(folder)
    place.begin(parse_study(HEAD + claims, "study.toml", folder, "small"))
    return place


def edited(place: StudyFolder, claims: str) -> StudyFolder:
    place.follow(parse_study(HEAD + claims, "study.toml", place.path, "small"))
    return place


def by_name(verdicts: list[Verdict]) -> dict[str, Verdict]:
    return {one.claim: one for one in verdicts}


CLAIMS = {  # of 80 % for "old" and 90 % for "new", on 2,000 images and 5 seeds
    "true gap": (GAP + "at_least = 0.05", "supported"),
    "false gap": (GAP + "at_least = 0.15", "refuted"),
    "gap at the bound": (GAP + "at_least = 0.1", "undecided"),
    "gap within": (GAP + "at_least = 0.05\nat_most = 0.15", "supported"),
    "gap too wide": (GAP + "at_least = -0.02\nat_most = 0.02", "refuted"),
    "value": ('says = "x"\nscore = "accuracy"\nof = "new"\nat_least = 0.8', "supported"),
    "value too high": ('says = "x"\nscore = "accuracy"\nof = "old"\nat_least = 0.85', "refuted"),
    "at most": ('says = "x"\nscore = "accuracy"\nof = "old"\nat_most = 0.85', "supported"),
    "ratio": (
        'says = "x"\nscore = "accuracy"\nof = "new"\nover = "old"\nat_least = 1.05', "supported",
    ),
    "macro F1": ('says = "x"\nscore = "macro_f1"\nof = "new"\nat_least = 0.85', "supported"),
    "recall": (
        'says = "x"\nscore = "recall"\nclass = "ring"\nof = "new"\nminus = "old"\nat_least = 0.03',
        "supported",
    ),
    "log loss": (
        'says = "x"\nscore = "log_loss"\nof = "new"\nminus = "old"\nat_most = 0.0', "supported",
    ),
    "calibration": (
        'says = "x"\nscore = "calibration_error"\nof = "old"\nat_least = 0.05', "supported",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CLAIMS)
def test_what_was_planted_is_found(kind: str, tmp_path: Path) -> None:
    table, wanted = CLAIMS[kind]
    (found,) = judge(begun(tmp_path, f"[claims.one]\n{table}"), contest({"old": 0.8, "new": 0.9}))
    assert found.outcome == wanted, found.sentence
    assert found.number is not None
    assert found.number.low < found.number.value < found.number.high
    assert found.number.level == 0.95
    assert bool(found.need) == (wanted == "undecided")
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["outcome"] == wanted


def test_a_hundred_images_leave_it_undecided_and_say_how_many_would_decide(tmp_path: Path) -> None:
    place = begun(tmp_path, f"[claims.one]\n{GAP}at_least = 0.05")
    (found,) = judge(place, contest({"old": 0.8, "new": 0.9}, n=100, seeds=3))
    assert found.outcome == "undecided"
    assert "test images" in found.need
    assert "100" in found.need
    assert "3 seeds, 100 images" in found.sentence


def test_one_seed_decides_nothing_about_a_recipe(tmp_path: Path) -> None:
    place = begun(tmp_path, f"[claims.one]\n{GAP}at_least = 0.05")
    (found,) = judge(place, contest({"old": 0.8, "new": 0.9}, seeds=1))
    assert found.outcome == "undecided"
    assert "one seed cannot show how much seeds vary" in found.sentence
    assert found.number is not None
    assert math.isnan(found.number.low)
    assert found.to_json()["number"]["low"] is None


def test_many_claims_are_corrected_together(tmp_path: Path) -> None:
    claims = [f"[claims.c{k}]\n{GAP}at_least = {0.1 - k / 1000}" for k in range(8)]
    both = contest({"old": 0.8, "new": 0.9})
    several = judge(begun(tmp_path / "many", "\n".join(claims)), both)
    (alone,) = judge(begun(tmp_path / "one", claims[7]), both)
    told = by_name(several)["c7"]
    assert told.number is not None
    assert alone.number is not None
    assert told.number.level > alone.number.level == 0.95
    assert told.p is not None
    assert alone.p is not None
    assert told.p >= alone.p


def test_an_edited_claim_is_judged_and_marked_and_the_original_kept(tmp_path: Path) -> None:
    first = f"[claims.gap]\n{GAP}at_least = 0.15\n[claims.other]\n{GAP}at_least = 0.01"
    place, both = begun(tmp_path, first), contest({"old": 0.8, "new": 0.9})
    before = by_name(judge(place, both))
    now = f"[claims.gap]\n{GAP}at_least = 0.05\n[claims.late]\n{GAP}at_least = 0.02"
    after = by_name(judge(edited(place, now), both))
    assert list(after) == ["gap", "other", "gap, edited", "late"]
    assert [one.written for one in after.values()] == ["changed since"] * 2 + ["after"] * 2
    for name in before:  # whatever became of the file
        assert (after[name].outcome, after[name].number) == (
            before[name].outcome, before[name].number,
        )  # fmt: skip
    assert after["gap"].outcome == "refuted"
    assert after["gap, edited"].outcome == "supported"
    assert "so it is no prediction" in after["late"].remark
    assert "the one that was written before" in after["gap"].remark


def test_a_record_that_was_changed_itself_is_no_prediction(tmp_path: Path) -> None:
    place = begun(tmp_path, f"[claims.gap]\n{GAP}at_least = 0.15")
    text = (tmp_path / "study.toml").read_text()
    (tmp_path / "study.toml").write_text(text.replace("0.15", "0.05"))
    (found,) = judge(place, contest({"old": 0.8, "new": 0.9}))
    assert found.written == "after"


def test_words_around_a_claim_may_change_without_a_mark(tmp_path: Path) -> None:
    claims = f"[claims.gap]\n{GAP}at_least = 0.05"
    place = edited(begun(tmp_path, claims), f"# a remark\n{claims}  # of points")
    (found,) = judge(place, contest({"old": 0.8, "new": 0.9}))
    assert found.written == "before"


def test_a_recipe_that_was_never_trained_decides_nothing(tmp_path: Path) -> None:
    place = begun(tmp_path, f"[claims.gap]\n{GAP}at_least = 0.05")
    (found,) = judge(place, contest({"old": 0.8}))
    assert (found.outcome, found.sentence) == ("undecided", "its recipe was never trained")


def test_a_person_judges_and_what_is_no_verdict_is_refused(tmp_path: Path) -> None:
    place = begun(tmp_path, '[claims.eda]\nsays = "x"\njudged_by = "hand"')
    both = contest({"old": 0.8, "new": 0.9})
    assert judge(place, both)[0].sentence == "nobody has judged it yet"
    told = {"verdict": "refuted", "reason": "it showed nothing", "who": "Ada", "when": "today"}
    place.judged_path.write_text(json.dumps({"eda": told}))
    (found,) = judge(place, both)
    assert (found.outcome, found.sentence, found.who) == ("refuted", "it showed nothing", "Ada")
    place.judged_path.write_text(json.dumps({"eda": {"verdict": "maybe"}}))
    with pytest.raises(UsageError, match="the verdict of eda must be one of supported, refuted, "):
        judge(place, both)


def test_before_any_training_it_is_said_what_the_images_can_decide(tmp_path: Path) -> None:
    claims = "\n".join(f"[claims.c{k}]\n{table}" for k, (table, _) in enumerate(CLAIMS.values()))
    study = parse_study(HEAD + claims, "study.toml", tmp_path, "small")
    images = {"": 2000, "ring": 666}
    told = deciding(study.claims, images, 5)
    assert told["c0"].startswith("with 2,000 images and 5 seeds: supported if it is truly +")
    assert "refuted if it is " in told["c0"]
    assert "with 666 images" in told["c10"]
    assert "to be seen when the first runs show" in told["c11"]
    assert all("cannot be decided with one seed" in one for one in deciding(
        study.claims, images, 1).values())  # fmt: skip
    few = deciding(study.claims, {"": 4, "ring": 1}, 2)
    assert "never supported: the range is too narrow" in few["c3"] or "never decide" in few["c3"]
