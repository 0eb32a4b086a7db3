"""How long `ns --help` takes, beside an interpreter that does nothing. Medians of 9."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time


def main() -> None:
    shown = _median("-m", "northstar", "--help")
    print(f"ns --help: {shown:.2f} s; an interpreter that does nothing: {_median('-c', 'pass'):.2f} s")


def _median(*words: str) -> float:
    times = []
    for _ in range(9):
        begun = time.monotonic()
        subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
        times.append(time.monotonic() - begun)
    return statistics.median(times)


if __name__ == "__main__":
    main()
