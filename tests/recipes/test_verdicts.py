"""Whether a run agrees with a recipe's published values."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from northstar.core.errors import NorthstarError, UsageError
from northstar.recipes.reading import chosen_run
from northstar.recipes.tables import as_json, as_text
from northstar.recipes.verdicts import Judged, Verdicts, judge_run
from northstar.statistics.verdict import Finding
from tests.comparison.written_runs import write_run
from tests.conftest import Ns
from tests.recipes.written_recipes import AIME, write_recipe

VALUE = "{metric: symbolic_correct, value: 50.00, n: 200, k: 16, main: true}"
ROWS, SEEDS = 200, 16


def rows_with(right: int, seeds: int = SEEDS, rows: int = ROWS) -> dict[str, list[bool]]:
    """A third of the rows always right, a third never, the others so that `right` of all generations are."""
    third = rows // 3
    between = rows - 2 * third
    scores = np.arange(between * seeds) < right - third * seeds
    scores = np.random.default_rng(0).permutation(scores).reshape(between, seeds)
    verdicts = [[True] * seeds] * third + [[False] * seeds] * third + scores.tolist()
    return {f"row{number}": each for number, each in enumerate(verdicts)}


def judged(
    folder: Path, verdicts: dict[str, list[bool]], text: str = AIME, asked: dict[str, Any] | None = None
) -> Verdicts:
    run = write_run(folder / "out", verdicts, settings=asked or {"inference.temperature": 0.6})
    return judge_run(run, chosen_run(str(write_recipe(folder, text))))


def only(found: Verdicts) -> Judged:
    (value,) = found.values
    return value


def finding(found: Verdicts) -> Finding | None:
    verdict = only(found).verdict
    return None if verdict is None else verdict.finding


def test_a_run_of_the_same_rate_agrees(tmp_path: Path) -> None:
    wide = AIME.replace("k: 16", "k: 64")
    found = judged(tmp_path, rows_with(ROWS * 64 // 2, seeds=64), wide)
    assert finding(found) is Finding.AGREES
    assert only(found).measured == pytest.approx(0.5)


def test_a_run_that_is_far_off_differs(tmp_path: Path) -> None:
    found = judged(tmp_path, rows_with(ROWS * SEEDS * 55 // 100))
    assert finding(found) is Finding.DIFFERS
    difference = only(found).difference
    assert difference is not None
    assert difference.value == pytest.approx(0.05)


def test_a_small_difference_that_is_sure_differs_by_less_than_the_margin(tmp_path: Path) -> None:
    """Of 200 rows 20 vary from seed to seed, so that half a point is more than the noise."""
    sure = [[True] * 64] * 91 + [[False] * 64] * 89
    verdicts = {f"row{number}": each for number, each in enumerate([*sure, *[[True, False] * 32] * 20])}
    found = judged(tmp_path, verdicts, AIME.replace("k: 16", "k: 64"))
    assert finding(found) is Finding.DIFFERS_WITHIN_MARGIN
    assert only(found).measured == pytest.approx(0.505)
    assert "| differs, by less than the margin" in as_text(found)


def test_a_run_of_few_seeds_is_told_how_many_would_tell(tmp_path: Path) -> None:
    many = AIME.replace("k: 16", "k: 64")
    value = only(judged(tmp_path, rows_with(ROWS * 2 // 2, seeds=2), many))
    assert value.verdict is not None
    assert value.verdict.finding is Finding.TOO_FEW
    assert value.verdict.k_to_tell is not None
    assert value.verdict.k_to_tell > 2


def test_a_published_value_of_one_seed_settles_nothing_and_the_margin_that_would_is_said(tmp_path: Path) -> None:
    value = only(judged(tmp_path, rows_with(ROWS * SEEDS // 2), AIME.replace("k: 16", "k: 1")))
    assert value.verdict is not None
    assert value.verdict.finding is Finding.UNSETTLEABLE
    assert value.verdict.k_to_tell is None
    assert value.difference is not None
    assert value.verdict.margin_to_agree == pytest.approx(1.6449 * value.difference.error(), abs=1e-4)


def test_the_error_is_of_both_sides_with_the_runs_own_spread_for_both(tmp_path: Path) -> None:
    verdicts = rows_with(ROWS * 8 // 2, seeds=8)
    value = only(judged(tmp_path, verdicts))
    scores = np.array(list(verdicts.values()), dtype=float)
    w = scores.var(axis=1, ddof=1).mean()
    assert value.difference is not None
    assert value.difference.error() ** 2 == pytest.approx(w / ROWS * (1 / 16 + 1 / 8) + 1e-8 / 12)


def test_the_published_sides_spread_is_not_above_what_its_pass_at_k_allows(tmp_path: Path) -> None:
    passed = f"- {VALUE}\n          - {{metric: symbolic_correct, mode: pass@k, value: 52.00, n: 200, k: 16}}"
    found = judged(tmp_path, rows_with(ROWS * 8 // 2, seeds=8), AIME.replace(f"- {VALUE}", passed))
    difference = found.values[0].difference
    assert difference is not None
    assert difference.published == pytest.approx(16 / 15 * 0.5 * (1 - 0.5 / 0.52) / (ROWS * 16))


def test_at_temperature_0_the_published_side_is_taken_at_its_bound(tmp_path: Path) -> None:
    cold = AIME.replace("temperature: 0.6", "temperature: 0")
    value = only(judged(tmp_path, rows_with(ROWS * SEEDS // 2), cold))
    assert value.difference is not None
    assert value.difference.published == pytest.approx(0.25 / (ROWS * 16))


def test_one_generation_a_row_is_taken_at_its_bound_and_says_so(tmp_path: Path) -> None:
    value = only(judged(tmp_path, rows_with(ROWS // 2, seeds=1)))
    assert value.difference is not None
    assert value.difference.own == pytest.approx(0.25 / ROWS)
    assert value.note == "one generation a row: the most that its noise can be is taken"


def test_pass_at_k_and_majority_are_compared_at_the_same_k_alone(tmp_path: Path) -> None:
    more = "".join(
        f"\n          - {{metric: symbolic_correct, mode: {mode}, value: 60.00, n: 200, k: {k}}}"
        for mode, k in (("pass@k", 16), ("majority@k", 16))
    )
    found = judged(tmp_path, rows_with(ROWS * 8 // 2, seeds=8), AIME.replace(f"- {VALUE}", f"- {VALUE}{more}"))
    notes = [each.note for each in found.values[1:]]
    assert [each.verdict for each in found.values[1:]] == [None, None]
    assert notes == [
        "only pass@16 compares with it; the run has 8 seeds",
        "only majority@16 compares with it; the run has 8 seeds",
    ]


def test_pass_at_k_and_majority_of_the_same_k_get_verdicts_that_name_no_other_k(tmp_path: Path) -> None:
    more = "".join(
        f"\n          - {{metric: symbolic_correct, mode: {mode}, value: {value}, n: 200, k: 16}}"
        for mode, value in (("pass@k", 66.5), ("majority@k", 51))
    )
    found = judged(tmp_path, rows_with(ROWS * SEEDS // 2), AIME.replace(f"- {VALUE}", f"- {VALUE}{more}"))
    assert all(each.verdict is not None and each.verdict.k_to_tell is None for each in found.values[1:])
    assert found.values[1].measured == pytest.approx(134 / 200)


def test_what_must_not_be_matched_is_shown_with_its_reason_and_without_a_verdict(tmp_path: Path) -> None:
    unmatched = VALUE.replace("main: true", "match: false, reason: made before a repair")
    value = only(judged(tmp_path, rows_with(ROWS * SEEDS // 2), AIME.replace(VALUE, unmatched)))
    assert value.verdict is None
    assert value.measured == pytest.approx(0.5)
    assert value.note == "not to be matched: made before a repair"


def test_rows_without_any_answer_are_counted_the_same_under_both_modes_of_k(tmp_path: Path) -> None:
    more = "".join(
        f"\n          - {{metric: no_answer, mode: {mode}, value: 0.00, n: 200, k: 16}}"
        for mode in ("pass@k", "majority@k")
    )
    found = judged(tmp_path, rows_with(ROWS * SEEDS // 2), AIME.replace(f"- {VALUE}", f"- {VALUE}{more}"))
    assert [each.measured for each in found.values[1:]] == [0.0, 0.0]
    assert [each.verdict and each.verdict.finding for each in found.values[1:]] == [Finding.AGREES, Finding.AGREES]


def test_other_rows_than_the_published_ones_get_no_verdict(tmp_path: Path) -> None:
    value = only(judged(tmp_path, rows_with(10 * SEEDS // 2, rows=10)))
    assert (value.verdict, value.note) == (None, "published of 200, measured on 10")


def test_a_benchmark_that_was_not_run_is_said(tmp_path: Path) -> None:
    two = AIME + "      aime25:\n        repeats: 16\n        published:\n          - " + VALUE + "\n"
    found = judged(tmp_path, rows_with(ROWS * SEEDS // 2), two)
    assert [each.benchmark for each in found.values] == ["aime24"]
    assert found.notes == (f"not run, of {found.recipe}: aime25.",)


@pytest.mark.parametrize(
    ("folder", "split", "is_there"),
    [
        ("livecodebench", "test_v5_2410_2502", True),
        ("livecodebench.test_v5_2410_2502", "test_v5_2410_2502", True),
        ("livecodebench", "test_v6_2408_2505", False),
    ],
)
def test_results_of_a_split_are_found_in_either_folder(tmp_path: Path, folder: str, split: str, is_there: bool) -> None:
    of_split = AIME.replace("aime24", "livecodebench.test_v5_2410_2502").replace("symbolic_correct", "accuracy")
    verdicts = {f"row{number}": [number % 2 == 0] * SEEDS for number in range(ROWS)}
    written = write_run(tmp_path / "out", verdicts, benchmark=folder, settings={"split": split})
    for file in written.glob("eval-results/*/*.jsonl"):
        file.write_text(file.read_text().replace("symbolic_correct", "accuracy"))
    chosen = chosen_run(str(write_recipe(tmp_path, of_split)))
    if is_there:
        assert judge_run(written, chosen).values[0].measured == pytest.approx(0.5)
    else:
        with pytest.raises(NorthstarError, match="none of the benchmarks"):
            judge_run(written, chosen)


def test_a_run_of_other_benchmarks_is_refused(tmp_path: Path) -> None:
    run = write_run(tmp_path / "out", {"a": [True]}, benchmark="gpqa")
    with pytest.raises(NorthstarError, match=r"none of the benchmarks of .*mine.yaml:hot: it has gpqa\."):
        judge_run(run, chosen_run(str(write_recipe(tmp_path))))


@pytest.mark.parametrize("margin", [0.0, -1.0, 100.0, float("nan")])
def test_a_margin_that_is_none_is_refused(tmp_path: Path, margin: float) -> None:
    with pytest.raises(UsageError, match="--margin="):
        judge_run(tmp_path, chosen_run(str(write_recipe(tmp_path))), margin=margin)


def test_main_scores_are_one_family_of_tests(tmp_path: Path) -> None:
    """A difference of 2.1 standard errors counts alone, and not as one of two by Holm's procedure."""
    verdicts = rows_with(ROWS * SEEDS // 2)
    scores = np.array(list(verdicts.values()), dtype=float)
    error = float(np.sqrt(scores.var(axis=1, ddof=1).mean() / ROWS * 2 / 16))
    off = AIME.replace("50.00", f"{50 - 100 * 2.1 * error:.4f}")
    two = off + "      aime25:\n        repeats: 16\n        published:\n          - " + VALUE + "\n"
    run = write_run(tmp_path / "out", verdicts)
    write_run(tmp_path / "out", verdicts, benchmark="aime25")
    alone = judge_run(run, chosen_run(str(write_recipe(tmp_path, off))))
    both = judge_run(run, chosen_run(str(write_recipe(tmp_path, two))))
    assert finding(alone) in (Finding.DIFFERS, Finding.DIFFERS_WITHIN_MARGIN)
    assert both.values[0].verdict is not None
    assert both.values[0].verdict.finding not in (Finding.DIFFERS, Finding.DIFFERS_WITHIN_MARGIN)


def test_where_the_run_was_asked_otherwise_is_said(tmp_path: Path) -> None:
    found = judged(tmp_path, rows_with(ROWS * SEEDS // 2), asked={"inference.temperature": 0.7, "prompt": "bare"})
    assert found.notes == (
        "aime24: asked with inference.temperature 0.7, where the recipe has 0.6.",
        'aime24: asked with prompt "bare", where the recipe has "math".',
    )


def test_rows_that_all_agree_leave_no_nan(tmp_path: Path) -> None:
    found = judged(tmp_path, {f"row{number}": [True, True] for number in range(ROWS)})
    assert finding(found) is Finding.DIFFERS
    assert not re.search(r"\b(nan|inf)", (as_text(found) + json.dumps(as_json(found))).lower())


@pytest.mark.slow
def test_the_command_prints_the_numbers_and_then_the_verdicts(tmp_path: Path, ns: Ns) -> None:
    write_run(tmp_path / "out", rows_with(ROWS * SEEDS * 55 // 100), settings={"inference.temperature": 0.6})
    recipe = write_recipe(tmp_path)
    shown = ns("summarize_results", tmp_path / "out", f"--recipe={recipe}").stdout
    assert "pass@1[avg-of-16] | 200" in shown
    assert re.search(
        r"aime24 +\| pass@1\[avg-of-16\] symbolic_correct \* \| 50.00% +\| 55.00% +\| \+5.00 .*differs", shown
    )
    content = json.loads(ns("summarize_results", tmp_path / "out", f"--recipe={recipe}", "--format=json").stdout)
    assert content["verdicts"][0]["verdict"] == "differs"
    assert "### against" in ns("summarize_results", tmp_path / "out", f"--recipe={recipe}", "--format=markdown").stdout


def test_benchmarks_that_were_asked_alike_are_named_in_one_note(tmp_path: Path) -> None:
    both = AIME + AIME.partition("    benchmarks:\n")[2].replace("aime24", "aime25")
    for name in ("aime24", "aime25"):
        write_run(tmp_path / "out", {"a": [True]}, benchmark=name)
    settings = {"rows": 1, "inference.temperature": 1.0}
    content = {"run_json": 1, "results": {f"{name}.seeds": settings for name in ("aime24", "aime25")}}
    (tmp_path / "out/run.json").write_text(json.dumps(content))
    found = judge_run(tmp_path / "out", chosen_run(str(write_recipe(tmp_path, both))))
    assert found.notes == ("aime24, aime25: asked with inference.temperature 1.0, where the recipe has 0.6.",)


def test_without_any_verdict_the_legend_says_where_the_reasons_are(tmp_path: Path) -> None:
    text = as_text(judged(tmp_path, {"a": [True], "b": [False]}))
    assert "| 50.00% (k = 1) |" in text
    assert "published of 200, measured on 2" in text
    assert text.endswith("* a main score: none of them has a verdict, and its line says why.")
