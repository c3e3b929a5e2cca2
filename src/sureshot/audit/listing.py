"""The findings as a list that a person can mark, and give back as images to leave out."""

import csv
import io
import os
from pathlib import Path

import numpy as np

from sureshot import files
from sureshot.errors import UsageError
from sureshot.progress import cell
from sureshot.records import EXCLUDED, Finding, Index, class_names

COLUMNS = ("exclude", "path", "class", "split", "severity", "finding", "remark", "sentence")


def write_findings(path: Path, index: Index, findings: list[Finding]) -> Path:
    """Write one row an image and finding; "yes" under `exclude` is for a person to write.

    Findings about no image in particular, or about files that are no images, have no row.
    UsageError where that would overwrite a list that somebody has marked, or another file.
    """
    require_unmarked(path)
    row_of = {str(name): row for row, name in enumerate(index.id)}
    names = class_names(index.classes, np.asarray(index.label))
    with files.writing(path) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for finding in findings:
            remarks = finding.remarks or ("",) * len(finding.images)
            for image, remark in zip(finding.images, remarks, strict=True):
                row = row_of.get(image)
                if row is not None:
                    about = names[row], index.split[row], finding.severity, finding.code, remark
                    mark = "yes" if finding.code == EXCLUDED else ""  # so that it stays left out
                    writer.writerow(map(cell, (mark, f"./{image}", *about, finding.sentence)))
        text.detach()
    return path


def require_unmarked(path: Path) -> None:
    """Raise UsageError where writing would lose a list that somebody marked, or another file."""
    if not os.path.lexists(path):
        return
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            ours = tuple(reader.fieldnames or ()) == COLUMNS
            marked = sum(bool((row[COLUMNS[0]] or "").strip()) for row in reader) if ours else 0
    except (OSError, UnicodeDecodeError, csv.Error):
        ours, marked = False, 0
    if not ours:
        raise UsageError(f"{path} is there already and is no list of findings; choose another name")
    if marked:
        raise UsageError(
            f"{path} has {marked:,} rows that somebody marked, which would be lost; choose another "
            "name"
        )
