"""Every error that a user can meet, as one tree, each branch with its exit code.

SureshotError                  1   something is wrong that the user can put right
├── UsageError                 2   an argument, a setting or a recipe is not allowed
├── DataError                  3   the images or their folder cannot be used as they are
│   └── UnreadableImage        3   one image cannot be turned into pixels; carries a reason code
├── RunError                   4   a run folder is missing, damaged, incomplete or taken
├── TrainingError              5   training cannot go on: no finite loss, or a failed export
├── BundleError                6   a model file is damaged, hostile, or fails its own proof
├── StorageError               7   the disk refused a write; nothing already written is lost
├── MissingExtra               8   an optional part of Sureshot is not installed
├── DownloadError              9   a file could not be fetched from where it should lie
└── Interrupted              130   Ctrl-C (143 where the system asked); what was done is saved

Grammar of a message: what is wrong, what would be right, what was found, what to do next.
"""

import os


class SureshotError(Exception):
    """Something is wrong that the user can put right; the message says how."""

    exit_code = 1


class UsageError(SureshotError):
    """An argument, a setting or a recipe is not allowed."""

    exit_code = 2


class DataError(SureshotError):
    """The images or their folder cannot be used as they are."""

    exit_code = 3


class UnreadableImage(DataError):
    """One image cannot be turned into pixels.

    `code` is one of `sureshot.images.REASONS` and stays the same between releases;
    `reason` is a sentence for people.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

    @property
    def problem(self) -> str:
        """How a record says it: "code: sentence"."""
        return f"{self.code}: {self.reason}"


class RunError(SureshotError):
    """A run folder is missing, damaged, incomplete or taken."""

    exit_code = 4


class TrainingError(SureshotError):
    """Training cannot go on."""

    exit_code = 5


class BundleError(SureshotError):
    """A model file is damaged, hostile, or fails its own proof."""

    exit_code = 6


class StorageError(SureshotError):
    """The disk refused a write; nothing already written is lost."""

    exit_code = 7


class MissingExtra(SureshotError):
    """An optional part of Sureshot is not installed."""

    exit_code = 8

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the extra '{extra}', which is not installed: "
            f'pip install "sureshot[{extra}]"'
        )


class DownloadError(SureshotError):
    """A file could not be fetched from where it should lie."""

    exit_code = 9


class Interrupted(SureshotError):
    """Ctrl-C, or the system's request to end; what was done is saved."""

    exit_code = 130

    def __init__(self, message: str, signal_number: int = 2) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number


def reason_of(error: OSError) -> str:
    """Why the system refused, as part of a sentence: "permission denied"."""
    return os.strerror(error.errno or 0).lower()
