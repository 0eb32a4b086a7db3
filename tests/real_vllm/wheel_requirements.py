"""Writes what a wheel needs on this machine, but for torch and its family: wheel_requirements.py WHEEL FILE."""

import re
import sys
import zipfile
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement

with zipfile.ZipFile(sys.argv[1]) as wheel:
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = wheel.read(name).decode()
wanted = [Requirement(line) for line in re.findall(r"^Requires-Dist: (.*)$", metadata, re.M)]
needed = [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
for each in needed:
    each.marker = None
lines = [str(each) for each in needed if not each.name.startswith("torch")]
Path(sys.argv[2]).write_text("\n".join(lines) + "\n")
