"""What is said of the runs behind a table."""

from __future__ import annotations

from pathlib import Path

from northstar.provenance import provenance
from northstar.reports.run_notes import known_by_name_only


def test_a_model_that_is_known_by_its_name_only_is_told(tmp_path: Path) -> None:
    (tmp_path / "eval-logs").mkdir()
    provenance.register(tmp_path, {}, {"known_by_name_only": {"org/m": "no hub"}}, False)
    provenance.update_run(tmp_path, 0, {"server": {"known_by_name_only": {"x": "silent"}}, "judge j": None})
    assert known_by_name_only(tmp_path)[1:] == [
        "x is known by its name only (silent): if another model takes its place, nothing here shows it."
    ]
    assert known_by_name_only(tmp_path)[:1] == [
        "org/m is known by its name only (no hub): if another model takes its place, nothing here shows it."
    ]
