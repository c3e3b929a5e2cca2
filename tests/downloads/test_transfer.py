"""One address, one file: every way in which a server or a network can misbehave."""

import random
import re
import resource
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sureshot.downloads.transfer import PIECE, Rules, Wanted, is_public, transfer
from sureshot.errors import DownloadError, StorageError

BODY = random.Random(1).randbytes(300_000)
HALF = f"bytes={len(BODY) // 2}-"


@pytest.fixture
def rules(site: Any) -> Rules:
    site.content["/file"] = BODY
    hosts = frozenset({"files.example"})
    return Rules(hosts, mirror=site.netloc, stall=0.3, pauses=(0.0, 0.0, 0.0))


def get(site: Any, to: Path, rules: Rules, said: Any, exact: bool = True) -> bool:
    wanted = Wanted(f"https://{site.netloc}/file", len(BODY), exact)
    return transfer(wanted, to, rules, said)


@pytest.mark.parametrize(
    ("acts", "ranges", "sentence"),
    [
        ([], [""], ""),
        (["cut 0"], ["", ""], "ended at 0 of 300,000 bytes; trying again"),
        (["cut 0.01"], ["", "bytes=3000-"], "ended at 3,000 of"),
        (["cut 0.5"], ["", HALF], "with 150.0 kB of 300.0 kB here"),
        (["cut 0.999"], ["", "bytes=299700-"], "ended at 299,700 of"),
        (["stall 0.5"], ["", HALF], "nothing came for 0.3 s"),
        (["mute"], ["", ""], "nothing came for 0.3 s"),
        (["mute", "stall 0.5", "cut 0.5"], ["", "", HALF, "bytes=225000-"], "trying again"),
        (["status 503"], ["", ""], "the server answers 503 Service Unavailable"),
        (["status 429"], ["", ""], "the server answers 429"),
        (["long"], ["", ""], "it must be 300,000 bytes, the server has 301,000"),
        (["short"], ["", ""], "it must be 300,000 bytes, the server has 150,000"),
        (["cut 0.5", "short"], ["", HALF, "bytes=225000-"], "ended at 225,000"),
        (["cut 0.5", "whole"], ["", HALF], "starts again from the first byte"),
        (["cut 0.5", 'tag "second"'], ["", HALF], "starts again from the first byte"),
        (["cut 0.5", "shifted"], ["", HALF, ""], "no longer the one begun here"),
        (["cut 0.5", "mixed"], ["", HALF, ""], "no longer the one begun here"),
        (["cut 0.5", "status 416"], ["", HALF, ""], "no longer the one begun here"),
        (["chunked"], [""], ""),
        (["chunked 0.5"], ["", HALF], "the answer was broken off"),
        (["redirect /file", "redirect /file", "redirect /file"], [""] * 4, ""),
    ],
)
def test_a_download_gets_there(
    site: Any,
    rules: Rules,
    said: Any,
    tmp_path: Path,
    acts: list[str],
    ranges: list[str],
    sentence: str,
) -> None:
    site.acts = acts
    assert get(site, tmp_path / "a.partial", rules, said)
    assert (tmp_path / "a.partial").read_bytes() == BODY
    assert [asked for _, asked in site.asked] == ranges
    assert sentence in said.text
    assert said.counted == len(BODY)  # what a bar shows at the end


@pytest.mark.parametrize("seed", range(5))
def test_twenty_breaks_are_ridden_over(
    site: Any, rules: Rules, said: Any, tmp_path: Path, seed: int
) -> None:
    site.content["/file"] = body = random.Random(seed).randbytes(4_000_000)
    draw = random.Random(seed)
    site.acts = [f"{draw.choice(['reset', 'cut'])} {draw.uniform(0.05, 0.1)}" for _ in range(20)]
    wanted = Wanted(f"https://{site.netloc}/file", len(body), True)
    assert transfer(wanted, tmp_path / "a.partial", rules, said)
    assert (tmp_path / "a.partial").read_bytes() == body
    begun = [int(asked[6:-1] or 0) for _, asked in site.asked]
    assert len(begun) == 21
    assert begun == sorted(begun)  # nothing was fetched again from before


def test_a_trickle_is_a_break(site: Any, rules: Rules, said: Any, tmp_path: Path) -> None:
    site.acts = ["drip 0.5"]
    assert get(site, tmp_path / "a.partial", replace(rules, stall=0.2), said)
    assert (tmp_path / "a.partial").read_bytes() == BODY
    assert re.search(r"only .* came in 2\.0 s; trying again", said.text)
    assert len(site.asked) == 2


@pytest.mark.parametrize("tag", ["", 'W/"weak"'])
def test_without_a_strong_version_it_starts_over(
    site: Any, rules: Rules, said: Any, tmp_path: Path, tag: str
) -> None:
    site.tag, site.acts = tag, ["cut 0.5"]
    assert get(site, tmp_path / "a.partial", rules, said)
    assert (tmp_path / "a.partial").read_bytes() == BODY
    assert site.asked == [("/file", "")] * 2


def test_another_process_goes_on_and_a_finished_file_is_not_asked_for(
    site: Any, rules: Rules, said: Any, tmp_path: Path
) -> None:
    site.acts = ["cut 0.5", "status 403"]
    with pytest.raises(DownloadError, match="403"):
        get(site, tmp_path / "a.partial", rules, said)
    assert (tmp_path / "a.partial").stat().st_size == len(BODY) // 2
    for _ in range(2):
        assert get(site, tmp_path / "a.partial", rules, said)
    assert [asked for _, asked in site.asked] == ["", HALF, HALF]
    assert (tmp_path / "a.partial").read_bytes() == BODY


def test_what_another_address_left_is_not_gone_on_with(
    site: Any, rules: Rules, said: Any, tmp_path: Path
) -> None:
    (tmp_path / "a.partial").write_bytes(b"old" * 1000)
    (tmp_path / "a.partial.from").write_text('{"url": "https://else", "version": "\\"first\\""}')
    assert get(site, tmp_path / "a.partial", rules, said)
    assert (tmp_path / "a.partial").read_bytes() == BODY


@pytest.mark.parametrize(
    ("acts", "message", "requests"),
    [
        (["html"], "must be a file, got a page", 1),
        (["status 403"], "answers 403 Forbidden", 1),
        (["status 416"], "answers 416", 1),
        (["status 206"], "answers 206", 1),
        (["cut 0"] * 4, "ended at 0 of 300,000 bytes, after 4 tries", 4),
        (["stall 0.01"] * 4, "nothing came for 0.3 s, after 4 tries", 4),
        (["status 500"] * 4, "500 Internal Server Error, after 4 tries", 4),
        (["redirect http://localhost/file"], "must stay on https", 1),
        (["redirect file:///etc/passwd"], "must stay on https", 1),
        (["redirect ftp://files.example/file"], "must stay on https", 1),
        (["redirect //evil.example/file"], "must come from files.example, got", 1),
        (["redirect https://localhost:1/file"], "must come from", 1),
        (["redirect https://files.example:8443/file"], "must come from", 1),
        (["redirect https://files.example./file"], "must come from", 1),
        (["redirect https://me:secret@files.example/file"], "without a password", 1),
        (["redirect https://[::1/file"], "plain address, and does not", 1),
        (["redirect https://files.example:x/file"], "plain address, and does not", 1),
        (["redirect https://2130706433/file"], "must come from", 1),
        (["redirect https://0x7f.1/file"], "must come from", 1),
        (["redirect https://169.254.169.254/latest"], "must come from", 1),
        (["redirect https://[::ffff:127.0.0.1]/file"], "must come from", 1),
        (["redirect /file"] * 4, "may be sent on 3 times", 4),
    ],
)
def test_a_download_is_refused(
    site: Any, rules: Rules, said: Any, tmp_path: Path, acts: list[str], message: str, requests: int
) -> None:
    site.acts = acts
    with pytest.raises(DownloadError, match=message):
        get(site, tmp_path / "a.partial", rules, said)
    assert len(site.asked) == requests


@pytest.mark.parametrize("acts", [["status 404"], ["status 410"], ["redirect /none"]])
def test_a_missing_file_is_told_apart(
    site: Any, rules: Rules, said: Any, tmp_path: Path, acts: list[str]
) -> None:
    site.acts = acts
    assert not get(site, tmp_path / "a.partial", rules, said)


@pytest.mark.parametrize("act", ["serve", "chunked"])
def test_no_more_is_read_than_allowed(
    site: Any, rules: Rules, said: Any, tmp_path: Path, act: str
) -> None:
    site.acts = [act]
    wanted = Wanted(f"https://{site.netloc}/file", 100_000, exact=False)
    with pytest.raises(DownloadError, match="about 100,000 bytes, and is far larger"):
        transfer(wanted, tmp_path / "a.partial", rules, said)
    assert (tmp_path / "a.partial").stat().st_size == 200_000


def test_a_stranger_s_certificate_is_refused(
    site: Any, rules: Rules, said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(DownloadError, match="must prove its name with a certificate"):
        get(site, tmp_path / "a.partial", rules, said)
    assert site.asked == []


ADDRESSES = [
    *("127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254"),
    *("0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1"),
    *("::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "fc00::1"),
    *("ff02::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("2002:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe"),
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_known_host_at_a_private_address_is_never_spoken_to(
    said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def look_up(*_: object, **__: object) -> list[Any]:
        return [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", (address, 443))]

    def connect(*_: object) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    wanted = Wanted("https://files.example/file", 10, True)
    with pytest.raises(DownloadError, match=r"files\.example must have a public address, got"):
        transfer(wanted, tmp_path / "a", Rules(frozenset({"files.example"})), said)


OF_PROXIES = ["198.18.0.1", "198.19.255.255", "100.64.0.1", "100.127.255.255"]


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", *OF_PROXIES]
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


def test_the_address_that_was_checked_is_the_one_spoken_to(
    said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, spoken_to = ["93.184.216.34", "127.0.0.1"], []

    def look_up(host: str, *_: object, **__: object) -> list[Any]:
        return [(2, 1, 6, "", (answers.pop(0), 443))]

    def connect(address: tuple[str, int], *_: object) -> None:
        spoken_to.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    wanted = Wanted("https://files.example/file", 10, True)
    with pytest.raises(DownloadError, match="connection refused"):
        transfer(wanted, tmp_path / "a", Rules(frozenset({"files.example"}), pauses=()), said)
    assert spoken_to == [("93.184.216.34", 443)]


def test_a_proxy_that_the_person_names_is_used(
    site: Any, rules: Rules, said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://me:pass@127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "")
        proxy.settimeout(5)
        with pytest.raises(DownloadError, match="nothing came for 0.3 s, after 1 tries"):
            get(site, tmp_path / "a", Rules(rules.hosts, rules.mirror, 0.3, ()), said)
        heard, _ = proxy.accept()
        with heard:
            request = heard.recv(1000).decode()
    assert request.startswith(f"CONNECT {site.netloc} HTTP/1.")
    assert "Proxy-Authorization: Basic bWU6cGFzcw==" in request
    assert site.asked == []


def test_a_full_disk_is_said_and_gone_on_after(
    site: Any, rules: Rules, said: Any, tmp_path: Path
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(StorageError, match=r"could not write .*a\.partial \(300\.0 kB wanted"):
            get(site, tmp_path / "a.partial", rules, said)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (tmp_path / "a.partial").stat().st_size == 100_000
    assert get(site, tmp_path / "a.partial", rules, said)
    assert site.asked[-1] == ("/file", "bytes=100000-")
    assert (tmp_path / "a.partial").read_bytes() == BODY
    assert PIECE < 100_000
