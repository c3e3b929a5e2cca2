"""Sources → index → splits → pixels → batches."""

from sureshot.data.batches import Rows, batch_count, batches, shuffled
from sureshot.data.pixels import (
    CacheEntry,
    Pixels,
    cache_entries,
    cache_folder,
    clear_cache,
    prepare_pixels,
)
from sureshot.data.propose import Proposal, propose
from sureshot.data.scan import scan
from sureshot.data.sources import Entry, Listing, list_folder, list_images
from sureshot.data.split import require_trainable, settle_splits, without_validation

__all__ = [
    "CacheEntry",
    "Entry",
    "Listing",
    "Pixels",
    "Proposal",
    "Rows",
    "batch_count",
    "batches",
    "cache_entries",
    "cache_folder",
    "clear_cache",
    "list_folder",
    "list_images",
    "prepare_pixels",
    "propose",
    "require_trainable",
    "scan",
    "settle_splits",
    "shuffled",
    "without_validation",
]
