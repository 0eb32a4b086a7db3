"""Published values to plan against, as they are typed: NAME:SEEDS=PASS@1, with its pass@SEEDS if that is known."""

from __future__ import annotations

import re
from dataclasses import dataclass

from northstar.core.errors import UsageError
from northstar.statistics.noise import greatest_variance

_FORM = re.compile(r"(?P<name>[^:=,]+):(?P<k>[1-9][0-9]{0,5})=(?P<mean>[0-9.]+)(?:/(?P<passed>[0-9.]+))?")


@dataclass(frozen=True)
class Published:
    """A published pass@1, the mean of k generations a row.

    Attributes:
        mean: The value, a fraction.
        k: Generations a row.
        passed: The published pass@k, a fraction; None if it is not known.
    """

    mean: float
    k: int
    passed: float | None = None

    @property
    def most(self) -> float:
        """The most that the variance of a generation's score can be around its row's rate."""
        return greatest_variance(self.mean, self.k, self.passed)

    def variance(self, rows: int, own: float | None) -> float:
        """Return the variance of the value over seeds.

        Args:
            rows: The number of rows.
            own: The w of a run of one's own, which stands for the published one's up to the bound; None without one.
        """
        return min(self.most, self.most if own is None else own) / (rows * self.k)

    @property
    def written(self) -> str:
        """Format it with its k."""
        return f"{100 * self.mean:.2f} of {self.k}"


def parse_published(text: str | None) -> dict[str, Published]:
    """Parse 'aime24:16=88.54/93.33,gpqa:16=74.65' into benchmark → value. Raises UsageError."""
    found: dict[str, Published] = {}
    for part in [] if text is None else text.split(","):
        match = _FORM.fullmatch(part.strip())
        try:
            mean, passed = (
                None if match is None or match[each] is None else float(match[each]) for each in ("mean", "passed")
            )
        except ValueError:
            mean, passed = None, None
            match = None
        if mean is not None and passed is not None and 0 <= passed < mean <= 100:
            raise UsageError(
                f"--published: '{part.strip()}' has a pass@k of {passed:g}, below its pass@1 of {mean:g}; one is wrong."
            )
        if match is None or mean is None or not 0 <= mean <= (100 if passed is None else passed) <= 100:
            raise UsageError(
                f"--published: '{part.strip()}' must be a benchmark with its seeds, pass@1 and, if known, pass@k, in "
                "percent: aime24:16=88.54/93.33."
            )
        if match["name"] in found:
            raise UsageError(f"--published names '{match['name']}' twice.")
        found[match["name"]] = Published(mean / 100, int(match["k"]), None if passed is None else passed / 100)
    return found
