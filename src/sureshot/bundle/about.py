"""What `bundle.json` says: everything about a bundle that is not the network, an image, an array.

Shapes: `K` classes, `P` of them seen in training, `D` numbers that tell how an image looks,
`A` directions that it is compared in.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sureshot.recipe import Preprocessing

MOST_REFERENCES = 64
SIZES = range(8, 1025)  # pixels, as recipes allow
SCHEMA: Literal[2] = 2  # written; 1, without temperature, plan and unlike, is read as well
TEMPERATURES = (0.05, 20.0)  # assumed: what is fitted outside of these is no calibration any more

ReferenceKind = Literal["images", "synthetic", "none"]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Share = Annotated[float, Field(ge=0, le=1)]
_Count = Annotated[int, Field(ge=0)]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Reference(_Told):
    """One image that the bundle carries, and what it must give."""

    file: str = Field(pattern=r"^references/\d\d\.(jpg|png|webp|bmp|gif|tif|avif)$")
    sha256: _Digest
    probabilities: tuple[float, ...]  # (K,)


class PlanOfClass(_Told):
    """What was seen of the images that were said to be one class; the promise is for all."""

    said: _Count  # images of which the class was the most probable
    automated: _Count  # of these, the ones that would be sorted automatically
    wrong: _Count  # of those, the ones that are of another class


class Plan(_Told):
    """Which images may be sorted automatically, and what was promised of them.

    With `confidence`, at most the share `max_error` of the images that are sorted automatically is
    wrong, for new images of the same kind. `threshold` is of the probability of the top class:
    from it on an image is sorted; None where nothing can be promised.
    """

    kind: Literal["threshold"]
    max_error: Annotated[float, Field(gt=0, lt=1)]
    confidence: Annotated[float, Field(gt=0, lt=1)]
    threshold: _Share | None
    automated: _Share  # of the rows
    wrong: _Count  # of the rows that are automated
    n: _Count  # rows that it stands on
    method: str
    rows: str  # fingerprint of the rows
    per_class: tuple[PlanOfClass, ...]  # (K,) in the order of the classes


class Unlike(_Told):
    """When an image is unlike the training data: too far from what `unlike.f32` holds."""

    kind: Literal["mahalanobis"]
    threshold: Annotated[float, Field(ge=0)]  # a distance; what is farther is unlike
    quantile: _Share  # of new images like the training data, at least so many are not farther
    n: _Count  # rows that the threshold was set on
    shape: tuple[Annotated[int, Field(ge=2)], Annotated[int, Field(ge=1)]]  # (P + D, A)
    sha256: _Digest  # of the array's bytes, little-endian float32


class About(_Told):
    """Everything about a bundle that is not the network, an image or an array."""

    schema_version: Literal[1, 2]
    sureshot: str  # version that wrote it
    network: str
    classes: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=2)
    preprocessing: Preprocessing
    recipe: str  # TOML
    data_fingerprint: str
    graph_sha256: _Digest
    reference_kind: ReferenceKind
    references: tuple[Reference, ...] = Field(max_length=MOST_REFERENCES)
    temperature: float = Field(1.0, ge=TEMPERATURES[0], le=TEMPERATURES[1])
    plan: Plan | None = None
    unlike: Unlike | None = None

    @model_validator(mode="after")
    def _compared_with_a_class(self) -> Self:
        if self.unlike is not None and self.unlike.shape[0] <= self.unlike.shape[1]:
            raise ValueError("unlike must compare with one class at least")
        return self

    @model_validator(mode="after")
    def _planned_for_its_classes(self) -> Self:
        if self.plan is not None and len(self.plan.per_class) != len(self.classes):
            raise ValueError("the plan must say something of each class")
        return self

    @field_validator("classes")
    @classmethod
    def _each_its_own_name(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(classes)) < len(classes):
            raise ValueError("each class must have a name of its own")
        return classes

    @field_validator("preprocessing")
    @classmethod
    def _of_a_size_that_recipes_allow(cls, settings: Preprocessing) -> Preprocessing:
        if settings.size not in SIZES:
            raise ValueError(f"size must be between {SIZES[0]} and {SIZES[-1]}")
        return settings
