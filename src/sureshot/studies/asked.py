"""What a learning curve asks: the `[curve]` table."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from sureshot.errors import UsageError
from sureshot.measure.forecast import FEWEST, require_near
from sureshot.studies.lines import Origin
from sureshot.studies.words import did_you_mean, first_error


class Curve(BaseModel):
    """The `[curve]` table: which recipe is trained on how many images, and what is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    recipe: str = Field(min_length=1, description="the name of a recipe")
    images: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        min_length=FEWEST,
        strict=False,
        description=f"a list of {FEWEST} numbers or more, such as [500, 1000, 2000]",
    )
    more: int = Field(ge=1, description="a number of images, at least 1")
    seeds: int | None = Field(
        None, ge=1, description="how many of the study's seeds, at least 1; all if left out"
    )


def read_curve(table: Mapping[str, Any], recipes: Collection[str], origin: Origin) -> Curve:
    """The table as a curve; UsageError says what is wrong with it, on which line, what to do."""
    told = first_error(Curve, table, ("curve",), origin)
    if told:
        raise UsageError(told)
    curve = Curve.model_validate(dict(table))
    if curve.recipe not in recipes:
        raise UsageError(
            f"curve.recipe must name a recipe, one of {', '.join(recipes)}, got {curve.recipe!r} "
            f"({origin.at('curve', 'recipe')})" + did_you_mean(curve.recipe, recipes)
        )
    twice = [n for place, n in enumerate(curve.images) if n in curve.images[:place]]
    if twice:
        raise UsageError(
            f"curve.images must be different numbers, got {twice[0]:,} twice "
            f"({origin.at('curve', 'images')}); remove one"
        )
    try:
        require_near(curve.more, max(curve.images))
    except UsageError as error:
        raise UsageError(f"curve.{error} ({origin.at('curve', 'more')})") from None
    return curve
