"""Generations of other tools become a run that is graded, summarised and marked as imported."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

import northstar
from northstar.core.errors import NorthstarError, UsageError
from tests.importing.written import CHOICE, RECORDED, ROWS, answered, inspect_log, sample, sums, with_zstandard, written


def correct(evaluation: Any, benchmark: str = "sums") -> list[bool]:
    return [record["symbolic_correct"] for record in evaluation.records(benchmark)]


def boxed(row: dict[str, Any]) -> str:
    return rf"\boxed{{{row['expected_answer']}}}"


def imported(path: Path, folder: Path, **options: Any) -> Any:
    """Import into a folder with the benchmark `sums`."""
    return northstar.import_generations(path, **{**sums(folder), **options})


@pytest.mark.parametrize(
    ("file", "tool", "mode"),
    [
        ("lm_eval/samples_smoke_sums_1.jsonl", "lm-evaluation-harness", "pass@1"),
        ("lm_eval/samples_smoke_sums_3.jsonl", "lm-evaluation-harness", "pass@1[avg-of-3]"),
        ("inspect/by_id.eval", "Inspect", "pass@1[avg-of-2]"),
        ("inspect/by_text.json", "Inspect", "pass@1[avg-of-2]"),
    ],
)
def test_files_that_other_tools_really_wrote(file: str, tool: str, mode: str, tmp_path: Path) -> None:
    asked = [json.loads(line) for line in (RECORDED / "asked_rows.jsonl").read_text().splitlines()]
    evaluation = northstar.import_generations(RECORDED / file, partial=True, **sums(tmp_path, asked))
    numbers = evaluation.metrics["sums"]
    assert numbers["imported"] == tool
    assert numbers[mode]["num_entries"] == 4
    assert {record["id"] for record in evaluation.records("sums")} == {f"smoke-0{row}" for row in range(1, 5)}
    assert all(record["generation"].startswith("so so \\boxed{") for record in evaluation.records("sums"))


def test_nemo_skills_outputs_become_the_seeds_of_their_names(tmp_path: Path) -> None:
    written(tmp_path / "nemo" / "output-rs0.jsonl", answered())
    written(tmp_path / "nemo" / "output-rs2.jsonl", answered(answer="2"))
    written(tmp_path / "nemo" / "output.jsonl", answered(answer="0"))
    imported(tmp_path / "nemo", tmp_path)
    results = tmp_path / "out" / "eval-results" / "sums"
    assert sorted(file.name for file in results.glob("*.jsonl")) == [
        "output-rs0.jsonl",
        "output-rs2.jsonl",
        "output.jsonl",
    ]


def test_a_table_a_record_and_run_json_say_that_it_was_imported(tmp_path: Path) -> None:
    evaluation = imported(written(tmp_path / "output-rs0.jsonl", answered()), tmp_path)
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert "sums (imported from NeMo-Skills)" in evaluation.summary.text()
    assert {record["imported"] for record in evaluation.records("sums")} == {"NeMo-Skills"}
    assert run["results"]["sums.seeds"]["imported"] == "NeMo-Skills"
    (file,) = run["runs"][0]["imported"]["files"]
    assert len(file["sha256"]) == 64


def test_shuffled_rows_are_matched_by_id_or_text_and_never_by_position(tmp_path: Path) -> None:
    lines = [{**line, "id": None} if line["id"] == "sum-2" else line for line in answered()]
    random.Random(1).shuffle(lines)
    evaluation = imported(written(tmp_path / "output-rs0.jsonl", lines), tmp_path)
    assert [record["id"] for record in evaluation.records("sums")] == ["sum-1", "sum-2", "sum-3"]
    assert correct(evaluation) == [True, True, True]


def test_a_text_that_differs_in_white_space_is_the_same(tmp_path: Path) -> None:
    lines = [{"problem": f" {row['problem'].replace(' ', '  ')}\n", "generation": "1"} for row in ROWS]
    assert correct(imported(written(tmp_path / "x.jsonl", lines), tmp_path)) == [False, False, False]


def test_ids_that_another_tool_numbered_itself_do_not_count(tmp_path: Path) -> None:
    rows = [{**row, "id": str(number)} for number, row in enumerate(ROWS)]
    lines = [{**line, "id": str(number + 1)} for number, line in enumerate(answered(rows))]
    options = sums(tmp_path, rows)
    evaluation = northstar.import_generations(written(tmp_path / "x.jsonl", lines), **options)
    assert correct(evaluation) == [True, True, True]


def test_a_missing_row_is_named_and_nothing_is_imported(tmp_path: Path) -> None:
    written(tmp_path / "nemo" / "output-rs0.jsonl", answered())
    written(tmp_path / "nemo" / "output-rs1.jsonl", reversed(answered(ROWS[1:])))
    with pytest.raises(NorthstarError, match=r"seed 1: 1 row missing: sum-1\nNothing was imported") as error:
        imported(tmp_path / "nemo", tmp_path)
    assert error.value.exit_code == 1
    assert not (tmp_path / "out").exists()


def test_partial_takes_the_rows_that_every_seed_has(tmp_path: Path) -> None:
    written(tmp_path / "nemo" / "output-rs0.jsonl", answered())
    written(tmp_path / "nemo" / "output-rs1.jsonl", reversed(answered(ROWS[1:])))
    evaluation = imported(tmp_path / "nemo", tmp_path, partial=True)
    assert evaluation.metrics["sums"]["pass@1[avg-of-2]"]["num_entries"] == 2
    assert [record["id"] for record in evaluation.records("sums")] == ["sum-2", "sum-3"] * 2
    assert any("left out 1 row" in note for note in evaluation.notes)


def test_a_doubled_row_is_named(tmp_path: Path) -> None:
    lines = [*answered(), *answered(ROWS[:1], answer="3")]
    with pytest.raises(NorthstarError, match="seed 0: 1 row more than once: sum-1"):
        imported(written(tmp_path / "output-rs0.jsonl", lines), tmp_path)


def test_another_revision_of_the_data_is_named(tmp_path: Path) -> None:
    lines = [{**line, "problem": "What is 9 + 9?"} if line["id"] == "sum-3" else line for line in answered()]
    with pytest.raises(NorthstarError, match=r"1 record of a row whose text is another here.*line 3 \(id sum-3\)"):
        imported(written(tmp_path / "output-rs0.jsonl", lines), tmp_path)


def test_rows_of_another_benchmark_are_named(tmp_path: Path) -> None:
    lines = [*answered(), {"problem": "Who wrote Faust?", "generation": "Goethe"}]
    with pytest.raises(NorthstarError, match=r"1 record of no row of this benchmark: line 4 \('Who wrote Faust\?'\)"):
        imported(written(tmp_path / "output-rs0.jsonl", lines), tmp_path)


def test_letters_of_options_in_another_order_are_not_graded(tmp_path: Path) -> None:
    row = {"id": "q", "problem": "Which?", "options": {"A": "this", "B": "that"}, "expected_answer": "A"}
    line = {"id": "q", "problem": "Which?", "expected_answer": "B", "generation": "Answer: B"}
    with pytest.raises(NorthstarError, match="whose right letter is another here"):
        northstar.import_generations(written(tmp_path / "x.jsonl", [line]), **sums(tmp_path, [row], CHOICE))


def test_a_reference_that_is_written_differently_is_a_note(tmp_path: Path) -> None:
    lines = [{**line, "expected_answer": "two"} if line["id"] == "sum-1" else line for line in answered()]
    evaluation = imported(written(tmp_path / "output-rs0.jsonl", lines), tmp_path)
    notices = "\n".join(evaluation.counters.notices)
    assert "the reference answer of 1 row is written differently here (sum-1)" in notices


def test_repeats_of_lm_eval_and_epochs_of_inspect_are_seeds_from_0(tmp_path: Path) -> None:
    lines = [{"doc_id": 0, "doc": row, "target": row["expected_answer"], "resps": [["2", "4"]]} for row in ROWS]
    written(tmp_path / "a" / "samples_sums_2026-11-27T10-00-00.000.jsonl", lines)
    log = {f"samples/{row['id']}_epoch_{epoch}.json": sample(row, epoch) for row in ROWS for epoch in (1, 2)}
    (tmp_path / "b").mkdir()
    inspect_log(tmp_path / "b" / "x.eval", log)
    for name in ("a", "b"):
        imported(tmp_path / name, tmp_path, output_dir=tmp_path / f"out-{name}")
        files = (tmp_path / f"out-{name}" / "eval-results" / "sums").glob("*.jsonl")
        assert sorted(file.name for file in files) == ["output-rs0.jsonl", "output-rs1.jsonl"]


def test_each_filter_of_lm_eval_is_the_same_generation(tmp_path: Path) -> None:
    lines = [
        {"doc_id": number, "doc": row, "target": "", "resps": [[boxed(row)]], "filter": name}
        for name in ("strict-match", "flexible-extract")
        for number, row in enumerate(ROWS)
    ]
    assert correct(imported(written(tmp_path / "samples_sums.jsonl", lines), tmp_path)) == [True, True, True]


def test_log_likelihoods_are_no_generations(tmp_path: Path) -> None:
    line = {"doc_id": 0, "doc": ROWS[0], "target": 0, "resps": [[["-1.5", "False"]], [["-2.5", "True"]]]}
    with pytest.raises(NorthstarError, match=r"line 1: its resps are log-likelihoods"):
        imported(written(tmp_path / "samples_sums.jsonl", [line]), tmp_path)


def test_a_sample_that_failed_in_inspect_is_missing(tmp_path: Path) -> None:
    log = {f"samples/{row['id']}_epoch_1.json": sample(row) for row in ROWS}
    log["samples/sum-2_epoch_1.json"] = sample(ROWS[1], output=None, error={"message": "timeout"})
    with pytest.raises(NorthstarError, match="1 record without a generation: samples/sum-2_epoch_1"):
        imported(inspect_log(tmp_path / "x.eval", log), tmp_path)


def test_reasoning_is_told_apart_as_in_a_run(tmp_path: Path) -> None:
    content = [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": r"\boxed{2}"}]
    choices = [{"message": {"role": "assistant", "content": content}, "stop_reason": "stop"}]
    log = {f"samples/{row['id']}_epoch_1.json": sample(row) for row in ROWS}
    log["samples/sum-1_epoch_1.json"] = sample(ROWS[0], output={"choices": choices})
    log["samples/sum-2_epoch_1.json"] = sample(ROWS[1], input=[{"role": "user", "content": ROWS[1]["problem"]}])
    first, *_ = imported(inspect_log(tmp_path / "x.eval", log), tmp_path).records("sums")
    assert (first["reasoning"], first["generation"]) == ("hm", r"\boxed{2}")


def test_nemo_skills_full_generation_is_parted_here(tmp_path: Path) -> None:
    lines = [{**line, "_full_generation": f"<think>hm</think>{line['generation']}"} for line in answered()]
    first, *_ = imported(written(tmp_path / "output.jsonl", lines), tmp_path).records("sums")
    assert (first["reasoning"], first["generation"]) == ("<think>hm", r"\boxed{2}")


def test_a_log_packed_with_zstandard(tmp_path: Path) -> None:
    log = inspect_log(tmp_path / "x.eval", {f"samples/{row['id']}_epoch_1.json": sample(row) for row in ROWS})
    assert correct(imported(with_zstandard(log), tmp_path)) == [True, True, True]


def test_scores_that_are_nan_in_a_log_do_no_harm(tmp_path: Path) -> None:
    log = {f"samples/{row['id']}_epoch_1.json": json.dumps({**sample(row), "score": float("nan")}) for row in ROWS}
    assert correct(imported(inspect_log(tmp_path / "x.eval", log), tmp_path)) == [True, True, True]


def test_files_of_two_tasks_are_not_mixed(tmp_path: Path) -> None:
    line = {"doc_id": 0, "doc": ROWS[0], "resps": [["2"]]}
    for task in ("sums", "gsm8k"):
        written(tmp_path / "logs" / f"samples_{task}_2026-11-27T10-00-00.000.jsonl", [line])
    with pytest.raises(NorthstarError, match=r"files of 2 tasks \(gsm8k, sums\); name those of one of them"):
        imported(tmp_path / "logs", tmp_path)


def test_a_folder_without_anything_to_import(tmp_path: Path) -> None:
    written(tmp_path / "logs" / "metrics.json", [{"accuracy": 1}])
    with pytest.raises(NorthstarError, match="holds nothing to import"):
        imported(tmp_path / "logs", tmp_path)


def test_the_same_files_again_are_done_and_other_files_are_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "output-rs0.jsonl", answered())
    before = imported(file, tmp_path).metrics
    assert imported(file, tmp_path).metrics == before
    written(file, answered(answer="0"))
    with pytest.raises(NorthstarError, match=r"were made differently:\n  imported.output-rs0: "):
        imported(file, tmp_path)


def test_more_seeds_are_added_to_those_that_are_there(tmp_path: Path) -> None:
    written(tmp_path / "nemo" / "output-rs0.jsonl", answered())
    imported(tmp_path / "nemo", tmp_path)
    written(tmp_path / "nemo" / "output-rs1.jsonl", answered(answer="2"))
    both = imported(tmp_path / "nemo", tmp_path)
    assert correct(both) == [True, True, True, True, False, False]
    alone = imported(written(tmp_path / "more" / "output-rs2.jsonl", answered()), tmp_path)
    assert alone.metrics["sums"]["pass@1[avg-of-3]"]["num_entries"] == 3


def test_settings_of_asking_are_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "output-rs0.jsonl", answered())
    with pytest.raises(UsageError, match=r"\+\+max_samples says how a model is asked or which rows"):
        imported(file, tmp_path, overrides=["++max_samples=2"])


def test_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("asyncio.BaseEventLoop.sock_connect", refuse)
    assert correct(imported(written(tmp_path / "output.jsonl", answered()), tmp_path)) == [True, True, True]


def test_conversations_are_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "output-rs0.jsonl", answered())
    with pytest.raises(UsageError, match="scicode asks several questions a row"):
        northstar.import_generations(file, benchmarks="scicode", output_dir=tmp_path / "out", progress=False)
