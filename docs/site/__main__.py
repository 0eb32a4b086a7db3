"""python -m docs.site [OUT]: builds the site into OUT (dist/site); a warning is an error."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from docs.site.build import build


def main() -> int:
    """Build the site and say where it is."""
    parser = argparse.ArgumentParser(prog="python -m docs.site", description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=Path("dist/site"), help="the folder of the site")
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory(prefix="northstar-site-") as temporary:
        status = build(out, Path(temporary))
    if status == 0:
        print(f"The site is in {out}: open {out / 'index.html'}, or python -m http.server -d {out}")
    return status


if __name__ == "__main__":
    sys.exit(main())
