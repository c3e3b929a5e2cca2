"""Public datasets by name: fetched over https, proven by SHA-256, unpacked with suspicion."""

from sureshot.downloads.catalogue import CATALOGUE, Dataset, Remote, Way
from sureshot.downloads.fetch import fetch
from sureshot.downloads.kaggle import fetch_kaggle
from sureshot.downloads.place import datasets_folder, located

__all__ = [
    "CATALOGUE",
    "Dataset",
    "Remote",
    "Way",
    "datasets_folder",
    "fetch",
    "fetch_kaggle",
    "located",
]
