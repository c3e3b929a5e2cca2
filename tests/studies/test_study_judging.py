"""Verdicts on accuracies that were planted, and what becomes of claims that are touched later."""

import json
import math
import re
from pathlib import Path

import pytest
from planted import contest

from sureshot.comparison import Verdict
from sureshot.errors import RunError, UsageError
from sureshot.measure.paired import mcnemar
from sureshot.measure.several import holm
from sureshot.studies.folder import Images, StudyFolder
from sureshot.studies.foreseeing import Judges, deciding
from sureshot.studies.judging import judge
from sureshot.studies.reading import parse_study, table_study

HEAD = """\
data = "shapes"
seeds = [0, 1, 2, 3, 4]
[recipes.old]
model = "nn"
[recipes.new]
model = "dnn"
"""
MODELS = 'about = "models"\n'
BEST = 'says = "x"\nscore = "accuracy"\nof = "new"\nminus = "others"\nat_least = 0.0\n'
GAP = 'says = "x"\nscore = "accuracy"\nof = "new"\nminus = "old"\n'


def begun(folder: Path, claims: str) -> StudyFolder:
    """A study on record with the given claims, and nothing else."""
    place = StudyFolder(folder)
    place.begin(parse_study(HEAD + claims, "study.toml", folder, "small"), Images(folder, "same"))
    return place


def edited(place: StudyFolder, claims: str, head: str = HEAD) -> StudyFolder:
    place.follow(parse_study(head + claims, "study.toml", place.path, "small"))
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
    assert "3 seeds, 100 test images" in found.sentence


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
    assert f" with {100 * told.number.level:.3g} % confidence)" in told.sentence
    assert "confidence" not in alone.sentence
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
    assert [one.written for one in after.values()] == [
        "changed since", "removed since", "after", "after",
    ]  # fmt: skip
    for name in before:  # whatever became of the file
        assert (after[name].outcome, after[name].number) == (
            before[name].outcome, before[name].number,
        )  # fmt: skip
    assert after["gap"].outcome == "refuted"
    assert after["gap, edited"].outcome == "supported"
    assert "so it is no prediction" in after["late"].remark
    assert "the one that was written before" in after["gap"].remark


def test_words_around_a_claim_may_change_without_a_mark(tmp_path: Path) -> None:
    claims = f"[claims.gap]\n{GAP}at_least = 0.05"
    place = edited(begun(tmp_path, claims), f"# a remark\n{claims}  # of points")
    (found,) = judge(place, contest({"old": 0.8, "new": 0.9}))
    assert found.written == "before"


CHANGED = {  # what is changed of the file after the beginning → what is said of it
    "a recipe": ('model = "dnn"', 'model = "dnn"\nepochs = 500', "the recipe new (epochs)"),
    "seeds added": (
        "[0, 1, 2, 3, 4]", "[0, 1, 2, 3, 4, 5]",
        "the seeds of new (5 added), the seeds of old (5 added)",
    ),
    "seeds dropped": (
        "[0, 1, 2, 3, 4]", "[0, 1]",
        "the seeds of new (2, 3, 4 without a complete run), the seeds of old (2, 3, 4 without",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CHANGED)
def test_what_is_changed_after_the_data_were_seen_makes_no_prediction(
    kind: str, tmp_path: Path
) -> None:
    claims = f"[claims.gap]\n{GAP}at_least = 0.05\n[claims.one]\n{GAP}{MODELS}at_least = 0.05"
    old, new, sentence = CHANGED[kind]
    place, both = begun(tmp_path, claims), contest({"old": 0.8, "new": 0.9}, seeds=5)
    assert [one.written for one in judge(place, both)] == ["before", "before"]
    edited(place, claims, HEAD.replace(old, new))
    seeds = {"seeds added": 6, "seeds dropped": 2}.get(kind, 5)
    gap, one = judge(place, contest({"old": 0.8, "new": 0.9}, seeds=seeds))
    assert (gap.outcome, gap.written) == ("supported", "after")
    assert sentence in gap.changed
    assert "so this is no prediction" in gap.remark
    assert (one.written == "before") == (kind != "a recipe")  # it is about the first seed alone
    edited(place, claims)
    assert judge(place, both)[0].written == "before"


RECORD = {
    "seeds": ("[0, 1, 2, 3, 4]", "[4, 3, 2, 1, 0]", "seeds on record"),
    "data": ('"shapes"', '"forms"', "data on record"),
    "a recipe": ('model = "dnn"', 'model = "dnnd"', "the recipe new on record"),
    "the claim": ("0.15", "0.05", ""),
}


@pytest.mark.parametrize("kind", RECORD)
def test_a_record_that_was_changed_itself_is_no_prediction(kind: str, tmp_path: Path) -> None:
    place = begun(tmp_path, f"[claims.gap]\n{GAP}at_least = 0.15")
    old, new, sentence = RECORD[kind]
    text = (tmp_path / "study.toml").read_text()
    assert old in text
    (tmp_path / "study.toml").write_text(text.replace(old, new))
    (found,) = judge(place, contest({"old": 0.8, "new": 0.9}))
    assert found.written == "after"
    assert found.changed == sentence


def test_a_record_of_another_version_is_refused(tmp_path: Path) -> None:
    place = begun(tmp_path, f"[claims.gap]\n{GAP}at_least = 0.15")
    told = json.loads((tmp_path / "begun.json").read_text())
    (tmp_path / "begun.json").write_text(json.dumps({**told, "schema": 1}))
    with pytest.raises(RunError, match="was begun by another version of Sureshot"):
        judge(place, contest({"old": 0.8, "new": 0.9}))


def test_only_what_was_written_counts(tmp_path: Path) -> None:
    """A default that is written out, or a key that comes with a later version, changes nothing."""
    claims = f"[claims.gap]\n{GAP}at_least = 0.05"
    place = begun(tmp_path, claims)
    head = HEAD.replace('model = "nn"', 'model = "nn"\nepochs = 20')
    edited(place, claims, head)
    (found,) = judge(place, contest({"old": 0.8, "new": 0.9}))
    assert found.written == "before"


def test_a_recipe_that_was_never_trained_decides_nothing_and_stays_in_the_family(
    tmp_path: Path,
) -> None:
    value = 'says = "x"\nscore = "accuracy"\nof = "old"\nat_least = 0.77'
    both = contest({"old": 0.8})
    place = begun(tmp_path / "two", f"[claims.gap]\n{GAP}at_least = 0.05\n[claims.one]\n{value}")
    gap, one = judge(place, both)
    assert (gap.outcome, gap.sentence) == ("undecided", "new has no complete run")
    assert (gap.written, gap.remark) == ("before", "")  # nobody has changed anything
    (alone,) = judge(begun(tmp_path / "one", f"[claims.one]\n{value}"), both)
    assert alone.p is not None
    assert one.p == pytest.approx(holm([1.0, alone.p])[1].p)
    assert one.p == pytest.approx(2 * alone.p)


def test_a_claim_about_models_needs_one_seed_and_names_it(tmp_path: Path) -> None:
    value = f'says = "x"\nscore = "accuracy"\nof = "new"\n{MODELS}at_least = 0.8'
    place = begun(tmp_path, f"[claims.gap]\n{GAP}{MODELS}at_least = 0.05\n[claims.one]\n{value}")
    for seeds in (1, 5):
        both = contest({"old": 0.8, "new": 0.9}, seeds=seeds)
        gap, one = judge(place, both)
        assert (gap.outcome, one.outcome) == ("supported", "supported")
        assert gap.about == "models"
        right = {name: both[name].top[0] == both.label for name in ("new", "old")}
        gained = int((right["new"] & ~right["old"]).sum())
        lost = int((right["old"] & ~right["new"]).sum())
        assert one.number is not None
        assert one.number.value == pytest.approx(right["new"].mean())
        assert "the model of seed 0, 2,000 test images" in one.sentence
        assert "the models of seed 0, 2,000 test images" in gap.sentence
        told = f"right on {gained:,} images and alone wrong on {lost:,}, McNemar's exact p "
        assert f"{told}{mcnemar(gained, lost):.2g}, not corrected" in gap.sentence


@pytest.mark.parametrize(
    ("rates", "outcome"),
    [
        ({"old": 0.8, "new": 0.9, "odd": 0.7}, "supported"),
        ({"old": 0.8, "new": 0.9, "odd": 0.95}, "refuted"),
        ({"old": 0.8, "new": 0.9, "odd": 0.9}, "undecided"),
        ({"old": 0.8, "new": 0.9}, "undecided"),  # odd has no complete run
    ],
)
def test_the_best_is_above_every_other(
    rates: dict[str, float], outcome: str, tmp_path: Path
) -> None:
    place = StudyFolder(tmp_path)
    text = f'{HEAD}[recipes.odd]\nmodel = "linear"\n[claims.best]\n{BEST}'
    place.begin(parse_study(text, "study.toml", tmp_path, "small"), Images(tmp_path, "same"))
    (found,) = judge(place, contest(rates))
    assert found.outcome == outcome, found.sentence
    if len(rates) == 3:
        nearest = "old" if rates["odd"] == 0.7 else "odd"
        assert f"against {nearest}, the nearest, 5 seeds" in found.sentence


@pytest.mark.parametrize(
    ("minus", "outcome"), [('["old", "odd"]', "supported"), ('["old", "top"]', "refuted")]
)
def test_a_claim_may_name_those_it_is_better_than(minus: str, outcome: str, tmp_path: Path) -> None:
    more = "".join(f'[recipes.{name}]\nmodel = "linear"\n' for name in ("odd", "top"))
    text = f"{HEAD}{more}[claims.best]\n{BEST}".replace('"others"', minus)
    study = parse_study(text, "study.toml", tmp_path, "small")
    place = StudyFolder(tmp_path)
    place.begin(study, Images(tmp_path, "same"))
    (found,) = judge(place, contest({"old": 0.8, "new": 0.9, "odd": 0.7, "top": 0.95}))
    assert found.outcome == outcome, found.sentence
    nearest = "top" if "top" in minus else "old"
    assert f"against {nearest}, the nearest, 5 seeds" in found.sentence
    names = minus.replace('"', "").strip("[]")
    assert found.asked == f"accuracy of new minus each of {names}, at least 0.0 points"
    told = deciding(study, Judges("test", {"": 2000}))["best"]
    assert "against the nearest of the others" in told
    (lacking,) = judge(place, contest({"old": 0.8, "new": 0.9}))
    assert lacking.outcome == "undecided"
    assert lacking.sentence == f"{'top' if 'top' in minus else 'odd'} has no complete run"


def test_a_recipe_that_came_later_is_none_of_the_others(tmp_path: Path) -> None:
    place = begun(tmp_path, f"[claims.best]\n{BEST}")
    edited(place, f"[claims.best]\n{BEST}", f'{HEAD}[recipes.odd]\nmodel = "linear"\n')
    (found,) = judge(place, contest({"old": 0.8, "new": 0.9, "odd": 0.99}))
    assert (found.outcome, found.written) == ("supported", "before")


EDA = '[claims.eda]\nsays = "x"\njudged_by = "hand"'
GOOD = {"verdict": "refuted", "reason": "it showed nothing", "who": "Ada"}
BROKEN = {  # judged.json → the sentence
    "a word": ({"eda": "supported"}, "eda must be a table of verdict, reason and who, got 'suppor"),
    "a list": (["eda"], "judged.json is damaged: it must be a table, got ['eda']"),
    "no verdict": ({"eda": {**GOOD, "verdict": "maybe"}},
                   "eda.verdict must be one of supported, refuted, undecided, got 'maybe' ("),
    "no reason": ({"eda": {"verdict": "refuted", "who": "Ada"}}, "eda.reason is missing ("),
    "nobody": ({"eda": {**GOOD, "who": " "}}, "eda.who must be the name of who says so, got ' ' ("),
    "too much": ({"eda": {**GOOD, "why": "x"}}, "unknown key 'eda.why' ("),
    "unknown": ({"edda": GOOD}, "must be one of 'eda', got 'edda' ("),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_judged_badly_is_a_sentence(kind: str, tmp_path: Path) -> None:
    place, (told, sentence) = begun(tmp_path, EDA), BROKEN[kind]
    place.judged_path.write_text(json.dumps(told))
    with pytest.raises((UsageError, RunError)) as found:
        judge(place, contest({"old": 0.8, "new": 0.9}))
    assert sentence in str(found.value)
    assert "judged.json" in str(found.value)


def test_a_person_judges_and_an_edited_claim_anew(tmp_path: Path) -> None:
    place = begun(tmp_path, EDA)
    both = contest({"old": 0.8, "new": 0.9})
    assert judge(place, both)[0].sentence == "nobody has judged it yet"
    place.judged_path.write_text(json.dumps({"eda": GOOD}))
    (found,) = judge(place, both)
    assert (found.outcome, found.sentence, found.who) == ("refuted", "it showed nothing", "Ada")
    edited(place, EDA.replace('"x"', '"y"'))
    first, second = judge(place, both)
    assert (first.claim, first.outcome) == ("eda", "refuted")
    assert (second.claim, second.sentence) == ("eda, edited", "nobody has judged it yet")
    place.judged_path.write_text(
        json.dumps({"eda": GOOD, "eda, edited": {**GOOD, "verdict": "supported"}})
    )
    assert [one.outcome for one in judge(place, both)] == ["refuted", "supported"]


def test_before_any_training_it_is_said_what_the_images_can_decide(tmp_path: Path) -> None:
    claims = "\n".join(f"[claims.c{k}]\n{table}" for k, (table, _) in enumerate(CLAIMS.values()))
    study = parse_study(HEAD + claims, "study.toml", tmp_path, "small")
    told = deciding(study, Judges("test", {"": 2000, "ring": 666}))
    assert told["c0"].startswith("with 2,000 test images and 5 seeds: supported if it is truly +")
    assert "refuted if it is " in told["c0"]
    assert "with 666 test images" in told["c10"]
    assert "macro F1 is taken to vary as accuracy does" in told["c9"]
    assert "to be seen when the first runs show" in told["c11"]
    one = parse_study(HEAD.replace("0, 1, 2, 3, 4", "0") + claims, "study.toml", tmp_path, "small")
    for words in deciding(one, Judges("test", {"": 2000, "ring": 666})).values():
        assert "cannot be decided with one seed" in words
    few = deciding(study, Judges("validation", {"": 4, "ring": 1}))
    assert few["c3"].startswith("with 4 validation images and 5 seeds: refuted if ")
    assert "never supported, for so few leave no room for it" in few["c3"]


def test_where_little_is_claimed_to_be_wrong_little_is_needed(tmp_path: Path) -> None:
    """On 10,000 digits, with 99.3 % claimed, a lead of half a point can be seen."""
    value = 'says = "x"\nscore = "accuracy"\nof = "new"\nat_least = 0.993'
    claims = f"[claims.one]\n{value}\n[claims.gap]\n{GAP}at_least = 0.0"
    study = parse_study(HEAD + claims, "study.toml", tmp_path, "small")
    told = deciding(study, Judges("test", {"": 10_000}))
    assert re.search(r"supported if it is truly 99\.[4-7]\d % or more", told["one"])
    assert re.search(r"supported if it is truly \+0\.[2-6]\d points or more", told["gap"])
    assert "only one of the two is right on 1.4 % of the images" in told["gap"]


def test_finished_runs_say_it_better_than_assumptions(tmp_path: Path) -> None:
    study = parse_study(f"{HEAD}[claims.gap]\n{GAP}at_least = 0.05", "s", tmp_path, "small")
    judges, there = Judges("test", {"": 2000}), contest({"old": 0.8, "new": 0.9}, seeds=2)
    seen = deciding(study, judges, there)["gap"]
    assert seen.endswith("(80 % of studies; as the finished runs vary)")
    assert seen.startswith("with 2,000 test images and 5 seeds: supported if it is truly +")
    assumed = deciding(study, judges, contest({"old": 0.8}))["gap"]  # one of them is not there
    assert "it is assumed that" in assumed


def test_a_table_with_none_in_it_can_be_opened_again(tmp_path: Path) -> None:
    table = {
        "data": "shapes", "subset": None, "seeds": [1], "about": {"objective": "“ß” \U0001f642"},
        "recipes": {"32": {"model": "nn", "augment": {"flip": None}}},
    }  # fmt: skip
    study, place = table_study(table, "mine"), StudyFolder(tmp_path)
    place.begin(study, Images(tmp_path, "same"))
    assert place.original.recipes == study.recipes
    assert place.original.about.objective == "“ß” \U0001f642"
    with pytest.raises(UsageError, match="the study given must hold what TOML can, got "):
        table_study({**table, "subset": {1, 2}}, "mine")
