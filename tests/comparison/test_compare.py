from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_rel

from northstar.cli.app import main
from northstar.comparison.compare import compare
from northstar.core.errors import NorthstarError, UsageError
from tests.comparison.written_runs import write_regrading, write_run


def printed_by(words: list[str]) -> None:
    """Run a command that ends well."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0


def test_rows_are_paired_by_id_and_not_by_place(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", {"a": [True], "b": [False], "c": [True]})
    new = write_run(tmp_path / "new", {"c": [True], "a": [True], "b": [False]})
    (found,) = compare([base, new]).each
    assert found.metrics[0].paired.difference == 0.0
    assert found.flips == {}


def test_difference_and_interval_are_those_of_a_paired_t_test(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    ids = [f"row{number}" for number in range(40)]
    runs = [random.random((40, seeds)) < rate for seeds, rate in ((4, 0.5), (2, 0.7))]
    written = [
        write_run(tmp_path / name, dict(zip(ids, run.tolist(), strict=True)))
        for name, run in zip(("base", "new"), runs, strict=True)
    ]
    (found,) = compare(written).each
    tested = ttest_rel(runs[1].mean(axis=1), runs[0].mean(axis=1))
    paired = found.metrics[0].paired
    assert paired.difference == pytest.approx(runs[1].mean() - runs[0].mean())
    assert paired.interval == pytest.approx(tuple(tested.confidence_interval(0.95)))
    assert paired.p == pytest.approx(tested.pvalue, abs=0.03)


def test_rows_of_one_run_alone_are_named_and_not_compared(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", {"a": [True], "b": [False], "old": [True]})
    new = write_run(tmp_path / "new", {"a": [False], "b": [False], "new1": [True], "new2": [True]})
    (found,) = compare([base, new]).each
    assert (found.rows, found.only) == (2, (("old",), ("new1", "new2")))
    assert found.metrics[0].first == 0.5


def test_flips_are_named_the_largest_first(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", {"a": [True, True], "b": [False, False], "c": [True, False]})
    new = write_run(tmp_path / "new", {"a": [True, False], "b": [True, True], "c": [True, False]})
    (found,) = compare([base, new]).each
    assert list(found.flips.items()) == [("b", 1.0), ("a", -0.5)]


def test_each_other_run_is_compared_with_the_first(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / name, {"a": [True], "b": [False]}) for name in ("x", "y", "z")]
    assert [found.runs for found in compare(runs).each] == [("x", "y"), ("x", "z")]


def test_folders_of_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / name / "out", {"a": [True], "b": [False]}) for name in ("x", "y")]
    (found,) = compare(runs).each
    assert found.runs == (str(runs[0]), str(runs[1]))


def test_what_was_asked_otherwise_is_a_warning_and_another_model_is_none(tmp_path: Path) -> None:
    base = write_run(
        tmp_path / "base", {"a": [True]}, settings={"model": "m1", "prompt_sha256": "1", "inference.temperature": 0.6}
    )
    new = write_run(
        tmp_path / "new", {"a": [True]}, settings={"model": "m2", "prompt_sha256": "2", "inference.temperature": 1.0}
    )
    (found,) = compare([base, new]).each
    assert found.settings.method == (
        "prompt: the text differs",
        "inference.temperature: 0.6 in base, 1.0 in new",
    )
    assert found.settings.subject == ('model: "m1" in base, "m2" in new',)


def test_of_an_imported_run_only_its_data_and_grading_are_compared(tmp_path: Path) -> None:
    ours = {"model": "m", "prompt_sha256": "1", "inference.temperature": 0.6, "grader.name": "math_answer"}
    imported = {"imported": "NeMo-Skills", "imported.output-rs0": "a" * 64, "grader.name": "exact"}
    base = write_run(tmp_path / "base", {"a": [True]}, settings=ours)
    new = write_run(tmp_path / "new", {"a": [True]}, settings=imported)
    assert compare([base, new]).each[0].settings.method == (
        "new was imported from NeMo-Skills: how it was asked is unknown",
        'grader.name: "math_answer" in base, "exact" in new',
    )


def test_a_run_without_its_run_json_is_said_to_be_unknown(tmp_path: Path) -> None:
    base, new = (write_run(tmp_path / name, {"a": [True]}) for name in ("base", "new"))
    assert "base has no run.json" in compare([base, new]).each[0].settings.method[0]


def test_what_nobody_knows_of_a_run_is_not_said_to_differ(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", {"a": [True]}, settings={"data_sha256": "1", "model": "m", "prompt": "p"})
    found = compare([base, write_run(tmp_path / "new", {"a": [True]})]).each[0].settings
    assert (found.method, found.subject) == (("new has no run.json: nobody knows what it was asked with",), ())


def test_one_row_has_a_difference_and_no_interval(tmp_path: Path) -> None:
    base, new = (write_run(tmp_path / name, {"a": [name == "new"]}) for name in ("base", "new"))
    paired = compare([base, new]).each[0].metrics[0].paired
    assert (paired.difference, paired.interval, paired.p) == (1.0, None, 1.0)


def test_runs_of_different_benchmarks_cannot_be_compared(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", {"a": [True]})
    new = write_run(tmp_path / "new", {"a": [True]}, benchmark="aime25")
    with pytest.raises(NorthstarError, match="base and new have no benchmark in common: aime24 in the first"):
        compare([base, new])


def test_a_benchmark_of_one_run_alone_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base, new = (write_run(tmp_path / name, {"a": [True]}) for name in ("base", "new"))
    write_run(tmp_path / "more", {"a": [True]}, benchmark="aime25")
    (tmp_path / "more/eval-results/aime25").rename(base / "eval-results/aime25")
    assert compare([base, new]).lacking == (("new", "aime25"),)
    printed_by(["compare", str(base), str(new)])
    assert "warning: new has no aime25, which is not compared" in capsys.readouterr().out


def test_runs_without_a_row_in_common_cannot_be_compared(tmp_path: Path) -> None:
    base, new = (write_run(tmp_path / name, {name: [True]}) for name in ("base", "new"))
    with pytest.raises(NorthstarError, match="base and new have no row of aime24 in common"):
        compare([base, new])


def test_a_row_without_an_id_is_named(tmp_path: Path) -> None:
    base, new = (write_run(tmp_path / name, {"a": [True]}, id=None) for name in ("base", "new"))
    with pytest.raises(NorthstarError, match=r"output-rs0.jsonl, line 1: the row has no id"):
        compare([base, new])


def test_a_run_is_not_compared_with_itself(tmp_path: Path) -> None:
    run = write_run(tmp_path / "out", {"a": [True]})
    with pytest.raises(UsageError, match="named twice"):
        compare([run, f"{run}/../out"])


def test_one_run_is_nothing_to_compare(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two runs or more"):
        compare([write_run(tmp_path / "base", {"a": [True]})])


@pytest.mark.parametrize("form", ["text", "markdown", "csv", "json"])
def test_no_form_prints_a_number_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    runs = [str(write_run(tmp_path / name, {"a": [True]})) for name in ("base", "new")]
    printed_by(["compare", *runs, f"--format={form}"])
    printed = capsys.readouterr().out
    assert "nan" not in printed.lower()
    assert "None" not in printed


@pytest.mark.parametrize(
    ("form", "said"),
    [("text", "1 better (<b>| [x](y) @you), 0 worse"), ("markdown", r"(&lt;b>| \[x\](y) @&#8203;you), 0 worse")],
)
def test_a_rows_id_is_one_line_of_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, said: str
) -> None:
    runs = [write_run(tmp_path / name, {"<b>|\n[x](y) @you": [name == "new"]}) for name in ("base", "new")]
    with pytest.raises(SystemExit):
        main(["compare", *map(str, runs), f"--format={form}"])
    assert said in capsys.readouterr().out


def test_json_holds_every_flip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ids = [f"row{number}" for number in range(20)]
    base = write_run(tmp_path / "base", {name: [False] for name in ids})
    new = write_run(tmp_path / "new", {name: [True] for name in ids})
    printed_by(["compare", str(base), str(new), "--format=json"])
    (found,) = json.loads(capsys.readouterr().out)["comparisons"]
    assert found["flips"] == dict.fromkeys(ids, 100.0)


def test_negative_numbers_stay_numbers_in_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = write_run(tmp_path / "base", {"a": [True], "b": [True]})
    new = write_run(tmp_path / "new", {"a": [False], "b": [True]})
    printed_by(["compare", str(base), str(new), "--format=csv"])
    assert ",-50.0000," in capsys.readouterr().out


def test_a_regrading_is_compared_with_the_grades_of_the_run(tmp_path: Path) -> None:
    run = write_run(
        tmp_path / "out", {"a": [True, True], "b": [False, True]}, settings={"grader.version": 1, "split": "x"}
    )
    write_regrading(run, "strict", {"a": [True, False], "b": [False, True]})
    stored = json.loads((run / "run.json").read_text())
    stored["results"]["aime24.seeds regraded as strict"] = {"grader.version": 2}
    (run / "run.json").write_text(json.dumps(stored))
    (found,) = compare([run, f"{run}@strict"]).each
    assert found.runs == ("out", "out@strict")
    assert found.flips == {"a": -0.5}
    assert found.settings.method == ("grader.version: 1 in out, 2 in out@strict",)
    assert found.settings.subject == ()


def test_a_regrading_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    run = write_run(tmp_path / "out", {"a": [True]})
    with pytest.raises(UsageError, match=r"out has no regrading 'strict'\. ns regrade makes one\."):
        compare([run, f"{run}@strict"])
    write_regrading(run, "strict", {"a": [True]})
    with pytest.raises(UsageError, match=r"no regrading 'strikt'\. Did you mean strict\? It has strict\."):
        compare([run, f"{run}@strikt"])


def test_a_benchmark_without_that_regrading_is_one_that_the_run_lacks(tmp_path: Path) -> None:
    run = write_run(tmp_path / "out", {"a": [True]})
    write_run(tmp_path / "out", {"a": [True]}, benchmark="aime25")
    write_regrading(run, "strict", {"a": [True]})
    found = compare([run, f"{run}@strict"])
    assert [each.benchmark for each in found.each] == ["aime24"]
    assert found.lacking == (("out@strict", "aime25"),)


def test_a_folder_whose_name_has_an_at_sign_is_a_run(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / name, {"a": [True], "b": [False]}) for name in ("out", "out@strict")]
    (found,) = compare(runs).each
    assert found.flips == {}
