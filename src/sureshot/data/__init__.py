"""Sources → index → splits → pixels → batches."""

from sureshot.data.batches import Rows, batch_count, batches, shuffled
from sureshot.data.corrections import told_of_added
from sureshot.data.exporting import export, require_new_place
from sureshot.data.families import families
from sureshot.data.folders import Entry, Listing, list_folder, list_images, places
from sureshot.data.grouping import grouped, grouped_with
from sureshot.data.listing import FORMS, files_read, list_items, list_source
from sureshot.data.pixels import (
    CacheEntry,
    Pixels,
    cache_entries,
    cache_folder,
    clear_cache,
    decoded,
    prepare_pixels,
)
from sureshot.data.propose import Proposal, propose, settle_images
from sureshot.data.readable import require_readable, share_of
from sureshot.data.scan import scan
from sureshot.data.selection import excluded, require_enough, subset, wanted_rows
from sureshot.data.source import Source, parse_classes, parse_merge, place_of, source_of
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
    "cache_entries",
    "cache_folder",
    "clear_cache",
    "decoded",
    "excluded",
    "export",
    "families",
    "files_read",
    "grouped",
    "grouped_with",
    "list_folder",
    "list_images",
    "list_items",
    "list_source",
    "parse_classes",
    "parse_merge",
    "place_of",
    "places",
    "prepare_pixels",
    "propose",
    "require_enough",
    "require_new_place",
    "require_readable",
    "require_trainable",
    "scan",
    "settle_images",
    "settle_splits",
    "share_of",
    "shuffled",
    "source_of",
    "subset",
    "told_of_added",
    "wanted_rows",
    "without_validation",
]
