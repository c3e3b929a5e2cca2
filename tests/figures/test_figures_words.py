"""Names and numbers as people read them."""

import pytest

from sureshot.figures.words import drawable, ems, inches, percent, plural, shorten, visible, wrapped


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("t-shirt", "t-shirt"),
        ("two\nlines", "two\\nlines"),
        ("a\x00b", "a\\x00b"),
        ("turned \u202e round", "turned \\u202e round"),
        ("\udcff.png", "\N{REPLACEMENT CHARACTER}.png"),
        ("衬衫", "衬衫"),
    ],
)
def test_control_letters_are_written_out(name: str, shown: str) -> None:
    assert visible(name) == shown
    visible(name).encode()


@pytest.mark.parametrize("width", [0.3, 0.7, 1.5, 4.0])
@pytest.mark.parametrize("name", ["shoes", "x" * 5000, "衬衫" * 40, "mmm\nmmm" * 9])
def test_shortened_names_fit(name: str, width: float) -> None:
    short = shorten(name, 8.5, width)
    assert inches(short, 8.5) <= width
    assert short == visible(name) or "…" in short


def test_shortened_names_keep_both_ends() -> None:
    short = shorten("category-of-things-that-are-red", 8.5, 1.0)
    assert short.startswith("cat")
    assert short.endswith("red")


def test_lines_are_wrapped_between_words() -> None:
    text = "turned by up to 15 degrees; larger or smaller by up to 10 %"
    lines = wrapped(text, 8.5, 1.5)
    assert len(lines) > 1
    assert " ".join(lines) == text
    assert all(inches(line, 8.5) <= 1.5 for line in lines)
    assert wrapped("indivisible", 8.5, 0.1) == ["indivisible"]
    assert wrapped("", 8.5, 1.0) == [""]


def test_only_letters_of_our_font_are_drawable() -> None:
    assert drawable("déjà vu ✓ ✗ × … → ↓ Ω ж")
    assert not drawable("衬衫")


def test_letters_that_our_font_lacks_have_room() -> None:
    assert ems("衬衫") >= 2.0


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0, "0 %"),
        (0.0004, "<0.1 %"),
        (0.004, "0.4 %"),
        (0.76, "76 %"),
        (0.994, "99.4 %"),
        (0.99999, ">99.9 %"),
        (1.0, "100 %"),
        (float("nan"), "–"),
    ],
)
def test_percent_never_rounds_doubt_away(share: float, shown: str) -> None:
    assert percent(share) == shown


def test_plural() -> None:
    assert plural(1, "image") == "1 image"
    assert plural(2000, "class", "classes") == "2,000 classes"
