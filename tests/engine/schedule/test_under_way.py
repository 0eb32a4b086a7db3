"""Which samples are being asked, and how long those that ended took."""

from __future__ import annotations

import pytest

from northstar.engine.schedule import under_way as module
from northstar.engine.schedule.under_way import MOST_LENGTHS, UnderWay


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


def test_samples_are_known_while_they_are_asked_the_oldest_first(clock: list[float]) -> None:
    samples = UnderWay()
    with samples.asking("aime24", 3, 17, "a-17"):
        clock[0] += 5
        with samples.asking("gpqa", None, 2, "g-2"):
            assert [(each.benchmark, each.seed, each.row, each.id, each.since) for each in samples] == [
                ("aime24", 3, 17, "a-17", 100.0),
                ("gpqa", None, 2, "g-2", 105.0),
            ]
            assert samples.by_benchmark() == {"aime24": 1, "gpqa": 1}
        assert len(samples) == 1
    assert len(samples) == 0
    assert {name: [*lengths] for name, lengths in samples.lengths.items()} == {"gpqa": [0.0], "aime24": [5.0]}


def test_a_sample_that_was_broken_off_has_no_length(clock: list[float]) -> None:
    samples = UnderWay()
    with pytest.raises(KeyboardInterrupt), samples.asking("aime24", 0, 1, ""):
        raise KeyboardInterrupt
    assert len(samples) == 0
    assert samples.lengths == {}


def test_only_the_last_lengths_are_kept(clock: list[float]) -> None:
    samples = UnderWay()
    for row in range(MOST_LENGTHS + 5):
        with samples.asking("aime24", 0, row, ""):
            pass
    assert len(samples.lengths["aime24"]) == MOST_LENGTHS


def test_the_time_left_is_estimated_now_and_then(clock: list[float]) -> None:
    samples = UnderWay(at_once=1)
    assert samples.seconds_left({"aime24": 2}) is None
    for row in range(30):
        with samples.asking("aime24", 0, row, ""):
            clock[0] += 10.0
    first = samples.seconds_left({"aime24": 2})
    assert first is not None
    assert 20 <= first[0] <= first[1] < 23
    clock[0] += 1.0
    assert samples.seconds_left({"aime24": 1}) == first
    clock[0] += 2.0
    second = samples.seconds_left({"aime24": 1})
    assert second is not None
    assert 10 <= second[0] <= second[1] < 12
