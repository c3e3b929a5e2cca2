"""The classifier in other people's formats, each proved before it appears."""

from sureshot.exporting.rebuilding import rebuilt
from sureshot.exporting.writing import FORMS, export

__all__ = ["FORMS", "export", "rebuilt"]
