"""Who may ask: by the Host and Origin that a browser cannot forge, and by a token.

A server on loopback is not safe by that alone: any web page can send requests to it, and can make
its own name point to 127.0.0.1. Both show in these headers.
"""

import hmac
import ipaddress
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sureshot.errors import UsageError
from sureshot.serving.refusals import Refused

TOKEN_VARIABLE = "SURESHOT_TOKEN"  # noqa: S105  the name of a variable
LEAST_TOKEN = 32  # characters; 128 bits where they are hexadecimal digits
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  compared with, not listened on

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]/@]+)(?::\d{1,5})?")
_NAME = re.compile(r"\[[0-9a-f:.]+\]|[a-z0-9._-]+")


@dataclass(frozen=True)
class Access:
    """The names under which the server is called, and the token that it wants, if any."""

    hosts: frozenset[str]
    token: str | None
    local: bool  # whether it listens on loopback only

    def require(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Raise Refused: wrong_host, foreign_origin, no_token, wrong_token."""
        given = {name: value.decode("latin-1") for name, value in headers}
        host = given.get(b"host", "").lower()
        found = _HOST.fullmatch(host)
        if found is None or found[1] not in self.hosts:
            raise Refused(
                "wrong_host",
                "the Host header must be a name that this server is called by; start it with "
                "--allow-host NAME to add one",
            )
        origin = given.get(b"origin", "").lower()
        if origin and origin not in (f"http://{host}", f"https://{host}"):
            raise Refused("foreign_origin", "pages of other sites may not ask this server")
        said = given.get(b"authorization", "")
        if self.token is not None and not said:
            raise Refused("no_token", "send the server's token: Authorization: Bearer TOKEN")
        if self.token is not None and not self._right(said):
            raise Refused(
                "wrong_token",
                "that is not the server's token; it is in the file that "
                "the server was started with: Authorization: Bearer TOKEN",
            )

    def _right(self, given: str) -> bool:
        """Whether the header carries the token, in a time that does not tell how much of it."""
        scheme, _, token = given.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(
            token.encode("latin-1"), str(self.token).encode()
        )


def grant(host: str, token: str | None, names: Iterable[str] = ()) -> Access:
    """What to ask of clients of a server on `host`; UsageError where that would not be safe.

    Off loopback a token is required, and the names by which clients call the server: host names
    and addresses, those of IPv6 in brackets or without.
    """
    local = _is_loopback(host)
    if not local and token is None:
        raise UsageError(
            f"a server that others can reach needs a token, and --host is {host}; write 32 or more "
            "random characters to a file (openssl rand -hex 32), and give it with --token-file"
        )
    called = {_called(name) for name in names}
    if host in EVERYWHERE and not called:
        raise UsageError(
            f"on {host} the server must know by which name clients call it; "
            "give it with --allow-host, such as --allow-host photos.example.org"
        )
    own = () if host in EVERYWHERE else (f"[{host}]" if ":" in host else host.lower(),)
    return Access(frozenset({*LOOPBACK, *own, *called}), token, local)


def _called(name: str) -> str:
    """A name as a Host header has it without its port; UsageError where none can have it."""
    try:
        address = ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
        called = f"[{address}]" if address.version == 6 else str(address)
    except ValueError:
        called = name.lower()
    if not _NAME.fullmatch(called):
        raise UsageError(
            "--allow-host must be a plain name or address, without https:// and port, such as "
            f"photos.example.org or 2001:db8::1, got {name!r}"
        )
    return called


def read_token(path: Path | None) -> str | None:
    """The token from a file, or else from the environment; None where neither is there."""
    if path is None:
        found, place = os.environ.get(TOKEN_VARIABLE), f"the variable {TOKEN_VARIABLE}"
    else:
        try:
            found, place = path.read_text("ascii"), str(path)
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the token cannot be read from {path}: {error}") from None
    if found is None:
        return None
    token = found.strip()
    if len(token) < LEAST_TOKEN or not re.fullmatch(r"[!-~]+", token):
        raise UsageError(
            f"a token must be at least {LEAST_TOKEN} letters, digits or signs without a space, "
            f"found {len(token)} in {place}; make one with: openssl rand -hex 32"
        )
    return token


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
