"""A map is put into words with its scale, and is not drawn where nothing matters by itself."""

import numpy as np
import pytest

from sureshot.dashboard.looked import heat_in_words, moves


@pytest.mark.parametrize(
    ("most", "said"),
    [
        (np.log(12), "12.0 times less probable"),
        (np.log(9999), "over 1,000 times less probable"),
        (0.04, "the answer stays"),
        (-1.0, "blue parts against it."),
    ],
)
def test_the_words_have_the_factor_of_the_strongest_place(most: float, said: str) -> None:
    heat = np.full((4, 4), most)
    assert heat_in_words("occlusion", heat).endswith((said, f"{said}."))
    assert moves("occlusion", heat) == (abs(most) >= 0.05)


def test_a_map_that_divides_a_number_has_no_factor() -> None:
    assert "times" not in heat_in_words("class activation", np.full((3, 3), 9.0))
