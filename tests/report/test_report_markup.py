"""Markup that cannot forget to escape."""

import pytest

from sureshot.progress import duration
from sureshot.report.data import _split
from sureshot.report.markup import Html, join, name, table, tag


def test_words_are_escaped_and_markup_is_not() -> None:
    assert tag("p", "<b>", tag("b", "&")) == "<p>&lt;b&gt;<b>&amp;</b></p>"
    assert join(["<", Html("<br>")]) == "&lt;<br>"


def test_attributes_are_escaped() -> None:
    made = tag("img", alt='"><script>', class_="x", aria_hidden="true", title=None)
    assert made == '<img alt="&quot;&gt;&lt;script&gt;" class="x" aria-hidden="true">'


def test_markup_put_into_a_plain_string_becomes_words_again() -> None:
    inside = tag("b", "x")
    assert tag("p", f"{inside}!") == "<p>&lt;b&gt;x&lt;/b&gt;!</p>"


def test_long_names_keep_both_ends_and_a_tooltip() -> None:
    made = name("start" + "x" * 500 + "end")
    assert made.count("x") > 500
    assert "…" in made
    assert made.endswith("end</bdi>")


def test_tables_name_their_rows() -> None:
    made = table(("a", "b"), [("<x>", "1")], "About")
    assert '<th scope="row">&lt;x&gt;</th><td>1</td>' in made


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.42, "0.4 s"),
        (45.2, "45 s"),
        (185, "3 min 5 s"),
        (59.7, "1 min 0 s"),
        (7800, "2 h 10 min"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ((), "The splits came with the data."),
        (("validation",), "Sureshot made validation, by content"),
        (("train", "validation", "test"), "Sureshot made train, validation and test, by content"),
    ],
)
def test_who_made_the_splits(made: tuple[str, ...], words: str) -> None:
    assert _split(made).startswith(words)
