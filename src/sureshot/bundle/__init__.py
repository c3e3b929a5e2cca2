"""The classifier as one file that proves itself: write, open, verify, predict."""

from sureshot.bundle.about import TEMPERATURES, Plan, PlanOfClass, ReferenceKind, Unlike
from sureshot.bundle.classifier import Bundle, bundle_of, model_file, open_bundle, open_hashed
from sureshot.bundle.deciding import Decisions
from sureshot.bundle.format import Contents, read_contents, write_contents
from sureshot.bundle.references import gather
from sureshot.bundle.session import Session
from sureshot.bundle.unlike import distances, learned, looks
from sureshot.bundle.writing import write_bundle

__all__ = [
    "TEMPERATURES",
    "Bundle",
    "Contents",
    "Decisions",
    "Plan",
    "PlanOfClass",
    "ReferenceKind",
    "Session",
    "Unlike",
    "bundle_of",
    "distances",
    "gather",
    "learned",
    "looks",
    "model_file",
    "open_bundle",
    "open_hashed",
    "read_contents",
    "write_bundle",
    "write_contents",
]
