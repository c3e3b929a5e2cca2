"""Sureshot as a scikit-learn classifier: fit, predict, and whatever takes a classifier.

given       X and y, checked; images as the bytes of files, and as the table that training reads
classifier  the class itself: one training, kept as the bytes of its bundle
"""

from importlib.util import find_spec

from sureshot.errors import MissingExtra

if find_spec("sklearn") is None:
    raise MissingExtra("sklearn", "SureshotClassifier")

from sureshot.estimator.classifier import SureshotClassifier
from sureshot.estimator.given import InputError

__all__ = ["InputError", "SureshotClassifier"]
