"""Files that hold many images, and the one way to read an image that an index knows."""

from sureshot.containers.reading import content, indexed

__all__ = ["content", "indexed"]
