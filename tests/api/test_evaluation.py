"""The Python API: what it takes, and what it returns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import northstar
from northstar.api.running import Evaluation
from northstar.core.errors import UsageError
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters
from northstar.reports.summarize import summarize_results


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"max_samples": 1}, "'max_samples'. It is a setting: overrides={'max_samples': 1}."),
        ({"temperature": 0.5}, "'temperature'. It is a setting: overrides={'inference': {'temperature': 0.5}}."),
        ({"workers": 2}, "'workers'. It is a setting: overrides={'sandbox': {'workers': 2}}."),
        ({"modle": "m"}, "'modle'. Did you mean model?"),
    ],
)
def test_an_option_that_it_lacks_is_told_where_it_belongs(tmp_path: Path, option: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError) as error:
        northstar.evaluate("smoke", output_dir=tmp_path, **option)
    assert str(error.value) == f"evaluate has no option {said}"


def evaluation(output: Path, *seeds: int) -> Evaluation:
    """One of aime24 with two rows a seed."""
    folder = output / "eval-results/aime24"
    folder.mkdir(parents=True)
    for seed in seeds:
        lines = [{"id": row, "generation": f"{seed}/{row}", "symbolic_correct": True} for row in range(2)]
        (folder / f"output-rs{seed}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    counters = RunCounters(benchmarks={"aime24": BenchmarkCounters(total=4, generated=4)})
    return Evaluation(output, summarize_results(output), counters)


def test_its_repr_is_a_line(tmp_path: Path) -> None:
    assert repr(evaluation(tmp_path, 0, 1)) == f"Evaluation('{tmp_path}': aime24; 4 of 4 generations)"


def test_records_come_seed_by_seed(tmp_path: Path) -> None:
    records = evaluation(tmp_path, 10, 2).records("aime24")
    assert [record["generation"] for record in records] == ["2/0", "2/1", "10/0", "10/1"]


def test_records_of_a_benchmark_that_was_not_run_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no whole output of 'aime25'\. Did you mean aime24\?"):
        evaluation(tmp_path, 0).records("aime25")


def test_a_notebook_shows_its_tables(tmp_path: Path) -> None:
    html = evaluation(tmp_path, 0, 1)._repr_html_()
    assert html.startswith("<table>\n<caption>aime24</caption>\n<tr><th>evaluation_mode</th>")
    assert "<tr><td>pass@1[avg-of-2]</td><td>2</td>" in html
