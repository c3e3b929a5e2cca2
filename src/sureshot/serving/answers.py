"""The JSON that is given, as OpenAPI documents it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sureshot.bundle import Plan
from sureshot.recipe import Preprocessing


class _Json(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Judged(_Json):
    """What an image shows."""

    class_: str = Field(alias="class", description="the most probable class")
    probability: float = Field(description="of that class")
    decision: Literal["auto", "review", "unlike"] = Field(
        description="auto: within the error that the model's plan promises; review: a person "
        "should look, always so without a plan; unlike: like nothing it was trained on"
    )
    probabilities: dict[str, float] = Field(description="of every class")


class Answer(Judged):
    """The answer for one image."""

    model: str = Field(description="SHA-256 of the model's file")
    ms: float = Field(description="from the last byte of the request to the answer")


class Explained(_Json):
    """What spoke for the answer to an image."""

    class_: str = Field(alias="class", description="the most probable class")
    probability: float = Field(description="of that class")
    maps: dict[str, list[list[float]]] = Field(
        description="rows from the top × columns from the left, above 0 where the image speaks for "
        "the class. occlusion: what its log-probability loses where a pixel that the network sees "
        "is covered; class activation, where the head allows it: its logit, divided among places"
    )


class Explanation(Explained):
    """The same as an answer."""

    model: str = Field(description="SHA-256 of the model's file")
    ms: float = Field(description="from the last byte of the request to the answer")


class Problem(_Json):
    """Why there is no answer."""

    code: str = Field(description="stays the same between releases")
    reason: str = Field(description="a sentence for people")


class BatchAnswer(_Json):
    """The answers for several images, in their order; a problem where one cannot be read."""

    answers: tuple[Judged | Problem, ...]
    model: str
    ms: float


class Model(_Json):
    """What is served."""

    model: str = Field(description="SHA-256 of the model's file")
    sureshot: str = Field(description="the version that wrote it")
    network: str
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    temperature: float
    plan: Plan | None = Field(description="what is promised of the images decided auto")
    megabytes: int = Field(description="10⁶ bytes that a body may have")
    megapixels: int = Field(description="that an image may have")
    images: int = Field(description="that a request may hold")
    queue: int = Field(description="images that may be under way")
