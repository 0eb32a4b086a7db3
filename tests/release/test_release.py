"""A release: two builds are equal, the notes are the changelog's, and what nobody audited is called so."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from release.audit import verdict
from release.notes import notes

from northstar.version import __version__
from tests.conftest import ROOT

CHANGELOG = (
    "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-12-01\n\n### Added\n\n- One.\n\n## [1.1.0] - 2026-11-01\n"
)


def built(folder: Path, epoch: str) -> dict[str, str]:
    """What this folder builds: name → checksum."""
    for target in ("wheel", "sdist"):
        words = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "TZ": epoch})
        assert done.returncode == 0, done.stdout + done.stderr
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


@pytest.mark.slow
def test_two_builds_have_the_same_bytes(tmp_path: Path) -> None:
    first = built(tmp_path / "first", "UTC")
    assert built(tmp_path / "second", "Asia/Tokyo") == first
    assert sorted(first) == [f"northstar-{__version__}-py3-none-any.whl", f"northstar-{__version__}.tar.gz"]


def test_the_notes_are_the_section_of_the_version() -> None:
    assert notes("v1.2.0", "1.2.0", CHANGELOG) == "### Added\n\n- One.\n"


@pytest.mark.parametrize(
    ("tag", "version", "said"),
    [
        ("v1.3.0", "1.2.0", "the tag is v1.3.0, and src/northstar/version.py says 1.2.0"),
        ("v1.3.0", "1.3.0", r"no section '## \[1.3.0\] - YYYY-MM-DD'"),
    ],
)
def test_a_tag_that_is_not_ready_is_refused(tag: str, version: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        notes(tag, version, CHANGELOG)


def test_the_changelog_has_the_usual_form() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text().splitlines()
    sections = [line for line in lines if line.startswith("## ")]
    assert sections[0] == "## [Unreleased]"
    kinds = {line for line in lines if line.startswith("### ")}
    assert kinds <= {f"### {kind}" for kind in ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")}
    assert kinds


def test_what_to_cite_is_this_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert (cited["cff-version"], cited["version"], cited["license"]) == ("1.2.0", __version__, "Apache-2.0")


def test_packages_that_nobody_looked_up_are_not_called_sound() -> None:
    skipped = {"name": "a", "skip_reason": "Dependency not found on PyPI and could not be audited: a (1)"}
    sound = {"name": "b", "version": "1", "vulns": []}
    faulty = {"name": "c", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
    assert verdict({"dependencies": [skipped]})[0].startswith("not audited: ")
    assert verdict({"dependencies": [skipped, sound]}) == ("not audited: a\n1 package audited: no known faults", 1)
    assert verdict({"dependencies": [sound]}) == ("1 package audited: no known faults", 0)
    said = "c 2: CVE-1, mended in 3\n2 packages audited: 1 known faults"
    assert verdict({"dependencies": [sound, faulty]}) == (said, 1)


def test_actions_of_the_workflows_name_a_version() -> None:
    for file in (ROOT / ".github/workflows").glob("*.yml"):
        jobs = yaml.safe_load(file.read_text())["jobs"].values()
        used = [step["uses"] for job in jobs for step in job["steps"] if "uses" in step]
        assert [each for each in used if "@" not in each or each.endswith(("@main", "@master"))] == []
