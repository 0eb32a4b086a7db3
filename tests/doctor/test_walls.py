"""Each tier of the sandbox is tried, and one is enough."""

from __future__ import annotations

from northstar.doctor.walls import TOO_LONG, sandbox, tier_checks
from northstar.sandbox.tiers import TIERS


def test_a_tier_that_fails_is_a_warning_where_the_other_works() -> None:
    assert [check.state for check in tier_checks({"bubblewrap": "not installed", "landlock": None})] == ["warn", "ok"]


def test_without_any_tier_programs_of_a_model_cannot_run() -> None:
    found = tier_checks({"bubblewrap": "not installed", "landlock": "this kernel has none"})
    assert [check.state for check in found] == ["fail", "fail"]
    assert "--sandbox=unsafe" in found[0].todo


def test_a_tier_that_is_too_slow_proves_nothing() -> None:
    assert [check.state for check in tier_checks({"bubblewrap": TOO_LONG, "landlock": "no"})] == ["warn", "fail"]


def test_the_tiers_of_this_machine_are_tried() -> None:
    assert [check.details["tier"] for check in sandbox(60)] == list(TIERS)


def test_a_look_ends_in_time_whatever_the_sandbox_does() -> None:
    assert {check.text.partition(": ")[2] for check in sandbox(0.001) if not check.details["works"]} >= {TOO_LONG}
