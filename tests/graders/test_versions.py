"""A grader's version grows when a verdict may change: results that an older one graded are known by it."""

from __future__ import annotations

import pytest

from northstar.graders.math.answer import MathAnswer
from northstar.task.grader import described_grader
from tests.graders.verdicts import GRADERS, recorded, samples_of, verdicts_of

AGAIN = "then record the verdicts: python -m tests.graders.verdicts"


@pytest.mark.parametrize("name", GRADERS)
def test_no_verdict_changes_under_the_same_version(name: str) -> None:
    there, grader = recorded()[name], GRADERS[name][0]
    assert there["samples"] == samples_of(name), f"the samples changed: {AGAIN}"
    changed = [
        (sample, before, now)
        for sample, before, now in zip(there["samples"], there["verdicts"], verdicts_of(name), strict=True)
        if before != now
    ]
    if grader.version == there["version"]:
        assert changed == [], f"raise {type(grader).__name__}.version above {grader.version}; {AGAIN}"
    assert grader.version == there["version"], f"a new version: {AGAIN}"


def test_the_version_is_part_of_what_describes_a_grader() -> None:
    assert described_grader(MathAnswer())["version"] == MathAnswer.version >= 1


def test_a_graders_own_class_without_a_version_says_none() -> None:
    class Mine:
        def identity(self) -> dict[str, str]:
            return {"name": "mine"}

    assert described_grader(Mine()) == {"name": "mine"}  # type: ignore[arg-type]
