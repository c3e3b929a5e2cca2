"""What the stages hand to one another, and what lies in a run folder.

Shapes: `N` images, `K` classes. Every array has one row an image, in one fixed order.

Index        the table of images: where they are, their label, split, hash and size
Finding      one thing noticed about the data
Layer        one layer of a network, as a summary shows it
Predictions  one row an image: its true label and its logits; every score and figure comes from it
Score        one number with its interval and n
Scores       all numbers of one split
"""

import hashlib
import html
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from sureshot import files
from sureshot.errors import DataError, RunError
from sureshot.progress import unicode

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Strings = NDArray[np.object_]
Split = Literal["train", "validation", "test", "calibration"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")  # what every table counts and scores
CALIBRATION: Split = "calibration"  # rows of the training images that no choice touches
SPLIT_WORDS: dict[str, Split] = {  # how folders, files and tables call them
    "train": "train",
    "training": "train",
    "validation": "validation",
    "val": "validation",
    "valid": "validation",
    "test": "test",
    "testing": "test",
}
SHOWN = 20  # rows of a table in a notebook
UNKNOWN = -1  # the label of an image whose class nobody has said
ASIDE = ""  # the split of an image that is for none: left aside by a subset, or excluded
EXCLUDED = "excluded"  # the code in `problem` of an image that a person left out
ALONE = -1  # the group of an image that has no duplicate


@dataclass(frozen=True, eq=False)
class Index:
    """The table of images. Label numbers index `classes`, which is sorted by name."""

    root: Path  # what `id` is relative to
    classes: tuple[str, ...]
    id: Strings  # (N,) the path below `root`, with forward slashes; in a container path#row
    label: NDArray[np.int64]  # (N,) UNKNOWN where nobody has said
    split: Strings  # (N,) "train", "validation", "test", "calibration"; "" where there is none
    sha256: Strings  # (N,) of the file's bytes, or plain pixels; "" where it could not be read
    bytes: NDArray[np.int64]  # (N,) the file's size
    width: NDArray[np.int64]  # (N,) pixels as a person sees them, orientation applied
    height: NDArray[np.int64]  # (N,)
    mode: Strings  # (N,) Pillow's name: "RGB", "L", "P", "CMYK", "I;16" …
    format: Strings  # (N,) "JPEG", "PNG" … by content; "pixels" without a file, "" unreadable
    group: NDArray[np.int64]  # (N,) the same number for duplicates of one another; ALONE otherwise
    problem: Strings  # (N,) "" where readable, else "code: sentence"
    made: tuple[Split, ...] = ()  # the splits that Sureshot made; the others came with the data
    contained: bool = False  # whether the images lie inside containers, and not as files

    def __post_init__(self) -> None:
        if len(self) and not UNKNOWN <= self.label.min() <= self.label.max() < len(self.classes):
            raise DataError(f"an index has labels outside its {len(self.classes)} classes")

    def __len__(self) -> int:
        return len(self.id)

    @property
    def readable(self) -> NDArray[np.bool_]:
        """Which rows can be turned into pixels, shape (N,)."""
        return np.asarray(self.problem == "")

    @property
    def excluded(self) -> NDArray[np.bool_]:
        """Which rows a person left out, shape (N,)."""
        return np.array([said.startswith(f"{EXCLUDED}:") for said in self.problem], bool)

    def rows(self, split: Split) -> NDArray[np.int64]:
        """The row numbers of the readable images of one split, in order."""
        return np.flatnonzero((self.split == split) & self.readable)

    def path(self, row: int) -> Path:
        """Where the image of one row lies."""
        return self.root / str(self.id[row])

    def counts(self) -> NDArray[np.int64]:
        """Readable images by class and split, shape (K, 3) in the order of SPLITS.

        Images set aside for calibration are in no column.
        """
        table = np.zeros((len(self.classes), len(SPLITS)), np.int64)
        for column, split in enumerate(SPLITS):
            labels = self.label[self.rows(split)]
            table[:, column] = np.bincount(labels[labels >= 0], minlength=len(self.classes))
        return table

    def fingerprint(self) -> str:
        """A SHA-256 over the content, label and split of every readable image, order apart."""
        lines = sorted(
            f"{self.sha256[row]} {self.label[row]} {self.split[row]}"
            for row in np.flatnonzero(self.readable)
        )
        return hashlib.sha256("\n".join([*self.classes, *lines]).encode()).hexdigest()

    def with_problems(self, problems: Mapping[int, str]) -> "Index":
        """The same table with rows marked as unreadable: {row: "code: sentence"}."""
        problem = self.problem.copy()
        for row, sentence in problems.items():
            problem[row] = problem[row] or sentence
        return replace(self, problem=problem)

    def take(self, rows: NDArray[np.int64]) -> "Index":
        """The same table with some of its rows, in the order given."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _columns(self)})

    def to_pandas(self) -> "pd.DataFrame":
        """One row an image, with the class by name."""
        import pandas as pd

        table = pd.DataFrame({name: getattr(self, name) for name in _columns(self)})
        table["id"] = [unicode(name) for name in self.id]
        table.insert(1, "class", class_names(self.classes, self.label))
        return table

    def save(self, path: Path) -> None:
        """Write as Parquet, classes and root in the schema's metadata."""
        about = {
            "classes": self.classes,
            "root": str(self.root),
            "made": self.made,
            "contained": self.contained,
        }
        _save_parquet(path, {name: getattr(self, name) for name in _columns(self)}, about)

    @classmethod
    def load(cls, path: Path) -> "Index":
        """Read what `save` wrote."""
        columns, about = _load_parquet(path, _FACTS, _columns(cls), _LATER)
        return cls(
            root=Path(about["root"]),
            classes=tuple(about["classes"]),
            made=tuple(about["made"]),
            contained=about["contained"],
            **columns,
        )

    def _repr_html_(self) -> str:
        header = "".join(f"<th>{name}</th>" for name in ("class", *SPLITS))
        rows = "".join(
            f"<tr><th>{html.escape(name)}</th>" + "".join(f"<td>{n:,}</td>" for n in row) + "</tr>"
            for name, row in zip(self.classes, self.counts(), strict=True)
        )
        return f"<p>{html.escape(str(self))}</p><table><tr>{header}</tr>{rows}</table>"

    def __str__(self) -> str:
        excluded = self.excluded
        unreadable = int((~self.readable & ~excluded).sum())
        aside = int((self.readable & (self.split == ASIDE)).sum()) if self.split.any() else 0
        counts = {"unreadable": unreadable, "excluded": int(excluded.sum()), "set aside": aside}
        counts["for calibration"] = len(self.rows(CALIBRATION))
        words = f"{len(self):,} images of {len(self.classes)} classes in {self.root}"
        return words + "".join(f", {n:,} of them {what}" for what, n in counts.items() if n)

    __repr__ = __str__


Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing noticed about the data: what, how grave, which images, in one sentence."""

    code: str
    severity: Severity
    sentence: str
    images: tuple[str, ...] = ()  # ids
    remarks: tuple[str, ...] = ()  # one an image, where there is something to say of each


def save_findings(path: Path, findings: list[Finding]) -> None:
    """Write findings as JSON."""
    files.write_json(path, [asdict(finding) for finding in findings])


def load_findings(path: Path) -> list[Finding]:
    """Read what `save_findings` wrote."""
    rows = json.loads(path.read_text("utf-8"))
    listed = [{name: tuple(row.get(name, ())) for name in ("images", "remarks")} for row in rows]
    return [Finding(**{**row, **lists}) for row, lists in zip(rows, listed, strict=True)]


@dataclass(frozen=True)
class Layer:
    """One layer of a network, named and shaped as Keras's `summary()` has it."""

    name: str  # "conv2d_1"
    kind: str  # "Conv2D"
    detail: str  # "32 filters 3×3, ReLU"
    output: tuple[int, ...]  # without the batch: (H, W, C) or (F,)
    parameters: int  # all its numbers, running statistics too
    trainable: int  # those that training changes


def save_layers(path: Path, layers: list[Layer]) -> None:
    """Write layers as JSON."""
    files.write_json(path, [asdict(layer) for layer in layers])


def load_layers(path: Path) -> list[Layer]:
    """Read what `save_layers` wrote."""
    rows = json.loads(path.read_text("utf-8"))
    return [Layer(**{**row, "output": tuple(row["output"])}) for row in rows]


@dataclass(frozen=True, eq=False)
class Predictions:
    """One row an image: its id, its true label, and what the model said of it, as logits.

    The logits are as the network gives them; `temperature` is what they are divided by.
    """

    classes: tuple[str, ...]
    id: Strings  # (N,)
    label: NDArray[np.int64]  # (N,) UNKNOWN where nobody has said
    logits: NDArray[np.float32]  # (N, K) NaN where the image is unreadable
    problem: Strings  # (N,) "" where readable, else "code: sentence"
    temperature: float = 1.0
    unlike: NDArray[np.bool_] | None = None  # (N,) the training data; None: the model cannot tell
    decision: Strings | None = None  # (N,) "auto", "review", "unlike"; "" where unreadable

    def __len__(self) -> int:
        return len(self.id)

    @property
    def readable(self) -> NDArray[np.bool_]:
        """Which rows have logits, shape (N,)."""
        return np.asarray(self.problem == "")

    def scored(self) -> "Predictions":
        """The rows that can be scored: readable, with a known label."""
        return self.take(np.flatnonzero(self.readable & (self.label != UNKNOWN)))

    def take(self, rows: NDArray[np.int64]) -> "Predictions":
        """Some rows, in the order given."""
        return replace(self, **{name: column[rows] for name, column in self._columns().items()})

    def probabilities(self) -> NDArray[np.float64]:
        """Softmax of the logits with the temperature, shape (N, K); NaN where unreadable."""
        return softmax(self.logits, self.temperature)

    def settled(self) -> "Predictions":
        """The same probabilities at temperature 1: the logits are divided already."""
        logits = (self.logits / np.float64(self.temperature)).astype(np.float32)
        return replace(self, logits=logits, temperature=1.0)

    def top(self) -> NDArray[np.int64]:
        """The most probable class of each row, the first of equals; UNKNOWN where unreadable."""
        best = np.where(self.readable[:, None], self.logits, -np.inf).argmax(axis=1)
        return np.where(self.readable, best, UNKNOWN)

    def to_pandas(self) -> "pd.DataFrame":
        """One row an image: path, outcome, prediction and its probability, reason, all shares.

        `decision` too where the model decides.
        """
        import pandas as pd

        probabilities, top = self.probabilities(), self.top()
        table = pd.DataFrame(
            {
                "path": [unicode(path) for path in self.id],
                "outcome": np.where(self.readable, "ok", "unreadable"),
                "prediction": class_names(self.classes, top),
                "probability": np.where(
                    self.readable, probabilities[np.arange(len(self)), np.maximum(top, 0)], np.nan
                ),
                "reason": self.problem,
            }
        )
        if self.decision is not None:
            table.insert(4, "decision", self.decision)
        if (self.label != UNKNOWN).any():
            table.insert(1, "label", class_names(self.classes, self.label))
        shares = {f"p_{name}": probabilities[:, k] for k, name in enumerate(self.classes)}
        return pd.concat([table, pd.DataFrame(shares)], axis=1)

    def save(self, path: Path) -> None:
        """Write as Parquet, the logits as one list a row."""
        about = {"classes": self.classes, "temperature": self.temperature}
        _save_parquet(path, self._columns(), about)

    @classmethod
    def load(cls, path: Path) -> "Predictions":
        """Read what `save` wrote."""
        names = ("id", "label", "logits", "problem", "unlike", "decision")
        columns, about = _load_parquet(path, ("classes", "temperature"), names, _LATER)
        return cls(tuple(about["classes"]), **columns, temperature=about["temperature"])

    @classmethod
    def concatenate(cls, parts: list["Predictions"]) -> "Predictions":
        """Several tables of the same classes, one below the other."""
        joined: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in parts[0]._columns()
        }
        return replace(parts[0], **joined)

    def _columns(self) -> dict[str, Any]:
        """What has one row an image."""
        names = ("id", "label", "logits", "problem", "unlike", "decision")
        columns = {name: getattr(self, name) for name in names}
        return {name: column for name, column in columns.items() if column is not None}

    def _repr_html_(self) -> str:
        first = self.take(np.arange(min(len(self), SHOWN))).to_pandas().iloc[:, :6]
        rest = f", the first {SHOWN} of them:" if len(self) > SHOWN else ""
        said = html.escape(repr(self)[1:-1] + rest)
        return f"<p>{said}</p>{first.to_html(index=False, escape=True)}"

    def __repr__(self) -> str:
        unreadable = int((~self.readable).sum())
        return f"<Predictions: {len(self):,} images, {unreadable:,} unreadable>"


@dataclass(frozen=True)
class Score:
    """One number with its 95 % interval, the n it stands on, and how the interval was made."""

    value: float
    low: float
    high: float
    n: int
    method: Literal["Wilson", "bootstrap", "Bonett-Price"]

    def percent(self) -> str:
        """As a person says it: "75.8 % (71.2 to 79.9)"."""
        return f"{self.value:.1%} ({self.low * 100:.1f} to {self.high:.1%})".replace("%", " %")


@dataclass(frozen=True, eq=False)
class Scores:
    """All numbers of one split.

    `overall` has accuracy, top_3, top_5 (where K is larger), precision, recall and f1 as macro
    and weighted means, log_loss, brier, calibration_error. `per_class[name]` has precision, recall
    and f1. A score that is undefined (precision of a class never predicted) is None.
    """

    n: int  # images scored
    unreadable: int  # images left out because they could not be read
    overall: Mapping[str, Score]
    per_class: Mapping[str, Mapping[str, Score | None]]
    confusion: NDArray[np.int64]  # (K, K) rows are true classes, columns predicted ones

    def to_json(self) -> dict[str, Any]:
        """Plain numbers and strings for `scores.json`."""
        return {
            "n": self.n,
            "unreadable": self.unreadable,
            "overall": {name: asdict(score) for name, score in self.overall.items()},
            "per_class": {
                name: {kind: None if s is None else asdict(s) for kind, s in row.items()}
                for name, row in self.per_class.items()
            },
            "confusion": self.confusion.tolist(),
        }

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> "Scores":
        """Read what `to_json` gave."""
        return cls(
            n=saved["n"],
            unreadable=saved["unreadable"],
            overall={name: Score(**score) for name, score in saved["overall"].items()},
            per_class={
                name: {kind: None if s is None else Score(**s) for kind, s in row.items()}
                for name, row in saved["per_class"].items()
            },
            confusion=np.array(saved["confusion"], np.int64),
        )

    def to_pandas(self) -> "pd.DataFrame":
        """The overall scores, one row a score."""
        import pandas as pd

        rows = {name: asdict(score) for name, score in self.overall.items()}
        return pd.DataFrame.from_dict(rows, orient="index")

    def _repr_html_(self) -> str:
        return str(self.to_pandas().to_html(float_format="{:.4f}".format))

    def __repr__(self) -> str:
        return f"<Scores: accuracy {self.overall['accuracy'].percent()}, n = {self.n:,}>"


def softmax(logits: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float64]:
    """Logits (N, K) → probabilities (N, K), in float64; rows of NaN stay NaN.

    A temperature above 1 makes them less sure, below 1 surer; their order stays.
    """
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    exponent = np.exp(shifted / temperature)
    return np.asarray(exponent / exponent.sum(axis=1, keepdims=True))


def class_names(classes: tuple[str, ...], labels: NDArray[np.int64]) -> Strings:
    """Class names for label numbers, shape (N,); "" for UNKNOWN."""
    return np.array([*classes, ""], dtype=object)[labels]


def strings(values: list[str]) -> Strings:
    """A list of strings as an object array, shape (N,), also when it is empty."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


_FACTS = ("root", "classes", "made", "contained")  # of the whole table
_LATER = {  # of a table that is older than these
    "format": "",
    "group": ALONE,
    "contained": False,
    "temperature": 1.0,
    "unlike": None,
    "decision": None,
}


def _columns(index: Index | type[Index]) -> list[str]:
    """The names of the fields that have one row an image."""
    return [f.name for f in fields(index) if f.name not in _FACTS]


def _save_parquet(path: Path, columns: Mapping[str, Any], about: Mapping[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: _to_arrow(column) for name, column in columns.items()})
    table = table.replace_schema_metadata({"sureshot": json.dumps(about)})
    with files.writing(path, expected=table.nbytes) as file:
        pq.write_table(table, file, compression="zstd")


def _load_parquet(
    path: Path,
    facts: Iterable[str],
    columns: Iterable[str],
    later: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns and facts of a table that we wrote; an error names what is wrong with it.

    `later` has a value for each column or fact that an older table need not have.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        about = json.loads(table.schema.metadata[b"sureshot"])
        about = {fact: {**later, **about}[fact] for fact in facts}
        new = [name for name in columns if name in later and name not in table.column_names]
        found: dict[str, Any] = {
            name: _from_arrow(table[name]) for name in columns if name not in new
        }
        found |= {name: _default(later[name], len(table)) for name in new}
    except FileNotFoundError:
        raise RunError(f"{path} is missing") from None
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is not the table that Sureshot wrote: {error}") from None
    return found, about


def _default(value: Any, n: int) -> NDArray[Any] | None:
    """A column that an older table lacks."""
    return None if value is None else np.array([value] * n, object if value == "" else int)


def _to_arrow(column: NDArray[Any]) -> "pa.Array":
    import pyarrow as pa

    if column.ndim == 2:
        return pa.FixedSizeListArray.from_arrays(column.ravel(), column.shape[1])
    if column.dtype != object:
        return pa.array(column)
    try:
        return pa.array(column, pa.string())
    except UnicodeEncodeError:  # a file name that is no UTF-8 keeps its bytes
        return pa.array([value.encode("utf-8", "surrogateescape") for value in column], pa.binary())


def _from_arrow(column: "pa.ChunkedArray") -> NDArray[Any]:
    import pyarrow as pa

    if pa.types.is_fixed_size_list(column.type):
        flat = column.combine_chunks().flatten().to_numpy()
        return np.asarray(flat.reshape(-1, column.type.list_size))
    if pa.types.is_binary(column.type):
        return strings([value.decode("utf-8", "surrogateescape") for value in column.to_pylist()])
    if pa.types.is_string(column.type):
        return strings(column.to_pylist())
    return np.asarray(column.to_numpy())
