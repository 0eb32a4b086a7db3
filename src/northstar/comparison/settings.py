"""What two runs were asked and graded with, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from northstar.comparison.side import Side
from northstar.provenance.differences import IMPORTED
from northstar.results.run_json import shortly

_MODEL = ("model", "server", "said.")
"""Keys of the model and its server begin so: they are what a comparison is usually about."""
_HASHES = "_sha256"
_OF_IMPORTS = ("split", "data_sha256", "grader.", "judge ")
"""What is known of results that were imported."""


@dataclass(frozen=True)
class Differences:
    """A line for each setting that differs.

    Attributes:
        method: What makes numbers incomparable: prompt, data, sampling, grader, judge.
        subject: The model and how it is served.
    """

    method: tuple[str, ...]
    subject: tuple[str, ...]


def differences(first: Side, second: Side) -> Differences:
    """Return the settings in which two sides differ."""
    imported = [side for side in (first, second) if IMPORTED in side.settings]
    lines: dict[bool, list[str]] = {
        True: [],
        False: [
            f"{side.run} was imported from {side.settings[IMPORTED]}: how it was asked is unknown" for side in imported
        ],
    }
    for key in dict.fromkeys((*first.settings, *second.settings)):
        here, there = first.settings.get(key), second.settings.get(key)
        known = bool(first.settings and second.settings) and (not imported or key.startswith(_OF_IMPORTS))
        if here == there or not known or key.removeprefix("judge ") == "rows":
            continue
        of_model = key.startswith(_MODEL)
        lines[of_model].append(_line(key, here, there, first.run, second.run))
    if first.judge != second.judge:
        lines[False].append(f"judge: {first.judge or 'none'} in {first.run}, {second.judge or 'none'} in {second.run}")
    for side in (first, second):
        if not side.settings:
            lines[False].append(f"{side.run} has no run.json: nobody knows what it was asked with")
    return Differences(tuple(lines[False]), tuple(lines[True]))


def _line(key: str, here: object, there: object, first: str, second: str) -> str:
    if key.endswith(_HASHES):
        what = key.removesuffix(_HASHES)
        return f"{what}: {'the text differs' if 'prompt' in what else 'the contents differ'}"
    return f"{key}: {shortly(here)} in {first}, {shortly(there)} in {second}"
