"""Counts and times in the text format of Prometheus."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds; assumed


class Metrics:
    """What has happened since the start; contents of requests leave no trace in it."""

    def __init__(self, routes: Iterable[str]) -> None:
        self.routes = frozenset(routes)
        self.requests: Counter[tuple[str, int]] = Counter()
        self.images: Counter[str] = Counter()  # by decision, or by the code of why there is none
        self.times: Counter[float] = Counter()  # by the upper bound, in seconds
        self.seconds = 0.0

    def answered(self, path: str, status: int) -> None:
        """Count a request; what a client invents as a path is one entry."""
        self.requests[path if path in self.routes else "other", status] += 1

    def took(self, seconds: float) -> None:
        """Count a prediction's time, from its last byte to the answer."""
        self.times[(*BOUNDS, float("inf"))[bisect_left(BOUNDS, seconds)]] += 1
        self.seconds += seconds

    def text(self, gauges: Mapping[str, int], counters: Mapping[str, int]) -> str:
        """All of it, with some numbers of the moment."""
        lines = ["# TYPE sureshot_requests_total counter"]
        for (path, status), count in sorted(self.requests.items()):
            lines.append(f'sureshot_requests_total{{path="{path}",status="{status}"}} {count}')
        lines.append("# TYPE sureshot_images_total counter")
        for outcome, count in sorted(self.images.items()):
            lines.append(f'sureshot_images_total{{outcome="{outcome}"}} {count}')
        lines += self._histogram("sureshot_seconds")
        for kind, numbers in (("gauge", gauges), ("counter", counters)):
            for name, value in numbers.items():
                lines += [f"# TYPE sureshot_{name} {kind}", f"sureshot_{name} {value}"]
        return "\n".join(lines) + "\n"

    def _histogram(self, name: str) -> list[str]:
        lines, below = [f"# TYPE {name} histogram"], 0
        for bound in (*BOUNDS, float("inf")):
            below += self.times[bound]
            word = "+Inf" if bound == float("inf") else f"{bound:g}"
            lines.append(f'{name}_bucket{{le="{word}"}} {below}')
        return [*lines, f"{name}_sum {self.seconds:.6f}", f"{name}_count {below}"]
