"""scikit-learn's own checks of an estimator: all pass but those listed here, each with its reason.

The checks fit tables of numbers, which are no images; scikit-learn leaves them out for a classifier
whose tags say that it takes none. They run here all the same, and twice: on the classifier as it
is, so that it is known which of them a table fails; and on `Tables`, which makes an image of every
row, so that what they are about (state, copies, labels, order) is checked as for any classifier.
"""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import pytest
from sklearn.exceptions import SkipTestWarning
from sklearn.utils import Tags
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator
from sklearn.utils.validation import check_is_fitted

from sureshot import SureshotClassifier

FIT = "fits a table of numbers, and a row of numbers is no image"
SAYS = "wants a sentence about features or labels, and the one about images comes first"

AS_IT_IS = {
    "check_classifier_data_not_an_array": FIT,
    "check_classifiers_classes": FIT,
    "check_classifiers_one_label": SAYS,
    "check_classifiers_regression_target": SAYS,
    "check_classifiers_train": FIT,
    "check_dict_unchanged": FIT,
    "check_dont_overwrite_parameters": FIT,
    "check_dtype_object": FIT,
    "check_estimators_dtypes": FIT,
    "check_estimators_empty_data_messages": SAYS,
    "check_estimators_fit_returns_self": FIT,
    "check_estimators_nan_inf": FIT,
    "check_estimators_overwrite_params": FIT,
    "check_estimators_pickle": FIT,
    "check_f_contiguous_array_estimator": FIT,
    "check_fit2d_1feature": SAYS,
    "check_fit2d_1sample": SAYS,
    "check_fit2d_predict1d": FIT,
    "check_fit_check_is_fitted": FIT,
    "check_fit_idempotent": FIT,
    "check_fit_score_takes_y": FIT,
    "check_methods_sample_order_invariance": FIT,
    "check_methods_subset_invariance": FIT,
    "check_n_features_in": "counts columns, and images of any size are taken",
    "check_n_features_in_after_fitting": "counts columns, and images of any size are taken",
    "check_pipeline_consistency": FIT,
    "check_positive_only_tag_during_fit": FIT,
    "check_readonly_memmap_input": FIT,
    "check_requires_y_none": SAYS,
    "check_supervised_y_2d": FIT,
}
AS_TABLES = {
    "check_estimators_empty_data_messages": (
        "wants to hear of 0 features, and an image without pixels is told as such"
    ),
}


class AsItIs(SureshotClassifier):
    """Only the tags that keep the checks away are others."""

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.one_d_array = tags.input_tags.string = False
        return tags


class Tables(AsItIs):
    """A classifier of rows: each becomes an image, as wide as there are columns."""

    def fit(self, X: Any, y: Any) -> Self:
        images = rows_as_images(X)
        super().fit(images, y)
        self.n_features_in_ = images.shape[2]
        return self

    def predict_proba(self, X: Any) -> Any:
        check_is_fitted(self)
        images = rows_as_images(X)
        if images.ndim == 4 and images.shape[2] != self.n_features_in_:
            raise ValueError(
                f"X has {images.shape[2]} features, but Tables is expecting "
                f"{self.n_features_in_} features as input"
            )
        return super().predict_proba(images)


def rows_as_images(X: Any) -> Any:
    """(N, F) → levels (N, 1, F, 1), 24 of them a unit, wrapped; what is no table is left alone."""
    table = X if hasattr(X, "toarray") else np.asarray(X)
    if hasattr(X, "toarray") or table.ndim != 2 or table.dtype.kind not in "iufO":
        return table
    table = table.astype(np.float64)
    if np.isfinite(table).all():
        table = (np.rint(128 + 24 * table) % 256).astype(np.uint8)
    return table[:, None, :, None]


def parameters() -> Iterator[Any]:
    """Every check of `Tables`, with a mark on those that are expected to fail."""
    settings = {"network.standardise": True, "optimizer.rate": 0.01}
    found = estimator_checks_generator(Tables("linear", epochs=8, settings=settings))
    for number, (estimator, check) in enumerate(found):
        name = name_of(check)
        known = AS_TABLES.get(name)
        marks = [pytest.mark.xfail(reason=known, strict=True)] if known else []
        yield pytest.param(estimator, check, marks=marks, id=f"{name}-{number}")


def name_of(check: Any) -> str:
    while hasattr(check, "func"):  # each check is a partial, of a partial where it has options
        check = check.func
    return str(check.__name__)


@pytest.mark.parametrize(("estimator", "check"), [*parameters()])
def test_the_checks_pass_where_rows_are_images(estimator: SureshotClassifier, check: Any) -> None:
    check(estimator)


def test_of_the_checks_on_tables_exactly_those_listed_fail() -> None:
    found = check_estimator(AsItIs("linear", epochs=1), on_fail=None, on_skip=None)
    assert {check["check_name"] for check in found if check["status"] == "failed"} == set(AS_IT_IS)


def test_the_tags_say_what_is_taken_and_keep_the_checks_away() -> None:
    with pytest.warns(SkipTestWarning, match="two_d_array=False, three_d_array=True"):
        left = [name_of(check) for _, check in estimator_checks_generator(SureshotClassifier())]
    assert left == ["check_estimator_cloneable"]
    tags = SureshotClassifier().__sklearn_tags__().input_tags
    assert (tags.string, tags.one_d_array) == (True, True)  # paths
