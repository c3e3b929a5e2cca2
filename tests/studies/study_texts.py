"""A whole study file, and ways to break it."""

WHOLE = """\
data = "shapes"
subset = 40
seeds = [
    111,
    112,
]

[about]
objective = "Sort shapes without hands"
requirements = ["analyse the data", "a model of at least 70 %"]

[recipes.plain]
model = "nn"
epochs = 3

[recipes.augmented]
model = "nn"
augment = { flip = true, rotation = 15 }

[claims.baseline]
says = "One dense layer reaches 70 %"
score = "accuracy"
of = "plain"
at_least = 0.70

[claims.augmentation]
says = "Augmentation adds at least 5 points"
score = "accuracy"
of = "augmented"
minus = "plain"
at_least = 0.05

[claims.eda]
says = "Looking at the data first helps"
judged_by = "hand"
"""


def changed(old: str, new: str) -> str:
    """The whole study with one thing otherwise."""
    assert WHOLE.count(old) >= 1, old
    return WHOLE.replace(old, new, 1)
