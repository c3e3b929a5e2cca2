"""What a client may demand, and how long anything may take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Every limit of a server; what is not said otherwise is assumed, not measured."""

    megabytes: int = 32  # 10⁶ bytes of a body; a recipe's own default for a file
    megapixels: int = 64  # of one image; likewise, and never more than the model allows
    queue: int = 64  # images under way: waiting, decoded or in the network
    batch: int = 16  # images of one request
    buffered: int = 128_000_000  # bytes of all bodies; each may be there twice, with its parts
    connections: int = 2_048  # at once; above it uvicorn says 503 itself
    header_seconds: int = 10  # until a connection has asked for something
    body_seconds: float = 30  # from the header to the last byte of the body
    decode_seconds: float = 10  # of one image, on a busy machine; on an idle one 2 s at most
    wrong_token_seconds: float = 1  # until the answer to one; so each connection has one guess a s
    answer_seconds: int = 30  # from the body to the answer; also what a stop waits for

    @property
    def most_buffered(self) -> int:
        """Bytes of all bodies together: two of the largest at least, so that one always fits."""
        return max(self.buffered, 2 * self.megabytes * 1_000_000)

    @property
    def most_images(self) -> int:
        """How many images one request may hold."""
        return min(self.batch, self.queue)
