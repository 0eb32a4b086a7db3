"""From a folder of outputs to numbers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from northstar.cli.app import main
from northstar.core.errors import NorthstarError, UsageError
from northstar.reports.summarize import summarize_results


def write(output: Path, benchmark: str, name: str, verdicts: list[bool | None]) -> Path:
    """An output file: right, wrong, or no answer (None) a row."""
    folder = output / "eval-results" / benchmark
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        {
            "id": row,
            "generation": "…",
            "predicted_answer": None if verdict is None else str(int(verdict)),
            "symbolic_correct": bool(verdict),
            "num_generated_tokens": 10,
            "generation_start_time": 1.0,
            "generation_end_time": 5.5,
        }
        for row, verdict in enumerate(verdicts)
    ]
    path = folder / name
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def output(tmp_path: Path) -> Path:
    write(tmp_path, "aime24", "output-rs0.jsonl", [True, False])
    write(tmp_path, "aime24", "output-rs1.jsonl", [True, None])
    write(tmp_path, "aime25", "output.jsonl", [True, True, False, False])
    return tmp_path


@pytest.mark.parametrize("inside", [".", "eval-results", "eval-results/"])
def test_takes_the_output_folder_or_its_results(output: Path, inside: str) -> None:
    summary = summarize_results(f"{output}/{inside}")
    assert summary.metrics["aime24"]["pass@1[avg-of-2]"]["symbolic_correct"] == 50.0
    assert summary.metrics["aime25"]["pass@1"]["symbolic_correct"] == 50.0


@pytest.mark.parametrize("inside", ["eval-results/aime24", "eval-results/aime24/"])
def test_takes_one_benchmarks_folder_and_keeps_the_others_numbers(output: Path, inside: str) -> None:
    summarize_results(output)
    assert list(summarize_results(f"{output}/{inside}").metrics) == ["aime24"]
    assert set(json.loads((output / "eval-results/metrics.json").read_text())) == {"aime24", "aime25"}
    assert set(json.loads((output / "eval-results/aime24/metrics.json").read_text())) == {"aime24"}


@pytest.mark.parametrize("parts", ["steps", "turns"])
def test_the_pause_between_two_runs_is_no_generation_time(output: Path, parts: str) -> None:
    path = output / "eval-results/aime25/output.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[1] |= {"generation_start_time": 5000.0, "generation_end_time": 5002.0}  # by the second run
    spans = [(2.0, 3.0), (5001.0, 5007.0)]  # of a conversation that the second run went on with
    rows[2] |= {"generation_start_time": 2.0, "generation_end_time": 5007.0}
    rows[2][parts] = [{"generation_start_time": start, "generation_end_time": end} for start, end in spans]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert summarize_results(output).metrics["aime25"]["pass@1"]["gen_seconds"] == 4 + 7  # of 1–5.5 and 5000–5007


@pytest.mark.parametrize(
    "held", ['{"name": "of a web page"}', "[", '{"run_json": 1, "results": {"aime25.greedy": {"rows": 9}}}']
)
def test_a_run_json_two_levels_above_a_folder_that_lies_by_itself_is_not_its_own(tmp_path: Path, held: str) -> None:
    (tmp_path / "run.json").write_text(held)
    copied = tmp_path / "copies/aime25"
    copied.mkdir(parents=True)
    write(tmp_path / "there", "aime25", "output.jsonl", [True, False]).rename(copied / "output.jsonl")
    summary = summarize_results(copied)
    assert summary.metrics["aime25"]["pass@1"]["num_entries"] == 2
    assert summary.notes == ()
    assert not (copied.parent / "metrics.json").exists()


def test_the_folder_of_a_run_is_known_by_a_way_over_its_benchmark(output: Path) -> None:
    summarize_results(output / "eval-results/aime24/..")
    assert set(json.loads((output / "eval-results/metrics.json").read_text())) == {"aime24", "aime25"}


def test_greedy_and_seeds_stand_beside_each_other(output: Path) -> None:
    write(output, "aime24", "output.jsonl", [False, False])
    lines = summarize_results(output, benchmarks=["aime24"]).text().splitlines()
    assert [line.split(" ")[0] for line in lines[2:]] == ["pass@1", "pass@1[avg-of-2]", "majority@2", "pass@2"]


def test_a_seed_that_still_runs_is_not_counted_but_named(output: Path) -> None:
    (output / "eval-results/aime24/output-rs2.jsonl.journal").write_text("")
    summary = summarize_results(output)
    assert "majority@2" in summary.metrics["aime24"]
    assert summary.notes == (
        "aime24: seed 2 is not complete and not counted; the same ns eval command goes on with it.",
    )


def test_several_seeds_that_still_run_are_one_note(output: Path) -> None:
    for seed in (2, 3):
        (output / f"eval-results/aime24/output-rs{seed}.jsonl.journal").write_text("")
    assert summarize_results(output).notes == (
        "aime24: seeds 2, 3 are not complete and not counted; the same ns eval goes on with them.",
    )


def test_a_chunk_alone_is_finished_by_the_other_chunks(output: Path) -> None:
    (output / "eval-results/aime24/output-rs2_chunk_0-of-3.jsonl").write_text("")
    assert summarize_results(output).notes == (
        "aime24: seed 2 is not complete and not counted; ns eval with all its --chunk_ids finishes it.",
    )


@pytest.mark.parametrize(
    ("field", "value", "note"),
    [
        ("finish_reason", "length", "aime25: 1 of 4 generations (25.0 %) were cut off at their limit of tokens"),
        ("error", "HTTP 400: no", "aime25: 1 of 4 generations (25.0 %) have an error instead of an answer"),
        ("ungraded", ["NLTK's tagger"], "aime25: 1 of 4 answers have an instruction that could not be verified"),
        ("grading_error", "timed out after 10 s", "aime25: 1 of 4 gradings gave no verdict, and count as wrong (timed"),
    ],
)
def test_what_a_reader_of_the_numbers_should_know_is_a_note(output: Path, field: str, value: object, note: str) -> None:
    path = output / "eval-results/aime25/output.jsonl"
    first, *others = path.read_text().splitlines(keepends=True)
    path.write_text(json.dumps(json.loads(first) | {field: value}) + "\n" + "".join(others))
    (message,) = summarize_results(output).notes
    assert message.startswith(note)


@pytest.mark.parametrize(("found", "noted"), [("not known: nobody shows the prompt", 1), ("the prompt opens none", 0)])
def test_an_unopened_reasoning_is_noted_where_nobody_saw_the_prompt(output: Path, found: str, noted: int) -> None:
    path = output / "eval-results/aime25/output.jsonl"
    first, *others = path.read_text().splitlines(keepends=True)
    ended = json.loads(first) | {"reasoning": "hm", "end_unopened": True}
    path.write_text(json.dumps(ended) + "\n" + "".join(others))
    runs = [{"server": {"reasoning": {"aime25": {"user": found}}}}]
    (output / "run.json").write_text(json.dumps({"run_json": 1, "runs": runs}))
    notes = [note for note in summarize_results(output).notes if "1 of 4 generations end a reasoning" in note]
    assert len(notes) == noted


def test_an_output_that_lost_rows_since_its_run_is_refused(output: Path) -> None:
    run = {"run_json": 1, "results": {"aime25.greedy": {"rows": 5}, "aime24.seeds": {"rows": 2}}, "runs": []}
    (output / "run.json").write_text(json.dumps(run))
    with pytest.raises(NorthstarError, match=r"output\.jsonl has 4 rows, but 5 were asked"):
        summarize_results(output, benchmarks="aime25")
    assert summarize_results(output, max_samples=2).metrics


def test_max_samples_takes_the_first_rows_and_writes_nothing(output: Path) -> None:
    summary = summarize_results(output, max_samples=1)
    assert summary.metrics["aime24"]["pass@2"]["num_entries"] == 1
    assert not (output / "eval-results/metrics.json").exists()


def test_seeds_of_different_length_are_refused(output: Path) -> None:
    write(output, "aime24", "output-rs2.jsonl", [True])
    with pytest.raises(NorthstarError, match=r"output-rs2.jsonl has 1 row, output-rs0.jsonl has 2"):
        summarize_results(output, benchmarks="aime24")


def test_a_malformed_line_is_named(output: Path) -> None:
    (output / "eval-results/aime25/output.jsonl").write_text('{"id": 1, "symbolic_correct": true}\n{"id": ')
    with pytest.raises(NorthstarError, match=r"output.jsonl, line 2: not a record"):
        summarize_results(output, benchmarks="aime25")


def test_a_benchmark_that_is_not_known_is_summed_up_by_what_its_records_hold(tmp_path: Path) -> None:
    write(tmp_path, "my-bench", "output.jsonl", [True, False])
    assert summarize_results(tmp_path).metrics["my-bench"]["pass@1"]["symbolic_correct"] == 50.0


def test_unknown_benchmarks_and_folders_are_said(output: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no results of 'aime2'\. Did you mean aime2"):
        summarize_results(output, benchmarks=["aime2"])
    with pytest.raises(UsageError, match="there is no folder"):
        summarize_results(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NorthstarError, match="no results in"):
        summarize_results(tmp_path / "empty")


def edit(path: Path, line: int, **fields: object) -> None:
    lines = [json.loads(text) for text in path.read_text().splitlines()]
    lines[line] = {key: value for key, value in (lines[line] | fields).items() if value != "gone"}
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"symbolic_correct": "gone"}, "line 2: not a record .*symbolic_correct"),
        ({"symbolic_correct": None}, "line 2: not a record"),
        ({"symbolic_correct": 7e300}, "line 2: symbolic_correct is 7e\\+300, not between 0 and 1"),
        ({"id": 99}, "line 2: the row is 99, but 1 in output-rs0.jsonl"),
    ],
)
def test_a_record_that_was_changed_is_named(output: Path, fields: dict[str, object], message: str) -> None:
    edit(output / "eval-results/aime24/output-rs1.jsonl", 1, **fields)
    with pytest.raises(NorthstarError, match=message):
        summarize_results(output, benchmarks="aime24")


def test_an_empty_output_is_refused(output: Path) -> None:
    (output / "eval-results/aime24/output-rs1.jsonl").write_text("")
    with pytest.raises(NorthstarError, match=r"output-rs1\.jsonl holds no record"):
        summarize_results(output, benchmarks="aime24")


def test_errors_in_place_of_answers_are_noted(output: Path) -> None:
    edit(output / "eval-results/aime25/output.jsonl", 2, error="HTTP 400: too long")
    (note,) = summarize_results(output).notes
    assert "(25.0 %) have an error instead of an answer, and count as wrong (HTTP 400: too long). " in note


def test_subsets_have_numbers_and_a_table_of_their_own(output: Path) -> None:
    seeds: list[list[bool | None]] = [[True, False, True], [True, True, None]]
    for seed, verdicts in enumerate(seeds):
        path = write(output, "mmlu-pro", f"output-rs{seed}.jsonl", verdicts)
        for line, category in enumerate(["law", "math", "law"]):
            edit(path, line, category=category)
    summary = summarize_results(output, benchmarks="mmlu-pro", verbose=True)
    subsets = summary.metrics["mmlu-pro"]["subsets"]
    assert subsets["law"]["pass@1[avg-of-2]"]["symbolic_correct"] == 75.0
    assert subsets["math"]["pass@2"]["symbolic_correct"] == 100.0
    table = summary.tables["mmlu-pro, pass@1[avg-of-2]"]
    assert [line[:2] for line in table] == [["subset", "num_entries"], ["law", "2"], ["math", "1"]]
    assert list(summarize_results(output, benchmarks="mmlu-pro").tables) == ["mmlu-pro"]


def judge(path: Path, by: str, verdicts: list[bool | None]) -> None:
    """Judgements of an output; None cannot be read."""
    folder = path.parent / "judgements" / by
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        {"id": row, "judge": by, "judge_correct": verdict, "num_prompt_tokens": 100, "num_generated_tokens": 7}
        | ({"judge_unparsed": True} if verdict is None else {})
        for row, verdict in enumerate(verdicts)
    ]
    (folder / path.name).write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_a_benchmark_without_a_judge_of_its_own_shows_one_that_has_judged_it(tmp_path: Path) -> None:
    for seed in range(2):
        judge(write(tmp_path, "gpqa", f"output-rs{seed}.jsonl", [True, False]), "j", [True, seed == 1])
    summary = summarize_results(tmp_path)
    (header, first, *_) = summary.tables["gpqa"]
    assert header[-3:] == ["judge_correct", "symbolic_correct", "no_answer"]
    assert first[-3:] == ["75.00%", "50.00%", "0.00%"]
    assert summary.metrics["gpqa"]["usage"]["j"] == {"prompt_tokens": 400, "completion_tokens": 28}


def test_a_judge_that_never_answered_is_warned_of_and_who_judged_first_is_named(tmp_path: Path) -> None:
    judge(write(tmp_path, "hle", "output-rs0.jsonl", [True, False]), "j", [None, None])
    file = tmp_path / "eval-results/hle/judgements/j/output-rs0.jsonl"
    rows = [json.loads(line) | {"judgement": "", "answered_by": "small"} for line in file.read_text().splitlines()]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    first = {"hle.seeds judged by j": {"model": "big"}}
    (tmp_path / "run.json").write_text(json.dumps({"run_json": 1, "answered_by": first}))
    summary = summarize_results(tmp_path)
    assert "NO ANSWERS: none of the 2 judgements has an answer of the judge (2 empty)." in summary.text()
    assert any("by another model than the first, 'big': 'small' 2." in note for note in summary.notes)


def test_if_only_some_of_its_seeds_are_judged_its_own_table_stays_whole(tmp_path: Path) -> None:
    paths = [write(tmp_path, "gpqa", f"output-rs{seed}.jsonl", [True, False]) for seed in range(2)]
    judge(paths[1], "j", [False, False])
    summary = summarize_results(tmp_path)
    assert list(summary.tables) == ["gpqa (not judged)", "gpqa (judge j)"]
    assert summary.metrics["gpqa"]["pass@2"]["symbolic_correct"] == 50.0
    assert list(summary.metrics["gpqa"]["judges"]) == ["j"]
    assert "gpqa: 1 of 2 outputs aren't judged by j and not counted." in summary.notes


def test_verdicts_that_cannot_be_read_have_a_column_only_where_there_are_any(tmp_path: Path) -> None:
    for seed in range(2):
        judge(write(tmp_path, "hle", f"output-rs{seed}.jsonl", [True, None]), "j", [True, None if seed else False])
    header, *lines = summarize_results(tmp_path).tables["hle"]
    assert header[-4:] == ["judge_correct", "symbolic_correct", "no_answer", "judge_unparsed"]
    assert [line[-1] for line in lines] == ["25.00%", "0.00%", "0.00%"]


def test_majority_scores_an_answer_by_the_mean_of_the_verdicts_on_its_generations(tmp_path: Path) -> None:
    """Three generations of one row all say the same; the judge agrees with two of them."""
    for seed, verdict in enumerate([True, False, True]):
        judge(write(tmp_path, "hle", f"output-rs{seed}.jsonl", [True]), "j", [verdict])
    found = summarize_results(tmp_path).metrics["hle"]
    assert found["majority@3"]["judge_correct"] == pytest.approx(200 / 3)
    assert found["majority@3"]["symbolic_correct"] == 100.0
    assert found["majority@2"]["judge_correct"] == 50.0


def test_tokens_are_summed(output: Path) -> None:
    edit(output / "eval-results/aime25/output.jsonl", 0, num_prompt_tokens=1000)
    summary = summarize_results(output, benchmarks="aime25")
    assert summary.metrics["aime25"]["usage"] == {"model": {"prompt_tokens": 1000, "completion_tokens": 40}}
    assert summary.usage() == ["aime25: 1,000 prompt and 40 generated tokens"]


def test_verdicts_that_count_nowhere_are_named_and_change_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "bfcl_v3", "output.jsonl", [True, False])
    for line in (0, 1):
        edit(path, line, correct=line == 0, category="simple")
    before = summarize_results(tmp_path)
    judge(path, "j", [True, True])
    after = summarize_results(tmp_path)
    assert (after.tables, after.metrics) == (before.tables, before.metrics)
    assert "bfcl_v3: its score has no place for verdicts; those of j aren't counted." in after.notes


def test_a_row_that_is_there_twice_is_named_with_both_its_lines(output: Path) -> None:
    path = output / "eval-results/aime25/output.jsonl"
    first, second, *others = path.read_text().splitlines(keepends=True)
    path.write_text("".join([first, second, first, *others[1:]]))
    with pytest.raises(NorthstarError, match=r"output\.jsonl, line 3: the row 0 is also in line 1\. "):
        summarize_results(output, benchmarks="aime25")


def test_a_judgement_that_is_there_twice_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "my-bench", "output.jsonl", [True, False])
    judge(path, "judge", [True, False])
    judged = path.parent / "judgements" / "judge" / path.name
    judged.write_text(2 * judged.read_text().splitlines(keepends=True)[0])
    with pytest.raises(NorthstarError, match=r"line 2: the row 0 is also in line 1\. "):
        summarize_results(tmp_path)


COUNTS = ("num_generated_tokens", "num_prompt_tokens", "generation_start_time", "generation_end_time")


@pytest.mark.parametrize("field", COUNTS)
@pytest.mark.parametrize("value", [-700, -0.5, 1e308, 2**53 + 2, 10**300])
def test_a_count_that_nothing_can_have_is_named(output: Path, field: str, value: float) -> None:
    path = output / "eval-results/aime25/output.jsonl"
    edit(path, 1, **{field: value})
    with pytest.raises(NorthstarError, match=rf"output\.jsonl, line 2: not a record .*{field}"):
        summarize_results(output, benchmarks="aime25")


def test_a_foreign_folder_beside_results_is_named_and_the_others_are_shown(output: Path) -> None:
    foreign = output / "eval-results/foo/output.jsonl"
    foreign.parent.mkdir()
    foreign.write_text('{"a": 1}\n')
    summary = summarize_results(output)
    assert list(summary.metrics) == ["aime24", "aime25"]
    (note,) = summary.notes
    assert note.startswith(f"foo is left out: {foreign} holds no score that is known here")
    assert summary.failures == ()
    for asked in ("aime24,foo", "foo"):
        with pytest.raises(NorthstarError, match="holds no score"):
            summarize_results(output, benchmarks=asked)
    with pytest.raises(NorthstarError, match="holds no score"):
        summarize_results(foreign.parent)


def test_a_damaged_benchmark_fails_the_summary_and_loses_its_numbers_but_not_the_others(output: Path) -> None:
    summarize_results(output)
    (output / "eval-results/aime25/output.jsonl").write_text("no\n")
    summary = summarize_results(output)
    assert list(summary.metrics) == ["aime24"]
    (failure,) = summary.failures
    assert "aime25 is left out: " in failure
    assert "output.jsonl, line 1: not a record" in failure
    assert list(json.loads((output / "eval-results/metrics.json").read_text())) == ["aime24"]
    (output / "eval-results/aime24/output-rs0.jsonl").write_text("no\n")
    with pytest.raises(NorthstarError, match=r"aime24 is left out: .*aime25 is left out: "):
        summarize_results(output)


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
@pytest.mark.parametrize("place", ["metrics.json", ".metrics.lock", "aime24/metrics.json"])
def test_a_metrics_json_that_cannot_be_written_is_a_failure_beside_the_tables(
    output: Path, place: str, make: Callable[[Path], None]
) -> None:
    make(output / "eval-results" / place)
    summary = summarize_results(output)
    assert "pass@1" in summary.text()
    (failure,) = summary.failures
    assert failure.startswith("metrics.json was not written, and is missing or old: ")
    assert f"{output / 'eval-results' / place} is a fo" in failure.lower() or "is a FIFO" in failure


def test_the_command_prints_the_tables_and_ends_with_the_failure(
    output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (output / "eval-results/metrics.json").mkdir()
    with pytest.raises(SystemExit) as ended:
        main(["summarize_results", str(output)])
    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert "aime24" in printed.out
    assert printed.err.startswith("error: metrics.json was not written, and is missing or old: ")


def test_what_holds_no_whole_output_any_more_leaves_metrics_json(output: Path) -> None:
    summarize_results(output)
    path = output / "eval-results/aime25/output.jsonl"
    path.rename(path.with_name("output.jsonl.journal"))
    summarize_results(output)
    assert list(json.loads((output / "eval-results/metrics.json").read_text())) == ["aime24"]


@pytest.mark.parametrize("form", ["text", "markdown", "csv", "json"])
def test_several_folders_are_shown_one_after_the_other(
    output: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [f"{output}/eval-results/aime25", f"{output}/eval-results/aime24"]
    with pytest.raises(SystemExit) as ended:
        main(["summarize_results", *folders, f"--format={form}"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert 0 <= shown.index(folders[0]) < shown.index(folders[1])
    assert shown.count("pass@1") >= 2


def test_a_majority_of_pairs_counts_an_answer_and_its_verdict_as_nemo_skills_does(tmp_path: Path) -> None:
    """All five say the same; the judge calls two of them right."""
    for seed, verdict in enumerate([True, False, True, False, False]):
        judge(write(tmp_path, "hle", f"output-rs{seed}.jsonl", [True]), "j", [verdict])
    by_pairs = summarize_results(tmp_path, majority="answer-and-verdict").metrics["hle"]
    assert by_pairs["majority@5"]["judge_correct"] == 0.0
    assert by_pairs["majority@4"]["judge_correct"] == 50.0
    assert by_pairs["majority@5"]["symbolic_correct"] == 100.0
    assert str(by_pairs["majority"]) == "answer-and-verdict"
    by_answer = summarize_results(tmp_path).metrics["hle"]
    assert by_answer["majority@5"]["judge_correct"] == pytest.approx(40.0)
    assert "majority" not in by_answer


def test_an_unknown_majority_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown --majority 'answers'\. Did you mean answer\?"):
        summarize_results(tmp_path, majority="answers")
