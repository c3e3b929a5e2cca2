"""What stands before Streamlit: who may come in, from where, and with how much.

Without a token only a browser on this machine is answered, under a name of this machine: a page
elsewhere that points a name of its own at this machine is refused. With a token whoever knows it
is answered: they give it once, and a cookie keeps what was made from it.
"""

import hashlib
import hmac
import html
import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
Headers = dict[str, str]

COOKIE = "sureshot_token"
MEGABYTES = 32  # of one upload
FORM = 64 * 1024  # bytes beside the file: boundaries and names of a form; assumed
SHORTEST = 32  # letters, as of the token that `serve` takes from the same variable
DAYS = 30  # that a browser keeps the cookie; assumed
HEALTHY = ("/_stcore/health", "/_stcore/script-health-check")  # what a platform asks, and no more
_SAFE = ("GET", "HEAD", "OPTIONS")
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"content-security-policy", b"frame-ancestors 'self'; object-src 'none'; base-uri 'self'"),
)
_ENTRY = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Sureshot</title>
<style>:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui,sans-serif;max-width:24rem;
margin:18vh auto;padding:0 1rem}}input,button{{font:inherit;padding:.5rem .7rem;width:100%;
box-sizing:border-box;margin-top:.5rem}}</style></head><body><h1>Sureshot</h1>
<form method="post" action="{action}"><label>Token<input name="token" type="password"
autocomplete="current-password" required autofocus></label><button>Open</button></form>
<p role="alert">{said}</p></body></html>"""


class Guard:
    """An ASGI application in front of another."""

    def __init__(self, inside: Application, token: str = "") -> None:
        self._inside = inside
        self._token = token

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer by ourselves what must not go further."""
        if scope["type"] == "lifespan" or scope.get("path", "").endswith(HEALTHY):
            await self._inside(scope, receive, send)
            return
        headers = {key.decode("latin-1"): v.decode("latin-1") for key, v in scope["headers"]}
        refused = self._refused(scope, headers)
        if refused:
            await _refuse(scope, send, *refused)
        elif self._token and not _knows(headers, self._token):
            await self._ask(scope, headers, receive, send)
        else:
            await self._inside(scope, receive, _with_headers(send))

    def _refused(self, scope: Message, headers: Headers) -> tuple[int, str] | None:
        """Status and sentence where a request comes from elsewhere, or brings too much."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._token and not is_local(_hostname(host)):
            return 400, f"this dashboard answers to localhost only, and was asked for {host!r}"
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if changes and origin is not None and urlsplit(origin).netloc != host:
            return 403, f"a page of {origin!r} may not do this"
        if scope["type"] == "http" and scope["method"] not in _SAFE:
            return _too_much(headers)
        return None

    async def _ask(self, scope: Message, headers: Headers, receive: Receive, send: Send) -> None:
        """Ask for the token; where it is given, keep a cookie and open what was asked for."""
        if scope["type"] == "websocket":
            await _refuse(scope, send, 403, "")
            return
        here = scope["path"] + ("?" + scope["query_string"].decode("latin-1")).rstrip("?")
        here = "/" + here.lstrip("/\\")  # never another host
        given = await _form(receive) if scope["method"] == "POST" else None
        if given is not None and hmac.compare_digest(given.encode(), self._token.encode()):
            secure = "https" in (scope.get("scheme"), headers.get("x-forwarded-proto"))
            told = f"{COOKIE}={_proof(self._token)}; Path=/; HttpOnly; SameSite=Lax"
            told += f"; Max-Age={DAYS * 86400}" + ("; Secure" if secure else "")
            extra = [(b"set-cookie", told.encode()), (b"location", here.encode("latin-1"))]
            await _answer(send, 303, "", extra)
        else:
            said = "" if given is None else "That is not the token."
            page = _ENTRY.format(action=html.escape(here), said=said)
            await _answer(send, 401, page, [(b"cache-control", b"no-store")])


def is_local(name: str) -> bool:
    """Whether a host's name or address can only be this machine."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _hostname(host: str) -> str:
    """The name in a Host header, without the port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _too_much(headers: Headers) -> tuple[int, str] | None:
    """A body must say how long it is, and be no longer than one upload."""
    length = headers.get("content-length", "")
    if not length.isdecimal():
        return 411, "a request with a body must say how long it is"
    if int(length) > MEGABYTES * 2**20 + FORM:
        return 413, f"a file must have at most {MEGABYTES} MB"
    return None


def _proof(token: str) -> str:
    """What the cookie holds: made from the token, and no way back."""
    return hmac.new(token.encode(), b"sureshot dashboard", hashlib.sha256).hexdigest()


def _knows(headers: Headers, token: str) -> bool:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return False
    given = cookies[COOKIE].value if COOKIE in cookies else ""
    return hmac.compare_digest(given.encode(), _proof(token).encode())


async def _form(receive: Receive) -> str:
    """The token out of a form; "" where the form is too long or holds none."""
    body = b""
    while len(body) <= FORM:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return parse_qs(body.decode("latin-1")).get("token", [""])[0].strip()
    return ""


def _with_headers(send: Send) -> Send:
    """The same, with the headers that every answer has."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            held = {key.lower() for key, _ in message.get("headers", ())}
            more = [pair for pair in _ALWAYS if pair[0] not in held]
            message["headers"] = [*message.get("headers", ()), *more]
        await send(message)

    return sending


async def _refuse(scope: Message, send: Send, status: int, sentence: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await _answer(send, status, html.escape(sentence), [])


async def _answer(send: Send, status: int, page: str, extra: list[tuple[bytes, bytes]]) -> None:
    content = page.encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(content)).encode()),
        *_ALWAYS,
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
