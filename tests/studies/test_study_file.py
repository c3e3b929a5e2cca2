"""Study files: what a good one becomes, and the sentence that each broken one ends in."""

from pathlib import Path

import pytest
from study_texts import WHOLE, changed

from sureshot.errors import UsageError
from sureshot.studies.lines import lines_of
from sureshot.studies.reading import parse_study, read_study, table_study
from sureshot.studies.verbs import named_study

HERE = Path("/nowhere")


def test_a_whole_study_is_read_with_the_networks_own_recipes_below() -> None:
    study = parse_study(WHOLE, "study.toml", HERE, "shapes")
    assert (study.data, study.subset, study.seeds) == ("shapes", 40, (111, 112))
    assert study.about.requirements == ("analyse the data", "a model of at least 70 %")
    assert study.recipe("plain", 112).seed == 112
    assert study.recipe("plain", 112).epochs == 3
    assert study.recipe("augmented", 111).epochs == 20  # of the network's own recipe
    assert study.recipe("augmented", 111).augment.rotation == 15
    assert study.recipe("augmented", 111).score_last
    claims = study.claims
    assert list(claims) == ["baseline", "augmentation", "eda"]
    assert claims["augmentation"].way == "difference"
    assert (claims["augmentation"].low, claims["augmentation"].high) == (0.05, float("inf"))
    assert claims["eda"].judged_by == "hand"


def test_quick_has_fewer_epochs_and_seeds_and_says_so() -> None:
    study = parse_study(WHOLE.replace("112", "112, 113"), "study.toml", HERE, "shapes").quickened()
    assert study.quick
    assert len(study.seeds) == 2
    assert {study.recipe(name, 111).epochs for name in study.recipes} == {2}


def test_a_table_of_python_is_a_study_and_becomes_the_same_toml() -> None:
    table = {
        "data": Path("photos"),
        "seeds": (1, 2),
        "recipes": {"a": {"model": "nn", "augment": {"flip": True}}},
        "claims": {
            "c": {"says": "x", "score": "recall", "class": "bar", "of": "a", "at_most": 0.9}
        },
        "search": {
            "base": "a",
            "tries": 2,
            "seed": 7,
            "over": {"optimizer.rate": {"low": 1e-4, "high": 0.1}},
        },
    }
    study = table_study(table, "mine")
    again = parse_study(study.text, "again", HERE, "mine")
    assert again.recipes == study.recipes
    assert again.claims == study.claims
    assert again.data == "photos"
    assert again.search == study.search


def test_lines_are_those_of_the_editor() -> None:
    text = 'a = """\n[not]\nb = 1\n"""\n# c\n[t]\nd = [\n  1,\n]\n[t.u]\ne = { f = 1 }\ng.h = 2'
    found = lines_of(text)
    assert found[("a",)] == 1
    assert ("not",) not in found
    assert ("b",) not in found
    assert found[("t", "d")] == 7
    assert found[("t", "u", "e", "f")] == 11
    assert found[("t", "u", "g", "h")] == 12


def test_the_lines_of_a_long_list_take_no_time() -> None:
    text = "a = [\n" + "\n".join(f'  "{number}",' for number in range(20_000)) + "\n]\nb = 1"
    assert lines_of(text) == {("a",): 1, ("b",): 20_003}  # it took minutes


def test_a_mark_of_the_encoding_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "shapes.toml").write_text(WHOLE, "utf-8-sig")
    assert read_study(tmp_path / "shapes.toml").seeds == (111, 112)


BROKEN = {
    "syntax": ("seeds = [", "seeds = [[", "study.toml cannot be read as TOML: "),
    "unknown key": (
        'subset = 40', 'subste = 40',
        "unknown key 'subste' (study.toml, line 2); a study may hold data, subset, seeds, about, "
        "recipes, claims, curve, search; did you mean subset?",
    ),
    "data missing": (
        'data = "shapes"\n', "",
        "data is missing (study.toml); it must be a dataset's name, or a path",
    ),
    "data of another kind": (
        'data = "shapes"', "data = 3",
        "data must be a dataset's name, or a path, got 3 (study.toml, line 1)",
    ),
    "subset": (
        "subset = 40", "subset = 0",
        "subset must be a number of images, at least 1, got 0 (study.toml, line 2)",
    ),
    "seed twice": (
        "    112,", "    111,",
        "seeds must be different, got 111 twice (study.toml, line 3); remove one",
    ),
    "seed no number": (
        "    112,", '    "x",',
        "seeds must be a list of whole numbers from 0 to 2147483647, such as [111, 112, 113], got "
        "[111, 'x'] (study.toml, line 3)",
    ),
    "seeds misspelt": (
        "seeds = [", "seed = [",
        "unknown key 'seed' (study.toml, line 3); a study may hold data, subset, seeds, about, "
        "recipes, claims, curve, search; did you mean seeds?",
    ),
    "about": (
        "objective =", "objectve =",
        "unknown key 'about.objectve' (study.toml, line 9); [about] may hold objective, "
        "requirements; did you mean objective?",
    ),
    "recipe key": (
        "augment = {", "agument = {",
        "unknown key 'agument' ([recipes.augmented]: study.toml, line 18); a recipe may hold ",
    ),
    "recipe key inside": (
        "rotation = 15", "rotaton = 15",
        "unknown key 'augment.rotaton' ([recipes.augmented]: study.toml, line 18); ",
    ),
    "recipe value": (
        "epochs = 3", "epochs = 0",
        "epochs must be a whole number between 1 and 10000, got 0 "
        "([recipes.plain]: study.toml, line 14)",
    ),
    "recipe network": (
        'model = "nn"', 'model = "nnn"',
        "there is no network called 'nnn'; there are ",
    ),
    "recipe network line": (
        'model = "nn"', 'model = "nnn"', "([recipes.plain]: study.toml, line 13)",
    ),
    "recipe idle key": (
        "epochs = 3", "optimizer.momentum = 0.9",
        'optimizer.momentum = 0.9 would do nothing: it belongs to optimizer.name = "sgd" or "muon" '
        "([recipes.plain]: study.toml, line 14)",
    ),
    "recipe seed": (
        "epochs = 3", "seed = 3",
        "recipes.plain.seed would do nothing (study.toml, line 14): a study's seeds stand at its "
        "top, such as seeds = [111, 112, 113]",
    ),
    "recipe without model": (
        'model = "nn"\nepochs', "epochs",
        "recipes.plain.model is missing (study.toml, line 12); it must be one of arch_1, ",
    ),
    "recipe name": (
        "[recipes.plain]", '[recipes."a b"]',
        "a name in [recipes] must hold letters, digits, '_' and '-', starting with a letter or "
        "digit, got 'a b' (study.toml, line 12)",
    ),
    "claim key": (
        "minus =", "mnius =",
        "unknown key 'claims.augmentation.mnius' (study.toml, line 30); ",
    ),
    "claim without words": (
        'says = "Looking at the data first helps"\n', "",
        "claims.eda.says is missing (study.toml, line 33); it must be a sentence: what is expected",
    ),
    "unknown recipe": (
        'of = "plain"', 'of = "plian"',
        "claims.baseline.of must name a recipe, one of plain, augmented, got 'plian'; did you mean "
        "plain? (study.toml, line 23)",
    ),
    "unknown score": (
        'score = "accuracy"', 'score = "acuracy"',
        "claims.baseline.score must be one of accuracy, macro_f1, macro_precision, macro_recall, "
        "recall, log_loss, calibration_error, images_per_second, ms_per_image, parameters, "
        "minutes, got 'acuracy'; "
        "did you mean accuracy? (study.toml, line 22)",
    ),
    "no score": (
        'score = "accuracy"\nof = "plain"', 'of = "plain"',
        "claims.baseline.score is missing; choose one of ",
    ),
    "recall without a class": (
        'score = "accuracy"', 'score = "recall"',
        'claims.baseline.class is missing; recall is of one class, such as class = "shirt" '
        "(study.toml, line 20)",
    ),
    "class without recall": (
        'score = "accuracy"', 'class = "bar"\nscore = "accuracy"',
        'claims.baseline.class would do nothing: it belongs to score = "recall", not \'accuracy\' '
        "(study.toml, line 22)",
    ),
    "no bound": (
        "at_least = 0.70\n", "",
        "claims.baseline.at_least is missing; a claim needs at_least, at_most, or both "
        "(study.toml, line 20)",
    ),
    "contradicting bounds": (
        "at_least = 0.70", "at_least = 0.70\nat_most = 0.60",
        "claims.baseline.at_most contradicts at_least: it must be above 0.7, got 0.6; exchange the "
        "two, or leave one out (study.toml, line 25)",
    ),
    "bounds without room": (
        "at_least = 0.70", "at_least = 0.70\nat_most = 0.70",
        "claims.baseline.at_most contradicts at_least: it must be above 0.7, got 0.7; choose a "
        "higher one, or leave one out (study.toml, line 25)",
    ),
    "an unknown one of several": (
        'minus = "plain"', 'minus = ["plain", "others"]',
        "claims.augmentation.minus must name a recipe, one of plain, augmented, got 'others' ",
    ),
    "one of several alone": (
        'minus = "plain"', 'minus = ["plain"]',
        'claims.augmentation.minus must be the name of a recipe, "others", or a list of two names '
        "or more, got ['plain'] (study.toml, line 30)",
    ),
    "one of several twice": (
        'minus = "plain"', 'minus = ["plain", "plain"]',
        "claims.augmentation.minus must name different recipes, got 'plain' twice (study.toml, lin",
    ),
    "a recipe against itself and others": (
        'minus = "plain"', 'minus = ["plain", "augmented"]',
        "claims.augmentation.minus must name another recipe than of, got 'augmented' twice ",
    ),
    "per cent as a number": (
        "at_least = 0.70", "at_least = 70",
        "claims.baseline.at_least must be between 0 and 1 for accuracy, got 70; 70 % is written "
        "0.7 (study.toml, line 24)",
    ),
    "a difference out of reach": (
        "at_least = 0.05", "at_least = -1.5",
        "claims.augmentation.at_least must be between -1 and 1 for a difference in accuracy, "
        "got -1.5",
    ),
    "difference and ratio": (
        'minus = "plain"', 'minus = "plain"\nover = "plain"',
        "claims.augmentation.over contradicts minus: choose a difference or a ratio, not both",
    ),
    "a recipe against itself": (
        'minus = "plain"', 'minus = "augmented"',
        "claims.augmentation.minus must name another recipe than of, got 'augmented' twice "
        "(study.toml, line 30)",
    ),
    "a bound that is always met": (
        "at_least = 0.70", "at_least = 0.0",
        "claims.baseline.at_least would do nothing: accuracy is never below 0; choose another "
        "bound, or leave it out (study.toml, line 24)",
    ),
    "an upper bound that is always met": (
        "at_least = 0.70", "at_least = 0.7\nat_most = 1.0",
        "claims.baseline.at_most would do nothing: accuracy is never above 1",
    ),
    "a difference that is always met": (
        "at_least = 0.05", "at_least = -1.0",
        "claims.augmentation.at_least would do nothing: a difference in accuracy is never below "
        "-1; choose another bound, or leave it out (study.toml, line 31)",
    ),
    "a bound that is never passed": (
        "at_least = 0.70", "at_least = 1.0",
        "claims.baseline.at_least can never be supported: accuracy is never above 1, so no "
        "interval lies within; choose another bound (study.toml, line 24)",
    ),
    "an upper bound that is never passed": (
        "at_least = 0.70", "at_most = 0.0",
        "claims.baseline.at_most can never be supported: accuracy is never below 0, so no ",
    ),
    "a bound below all": (
        "at_least = 0.70", "at_least = -0.5",
        "claims.baseline.at_least must be between 0 and 1 for accuracy, got -0.5 (study.toml, "
        "line 24)",
    ),
    "about something else": (
        'of = "plain"', 'of = "plain"\nabout = "images"',
        'claims.baseline.about must be "recipes" (as where it is left out) or "models", got '
        "'images' (study.toml, line 24)",
    ),
    "models without images": (
        'score = "accuracy"\nof = "plain"\nat_least = 0.70',
        'score = "minutes"\nof = "plain"\nat_most = 9\nabout = "models"',
        "claims.baseline.about would do nothing: minutes does not come from test images, on which "
        "models are judged; remove it (study.toml, line 25)",
    ),
    "models by hand": (
        'judged_by = "hand"', 'judged_by = "hand"\nabout = "models"',
        "claims.eda.about would do nothing: a claim that is judged by hand has no score",
    ),
    "the best from above": (
        'minus = "plain"\nat_least = 0.05', 'minus = "others"\nat_most = 0.05',
        'claims.augmentation.at_most must be left out with minus = "others": the best has the '
        "higher accuracy, so write at_least (study.toml, line 31)",
    ),
    "the best of losses": (
        'score = "accuracy"\nof = "augmented"\nminus = "plain"',
        'score = "log_loss"\nof = "augmented"\nminus = "others"',
        "claims.augmentation.at_least must be left out with minus = \"others\": the best has the "
        "lower log_loss, so write at_most",
    ),
    "others as a ratio": (
        'minus = "plain"', 'over = "others"',
        "claims.augmentation.over must name a recipe, one of plain, augmented, got 'others' ",
    ),
    "a recipe called others": (
        "[recipes.augmented]", "[recipes.others]",
        "no recipe may be called 'others' (study.toml, line 16): in a claim that means all other "
        "recipes; choose another name",
    ),
    "searched without a search": (
        'of = "plain"', 'of = "searched"',
        "claims.baseline.of must name a recipe, one of plain, augmented, got 'searched' ",
    ),
    "a search without tries": (
        "[about]", '[search]\nbase = "plain"\nseed = 7\nover = {}\n[about]',
        "search.tries is missing (study.toml, line 8); it must be ",
    ),
    "a curve of nothing": (
        "[about]", '[curve]\nrecipe = "plian"\nimages = [10, 20, 40]\nmore = 10\n[about]',
        "curve.recipe must name a recipe, one of plain, augmented, got 'plian' (study.toml, "
        "line 9); did you mean plain?",
    ),
    "a curve that is no table": (
        "[about]", "curve = 3\n[about]", "curve must be a table, got 3 (study.toml, line 8)",
    ),
    "a score judged by hand": (
        'judged_by = "hand"', 'judged_by = "hand"\nat_least = 1',
        "claims.eda.at_least would do nothing: a claim that is judged by hand has no score; "
        "remove it, or remove judged_by (study.toml, line 36)",
    ),
    "judged by nobody": (
        'judged_by = "hand"', 'judged_by = "eye"',
        "claims.eda.judged_by must be \"hand\", or left out, got 'eye' (study.toml, line 35)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_study_is_one_sentence_with_line_and_cure(kind: str) -> None:
    old, new, sentence = BROKEN[kind]
    with pytest.raises(UsageError) as found:
        parse_study(changed(old, new), "study.toml", HERE, "shapes")
    assert sentence in str(found.value)
    assert "\n" not in str(found.value)
    assert str(found.value).count("(study.toml") + str(found.value).count(": study.toml") <= 1


def test_a_file_that_is_not_there_says_where_studies_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no study file .*; sureshot study list names"):
        read_study(tmp_path / "none.toml")
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="is not UTF-8 text"):
        read_study(tmp_path / "odd.toml")
    with pytest.raises(UsageError, match="cannot be read: is a directory"):
        read_study(tmp_path)
    (tmp_path / "a b.toml").write_text(WHOLE)
    with pytest.raises(UsageError, match="a study's name must hold letters.*got 'a b'; rename"):
        read_study(tmp_path / "a b.toml")


def test_alone_nobody_is_the_best() -> None:
    text = (
        WHOLE.split("[recipes.augmented]")[0]
        + """
[claims.best]
says = "x"
score = "accuracy"
of = "plain"
minus = "others"
at_least = 0.0
"""
    )
    with pytest.raises(UsageError, match="minus has nobody to mean: there is no other recipe than"):
        parse_study(text, "study.toml", HERE, "shapes")


def test_what_a_search_finds_may_be_claimed_of() -> None:
    search = '[search]\nbase = "plain"\ntries = 3\nseed = 7\nover = { batch = [16, 32] }\n[about]'
    study = parse_study(
        changed("[about]", search).replace('of = "plain"', 'of = "searched"'), "s", HERE, "shapes"
    )
    assert study.names == ("plain", "augmented", "searched")
    assert study.claims["baseline"].of == "searched"
    found = study.with_winner(study.recipes["plain"].model_copy(update={"batch": 16}))
    assert found.recipe("searched", 112).batch == 16
    assert found.names == study.names
    with pytest.raises(UsageError, match="no recipe may be called 'searched'"):
        parse_study(
            changed("[about]", search).replace("augmented", "searched"), "s", HERE, "shapes"
        )


def test_a_table_needs_a_name_and_a_name_is_no_path() -> None:
    table = {"data": "x", "seeds": [1], "recipes": {"a": {"model": "nn"}}}
    with pytest.raises(UsageError, match="a study from a table needs a name, such as name="):
        named_study(table)
    assert named_study(table, "mine").name == "mine"
    with pytest.raises(UsageError, match="a study's name must hold .* got '../x'"):
        named_study("clothing", "../x")


def test_a_shipped_study_is_found_beside_a_folder_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clothing").mkdir()  # the photographs
    (tmp_path / "mnist-mlp").write_text(WHOLE)
    assert named_study("clothing").data == "clothing"
    assert named_study("mnist-mlp").data == "shapes"
    with pytest.raises(UsageError, match="is a directory; it must be a TOML file, or one of those"):
        named_study(str(tmp_path))


def test_presets_are_left_to_the_data() -> None:
    text = changed('model = "nn"\nepochs = 3', 'model = "swift"\npreset = "quick"')
    study = parse_study(text, "study.toml", HERE, "shapes")
    assert study.table("plain", 112) == {"model": "swift", "preset": "quick", "seed": 112}
    assert study.quickened().table("plain", 112)["epochs"] == 2
