"""What stands behind the name of a pretrained network: a repository of the hub, or a folder."""

import re
from dataclasses import dataclass
from pathlib import Path

from sureshot.errors import UsageError
from sureshot.recipe import BACKBONES, HUB

REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")  # of git; a branch or a tag can be moved


@dataclass(frozen=True)
class Named:
    """Where the weights of a network are to come from."""

    model: str  # as the recipe says it
    repo: str = ""  # "owner/name"; "" for a folder
    commit: str = ""  # 40 hexadecimal digits; "" where nobody has said
    folder: Path | None = None

    def pinned(self, commit: str) -> "Named":
        """The same, at a commit; a network with a name of its own keeps it."""
        model = self.model if self.model in BACKBONES else f"{HUB}{self.repo}@{commit}"
        return Named(model, self.repo, commit)


def named(model: str) -> Named:
    """What a name stands for; UsageError where it can stand for nothing.

    A network's own name, or hf:owner/name, hf:owner/name@commit, hf:FOLDER.
    """
    if model in BACKBONES:
        return Named(model, BACKBONES[model])
    place = model.removeprefix(HUB)
    folder = Path(place).expanduser()
    if place and (folder.is_dir() or place[0] in "./~"):
        return Named(model, folder=folder)
    repo, _, commit = place.partition("@")
    if not REPO.fullmatch(repo) or ("@" in place and not COMMIT.fullmatch(commit)):
        raise UsageError(
            "a pretrained network must be hf:owner/name, hf:owner/name@ and 40 hexadecimal "
            f"digits of a commit, or hf: and a folder that is there, got {model!r}"
        )
    return Named(model, repo, commit)
