"""Stands in for docker: notes how it was called in $STAND_INS/docker.log, and runs the command as it is, here."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main(words: list[str]) -> None:
    with (Path(os.environ["STAND_INS"]) / "docker.log").open("a") as log:
        log.write("docker " + "\n    ".join(words) + "\n\n")
    if words[0] == "run":
        image = next(place for place, word in enumerate(words) if place > 0 and not word.startswith("-"))
        os.execvp(words[image + 1], words[image + 1 :])


if __name__ == "__main__":
    main(sys.argv[1:])
