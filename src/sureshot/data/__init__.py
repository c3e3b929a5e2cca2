"""Sources → index → splits → pixels → batches."""

from sureshot.data.batches import Rows, batch_count, batches, shuffled
from sureshot.data.corrections import told_of_added
from sureshot.data.duplicates import beside, find_groups
from sureshot.data.exporting import export, require_new_place
from sureshot.data.families import families
from sureshot.data.folders import Entry, Listing, list_folder, list_images
from sureshot.data.listing import FORMS, list_items, list_source
from sureshot.data.pixels import (
    CacheEntry,
    Pixels,
    cache_entries,
    cache_folder,
    clear_cache,
    prepare_pixels,
)
from sureshot.data.propose import Proposal, propose
from sureshot.data.readable import require_readable, share_of
from sureshot.data.scan import scan
from sureshot.data.selection import excluded, subset
from sureshot.data.source import Source, parse_classes, parse_merge
from sureshot.data.split import require_trainable, settle_splits, without_validation

__all__ = [
    "FORMS",
    "CacheEntry",
    "Entry",
    "Listing",
    "Pixels",
    "Proposal",
    "Rows",
    "Source",
    "batch_count",
    "batches",
    "beside",
    "cache_entries",
    "cache_folder",
    "clear_cache",
    "excluded",
    "export",
    "families",
    "find_groups",
    "list_folder",
    "list_images",
    "list_items",
    "list_source",
    "parse_classes",
    "parse_merge",
    "prepare_pixels",
    "propose",
    "require_new_place",
    "require_readable",
    "require_trainable",
    "scan",
    "settle_splits",
    "share_of",
    "shuffled",
    "subset",
    "told_of_added",
    "without_validation",
]
