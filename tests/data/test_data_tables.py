"""Tables of names and labels as people have them: four forms, odd dialects, and broken ones."""

import csv
import json
import os
import sys
import tarfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from PIL import Image

from sureshot.data import list_folder, scan
from sureshot.data.table_rows import LONGEST
from sureshot.data.tables import TABLES, is_table, list_table
from sureshot.errors import DataError, MissingExtra, UsageError
from sureshot.progress import Silent
from sureshot.recipe import ImageSettings

Frame = dict[str, list[Any]]
EACH = 120  # real images of each of two classes


@pytest.fixture(scope="session")
def photos(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 of CIFAR-10's test images as a folder of two classes."""
    folder = tmp_path_factory.mktemp("photos")
    with tarfile.open(mirror / "datasets" / "cifar10-images.tar.gz") as archive:
        for member in archive:
            path = Path(member.name)
            if path.parent.name > "automobile" and path.suffix == ".jpg":
                break
            if path.suffix == ".jpg" and int(path.stem) < EACH:
                archive.extract(member, folder, filter="data")
    return folder / "cifar10-images" / "test"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with a.png to d.png, and 1.png and 2.png in more/."""
    for name in ("a.png", "b.png", "c.png", "d.png", "more/1.png", "more/2.png"):
        picture(tmp_path / "shop" / name)
    monkeypatch.chdir(tmp_path / "shop")
    return tmp_path / "shop"


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (9, 8), (len(path.name), 40, 90)).save(path)
    return path


def write(path: Path, frame: Frame) -> Path:
    """A table of columns in the form that the ending names."""
    table = pd.DataFrame(frame)
    if path.suffix in (".csv", ".tsv"):
        table.to_csv(path, index=False, sep="," if path.suffix == ".csv" else "\t")
    elif path.suffix == ".xlsx":
        table.to_excel(path, index=False)
    elif path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in table.to_dict("records")))
    return path


def said(listing: Any) -> list[tuple[str, str | None, str | None]]:
    return [(entry.id, entry.label, entry.split) for entry in listing.entries]


# --- real images ----------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", TABLES)
def test_every_form_gives_the_listing_of_the_folder(photos: Path, ending: str) -> None:
    folder = list_folder(photos)
    assert len(folder.entries) == 2 * EACH
    frame: Frame = {
        "price": [1.5] * len(folder.entries),
        "file name": [entry.id for entry in reversed(folder.entries)],
        "Label": [entry.label for entry in reversed(folder.entries)],
    }
    table = write(photos.parent / f"table{ending}", frame)
    listing = list_table(table, root=photos)
    assert (listing.root, listing.entries) == (photos, folder.entries)
    index = scan(listing, ImageSettings(), Silent())
    assert index.readable.all()
    assert index.classes == ("airplane", "automobile")


def test_a_competition_with_ids_without_endings_beside_train_and_test(
    photos: Path, tmp_path: Path
) -> None:
    entries = list_folder(photos).entries
    for split in ("train", "test"):
        (tmp_path / split).mkdir()
        for number, entry in enumerate(entries, 1):
            os.link(photos / entry.id, tmp_path / split / f"{number}.jpg")
    frame: Frame = {
        "id": list(range(1, len(entries) + 1)),
        "label": [entry.label for entry in entries],
    }
    listing = list_table(write(tmp_path / "trainLabels.csv", frame))
    assert sorted(said(listing)) == sorted(
        (f"train/{number}.jpg", entry.label, None) for number, entry in enumerate(entries, 1)
    )
    assert scan(listing, ImageSettings(), Silent()).readable.all()
    with pytest.raises(DataError, match=r"are in \S+/test, \S+/train; choose with --root FOLDER"):
        list_table(write(tmp_path / "labels.csv", frame))
    assert said(list_table(tmp_path / "labels.csv", root=tmp_path / "test"))[0][0] == "1.jpg"


# --- as people have them --------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(("mark", "end"), [("", "\n"), ("\ufeff", "\r\n"), ("", "\r")])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_dialects(shop: Path, delimiter: str, mark: str, end: str, quoting: Any) -> None:
    picture(shop / 'é, "b"; c|.png')
    rows = [("image", "label", ""), ('é, "b"; c|.png', " a b ", ""), (), ("a.png", "x", "")]
    with Path("t.csv").open("w", encoding="utf-8", newline="") as file:
        file.write(mark)
        csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    wanted = [("a.png", "x", None), ('é, "b"; c|.png', "a b", None)]
    assert said(list_table(Path("t.csv"))) == wanted


@pytest.mark.parametrize("ending", TABLES)
@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        ([3, 10, 3], ["3", "10", "3"]),
        ([3.0, 10.0, -1.0], ["3", "10", "-1"]),
        ([0.5, 1.25, 2.5], ["0.5", "1.25", "2.5"]),
        ([True, False, True], ["True", "False", "True"]),
        (["dress ", " Dress", "007"], ["dress", "Dress", "007"]),
    ],
)
def test_labels_are_class_names_as_written(
    shop: Path, ending: str, labels: list[Any], wanted: list[str]
) -> None:
    frame: Frame = {"image": ["a.png", "b.png", "c.png"], "label": labels}
    table = write(Path(f"t{ending}"), frame)
    assert [entry.label for entry in list_table(table).entries] == wanted


@pytest.mark.parametrize("ending", TABLES)
def test_splits_and_repeated_rows(shop: Path, ending: str) -> None:
    frame: Frame = {
        "image": ["a.png", "./b", "more/../c.png", "b.png"],
        "class": ["x", "y", "x", "y"],
        "Split": ["Train", "val", "TESTING", "Validation"],
    }
    listing = list_table(write(Path(f"t{ending}"), frame))
    wanted = [("a.png", "x", "train"), ("b.png", "y", "validation"), ("c.png", "x", "test")]
    assert said(listing) == wanted
    assert listing.repeated == 1


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["1", "2"], ["more/1.png", "more/2.png"]),
        (["1.png", "2"], ["more/1.png", "more/2.png"]),
        (["more\\1.png", "a"], ["a.png", "more/1.png"]),
        (["{shop}/a.png", "{shop}/more/2"], ["a.png", "more/2.png"]),
        (["b.png", "gone.png", "a.png"], ["a.png", "b.png", "gone.png"]),
        (["more/1", "../shop/a.png", "gone/a.png"], ["a.png", "gone/a.png", "more/1.png"]),
    ],
)
def test_where_the_files_are(shop: Path, names: list[str], wanted: list[str]) -> None:
    table = write(Path("t.csv"), {"path": [name.format(shop=shop) for name in names]})
    assert said(list_table(table)) == [(name, None, None) for name in wanted]


@pytest.mark.parametrize(
    ("header", "told", "wanted"),
    [
        ("id,Bild,label", {}, ("a.png", "x")),  # by its values
        ("id,filename,Class_Name", {}, ("a.png", "x")),  # id is usual too, and has no files
        ("id,name,category", {"label": "ID"}, ("a.png", "7")),
        ("y,file,label", {"label": "label"}, ("a.png", "x")),
        ("notes,path,art", {}, ("a.png", None)),
        ("notes,path,art", {"label": "art", "image": "path"}, ("a.png", "x")),
        ("image,path,label", {"image": "path"}, ("a.png", "x")),
        ("notes,path,notes", {}, ("a.png", None)),
        (",path,label", {}, ("a.png", "x")),
    ],
)
def test_which_column_is_which(
    shop: Path, header: str, told: dict[str, str], wanted: tuple[str, str | None]
) -> None:
    Path("t.csv").write_text(f"{header}\n7,a.png,x\n")
    assert said(list_table(Path("t.csv"), **told)) == [(*wanted, None)]


def test_columns_that_mean_the_same_files_need_no_choice(shop: Path) -> None:
    Path("t.csv").write_text("id,file,label\n1,1.png,x\n2,2.png,y\n")
    assert said(list_table(Path("t.csv"))) == [("more/1.png", "x", None), ("more/2.png", "y", None)]


def test_missing_files_are_listed_and_the_scan_says_so(shop: Path) -> None:
    write(Path("t.csv"), {"image": ["a.png", "gone.png", "more"], "label": ["x", "y", "y"]})
    index = scan(list_table(Path("t.csv")), ImageSettings(), Silent())
    assert [problem.split(":")[0] for problem in index.problem] == ["", "missing", "not_a_file"]


def test_each_folder_is_listed_once(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[Any] = []
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (listed.append(os.fspath(path)), real(path))[1])
    frame: Frame = {"image": ["1", "2", *map(str, range(3, 3000))]}
    frame["image"][50:] = ["2"] * len(frame["image"][50:])
    assert len(list_table(write(Path("t.csv"), frame)).entries) == 50
    assert len([folder for folder in listed if "more" in folder]) == 1


def test_a_spreadsheet_as_excel_leaves_it(shop: Path) -> None:
    book = openpyxl.Workbook()
    rows: list[list[Any]] = [[None, "Image", "Label"], [1, "a.png", 3], [], [2, "b", 4.0, " "]]
    for row in rows:
        book.active.append(row)
    book.create_sheet("notes").append(["not", "read"])
    book.active.cell(9, 2).value = " "
    book.save("t.XLSX")
    assert is_table(Path("t.XLSX"))
    assert said(list_table(Path("t.XLSX"))) == [("a.png", "3", None), ("b.png", "4", None)]


def test_categories_of_pandas(shop: Path) -> None:
    labels = pd.Categorical(["x", "y"])
    pd.DataFrame({"image": ["a.png", "b.png"], "label": labels}).to_parquet("t.parquet")
    assert [entry.label for entry in list_table(Path("t.parquet")).entries] == ["x", "y"]


def test_lines_of_json_need_not_have_every_key(shop: Path) -> None:
    Path("t.jsonl").write_text('{"image": "a.png"}\n\n{"label": "x", "image": "b.png"}\n')
    with pytest.raises(DataError, match="row 1 of t.jsonl has no label"):
        list_table(Path("t.jsonl"))


def test_a_name_that_is_no_utf8_can_be_written_in_json(shop: Path) -> None:
    name = os.fsdecode(b"\xe9.png")
    picture(shop / "a.png").rename(shop / name)
    Path("t.jsonl").write_text(json.dumps({"image": name, "label": "x"}))
    index = scan(list_table(Path("t.jsonl")), ImageSettings(), Silent())
    assert (list(index.id), list(index.problem)) == ([name], [""])


@pytest.mark.parametrize("name", ["t.csv", "a/T.TSV", "t.xlsx", "t.parquet", "t.jsonl"])
def test_a_table_is_known_by_its_ending(name: str) -> None:
    assert is_table(Path(name))
    assert not is_table(Path(f"{name}.gz"))


def test_without_openpyxl_one_sentence_says_what_to_install(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(Path("t.xlsx"), {"image": ["a.png"]})
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtra, match=r"reading t.xlsx needs the extra 'xlsx'.*pip install"):
        list_table(Path("t.xlsx"))


# --- broken ones ----------------------------------------------------------------------------------

MEND_CELLS = "put a cell that holds the delimiter into quotes, or mend the row"
FILL = "fill it in, or take the row out"
UTF_8 = 'save the table as UTF-8 (in Excel: "CSV UTF-8")'
INSIDE = "copy the images into it, or name the folder that holds them with --root FOLDER"
SPLITS = "train, training, validation, val, valid, test, testing"

# A CSV below the header "image,label" unless it brings its own, and the sentence about it.
BROKEN_CSV: dict[str, str] = {
    "": "t.csv must name an image below its header, found no row",
    "\n,\n": "t.csv must name an image below its header, found no row",
    "a.png,x\nb.png\n": f"row 3 of t.csv must have 2 cells as row 1 has, found 1; {MEND_CELLS}",
    "\nb, c.png,y\n": f"row 3 of t.csv must have 2 cells as row 1 has, found 3; {MEND_CELLS}",
    'a.png,x\nb.png,"y\nc.png,y\n': (
        "row 3 of t.csv cannot be split into cells (unexpected end of data); is a quote missing "
        "there?"
    ),
    'a.png,x\nb.png,"y"z\n': (
        "row 3 of t.csv cannot be split into cells (',' expected after '\"'); is a quote missing "
        "there?"
    ),
    f"a.png,x\nb.png,{'y' * 10_000_000}\n": (
        f"row 3 of t.csv must have at most {LONGEST:,} characters; is this a table of text?"
    ),
    f"a.png,x\nb.png,{'y' * 200_000}\n": (
        "row 3 of t.csv cannot be split into cells (field larger than field limit (131072)); is a "
        "quote missing there?"
    ),
    "a.png,x\nb.png,\udce9\n": f"row 3 of t.csv is not UTF-8; {UTF_8}",
    "a.png,x\nb.png,\0\n": f"row 3 of t.csv is not UTF-8; {UTF_8}",
    "a.png,x\n,y\nb.png,y\n  ,x\n": f"rows 3, 5 of t.csv have no file name; {FILL}",
    'a.png,"x\ny"\n\nb.png,\n': f"row 4 of t.csv has no label; {FILL}",
    "a.png,x\n" + "b.png, \n" * 7: f"rows 3, 4, 5, 6, 7 and 2 more of t.csv have no label; {FILL}",
    "a.png,x\nb.png,y\n./a,y\n": (
        "rows 2 and 4 of t.csv must agree on a.png, found x and y; take one of them out"
    ),
    "a.png,x\n../b.png,y\nmore/../../c.png,y\n": (
        "rows 3, 4 of t.csv have a name that leads out of the folder ., ../b.png; " + INSIDE
    ),
    "/etc/hosts,x\n": (
        "row 2 of t.csv has a name that leads out of the folder ., /etc/hosts; " + INSIDE
    ),
    "C:\\photos\\a.png,x\n": (
        "row 2 of t.csv has a name that leads out of the folder ., C:\\photos\\a.png; " + INSIDE
    ),
    "a.png,x\nhttps://example.org/b.png,y\n": (
        "row 3 of t.csv has a name that leads out of the folder ., https://example.org/b.png; "
        + INSIDE
    ),
    "a.png,x\nb.png,x\nlink/a.png,x\n": (
        "row 4 of t.csv has a name that leads out of the folder ., link/a.png; " + INSIDE
    ),
    "a.png,x\npair/3,y\n": (
        "row 3 of t.csv must name one file, and pair/3 can be pair/3.gif or pair/3.png; write the "
        "ending too"
    ),
    "1,x\n": (
        "the images that t.csv names must lie in one folder, and files of these names are in more, "
        "pair; choose with --root FOLDER"
    ),
    "q.png,x\nr.png,y\n": (
        "t.csv must name files that exist, found none: q.png of row 2 is not in the folder ., "
        "more, pair; name the right one with --root FOLDER"
    ),
    "a.png,x\n" + "n" * 300 + ",x\n": (
        "row 3 of t.csv has a name that no file can have (File name too long); mend it"
    ),
    "HEADER\nimage,label\na.png,x\n": "row 1 of t.csv must name the columns, found it blank",
    "HEADER,,\na.png,x,\n": "row 1 of t.csv must name the columns, found it blank",
    "HEADER": "t.csv is empty; its first row must name the columns",
    "HEADER\ufeff": "t.csv is empty; its first row must name the columns",
    "HEADERa.png,x\nb.png,y\n": (
        "row 1 of t.csv must name the columns, found the image a.png; put a row such as "
        "image,label above it"
    ),
    "HEADERimage,label,image\na.png,x,b.png\n": (
        "row 1 of t.csv must name each column once, found 2 called image; rename all but one"
    ),
    "HEADERimage,label,label\na.png,x,x\n": (
        "row 1 of t.csv must name each column once, found 2 called label; rename all but one"
    ),
    "HEADERimage,split\na.png,train\nb.png,hold-out\n": (
        f"column split of t.csv must be one of {SPLITS}, found hold-out in row 3; mend it, or "
        "rename the column"
    ),
    "HEADERimage,label,split\na.png,x,train\na,x,test\n": (
        "rows 2 and 3 of t.csv must agree on a.png, found x in train and x in test; take one of "
        "them out"
    ),
}

BROKEN_JSON: dict[str | bytes, str] = {
    "": "t.jsonl is empty; its first row must name the columns",
    "{}\n": "row 1 of t.jsonl must name the columns, found it blank",
    '{"image": "a.png"}\n\n{"image": ': (
        "row 3 of t.jsonl must be one JSON object in one line (Expecting value: line 1 column 11 "
        "(char 10)); mend it"
    ),
    '{"image": "a.png"}\n["b.png"]\n': (
        "row 2 of t.jsonl must be one JSON object, found a list; mend it"
    ),
    '{"image": "a.png", "image": "b.png"}\n': (
        "row 1 of t.jsonl must be one JSON object in one line (one of its keys stands twice: "
        "image, image); mend it"
    ),
    '{"image": "a.png"}\n' + "[" * 100_000: (
        "row 2 of t.jsonl must be one JSON object in one line (maximum recursion depth exceeded "
        "while decoding a JSON array from a unicode string); mend it"
    ),
    '{"image": "a.png", "label": "x"}\n{"image": "b.png", "label": ["x", "y"]}': (
        "column label of t.jsonl must hold text or numbers, found ['x', 'y'] in row 2; write it as "
        "text"
    ),
    '{"image": "a.png", "label": "\\ud800"}': (
        "the label in row 1 of t.jsonl is not Unicode; write it anew"
    ),
    '{"image": "a.png"}\n{"image": "b\\u0000.png"}': (
        "row 2 of t.jsonl has a name that no file can have (embedded null byte); mend it"
    ),
    '{"image": "a.png"}\n{"image": NaN, "note": 1}': f"row 2 of t.jsonl has no file name; {FILL}",
    b'{"image": "a.png"}\n{"image": "\xff.png"}': f"row 2 of t.jsonl is not UTF-8; {UTF_8}",
}


@pytest.mark.parametrize("content", BROKEN_CSV, ids=range(len(BROKEN_CSV)))
def test_broken_csv(shop: Path, content: str) -> None:
    for name in ("pair/1.png", "pair/3.png", "pair/3.gif", "../outside/a.png"):
        picture(Path(name))
    Path("link").symlink_to(Path("../outside").resolve())
    whole = content.removeprefix("HEADER")
    whole = whole if content.startswith("HEADER") else f"image,label\n{content}"
    Path("t.csv").write_bytes(whole.encode("utf-8", "surrogateescape"))
    assert sentence(Path("t.csv")) == BROKEN_CSV[content]


@pytest.mark.parametrize("content", BROKEN_JSON, ids=range(len(BROKEN_JSON)))
def test_broken_lines_of_json(shop: Path, content: str | bytes) -> None:
    Path("t.jsonl").write_bytes(content.encode() if isinstance(content, str) else content)
    assert sentence(Path("t.jsonl")) == BROKEN_JSON[content]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([["image", "label"], ["a.png", date(2024, 3, 5)]], "found 2024-03-05 00:00:00 in row 2"),
        ([["image", "label"], [], ["a.png", "=1+2"]], "row 3 of t.xlsx has no label"),
        ([["image", "label"], ["a.png", "#N/A"]], "row 2 of t.xlsx has no label"),
        ([[], ["image", "label"]], "row 1 of t.xlsx must name the columns, found it blank"),
        ([["image", date(2024, 3, 5)], ["a.png", 1]], "row 1 of t.xlsx must name the columns, fou"),
        ([["image"], ["a.png"], ["b.png", None, "y"]], "row 3 of t.xlsx must have 1 cells as row"),
    ],
)
def test_broken_spreadsheets(shop: Path, rows: list[list[Any]], wanted: str) -> None:
    book = openpyxl.Workbook()
    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(row, 1):
            book.active.cell(number, column).value = cell
    book.save("t.xlsx")
    assert wanted in sentence(Path("t.xlsx"))


def test_columns_of_parquet_that_hold_no_names(shop: Path) -> None:
    pd.DataFrame({"image": [b"bytes"], "label": ["x"]}).to_parquet("t.parquet")
    assert sentence(Path("t.parquet")) == (
        "column image of t.parquet must hold text or numbers, found binary in row 2; write it as "
        "text"
    )


@pytest.mark.parametrize("ending", [".xlsx", ".parquet"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_what_is_cut_off_or_no_such_file_at_all(shop: Path, ending: str, share: float) -> None:
    table = write(Path(f"t{ending}"), {"image": ["a.png"], "label": ["x"]})
    table.write_bytes(table.read_bytes()[: int(share * table.stat().st_size)])
    assert sentence(table).startswith(f"t{ending} must be a ")


def test_a_workbook_that_unpacks_to_too_much(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = write(Path("t.xlsx"), {"image": ["a.png"], "label": ["x"]})
    monkeypatch.setattr("sureshot.data.table_rows.UNPACKED", 1000)
    assert "(it unpacks to more than 1,000 bytes)" in sentence(table)


@pytest.mark.parametrize(
    ("header", "told", "wanted"),
    [
        ("image,label,class", {}, "one column of labels, found label, class; choose with --label"),
        ("image,label,label", {"label": "label"}, "got label; its columns are image, label, label"),
        (
            "image,label,y",
            {"label": "kind"},
            "--label must name one column of t.csv, got kind; its",
        ),
        (
            "image,label,y",
            {"image": "file"},
            "--image must name one column of t.csv, got file; its",
        ),
        ("image,label,y", {"label": "Image"}, "--label must name another column than the images'"),
        ("image,label,file", {}, "that are files in the folder ., found image, file; choose with"),
        ("id,name,y", {"root": "more"}, "files in the folder more, found id, name, y; choose with"),
        ("u,v,w", {"root": "more"}, "files in the folder more, found u, v, w; choose with --image"),
        ("image,split,Split", {}, "one column of splits, found split, Split; rename all but one"),
        ("image,y,z", {"root": "nowhere"}, "there is no folder nowhere"),
    ],
)
def test_what_must_be_chosen(shop: Path, header: str, told: dict[str, str], wanted: str) -> None:
    Path("t.csv").write_text(f"{header}\na.png,x,b.png\n")
    root = Path(told["root"]) if "root" in told else None
    with pytest.raises((UsageError, DataError)) as error:
        list_table(Path("t.csv"), told.get("label"), told.get("image"), root)
    assert wanted in str(error.value)


def test_where_there_is_no_table(shop: Path) -> None:
    Path("more.csv").mkdir()
    assert sentence(Path("no.csv")) == "a table must be a file, and there is none at no.csv"
    assert sentence(Path("more.csv")) == "a table must be a file, and there is none at more.csv"
    assert sentence(Path("a.png")).startswith("a table must end with .csv, .jsonl, .parquet, ")


def sentence(table: Path) -> str:
    with pytest.raises(DataError) as error:
        list_table(table)
    return str(error.value)
