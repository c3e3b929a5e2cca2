"""What is wrong with the data, or worth knowing, before anything is trained."""

from sureshot.audit.augmenting import augmentation_findings
from sureshot.audit.checks import audit, suspicions, worst_first
from sureshot.audit.kinds import known
from sureshot.audit.listing import require_unmarked, write_findings
from sureshot.audit.words import in_words

__all__ = [
    "audit",
    "augmentation_findings",
    "in_words",
    "known",
    "require_unmarked",
    "suspicions",
    "worst_first",
    "write_findings",
]
