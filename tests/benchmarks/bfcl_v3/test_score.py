"""The leaderboard's arithmetic, checked on the numbers of a published evaluation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from northstar.benchmarks.bfcl_v3.rows import COUNTS
from northstar.reports.summarize import summarize_results

RIGHT = {
    **{"simple": 380, "java": 66, "javascript": 37, "multiple": 190, "parallel": 184, "parallel_multiple": 178},
    **{"irrelevance": 208, "live_irrelevance": 745, "live_relevance": 14},
    **{"live_multiple": 870, "live_simple": 220, "live_parallel": 11, "live_parallel_multiple": 16},
    **{"multi_turn_base": 120, "multi_turn_miss_func": 80, "multi_turn_miss_param": 70, "multi_turn_long_context": 101},
}

TABLE = """\
----------------------- bfcl_v3 ------------------------
| Category                    | num_entries | accuracy |
|-----------------------------|-------------|----------|
| overall_accuracy            | 4441        | 72.64%   |
| overall_non_live            | 1390        | 88.20%   |
| non_live_ast                | 1150        | 88.58%   |
| irrelevance                 | 240         | 86.67%   |
| overall_live                | 2251        | 83.34%   |
| live_ast                    | 1351        | 82.68%   |
| live_irrelevance            | 882         | 84.47%   |
| live_relevance              | 18          | 77.78%   |
| overall_multi_turn          | 800         | 46.38%   |"""


def write(output: Path, benchmark: str, name: str, right: dict[str, int]) -> None:
    folder = output / "eval-results" / benchmark
    folder.mkdir(parents=True, exist_ok=True)
    generation = {"generation": "…", "num_generated_tokens": 7}
    lines = [
        {"id": f"{category}_{number}", "category": category, "correct": number < count, **generation}
        for category, count in right.items()
        for number in range(COUNTS[category])
    ]
    (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_the_categories_of_the_published_evaluation_give_its_table(tmp_path: Path) -> None:
    assert sum(COUNTS.values()) == 4441
    assert len(COUNTS) == 17
    write(tmp_path, "bfcl_v3", "output.jsonl", RIGHT)
    summary = summarize_results(tmp_path / "eval-results/bfcl_v3")
    assert summary.text() == TABLE
    held = json.loads((tmp_path / "eval-results/bfcl_v3/metrics.json").read_text())["bfcl_v3"]["pass@1"]
    assert held["overall_accuracy"] == {"num_entries": 4441, "accuracy": pytest.approx(72.638, abs=0.001)}
    assert held["java"] == {"num_entries": 100, "accuracy": 66.0}
    assert held["avg_tokens"] == 7


def test_verbose_adds_the_seventeen(tmp_path: Path) -> None:
    write(tmp_path, "bfcl_v3", "output.jsonl", RIGHT)
    text = summarize_results(tmp_path, verbose=True).text()
    assert text.startswith(TABLE + "\n\n---------------- bfcl_v3, each category ----------------\n")
    lines = text.split("\n\n")[1].splitlines()[3:]
    assert [line.split("|")[1].strip() for line in lines] == list(RIGHT)
    assert "| multi_turn_long_context     | 200         | 50.50%   |" in lines


def test_one_category_alone_is_its_own_table(tmp_path: Path) -> None:
    write(tmp_path, "bfcl_v3.java", "output.jsonl", {"java": 66})
    assert summarize_results(tmp_path, verbose=True).text().splitlines()[3:] == [
        "| java                        | 100         | 66.00%   |"
    ]


def test_seeds_are_averaged_and_pass_at_k_is_a_column(tmp_path: Path) -> None:
    write(tmp_path, "bfcl_v3.java", "output-rs0.jsonl", {"java": 60})
    write(tmp_path, "bfcl_v3.java", "output-rs1.jsonl", {"java": 70})
    lines = summarize_results(tmp_path).text().splitlines()
    assert lines[1] == "| Category                    | num_entries | accuracy | pass@2 |"
    assert lines[3] == "| java                        | 100         | 65.00%   | 70.00% |"
