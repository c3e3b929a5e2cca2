"""Public datasets by name: fetched over https, proven by SHA-256, unpacked with suspicion."""

from sureshot.downloads.catalogue import CATALOGUE, Dataset
from sureshot.downloads.fetch import fetch
from sureshot.downloads.kaggle import fetch_kaggle
from sureshot.downloads.place import located

__all__ = [
    "CATALOGUE",
    "Dataset",
    "fetch",
    "fetch_kaggle",
    "located",
]
