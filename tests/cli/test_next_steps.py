"""The commands that a run in a terminal ends with can be typed there."""

from __future__ import annotations

from pathlib import Path

from northstar.cli.next_steps import next_steps


def test_they_name_the_folder_as_a_shell_reads_it() -> None:
    assert "ns view 'my run' " in next_steps("my run", {})


def test_uv_run_is_named_by_its_path_from_here() -> None:
    assert "next: .tools/bin/uv run ns view out " in next_steps("out", {"UV": str(Path.cwd() / ".tools/bin/uv")})


def test_a_uv_elsewhere_is_named_whole() -> None:
    assert "next: /opt/uv run ns view out " in next_steps("out", {"UV": "/opt/uv"})
