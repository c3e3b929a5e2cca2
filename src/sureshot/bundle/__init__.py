"""The classifier as one file that proves itself: write, open, verify, predict."""

from sureshot.bundle.classifier import Bundle, open_bundle, write_bundle
from sureshot.bundle.format import ReferenceKind
from sureshot.bundle.references import gather
from sureshot.bundle.session import Session

__all__ = ["Bundle", "ReferenceKind", "Session", "gather", "open_bundle", "write_bundle"]
