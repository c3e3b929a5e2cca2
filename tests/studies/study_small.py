"""A small study on little pictures: two recipes, two seeds, five claims."""

from pathlib import Path

from shapes import write_shapes
from sureshot.studies.reading import Study, read_study

SMALL = """\
data = "shapes"
subset = 60
seeds = [111, 112]

[about]
objective = "Tell bars from discs"
requirements = ["a model of at least 70 %"]

[recipes.plain]
model = "nn"
epochs = 3
batch = 8
image = { size = 16 }

[recipes.blind]
model = "linear"
epochs = 1
validation = false
optimizer = { rate = 1e-6 }
image = { size = 16 }

[claims.plain]
says = "A dense layer tells more than half"
score = "accuracy"
of = "plain"
at_least = 0.5

[claims.better]
says = "A dense layer is better than guessing"
score = "accuracy"
of = "plain"
minus = "blind"
at_least = 0.0

[claims.small]
says = "The linear network is the smaller one"
score = "parameters"
of = "blind"
over = "plain"
at_most = 0.5

[claims.disc]
says = "Discs are found"
score = "recall"
class = "disc"
of = "plain"
at_least = 0.9

[claims.eda]
says = "Looking first helps"
judged_by = "hand"
"""


def write_study(folder: Path, text: str = SMALL, each: int = 80) -> Study:
    """A folder with little pictures and a study file about them."""
    write_shapes(folder / "shapes", each=each)
    (folder / "small.toml").write_text(text)
    return read_study(folder / "small.toml")
