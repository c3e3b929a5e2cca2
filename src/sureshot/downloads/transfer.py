"""One address, one file: over https alone, gone on with after a break, its content bounded.

Each request goes to a host that is allowed, at an address that is public, and follows at most three
redirects under the same rules. What was fetched lies in a partial file with a note of the version
(its ETag) it belongs to, so that the next try, or the next process, asks for the rest of it only.
"""

import ipaddress
import json
import re
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from sureshot import files
from sureshot.errors import DownloadError
from sureshot.progress import Progress, duration, printable

PIECE = 1 << 16  # bytes read at once, and the least that counts as getting on
REDIRECTS = 3
SLOWEST = 10  # times `stall` in which PIECE bytes must come, if in dribs; assumed
PROXIES = (  # where local proxies and VPNs answer for public hosts; TLS still proves the host
    ipaddress.ip_network("198.18.0.0/15"),  # for tests of networks (RFC 2544)
    ipaddress.ip_network("100.64.0.0/10"),  # shared by the customers of a provider (RFC 6598)
)
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # carries an IPv4 address (RFC 6052)


@dataclass(frozen=True)
class Rules:
    """Whom to ask, and how long to wait for an answer."""

    hosts: frozenset[str]  # may be asked on port 443, at a public address
    mirror: str = ""  # "host:port" that the person named: any address will do
    stall: float = 30.0  # seconds without a byte; assumed
    pauses: tuple[float, ...] = (1.0, 3.0, 9.0)  # seconds before each new try; assumed


@dataclass(frozen=True)
class Wanted:
    """A file as it is asked for."""

    url: str
    size: int  # bytes
    exact: bool  # whether `size` is known, or about right

    @property
    def limit(self) -> int:
        """No more bytes than this are read."""
        return self.size if self.exact else 2 * self.size


class _Broken(Exception):
    """This try failed; another may do better."""


def transfer(wanted: Wanted, to: Path, rules: Rules, progress: Progress) -> bool:
    """Leave the bytes of `wanted` at `to`, going on from what lies there already.

    False where the server has no such file. Raises DownloadError where it cannot be had, and
    StorageError where it cannot be kept; what is at `to` by then is gone on with next time.
    """
    furthest, failures = _length(to), 0
    while True:
        try:
            return _attempt(wanted, to, rules, progress)
        except _Broken as broken:
            here = _length(to)
            if here >= furthest + PIECE:
                furthest, failures = here, 0
            if failures == len(rules.pauses):
                raise DownloadError(
                    f"{wanted.url} could not be fetched: {broken}, after {failures + 1} tries"
                ) from None
            progress.say(
                f"{wanted.url}: {broken}; trying again in {duration(rules.pauses[failures])}, "
                f"with {files.readable_size(here)} of {files.readable_size(wanted.size)} here"
            )
            time.sleep(rules.pauses[failures])
            failures += 1


def _attempt(wanted: Wanted, to: Path, rules: Rules, progress: Progress) -> bool:
    have, version = _kept(wanted, to)
    if wanted.exact and have == wanted.size:
        return True
    headers = {"User-Agent": "sureshot", "Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": version}
    with _network(wanted.url, rules), _asked(wanted.url, headers, rules) as response:
        if response.status in (404, 410):
            return False
        start = _start(response, wanted, to, have, version)
        if start < have:
            progress.say(f"{wanted.url}: the server starts again from the first byte")
        _receive(response, wanted, to, start, rules, progress)
    return True


def _start(response: HTTPResponse, wanted: Wanted, to: Path, have: int, version: str) -> int:
    """The byte at which the answer starts; _Broken or DownloadError where it is no answer."""
    status, told = response.status, f"{response.status} {printable(response.reason)}"
    if status in (200, 206) and response.headers.get_content_type() == "text/html":
        raise DownloadError(f"{wanted.url} must be a file, got a page; a login may stand before it")
    if status == 200:
        if wanted.exact and response.length not in (None, wanted.size):
            raise _Broken(f"it must be {wanted.size:,} bytes, the server has {response.length:,}")
        _forget(to)
        files.write_json(_note(to), {"url": wanted.url, "version": response.headers.get("ETag")})
        return 0
    if status == 206:
        range_told = re.match(r"bytes (\d{1,15})-", response.headers.get("Content-Range", ""))
        same = response.headers.get("ETag", version) == version
        if have and same and range_told and int(range_told[1]) == have:
            return have
    if status in (206, 416) and have:
        _forget(to)
        raise _Broken("the file there is no longer the one begun here, so it is started over")
    if status in (408, 425, 429) or status >= 500:
        raise _Broken(f"the server answers {told}")
    raise DownloadError(f"{wanted.url} could not be fetched: the server answers {told}")


def _receive(
    response: HTTPResponse,
    wanted: Wanted,
    to: Path,
    start: int,
    rules: Rules,
    progress: Progress,
) -> None:
    """Add the answer's bytes to `to`; _Broken where they end too early."""
    have = start
    announced = None if response.length is None else start + response.length
    name = wanted.url.rpartition("/")[2]
    total = announced or wanted.size
    with files.storing(to, wanted.size):
        file = to.open("ab", buffering=0)  # a kill loses no more than what is on its way
    with file, progress.track(f"fetching {name} ({files.readable_size(total)})", total) as track:
        track.advance(start)
        for piece in _pieces(response, wanted.limit - have, rules):
            with files.storing(to, wanted.size):
                rest = memoryview(piece)
                while rest:
                    rest = rest[file.write(rest) :]
            have += len(piece)
            track.advance(len(piece))
    if not wanted.exact and have >= wanted.limit:
        raise DownloadError(f"{wanted.url} must be about {wanted.size:,} bytes, and is far larger")
    expected = wanted.size if wanted.exact else announced
    if expected is not None and have < expected:
        raise _Broken(f"the connection ended at {have:,} of {expected:,} bytes")


def _pieces(response: HTTPResponse, limit: int, rules: Rules) -> Iterator[bytes]:
    """The answer's bytes, at most `limit`; _Broken where they come too slowly."""
    since, came, patience = time.monotonic(), 0, SLOWEST * rules.stall
    while piece := response.read1(min(PIECE, limit)):
        yield piece
        limit -= len(piece)
        came += len(piece)
        if came >= PIECE:
            since, came = time.monotonic(), 0
        elif time.monotonic() > since + patience:
            raise _Broken(f"only {files.readable_size(came)} came in {duration(patience)}")


@contextmanager
def _asked(url: str, headers: dict[str, str], rules: Rules) -> Iterator[HTTPResponse]:
    """The answer to a GET of `url`, wherever it is sent on to within the rules."""
    for _ in range(REDIRECTS + 1):
        parts = _allowed(url, rules)
        connection = _connected(parts, rules)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            if response.status not in (301, 302, 303, 307, 308):
                yield response
                return
            url = urljoin(url, response.headers.get("Location", ""))
        finally:
            connection.close()
    raise DownloadError(f"a download may be sent on {REDIRECTS} times, and was again to {url!r}")


def _allowed(url: str, rules: Rules) -> SplitResult:
    """The parts of `url`, or DownloadError where nothing may be asked of it."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    if parts.scheme != "https" or "@" in parts.netloc:
        raise DownloadError(f"a download must stay on https, without a password, got {url!r}")
    if f"{host}:{port}" != rules.mirror and (host not in rules.hosts or port != 443):
        raise DownloadError(
            f"a download must come from {', '.join(sorted(rules.hosts))}, got {url!r}"
        )
    return parts


def _connected(parts: SplitResult, rules: Rules) -> HTTPSConnection:
    """A connection to the host, at an address that was looked up once and checked."""
    from urllib.request import getproxies, proxy_bypass

    host, port = parts.hostname or "", parts.port or 443
    context = ssl.create_default_context()
    proxy = getproxies().get("https")
    if proxy and not proxy_bypass(host):  # then it is the proxy that looks hosts up
        return _through(proxy, host, port, context, rules)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    if f"{host}:{port}" != rules.mirror:
        for address in addresses:
            if not is_public(address):
                raise DownloadError(
                    f"{host} must have a public address, got {address}; a network in between may "
                    "answer for it"
                )
    connection = HTTPSConnection(host, port, timeout=rules.stall, context=context)
    plain = _first(addresses, port, rules.stall)
    connection.sock = context.wrap_socket(plain, server_hostname=host)
    return connection


def _through(
    proxy: str, host: str, port: int, context: ssl.SSLContext, rules: Rules
) -> HTTPSConnection:
    """A connection through the proxy that the person's environment names; TLS is with the host."""
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    headers = {}
    if parts.username:
        name = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {b64encode(name.encode()).decode()}"
    connection = HTTPSConnection(
        parts.hostname or "", parts.port or 80, timeout=rules.stall, context=context
    )
    connection.set_tunnel(host, port, headers)
    return connection


def _first(addresses: list[str], port: int, stall: float) -> socket.socket:
    """A socket to the first address that answers."""
    for address in addresses[:-1]:
        try:
            return socket.create_connection((address, port), stall)
        except OSError:
            continue
    return socket.create_connection((addresses[-1], port), stall)


def is_public(address: str) -> bool:
    """Whether an IP address, and one it may carry inside, is of the public internet or a proxy."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner and not is_public(str(inner)):
            return False
    return any(ip in network for network in PROXIES) or (ip.is_global and not ip.is_multicast)


@contextmanager
def _network(url: str, rules: Rules) -> Iterator[None]:
    """Turn what the network does in the block into _Broken or DownloadError."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise DownloadError(
            f"{url} must prove its name with a certificate that this computer trusts, and does "
            f"not: {error.verify_message}"
        ) from None
    except TimeoutError:
        raise _Broken(f"nothing came for {duration(rules.stall)}") from None
    except socket.gaierror:
        raise _Broken("its host cannot be found; this computer may be offline") from None
    except OSError as error:
        why = error.strerror or str(error)
        raise _Broken(f"the connection failed ({printable(why).lower()})") from None
    except HTTPException:
        raise _Broken("the answer was broken off") from None
    except ValueError as error:
        raise DownloadError(f"{url} must lead to a plain address, and does not: {error}") from None


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _note(to: Path) -> Path:
    return to.with_name(f"{to.name}.from")


def _kept(wanted: Wanted, to: Path) -> tuple[int, str]:
    """The bytes at `to` that can be gone on with, and their version; 0 where there are none."""
    try:
        note = json.loads(_note(to).read_text("utf-8"))
        version = str(note["version"])
        same = note["url"] == wanted.url and version.startswith('"')  # weak tags promise no bytes
    except (OSError, ValueError, KeyError, TypeError):
        same, version = False, ""
    have = _length(to)
    return (have, version) if same and have <= wanted.limit else (0, "")


def _forget(to: Path) -> None:
    for path in (to, _note(to)):
        with files.storing(path):
            path.unlink(missing_ok=True)
