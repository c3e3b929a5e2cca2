"""One image to be predicted: how it is named, and where its content is."""

from dataclasses import dataclass
from pathlib import Path

from sureshot.containers.reading import content, file_of
from sureshot.images import Content


@dataclass(frozen=True)
class Item:
    """One image by its place; `name` is how a person is told of it."""

    name: str
    root: Path
    id: str  # as in an index: below the root, path#row in a container
    contained: bool = False

    @classmethod
    def of_file(cls, path: Path) -> "Item":
        """An image file by its path."""
        return cls(str(path), Path(), str(path))

    @property
    def file(self) -> Path:
        """The file that holds it."""
        return file_of(self.root, self.id, self.contained)

    def read(self, max_megabytes: int) -> Content:
        """Its content; UnreadableImage where it cannot be read."""
        return content(self.root, self.id, self.contained, max_megabytes)
