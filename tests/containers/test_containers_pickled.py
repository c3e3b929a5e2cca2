"""Pickles are data here: what would run code is refused, and does not run."""

import codecs
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sureshot.containers import bytewise, find
from sureshot.containers.pickled import load
from sureshot.errors import DataError

GOOD = {"labels": [1, 2], "data": np.zeros((2, 3072), np.uint8)}


class Call:
    """Pickles as a call of any function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.reduced = function, arguments

    def __reduce__(self) -> Any:
        return self.reduced


def canaries(mark: Path) -> dict[str, bytes]:
    """Pickles that would make the file `mark`, or would run code that could, by name."""
    run, act = f"touch {mark}", f"open({str(mark)!r}, 'w')"
    objects: dict[str, Any] = {
        "os.system": Call(os.system, run),
        "posix.system in data": {**GOOD, "data": Call(os.system, run)},
        "as a key": {Call(os.system, run): 1},
        "in a list": {**GOOD, "labels": [1, Call(os.popen, run)]},
        "eval": Call(eval, act),
        "exec": Call(exec, act),
        "open": Call(open, str(mark), "w"),
        "__import__": Call(__import__, "antigravity"),
        "getattr": Call(getattr, "x", "upper"),
        "subprocess": Call(subprocess.Popen, ["touch", str(mark)]),
        "numpy.load": Call(np.load, str(mark), None, True),
        "numpy.memmap": Call(np.memmap, str(mark), "uint8", "w+", 0, (1,)),
        "pickle.loads": Call(pickle.loads, pickle.dumps(Call(os.system, run))),
        "codecs.decode": Call(codecs.decode, b"x", "rot13"),
        "encode by another codec": Call(codecs.encode, "x", "rot13"),
        "sys.exit": Call(sys.exit, 1),
        "a path": Path("a"),
        "a class": Call,
        "an array of objects": {**GOOD, "data": np.array([None, Call(os.system, run)])},
        "an array of floats": {**GOOD, "data": np.zeros((2, 3072))},
        "a structured array": {**GOOD, "data": np.zeros(2, [("a", "u1")])},
        "a set": {**GOOD, "labels": {1, 2}},
        "a float": {**GOOD, "labels": [1.5]},
    }
    found = {
        f"{name}, protocol {protocol}": pickle.dumps(value, protocol)
        for name, value in objects.items()
        for protocol in (0, 2, 4)
    }
    word = run.encode()
    text = b"X" + struct.pack("<I", len(word)) + word
    return found | {
        "INST": b"\x80\2(" + text + b"ios\nsystem\n.",
        "OBJ": b"\x80\2(cos\nsystem\n" + text + b"o.",
        "NEWOBJ": b"\x80\2cos\nsystem\n" + text + b"\x85\x81.",
        "a name joined by a blank": b"\x80\4\x8c\5numpy\x8c\x06load x\x93" + text + b"\x85R.",
        "a persistent name": b"\x80\2Pos.system\n.",
        "an extension": b"\x80\2\x82\1.",
        "BUILD of a dict": b"\x80\2}}b.",
        "a buffer": b"\x80\5\x97.",
        "protocol 5": pickle.dumps(GOOD, 5),
        "a name that is called": b"\x80\2cnumpy\ndtype\n" + text + b"\x85R.",
    }


NAMES = sorted(canaries(Path("mark")))


@pytest.mark.parametrize("name", NAMES)
def test_a_pickle_that_would_run_code_is_refused(name: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    place = tmp_path / "data_batch_1"
    place.write_bytes(canaries(mark)[name])
    with pytest.raises(DataError) as refused:
        find(place)
    assert not mark.exists()
    assert str(place) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_refusal_names_what_was_found_and_the_binary_form(tmp_path: Path) -> None:
    place = tmp_path / "data_batch_1"
    place.write_bytes(pickle.dumps(Call(os.system, "true"), 2))
    with pytest.raises(DataError, match=r"found the name 'posix\.system'.*take the binary form"):
        find(place)


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_only_what_a_batch_holds_is_built(protocol: int, tmp_path: Path) -> None:
    held = {"a": [1, (2, 3), (), (1, 2, 3, 4)], "b": b"\xff\0", "c": None, "d": 2**40, "e": "é"}
    place = tmp_path / "meta"
    place.write_bytes(pickle.dumps(held, protocol))
    assert load(place) == held


TEXT = b"X\4\0\0\0text"
DEEP = {
    "keys": b"\x80\2}N" + b"\x85" * 5000 + b"Ns.",
    "a tuple as a key": b"\x80\2}K\1\x85Ns.",
    "nothing as a key": b"\x80\2}NNs.",
    "tuples": b"\x80\2}" + TEXT + b"N" + b"\x85" * 5000 + b"s.",
    "lists": b"\x80\2}" + TEXT + b"]" * 5000 + b"a" * 4999 + b"s.",
    "dicts": b"\x80\2}" + TEXT + b"}s.",
    "a name": b"\x80\4" + TEXT + b"N" + b"\x85" * 5000 + b"\x93.",
    "keys that end the process": b"\x80\2}N" + b"\x85" * 2_000_000 + b"Ns.",
}


@pytest.mark.parametrize("name", DEEP)
def test_what_is_nested_is_refused(name: str, tmp_path: Path) -> None:
    place = tmp_path / "data_batch_1"
    place.write_bytes(DEEP[name])
    with pytest.raises(DataError, match="nested too deep"):
        load(place)


def test_a_text_used_many_times_is_paid_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bytewise, "MOST", 5_000)
    call = b"c_codecs\nencode\nq\0X\x64\0\0\0" + b"x" * 100 + b"q\1X\6\0\0\0latin1q\2\x86R"
    place = tmp_path / "data_batch_1"
    for more, fits in ((48, True), (50, False)):
        again = b"h\0h\1h\2\x86R" * more
        place.write_bytes(b"\x80\2}" + TEXT + b"](" + call + again + b"es.")
        if fits:
            assert load(place) == {"text": [b"x" * 100] * 49}
        else:
            with pytest.raises(DataError, match="at most 5.0 kB of memory"):
                load(place)


def test_damaged_pickles_are_refused(tmp_path: Path) -> None:
    place = tmp_path / "data_batch_1"
    whole = pickle.dumps(GOOD, 4)
    draw = np.random.default_rng(111)
    cuts = [whole[: int(end)] for end in draw.integers(0, len(whole), 60)]
    flips = []
    for at in draw.integers(0, 200, 300):
        flipped = bytearray(whole)
        flipped[at] = int(draw.integers(256))
        flips.append(bytes(flipped))
    for content in cuts + flips + [b"\x80\2" + b"(" * 10_000 + b"t" * 10_000 + b"."]:
        place.write_bytes(content)
        try:
            find(place)
        except DataError as refused:
            assert "\n" not in str(refused)
        else:
            assert content in flips  # a flip may change one pixel or one key only
