from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import huggingface_hub
import pyarrow.parquet as pq
import pytest
import yaml

from northstar.cli.app import main
from northstar.core.errors import NorthstarError, UsageError
from northstar.exporting import parquet
from northstar.exporting.export import FORMS, export
from northstar.graders.instructions.grader import graded
from northstar.importing.inspect_log import INSPECT
from tests.comparison.written_runs import write_run
from tests.exporting.trees import tree

PEERS = os.environ.get("NORTHSTAR_TEST_PEERS")
needs_peers = pytest.mark.skipif(
    PEERS is None, reason="NORTHSTAR_TEST_PEERS names no interpreter with inspect-ai, wandb and mlflow"
)
SETTINGS = {"model": "m", "split": "test", "inference.temperature": 0.6, "inference.tokens_to_generate": 64}


def a_run(folder: Path, benchmark: str = "aime24", **fields: Any) -> Path:
    """Two rows, two seeds: right and wrong, right and right."""
    return write_run(
        folder / "out", {"a": [True, False], "b": [True, True]}, benchmark=benchmark, settings=SETTINGS, **fields
    )


def lines_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("wandb", "mlflow")])
def test_an_export_leaves_the_run_as_it_is(tmp_path: Path, form: str) -> None:
    run = a_run(tmp_path)
    before = tree(run)
    export(run, to=form, output=tmp_path / "exported")
    assert tree(run) == before


def test_parquet_has_a_line_for_each_record_with_its_seed(tmp_path: Path) -> None:
    export(a_run(tmp_path, problem="1 + 1"), to="parquet", output=tmp_path / "x")
    table = pq.read_table(tmp_path / "x" / "aime24.parquet")
    assert [(line["seed"], line["id"], line["symbolic_correct"], line["problem"]) for line in table.to_pylist()] == [
        (0, "a", True, "1 + 1"),
        (0, "b", True, "1 + 1"),
        (1, "a", False, "1 + 1"),
        (1, "b", True, "1 + 1"),
    ]


@pytest.mark.parametrize(
    ("values", "type_", "written"),
    [
        ((1, 2), "int64", [1, 2]),
        ((1, 2.5), "double", [1.0, 2.5]),
        ((True, None), "bool", [True, None]),
        (("a", 1), "string", ['"a"', "1"]),
        (([1], {"b": None}), "string", ["[1]", '{"b":null}']),
        ((1, 2**70), "string", ["1", str(2**70)]),
        ((None, None), "string", [None, None]),
    ],
)
def test_a_column_has_one_type_that_holds_all_its_values(
    tmp_path: Path, values: tuple[Any, Any], type_: str, written: list[Any]
) -> None:
    run = a_run(tmp_path)
    (run / "eval-results/aime24/output-rs1.jsonl").unlink()
    output = run / "eval-results/aime24/output-rs0.jsonl"
    records = [
        json.loads(line) | {"x": value} for line, value in zip(output.read_text().splitlines(), values, strict=True)
    ]
    output.write_text("".join(json.dumps(record) + "\n" for record in records))
    export(run, to="parquet", output=tmp_path / "x")
    column = pq.read_table(tmp_path / "x" / "aime24.parquet").column("x")
    assert (str(column.type), column.to_pylist()) == (type_, written)


def test_parquet_is_written_in_groups_so_that_memory_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "GROUP_CHARACTERS", 100)
    export(a_run(tmp_path, problem="x" * 200), to="parquet", output=tmp_path / "x")
    assert pq.ParquetFile(tmp_path / "x" / "aime24.parquet").num_row_groups == 4


def test_a_rows_own_field_named_seed_stands_beside_ours(tmp_path: Path) -> None:
    export(a_run(tmp_path, seed="mine"), to="csv", output=tmp_path / "x")
    assert {(line["seed"], line["row.seed"]) for line in lines_of(tmp_path / "x" / "aime24.csv")} == {
        ("0", "mine"),
        ("1", "mine"),
    }


def test_every_number_of_metrics_json_is_exported(tmp_path: Path) -> None:
    export(a_run(tmp_path), to="csv", output=tmp_path / "x")
    numbers = {(line["mode"], line["metric"]): line["value"] for line in lines_of(tmp_path / "x" / "metrics.csv")}
    assert numbers[("pass@1[avg-of-2]", "symbolic_correct")] == "75.0"
    assert numbers[("pass@2", "symbolic_correct")] == "100.0"
    assert ("pass@1[avg-of-2]", "symbolic_correct_statistics.ci95.1") in numbers


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_no_cell_of_a_csv_is_a_formula(tmp_path: Path, text: str) -> None:
    export(a_run(tmp_path, problem=text, **{text: "x"}), to="csv", output=tmp_path / "x")
    first = lines_of(tmp_path / "x" / "aime24.csv")[0]
    assert first["problem"].startswith("'")
    assert not [name for name in first if name.startswith(text)]


def test_a_negative_answer_stays_a_number_in_a_csv(tmp_path: Path) -> None:
    export(a_run(tmp_path, expected_answer="-8"), to="csv", output=tmp_path / "x")
    assert lines_of(tmp_path / "x" / "aime24.csv")[0]["expected_answer"] == "-8"


def test_a_text_of_lines_and_quotes_comes_back_from_a_csv(tmp_path: Path) -> None:
    text = 'a "b"; c,\nd <script>'
    export(a_run(tmp_path, problem=text), to="csv", output=tmp_path / "x")
    assert lines_of(tmp_path / "x" / "aime24.csv")[0]["problem"] == text


def test_what_is_exported_for_inspect_can_be_imported_again(tmp_path: Path) -> None:
    export(a_run(tmp_path, problem="1 + 1", reasoning="hm"), to="inspect", output=tmp_path / "x")
    found = list(INSPECT.read(tmp_path / "x" / "aime24.eval"))
    assert [(each.id, each.seed, each.text) for each in found] == [
        ("a", 0, "1 + 1"),
        ("b", 0, "1 + 1"),
        ("a", 1, "1 + 1"),
        ("b", 1, "1 + 1"),
    ]
    (answer,) = found[0].answers
    assert (answer.text, answer.reasoning, answer.generated_tokens, answer.ended) == ("…", "hm", 10, 3.0)
    assert INSPECT.about(tmp_path / "x" / "aime24.eval").model == "m"


@pytest.mark.parametrize("form", ["parquet", "csv", "inspect"])
def test_records_of_gated_sets_are_left_out_and_a_note_says_so(tmp_path: Path, form: str) -> None:
    run = a_run(tmp_path, benchmark="gpqa", problem="a secret")
    done = export(run, to=form, output=tmp_path / "x")
    assert not [file for file in done.files if "gpqa" in file.name]
    assert any("--include_gated" in note for note in done.notes)


@pytest.mark.parametrize("benchmark", ["gpqa.main", "gpqa.nonsense", "hle+python", "hle@elsewhere"])
def test_each_form_of_a_gated_sets_name_is_gated(tmp_path: Path, benchmark: str) -> None:
    run = a_run(tmp_path, benchmark=benchmark, judge_correct=True)
    assert [file.name for file in export(run, to="csv", output=tmp_path / "x").files] == ["metrics.csv"]


def test_records_of_gated_sets_are_exported_where_that_is_asked_for(tmp_path: Path) -> None:
    done = export(a_run(tmp_path, benchmark="gpqa"), to="csv", output=tmp_path / "x", include_gated=True)
    assert "gpqa.csv" in [file.name for file in done.files]


def test_hugging_faces_own_reader_reads_the_hub_results(tmp_path: Path) -> None:
    (file,) = export(a_run(tmp_path, benchmark="math-500"), to="hf", output=tmp_path / "x").files
    if not hasattr(huggingface_hub, "parse_eval_result_entries"):
        pytest.skip(f"NOT READ BACK: huggingface_hub {huggingface_hub.__version__} can't read .eval_results")
    (entry,) = huggingface_hub.parse_eval_result_entries(yaml.safe_load(file.read_text()))
    assert file.parent.name == ".eval_results"
    assert (entry.dataset_id, entry.value) == ("HuggingFaceH4/MATH-500", 75.0)
    assert entry.notes == "symbolic_correct, pass@1[avg-of-2], temperature 0.6, at most 64 tokens, Northstar"


def test_a_benchmark_of_github_has_no_hub_results(tmp_path: Path) -> None:
    run = a_run(tmp_path, benchmark="ifbench", **graded({"strict": [True], "loose": [True]}))
    with pytest.raises(NorthstarError, match="no benchmark of this run has rows of a dataset on the Hugging Face Hub"):
        export(run, to="hf", output=tmp_path / "x")


def test_hub_results_name_no_commit_where_none_is_pinned(tmp_path: Path) -> None:
    (file,) = export(a_run(tmp_path, benchmark="mmlu-redux"), to="hf", output=tmp_path / "x").files
    (entry,) = yaml.safe_load(file.read_text())
    assert entry["dataset"] == {"id": "edinburgh-dawg/mmlu-redux-2.0", "task_id": "mmlu_redux"}


@pytest.mark.parametrize("package", ["wandb", "mlflow"])
def test_a_sentence_says_how_to_install_what_is_missing(
    tmp_path: Path, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(NorthstarError, match=f"pip install {package}"):
        export(a_run(tmp_path), to=package, output=tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_no_empty_folder_is_left_where_all_records_are_left_out(tmp_path: Path) -> None:
    export(a_run(tmp_path, benchmark="gpqa"), to="inspect", output=tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_hub_results_hold_no_records_so_none_are_said_to_be_left_out(tmp_path: Path) -> None:
    run = write_run(tmp_path / "out", {"a": [True]}, benchmark="gpqa", settings={"split": "diamond"})
    done = export(run, to="hf", output=tmp_path / "x")
    assert done.files
    assert not [note for note in done.notes if "--include_gated" in note]


@pytest.mark.parametrize("place", ["out/exported", "out", "taken"])
def test_only_a_new_folder_outside_the_run_is_written(tmp_path: Path, place: str) -> None:
    run = a_run(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine").write_text("")
    with pytest.raises(UsageError, match="choose"):
        export(run, to="csv", output=tmp_path / place)


@pytest.mark.parametrize(
    ("options", "said"),
    [({"to": "parket"}, "Did you mean parquet"), ({"to": "csv", "online": True}, "--online is for --to=wandb")],
)
def test_wrong_usage_is_explained(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        export(a_run(tmp_path), output=tmp_path / "x", **options)


def test_the_command_prints_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["export", str(run), "--to=csv"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.split() == [
        str(tmp_path / "out-csv" / name) for name in ("aime24.csv", "metrics.csv")
    ]


def by_peer(code: str, *words: object) -> str:
    """Run code in the peers' interpreter, which finds Northstar and its packages too."""
    assert PEERS is not None
    path = os.pathsep.join(each for each in sys.path if each)
    done = subprocess.run(
        [PEERS, "-c", code, *map(str, words)], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_peers
@pytest.mark.slow
def test_inspects_own_reader_reads_the_log(tmp_path: Path) -> None:
    calls = [{"id": "1", "name": "f", "arguments": "not json"}]
    run = a_run(tmp_path, problem="1 + 1", reasoning="hm", error="too long", finish_reason="length", tool_calls=calls)
    (file,) = export(run, to="inspect", output=tmp_path / "x").files
    code = (
        "import sys, json; from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries as summaries\n"
        "log = read_eval_log(sys.argv[1]); sample = log.samples[1]\n"
        "metrics = log.results.scores[0].metrics\n"
        "print(json.dumps([log.status, log.eval.model, len(log.samples), len(summaries(sys.argv[1])),\n"
        "    sample.input, sample.output.stop_reason, metrics['pass@1[avg-of-2]'].value,\n"
        "    [each.scores['symbolic_correct'].value for each in log.samples]]))"
    )
    *shown, values = json.loads(by_peer(code, file))
    assert shown == ["success", "m", 4, 4, "1 + 1", "max_tokens", 0.75]
    assert sorted(values) == ["C", "C", "C", "I"]


EXPORT = (
    "import sys; from northstar.exporting.export import export\n"
    "print(export(sys.argv[1], to=sys.argv[2], output=sys.argv[3]).files[0])"
)


@needs_peers
@pytest.mark.slow
def test_wandb_gets_an_offline_run(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    before = tree(run)
    place = Path(by_peer(EXPORT, run, "wandb", tmp_path / "x").split()[-1])
    (written,) = place.glob("*.wandb")
    assert b"aime24/pass@2/symbolic_correct" in written.read_bytes()
    assert (tmp_path / "x" / "records" / "aime24.parquet").exists()
    assert tree(run) == before


@needs_peers
@pytest.mark.slow
def test_mlflow_gets_a_run_in_a_local_database(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    before = tree(run)
    database = by_peer(EXPORT, run, "mlflow", tmp_path / "x").split()[-1]
    code = (
        "import sys, json, mlflow; mlflow.set_tracking_uri(f'sqlite:///{sys.argv[1]}')\n"
        "(run,) = mlflow.search_runs(experiment_names=['northstar'], output_format='list')\n"
        "print(json.dumps([run.info.run_name, run.data.metrics['aime24/pass_at_2/symbolic_correct'],\n"
        "    run.data.params['aime24/inference.temperature']]))"
    )
    assert json.loads(by_peer(code, database)) == ["out", 100.0, "0.6"]
    assert tree(run) == before


def test_a_run_without_a_complete_seed_is_explained(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    for file in (run / "eval-results" / "aime24").iterdir():
        file.rename(file.with_name(f"{file.name}.journal"))
    with pytest.raises(NorthstarError, match="no complete results yet"):
        export(run, to="csv", output=tmp_path / "x")
