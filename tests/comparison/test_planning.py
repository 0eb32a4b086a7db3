"""`ns plan`: how many seeds tell a difference, by the spread of a run or of published values."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from northstar.comparison.planning import plan_seeds
from northstar.comparison.published import Published, parse_published
from northstar.comparison.spread import Spread, published_spreads, spreads_of
from northstar.core.errors import NorthstarError, UsageError
from northstar.metrics.arrays import FloatArray
from northstar.statistics.planning import seeds_to_tell
from tests.conftest import Ns
from tests.statistics.simulated import scores

AIME = Spread("aime24", "symbolic_correct", 30, 16, 0.0454, tokens=600_000, tokens_per_second=1000)


def write_run(output: Path, found: FloatArray, benchmark: str = "aime24", stem: str = "output-rs{}") -> Path:
    """Complete outputs with scores [rows, k]; each generation has 100 tokens and takes a second."""
    folder = output / "eval-results" / benchmark
    folder.mkdir(parents=True)
    for seed in range(found.shape[1]):
        lines = [
            json.dumps(
                {
                    "id": row,
                    "symbolic_correct": bool(score),
                    "predicted_answer": "1",
                    "num_generated_tokens": 100,
                    "generation_start_time": 1000.0 + seed,
                    "generation_end_time": 1001.0 + seed,
                    "generation": "1",
                    "finish_reason": "stop",
                }
            )
            for row, score in enumerate(found[:, seed])
        ]
        (folder / f"{stem.format(seed)}.jsonl").write_text("\n".join(lines) + "\n")
    return output


def test_two_runs_take_what_the_statistics_say_and_cost_it_in_full() -> None:
    [planned] = plan_seeds([AIME], {}, 1.0, gpus=8).planned
    assert planned.seeds == seeds_to_tell(0.01, 0.0454, 30)
    assert planned.seeds is not None
    assert planned.cost.tokens == planned.seeds * 600_000
    assert planned.cost.hours == pytest.approx(planned.seeds * 600 / 3600)
    assert planned.cost.gpu_hours == pytest.approx(planned.seeds * 600 * 8 / 3600)


def test_a_speed_that_is_given_wins_over_the_runs_own() -> None:
    [planned] = plan_seeds([AIME], {}, 1.0, tokens_per_second=2000).planned
    assert planned.seeds is not None
    assert planned.cost.hours == pytest.approx(planned.seeds * 300 / 3600)
    assert planned.cost.gpu_hours is None


def test_a_published_value_of_few_seeds_cannot_be_told_and_the_plan_says_what_can() -> None:
    plan = plan_seeds([AIME], {"aime24": Published(0.8854, 16, 0.9333)}, 1.0)
    assert [each.seeds for each in plan.planned][1:] == [None]
    [note] = plan.notes
    assert note == (
        "aime24: no number of seeds tells 1 point from the published value, whose own noise is too large; the "
        "smallest that any number tells is 2.72 points."
    )
    [_, planned] = plan_seeds([AIME], {"aime24": Published(0.8854, 16, 0.9333)}, 3.0).planned
    assert planned.seeds is not None


def test_the_published_values_own_noise_is_ours_up_to_its_bound() -> None:
    value = Published(0.8854, 16, 0.9333)
    assert value.variance(30, 0.01) == 0.01 / 480
    assert value.variance(30, 0.2) == value.variance(30, None) == value.most / 480


def test_the_table_has_a_line_for_each_benchmark_and_their_sum() -> None:
    other = Spread("gpqa", "symbolic_correct", 198, 4, 0.15, tokens=2_200_000, tokens_per_second=1000)
    assert plan_seeds([AIME, other], {}, 2.0, gpus=8).text() == (
        "--------------------------------- two runs that differ by 2 points ---------------------------------\n"
        "benchmark | score            | rows | seeds | tell now | to tell 2 | tokens      | hours | GPU hours\n"
        "aime24    | symbolic_correct | 30   | 16    | 3.85     | 60        | 36 million  | 10    | 80\n"
        "gpqa      | symbolic_correct | 198  | 4     | 5.45     | 30        | 66 million  | 18.3  | 147\n"
        "all       |                  |      |       |          |           | 102 million | 28.3  | 227"
    )


class TestARun:
    def test_gives_its_spread_tokens_and_speed(self, tmp_path: Path) -> None:
        found = scores(np.random.default_rng(0), np.full(50, 0.6), 8)
        [spread] = spreads_of(write_run(tmp_path, found), None, ())
        assert spread.w == pytest.approx(found.var(axis=1, ddof=1).mean())
        assert (spread.rows, spread.k, spread.tokens, spread.tokens_per_second) == (50, 8, 5000, 5000)
        assert spread.notes == ()

    @pytest.mark.parametrize(("other", "known"), [("aime24", False), ("gpqa", True)])
    def test_whose_jobs_ran_at_the_same_time_tells_no_speed_of_one_server(
        self, tmp_path: Path, other: str, known: bool
    ) -> None:
        output = write_run(tmp_path, np.tile([1.0, 0.0], (30, 4)))
        runs = [
            {"plan": {"generate": {"benchmarks": [{"name": name}]}}, "started": f"2026-11-27T1{hour}:00:00Z"}
            | {"ended": "2026-11-27T13:00:00Z"}
            for hour, name in ((0, "aime24"), (1, other))
        ]
        (output / "run.json").write_text(json.dumps({"run_json": 1, "runs": runs}))
        [spread] = spreads_of(output, None, ())
        assert (spread.tokens_per_second is not None) == known
        assert any("ran at the same time" in note for note in spread.notes) != known

    def test_of_one_generation_a_row_is_taken_at_its_bound_and_says_so(self, tmp_path: Path) -> None:
        found = scores(np.random.default_rng(0), np.full(50, 0.6), 1)
        [spread] = spreads_of(write_run(tmp_path, found, stem="output"), None, ())
        assert spread.w == pytest.approx(found.mean() * (1 - found.mean()))
        assert "one generation a row says nothing of its spread" in spread.notes[0]

    @pytest.mark.parametrize("k", [1, 4])
    def test_whose_rows_all_agree_is_not_taken_as_certain(self, tmp_path: Path, k: int) -> None:
        [spread] = spreads_of(write_run(tmp_path, np.ones((30, k))), None, ())
        assert spread.w > 0
        assert any("cannot be certain" in note for note in spread.notes)

    def test_of_a_single_row_is_planned_with_a_note(self, tmp_path: Path) -> None:
        output = write_run(tmp_path, np.array([[1.0, 0.0, 1.0, 1.0]]))
        [spread] = spreads_of(output, None, ())
        assert "has a single row" in spread.notes[0]
        assert math.isfinite(plan_seeds([spread], {}, 1.0).planned[0].told or math.nan)

    def test_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(NorthstarError, match="no results in") as refused:
            spreads_of(tmp_path, None, ())
        assert refused.value.exit_code == 1  # as ns summarize_results and ns compare
        write_run(tmp_path, np.ones((3, 2)))
        with pytest.raises(UsageError, match=r"has no results of 'aime25'\. Did you mean aime24\?"):
            spreads_of(tmp_path, ["aime25"], ())

    def test_names_the_seeds_that_are_left_out(self, tmp_path: Path) -> None:
        folder = write_run(tmp_path, np.eye(30, 4)) / "eval-results/aime24"
        (folder / "output-rs4.jsonl.journal").touch()
        [spread] = spreads_of(tmp_path, None, ())
        assert spread.notes[0].startswith("aime24: seed 4 is not complete and not counted")

    def test_without_a_complete_output_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "eval-results/aime24").mkdir(parents=True)
        (tmp_path / "eval-results/aime24/output-rs0.jsonl.journal").touch()
        with pytest.raises(NorthstarError, match="has no complete output to plan from"):
            spreads_of(tmp_path, None, ())


class TestPublishedValues:
    def test_are_typed_with_their_seeds(self) -> None:
        assert parse_published("aime24:16=88.54/93.33, gpqa:8=74.65") == {
            "aime24": Published(88.54 / 100, 16, 93.33 / 100),
            "gpqa": Published(74.65 / 100, 8),
        }

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "aime24",
            "aime24:16",
            "aime24=88",
            "aime24:0=88",
            "aime24:16=101",
            "a:1=.",
            "a:1=1.1.1",
        ],
    )
    def test_in_another_form_are_refused_with_the_right_one(self, text: str) -> None:
        with pytest.raises(UsageError, match=r"aime24:16=88\.54/93\.33"):
            parse_published(text)

    def test_do_without_a_run_at_their_bound(self, tmp_path: Path) -> None:
        (tmp_path / "aime24").mkdir()
        (tmp_path / "aime24/test.jsonl").write_text("{}\n" * 30)
        value = Published(0.8854, 16, 0.9333)
        [spread] = published_spreads({"aime24": value}, None, tmp_path, (), 20_000)
        assert (spread.rows, spread.k, spread.w, spread.tokens) == (30, 0, value.most, 600_000)

    def test_of_rows_that_are_not_prepared_say_how_to_prepare_them(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="ns prepare_data aime24"):
            published_spreads({"aime24": Published(0.8854, 16)}, None, tmp_path, (), None)


@pytest.mark.parametrize("detect", [0.0, -1.0, 101.0, math.nan])
def test_what_is_no_difference_is_refused(detect: float) -> None:
    with pytest.raises(UsageError, match="must be a difference in points"):
        plan_seeds([AIME], {}, detect)


def test_a_published_pass_at_k_below_its_pass_at_1_is_named() -> None:
    with pytest.raises(UsageError, match="has a pass@k of 88, below its pass@1 of 93"):
        parse_published("aime24:16=93/88")


def test_a_published_value_of_what_was_not_run_is_refused() -> None:
    with pytest.raises(UsageError, match="there are no results of 'gpqa' to plan from; there are aime24"):
        plan_seeds([AIME], {"gpqa": Published(0.7, 16)}, 1.0)


@pytest.mark.slow
class TestTheCommand:
    def test_prints_a_table_and_notes(self, ns: Ns, tmp_path: Path) -> None:
        write_run(tmp_path, scores(np.random.default_rng(0), np.full(30, 0.6), 4))
        done = ns("plan", tmp_path, "--detect=2", "--published=aime24:16=60.0", "--gpus=8")
        assert done.returncode == 0, done.stderr
        assert "two runs that differ by 2 points" in done.stdout
        assert "a run that differs by 2 points from what is published" in done.stdout
        assert "nan" not in done.stdout.lower()

    def test_prints_json(self, ns: Ns, tmp_path: Path) -> None:
        write_run(tmp_path, scores(np.random.default_rng(0), np.full(30, 0.6), 4))
        done = ns("plan", tmp_path, "--format=json")
        assert json.loads(done.stdout)["planned"][0]["benchmark"] == "aime24"

    def test_without_a_folder_or_values_says_what_it_takes(self, ns: Ns) -> None:
        done = ns("plan", "--detect=1")
        assert done.returncode == 2
        assert done.stderr.startswith("error: name the --output_dir of an ns eval, or published values")
