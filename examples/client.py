"""Ask a Sureshot server what photographs show; needs nothing but Python.

    python examples/client.py http://127.0.0.1:8000 photo.jpg another.jpg

A server that is full says so at once, and when to come again; so does this client.
"""

import http.client
import json
import os
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TRIES = 5
GONE = (ConnectionError, http.client.BadStatusLine)  # the server had closed a connection left idle

NO_ANSWER = {"code": "no_answer", "reason": "what came is not of Sureshot, perhaps of a proxy"}


class Refused(Exception):
    """The server gave no answer; `code` says why, and stays the same between its releases."""

    def __init__(self, status: int, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.status = status
        self.code = code


class Client:
    """One connection to a server, kept open between questions."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self.connection = connect(parts.netloc, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def predict(self, image: bytes) -> dict[str, Any]:
        """What one image shows: class, probability, decision, probabilities, ms, model."""
        return self._post("/predict", image, {"Content-Type": "application/octet-stream"})

    def predict_batch(self, images: Sequence[bytes]) -> dict[str, Any]:
        """The same for several, in their order under "answers"; code and reason for a bad one."""
        mark = uuid.uuid4().hex
        head = 'Content-Disposition: form-data; name="image"; filename="image"'
        parts = [f"--{mark}\r\n{head}\r\n\r\n".encode() + image + b"\r\n" for image in images]
        body = b"".join([*parts, f"--{mark}--\r\n".encode()])
        kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        return self._post("/predict/batch", body, kind)

    def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        for left in reversed(range(TRIES)):
            try:
                self.connection.request("POST", path, body, {**self.headers, **headers})
                response = self.connection.getresponse()
                came = response.read()
            except GONE:
                self.connection.close()  # the next request opens it again
                if not left:
                    raise
                continue
            json_came = response.headers.get_content_type() == "application/json"
            said: dict[str, Any] = json.loads(came) if json_came else NO_ANSWER
            if response.status == 200 and json_came:
                return said
            if response.status != 503 or not left:
                raise Refused(response.status, said["code"], said["reason"])
            time.sleep(float(response.headers.get("Retry-After", 1)))
        raise AssertionError


def main() -> None:
    """Print one line an image."""
    url, *paths = sys.argv[1:]
    client = Client(url, os.environ.get("SURESHOT_TOKEN"))
    for path in paths:
        try:
            said = client.predict(Path(path).read_bytes())
            print(f"{path}: {said['class']} ({said['probability']:.1%}, {said['decision']})")
        except Refused as refused:
            print(f"{path}: {refused}")


if __name__ == "__main__":
    main()
