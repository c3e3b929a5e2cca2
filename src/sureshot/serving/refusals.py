"""Every no of the server: a stable code, its status, and a sentence for people."""

from collections.abc import Mapping
from types import MappingProxyType

STATUS: Mapping[str, int] = MappingProxyType(
    {
        "wrong_host": 400,
        "not_multipart": 400,
        "no_token": 401,
        "wrong_token": 401,
        "foreign_origin": 403,
        "body_too_slow": 408,
        "no_length": 411,
        "too_large": 413,
        "wrong_type": 415,
        "queue_full": 503,
        "explaining": 503,
        "stopping": 503,
        "too_late": 503,
    }
)
UNREADABLE = 422  # the status of an image that cannot be read; its code is one of images.REASONS
RETRY_AFTER = 1  # seconds; assumed: a queue of 64 is empty within one on any machine that is meant


class Refused(Exception):
    """A request that is not answered; `code` stays the same between releases."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.status = STATUS[code]

    @property
    def headers(self) -> dict[str, str]:
        """What the answer says beside its body."""
        match self.status:
            case 401:
                return {"www-authenticate": "Bearer"}
            case 408 | 411:  # the rest of the body is not waited for
                return {"connection": "close"}
            case 503:
                return {"retry-after": str(RETRY_AFTER)}
            case _:
                return {}
