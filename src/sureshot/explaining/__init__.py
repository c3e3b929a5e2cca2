"""Why the classifier says what it says: maps over an image, and training images like it."""

from sureshot.explaining.activation import class_activation
from sureshot.explaining.gradients import grad_cam
from sureshot.explaining.head import Head, head_of
from sureshot.explaining.keeping import keep_attention
from sureshot.explaining.maps import explain
from sureshot.explaining.nearest import Kept, features_there, kept_features, nearest
from sureshot.explaining.occlusion import occlusion
from sureshot.explaining.writing import explain_files

__all__ = [
    "Head",
    "Kept",
    "class_activation",
    "explain",
    "explain_files",
    "features_there",
    "grad_cam",
    "head_of",
    "keep_attention",
    "kept_features",
    "nearest",
    "occlusion",
]
