from __future__ import annotations

from pathlib import Path

import pytest

from northstar.cli.app import main
from northstar.comparison.compare import Compared, compare
from northstar.comparison.gate import Outcome, Policy, overall, read_policy, rulings
from northstar.core.errors import UsageError
from tests.comparison.written_runs import write_run


def runs(folder: Path, *, rows: int, lost: int) -> list[Path]:
    """Write two runs of right answers; the second loses some rows."""
    base = write_run(folder / "base", {str(row): [True] for row in range(rows)})
    return [base, write_run(folder / "new", {str(row): [row >= lost] for row in range(rows)})]


@pytest.mark.parametrize(
    ("rows", "lost", "allowed", "expected"),
    [
        (400, 0, 1.0, Outcome.PASSES),
        (400, 4, 3.0, Outcome.PASSES),
        (400, 40, 3.0, Outcome.REGRESSION),
        (400, 8, 2.0, Outcome.UNDECIDED),
        (1, 1, 2.0, Outcome.UNDECIDED),
        (3, 0, 5.0, Outcome.UNDECIDED),
        (400, 0, 0.0, Outcome.UNDECIDED),
    ],
)
def test_a_drop_passes_where_it_is_shown_to_be_below_what_is_allowed(
    tmp_path: Path, rows: int, lost: int, allowed: float, expected: Outcome
) -> None:
    found = rulings(Policy(largest_drop={"default": allowed}), compare(runs(tmp_path, rows=rows, lost=lost)))
    assert [each.outcome for each in found] == [expected]


def test_a_benchmarks_own_limit_comes_before_the_default(tmp_path: Path) -> None:
    policy = Policy(largest_drop={"default": 0.0, "aime24": 50.0})
    assert overall(rulings(policy, compare(runs(tmp_path, rows=100, lost=5)))) is Outcome.PASSES


def test_a_metric_has_its_own_limit(tmp_path: Path) -> None:
    policy = Policy(largest_drop={"aime24.symbolic_correct": 50.0, "aime24": 0.0})
    assert overall(rulings(policy, compare(runs(tmp_path, rows=100, lost=5)))) is Outcome.PASSES


def test_one_regression_is_a_regression_of_all(tmp_path: Path) -> None:
    parts = [compare(runs(tmp_path / name, rows=400, lost=lost)) for name, lost in (("1", 0), ("2", 40))]
    compared = Compared(parts[0].each + parts[1].each)
    assert overall(rulings(Policy(largest_drop={"default": 1.0}), compared)) is Outcome.REGRESSION


@pytest.mark.parametrize(("lost", "code"), [(0, 0), (40, 1), (4, 3)])
def test_the_exit_code_tells_the_three_apart(tmp_path: Path, lost: int, code: int) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("largest_drop:\n  default: 1.0\n")
    folders = [str(folder) for folder in runs(tmp_path, rows=400, lost=lost)]
    with pytest.raises(SystemExit) as ended:
        main(["compare", *folders, f"--gate={policy}"])
    assert ended.value.code == code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("largest_drops:\n  default: 1\n", "line 1: unknown key 'largest_drops'. Did you mean largest_drop?"),
        ("alpha: 0.05\nlargest_drop:\n  aime24: -1\n", "line 3: largest_drop.aime24: "),
        ("alpha: 0.05\n", "line 1: largest_drop is missing."),
        ("alpha: 2\nlargest_drop: {default: 1}\n", "line 1: alpha: "),
        ("- 1\n", "is not a policy"),
        ("a: [\n", "is not YAML"),
    ],
)
def test_a_wrong_policy_is_one_sentence_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    with pytest.raises(UsageError) as error:
        read_policy(file)
    assert str(file) in str(error.value)
    assert expected in str(error.value)


def test_a_benchmark_that_the_new_run_lacks_is_undecided(tmp_path: Path) -> None:
    both = runs(tmp_path, rows=400, lost=0)
    write_run(tmp_path / "more", {"a": [True]}, benchmark="aime25")
    (tmp_path / "more/eval-results/aime25").rename(both[0] / "eval-results/aime25")
    found = rulings(Policy(largest_drop={"default": 1.0}), compare(both))
    assert [(each.name, each.outcome, each.why) for each in found] == [
        ("aime24 symbolic_correct", Outcome.PASSES, ""),
        ("aime25", Outcome.UNDECIDED, "new lacks it"),
    ]


def test_rows_that_the_new_run_lacks_are_undecided(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", {str(row): [True] for row in range(400)})
    new = write_run(tmp_path / "new", {str(row): [True] for row in range(399)})
    (found,) = rulings(Policy(largest_drop={"default": 1.0}), compare([base, new]))
    assert (found.outcome, found.why) == (Outcome.UNDECIDED, "new lacks 1 row")


def test_a_limit_for_what_was_not_compared_is_an_error(tmp_path: Path) -> None:
    policy = Policy(largest_drop={"aime42": 1.0})
    with pytest.raises(UsageError, match=r"'aime42' was not compared\. Did you mean aime24"):
        rulings(policy, compare(runs(tmp_path, rows=2, lost=0)))
