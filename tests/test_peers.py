"""What the benchmark of peers makes of trainings put down: means, medians, the soonest."""

import sys
from collections import defaultdict
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

import peers
import swift
from measuring import Record, machine_of

QUICK, GOOD = (row for row in swift.ROWS if row.name in ("clothing-quick", "clothing-good"))
COURSE = next(peer for peer in peers.PEERS if peer.name == "keras-arch_2")
LENGTHS = next(peer for peer in peers.PEERS if peer.name == "airbench")


def ours(*, quick: list[float], good: list[float]) -> Record:
    """Trainings of both presets with these accuracies, of 10, 20, … and of 100, 200, … seconds."""
    found: Record = defaultdict(dict)
    for row, first, accuracies in ((QUICK, 10, quick), (GOOD, 100, good)):
        for number, accuracy in enumerate(accuracies):
            training = first * (1.0 + number)
            told = {"accuracy": accuracy, "training": training, "model": training + 5, "n": 372}
            found[row.work][111 + number] = told | {"day": f"2026-01-0{1 + number}"}
    return found


def course(*accuracies: float) -> dict[str, object]:
    """One training of a peer that takes 50 s an epoch."""
    seconds = [50.0 * (1 + epoch) for epoch in range(len(accuracies))]
    return {"n": 372, "seconds": seconds, "accuracy": list(accuracies)}


def test_a_preset_stands_where_its_median_and_its_mean_are() -> None:
    points = peers.our_points("clothing", ours(quick=[70.0, 74.0, 72.0], good=[90.0]))
    assert points is not None
    assert points.labels == ("quick", "good")
    assert points.seconds == (20, 100)
    assert points.accuracy == ((72, 70, 74), (90, 90, 90))
    assert points.seeds == (3, 1)
    assert peers.our_points("mnist", defaultdict(dict)) is None


def test_a_course_goes_as_far_as_all_its_seeds_do() -> None:
    points = peers.peer_points(COURSE, {60: [course(10, 20, 30), course(20, 40)]})
    assert points.course
    assert points.seconds == (50, 100)
    assert [mean for mean, _, _ in points.accuracy] == [15, 30]
    several = [{"n": 9, "seconds": s, "accuracy": a} for s, a in ((1.0, 80.0), (3.0, 84.0))]
    points = peers.peer_points(LENGTHS, {3: several, 8: several[:1]})
    assert (points.seconds, points.seeds) == ((2, 1), (2, 1))
    assert points.accuracy[0] == (82, 80, 84)


def test_the_soonest_is_the_shortest_training_whose_mean_is_there() -> None:
    """Quick reaches 75 % with one seed of three, and not in the mean: so it is good that counts."""
    found = ours(quick=[76.0, 74.0, 74.0], good=[80.0, 80.0])
    own = peers.our_points("clothing", found)
    assert own is not None
    peer = peers.peer_points(COURSE, {60: [course(60, 76, 74)]})
    *_, row = peers.times(found, {"clothing": [own, peer]})
    assert "| `--preset good` | 2 | 2 min 30 s | 2 min 35 s |" in row
    assert "after epoch 2 | 1 | 1 min 40 s | 0.7, 0.6 |" in row
    never = peers.peer_points(COURSE, {60: [course(60, 70, 65)]})
    *_, row = peers.times(found, {"clothing": [own, never]})
    assert "after epoch 2, only 70.00 % |" in row
    assert "> 0.7, > 0.6" in row


def test_other_words_are_other_work() -> None:
    assert len({row.work for row in swift.ROWS}) == len({row.name for row in swift.ROWS})
    assert QUICK.work == "clothing --preset quick"


def test_a_table_says_when_and_with_what_it_was_measured_not_when_it_was_drawn() -> None:
    found: Record = defaultdict(dict)
    for seed, day, torch in ((1, "2026-01-30", "2.13.0"), (2, "2026-02-01", "2.14.0")):
        found["a"][seed] = {"day": day, "versions": {"torch": torch}}
    assert "torch 2.13.0, torch 2.14.0. 2026-01-30 to 2026-02-01." in machine_of(found)
