"""What is wrong with the data, or worth knowing, before anything is trained."""

from sureshot.audit.structure import audit

__all__ = ["audit"]
