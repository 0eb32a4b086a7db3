"""Print the changelog's section of a tag's version, or say what is to be mended before it can be released."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def notes(tag: str, version: str, changelog: str) -> str:
    """Return the section of a version.

    Args:
        tag: Of git: 'v1.2.3'.
        version: Of the package.
        changelog: The whole file.

    Raises:
        ValueError: What is to be mended before the release.
    """
    if tag != f"v{version}":
        raise ValueError(f"the tag is {tag}, and src/northstar/version.py says {version}: tag v{version}.")
    section = re.search(
        rf"^## \[?{re.escape(version)}\]? [-–] \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    if section is None:
        raise ValueError(f"CHANGELOG.md has no section '## [{version}] - YYYY-MM-DD'.")
    return section[1].strip() + "\n"


if __name__ == "__main__":
    try:
        version = runpy.run_path(str(ROOT / "src/northstar/version.py"))["__version__"]
        print(notes(sys.argv[1], version, (ROOT / "CHANGELOG.md").read_text()), end="")
    except ValueError as error:
        sys.exit(f"error: {error}")
