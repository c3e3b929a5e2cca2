"""Many small jobs in order: the order, who does them, and that none is begun too early."""

import threading
import time
from itertools import count, islice

import pytest

from sureshot import parallel
from sureshot.parallel import map_in_order

HERE = threading.get_ident


def slowly(number: int) -> tuple[int, int]:
    time.sleep(0.001)
    return number, HERE()


@pytest.mark.parametrize("together", [1, 3, 64])
@pytest.mark.parametrize("length", [0, 1, 2, 63, 64, 65, 500])
def test_the_order_is_that_of_the_items(length: int, together: int) -> None:
    assert list(map_in_order(lambda n: -n, range(length), together)) == [-n for n in range(length)]


def test_slow_items_are_done_by_several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "threads", lambda: 2)
    for together in (1, 4):
        done = list(map_in_order(slowly, range(100), together))
        assert [number for number, _ in done] == list(range(100))
        others = {thread for _, thread in done[together:]}
        assert HERE() not in others
        assert len(others) == 2


def test_quick_items_are_done_here_until_they_are_quick_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parallel, "QUICK", 1.0)
    found = map_in_order(lambda n: HERE(), range(1000), 10)
    assert {next(found) for _ in range(500)} == {HERE()}
    monkeypatch.setattr(parallel, "QUICK", -1e6)
    rest = list(found)
    assert set(rest[10:]).isdisjoint({HERE()})
    assert len(rest) == 500


def test_a_lone_item_at_a_time_is_never_done_here() -> None:
    assert HERE() not in set(map_in_order(lambda n: HERE(), range(20)))


@pytest.mark.parametrize("quick", [0.0, 1.0])
def test_of_endless_items_only_some_are_begun(
    quick: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "QUICK", quick)
    begun = count()
    found = map_in_order(lambda n: next(begun), count(), 8)
    assert list(islice(found, 20)) == list(range(20))
    found.close()  # type: ignore[attr-defined]
    assert next(begun) < 20 + 8 * (2 + parallel.threads() * (1 + parallel.WAITING_PER_THREAD // 8))


@pytest.mark.parametrize("together", [1, 2])
def test_an_error_comes_where_its_item_stands(together: int) -> None:
    def refuse(number: int) -> int:
        if number == 5:
            raise ValueError("five")
        return number

    found = map_in_order(refuse, range(10), together)
    assert list(islice(found, 4)) == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="five"):
        list(found)
