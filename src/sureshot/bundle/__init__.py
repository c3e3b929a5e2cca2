"""The classifier as one file that proves itself: write, open, verify, predict."""

from sureshot.bundle.classifier import Bundle, ReferenceKind, open_bundle, write_bundle
from sureshot.bundle.session import Session

__all__ = ["Bundle", "ReferenceKind", "Session", "open_bundle", "write_bundle"]
