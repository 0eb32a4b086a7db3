"""A benchmark is one file: its splits, parts and settings come from there to commands and Python."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import northstar
from northstar.api.evaluation import make_plan
from northstar.benchmarks.choosing import choose
from northstar.benchmarks.registry import find_benchmark
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.server import ServerOptions
from northstar.core.errors import UsageError
from tests.conftest import Ns

CONTRIBUTING = Path(__file__).parents[1] / "CONTRIBUTING.md"

CAPITALS = """
from pathlib import Path
from northstar.core.errors import UsageError
from northstar.data.source import HubFile, HubFiles, PackagedFile, SourceOption
from northstar.graders.short_answer import ShortAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Parts, Splits

HERE = PackagedFile(Path(__file__).with_name("rows.jsonl"))


def of_year(name):
    if not name.startswith("year-"):
        raise UsageError(f"--split: capitals has no split '{name}'; write year-1990.")
    return HERE


def check_atlas(path):
    if path.suffix != ".map":
        raise UsageError(f"++capitals.atlas={path} is not a map.")


TOLD = HubFiles(
    (HubFile("me/capitals", "told.jsonl", revision="main", to_row=lambda line, place: line),),
    options={"atlas": SourceOption("An atlas.", check_atlas)},
)

BENCHMARK = Benchmark(
    name="capitals",
    about="3 capitals",
    splits=Splits({"all": HERE, "few": HERE, "told": TOLD}, default="all", prepared=("all", "few"), by_rule=of_year),
    parts=Parts(field="continent", names=("asia", "europe")),
    needs=("problem", "expected_answer", "continent"),
    inference={"tokens_to_generate": 5},
    prompt="hle",
    solver=SingleTurn(),
    grader=ShortAnswer(),
    metrics=AnswerMetrics("symbolic_correct"),
)
"""
ROWS = """\
{"id": 1, "problem": "Of France?", "expected_answer": "Paris", "continent": "europe"}
{"id": 2, "problem": "Of Japan?", "expected_answer": "Tokyo", "continent": "asia"}
"""


@pytest.fixture
def capitals(tmp_path: Path) -> Path:
    """The file of a benchmark with everything that one may have, and its rows."""
    (tmp_path / "rows.jsonl").write_text(ROWS)
    (tmp_path / "capitals.py").write_text(CAPITALS)
    return tmp_path / "capitals.py"


def test_the_file_that_contributing_shows_is_a_benchmark(tmp_path: Path) -> None:
    shown = re.search(r"```python\n(.*?BENCHMARK = Benchmark\(.*?)```", CONTRIBUTING.read_text(), re.DOTALL)
    assert shown is not None
    (tmp_path / "my_bench.py").write_text(shown[1])
    benchmark = find_benchmark("my-bench", [tmp_path / "my_bench.py"])
    assert (benchmark.name, list(benchmark.splits.named), benchmark.splits.default) == ("my-bench", ["test"], "test")


def test_it_is_listed_with_its_splits_and_settings(ns: Ns, capitals: Path) -> None:
    listed = ns("prepare_data", "--list", f"--extra_benchmarks={capitals}").stdout
    assert re.search(
        r"  capitals +3 capitals; licence: not stated; unpinned; splits: all \(default\), few, told\n", listed
    )
    assert "++capitals.atlas=PATH  An atlas.\n" in listed


def test_its_splits_are_prepared_by_default_or_by_name(capitals: Path, tmp_path: Path) -> None:
    def prepared(name: str) -> list[str]:
        done = northstar.prepare_data([name], data_dir=tmp_path / "data", extra_benchmarks=[capitals])
        return [str(each.path.relative_to(tmp_path / "data")) for each in done]

    assert prepared("capitals") == ["capitals/all.jsonl", "capitals/few.jsonl"]
    assert prepared("capitals.few") == ["capitals/few.jsonl"]
    assert prepared("capitals.year-1990") == ["capitals/year-1990.jsonl"]


def test_its_setting_is_checked_by_the_file(capitals: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        northstar.prepare_data(
            ["capitals.told"],
            data_dir=tmp_path,
            extra_benchmarks=[capitals],
            options={"capitals": {"atlas": capitals}},
        )
    assert str(error.value) == f"++capitals.atlas={capitals} is not a map."


@pytest.mark.parametrize(
    ("name", "split", "part"),
    [
        ("capitals", "all", None),
        ("capitals.few", "few", None),
        ("capitals.asia", "all", "asia"),
        ("capitals.few.asia", "few", "asia"),
        ("capitals.year-1990", "year-1990", None),
    ],
)
def test_its_splits_and_parts_are_benchmarks_of_their_own(
    capitals: Path, name: str, split: str, part: str | None
) -> None:
    [found] = choose([name], None, [capitals])
    assert (found.name, found.whole_name, found.splits.default, found.part) == (name, "capitals", split, part)


def test_it_is_evaluated_by_its_defaults(capitals: Path, tmp_path: Path) -> None:
    server = ServerOptions(model="m", address="http://127.0.0.1:9/v1")
    plan = make_plan(
        EvalOptions(benchmarks="capitals:4", output_dir=tmp_path, server=server, extra_benchmarks=[capitals])
    )
    assert plan.generate is not None
    [part] = plan.generate.benchmarks
    assert (part.split, part.seeds, part.settings.inference.tokens_to_generate) == ("all", (0, 1, 2, 3), 5)


def test_splits_that_are_a_plain_dict_are_told_how_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "capitals.py").write_text(CAPITALS.replace("splits=Splits(", "splits=dict("))
    with pytest.raises(UsageError, match=r"capitals\.py fails: TypeError: splits must be Splits\(\{'test': …\}\)$"):
        find_benchmark("capitals", [tmp_path / "capitals.py"])
