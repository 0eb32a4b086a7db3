"""A server that refuses some requests, or all of them: what is recorded, what is kept, what is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Ns

Start = Callable[..., str]


def words(address: str, output: Path, *more: str) -> list[str]:
    asked = ["eval", "--benchmarks=smoke:1", f"--output_dir={output}", "--model=mock"]
    return [*asked, f"--server_address={address}", *more]


def write_sums(data_dir: Path, rows: int) -> None:
    (data_dir / "aime24").mkdir(parents=True)
    lines = ({"id": n, "problem": f"What is {n} + 1?", "expected_answer": str(n + 1)} for n in range(rows))
    (data_dir / "aime24/test.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def records(output: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (output / "eval-results/smoke/output-rs0.jsonl").read_text().splitlines()]


def test_rows_that_exceed_the_context_are_records_with_an_error(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    first = ",".join(["context_vllm"] * 10)
    done = ns(*words(start_mock("--first", first, "--delay", 0.3), tmp_path))
    assert done.returncode == 0, done.stderr
    errors = [row for row in records(tmp_path) if "error" in row]
    assert len(errors) == 10
    assert all("context" in str(row["error"]) and row["symbolic_correct"] is False for row in errors)


def test_a_server_that_refuses_everything_spoils_no_result(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    done = ns(*words(start_mock("--always", "unknown_parameter"), tmp_path, "++max_concurrent_requests=4"))
    assert done.returncode == 1
    assert "the server refused " in done.stderr
    assert not any('"generation"' in file.read_text() for file in tmp_path.rglob("*.journal"))


def test_what_is_in_flight_when_a_server_becomes_unusable_is_kept(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    log = tmp_path / "log"
    address = start_mock("--first", ",,,403", "--fault_at", 12, "--delay", 1, "--log", log)
    done = ns(*words(address, tmp_path / "out", "++max_concurrent_requests=12"))
    assert done.returncode == 1
    assert "forbids the request" in done.stderr
    kept = sum(file.read_text().count('"generation":{') for file in tmp_path.rglob("*.journal"))
    assert kept == log.read_text().count('"answered"') >= 11


def test_one_forbidden_request_among_answered_ones_is_its_samples_error(
    ns: Ns, start_mock: Start, tmp_path: Path
) -> None:
    done = ns(*words(start_mock("--first", ",,,403"), tmp_path, "++max_concurrent_requests=1"))
    assert done.returncode == 0, done.stderr
    assert [str(row["error"])[:8] for row in records(tmp_path) if "error" in row] == ["HTTP 403"]


def test_a_server_that_begins_to_refuse_everything_ends_the_run_before_results_are_spoilt(
    ns: Ns, start_mock: Start, tmp_path: Path, data_dir: Path
) -> None:
    write_sums(data_dir, 60)
    asked = ["eval", "--benchmarks=aime24", f"--output_dir={tmp_path}", "--model=mock"]
    refusing = start_mock("--first", "," * 9 + ",".join(["unprocessable"] * 51))
    stopped = ns(*asked, f"--server_address={refusing}", "++max_concurrent_requests=1")
    assert stopped.returncode == 1
    assert "the server has refused the last 20 requests" in stopped.stderr
    done = ns(*asked, f"--server_address={start_mock()}")
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "eval-results/aime24/output.jsonl").read_text().splitlines()
    assert len(lines) == 60
    assert not any("error" in json.loads(line) for line in lines)


def test_a_run_of_prompts_that_are_all_too_long_is_recorded(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    done = ns(*words(start_mock("--always", "context_vllm"), tmp_path, "++max_samples=2"))
    assert done.returncode == 0, done.stderr
    assert [str(row["error"])[:8] for row in records(tmp_path)] == ["HTTP 400", "HTTP 400"]


def test_a_filter_that_refuses_many_of_the_first_requests_at_once_stops_nothing(
    ns: Ns, start_mock: Start, tmp_path: Path, data_dir: Path
) -> None:
    write_sums(data_dir, 90)
    address = start_mock("--share", "unprocessable=0.4", "--delay", 0.5)
    asked = ("eval", "--benchmarks=aime24", f"--output_dir={tmp_path}", "--model=mock", f"--server_address={address}")
    done = ns(*asked)
    assert done.returncode == 0, done.stderr
    errors = [row for row in (tmp_path / "eval-results/aime24/output.jsonl").read_text().splitlines() if "error" in row]
    assert 20 < len(errors) < 60


def test_a_sample_that_is_never_answered_can_be_recorded_as_an_error(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    asked = words(start_mock("--first", ",,500"), tmp_path, "++max_retries=0", "++max_concurrent_requests=1")
    assert ns(*asked, "++max_samples=4").returncode == 1  # seed 0 stays open
    address = start_mock("--first", ",,500")
    other = words(address, tmp_path / "other", "++max_retries=0", "++max_concurrent_requests=1")
    done = ns(*other, "++max_samples=4", "++unanswered=record_error")
    assert done.returncode == 0, done.stderr
    assert ["error" in row for row in records(tmp_path / "other")] == [False, False, True, False]


def test_answers_that_the_server_calls_failed_are_asked_again_and_never_graded(
    ns: Ns, start_mock: Start, tmp_path: Path
) -> None:
    shares = [f"--share={name}=0.1" for name in ("vllm_abort", "openrouter_choice_error", "null_content")]
    done = ns(*words(start_mock(*shares), tmp_path))
    assert done.returncode == 0, done.stderr
    assert {row["finish_reason"] for row in records(tmp_path)} == {"stop"}
    (run,) = json.loads((tmp_path / "run.json").read_text())["runs"]
    assert run["retries"] > 0


def test_a_sample_whose_every_answer_failed_stays_open(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    failing = start_mock("--first", ",,deepseek_resource")
    one_by_one = ("++max_retries=0", "++max_concurrent_requests=1")
    left = ns(*words(failing, tmp_path, *one_by_one))
    assert left.returncode == 1
    assert "1 of 24 samples got no answer (answered with half an answer" in left.stderr
    assert ns(*words(start_mock(), tmp_path)).returncode == 0
    assert len(records(tmp_path)) == 24


def test_an_account_that_is_empty_ends_the_run_under_status_200_too(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    done = ns(*words(start_mock("--always", "openrouter_402"), tmp_path))
    assert done.returncode == 1
    assert "wants to be paid first" in done.stderr


def test_one_404_among_answered_requests_is_asked_again(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    done = ns(*words(start_mock("--first", ",,,404"), tmp_path, "++max_concurrent_requests=1"))
    assert done.returncode == 0, done.stderr
    assert not any("error" in row for row in records(tmp_path))


def test_a_strict_server_is_asked_without_seeds_and_the_user_is_told_once(
    ns: Ns, start_mock: Start, tmp_path: Path
) -> None:
    done = ns(*words(start_mock("--strict=seed"), tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("mock: no seeds are sent, since the server takes none; each answer is drawn anew.") == 1
    (run,) = json.loads((tmp_path / "run.json").read_text())["runs"]
    assert run["server"]["not_sent"] == ["seed"]


def test_a_temperature_that_the_user_wants_and_the_server_does_not_take_ends_the_run(
    ns: Ns, start_mock: Start, tmp_path: Path
) -> None:
    address = start_mock("--strict=temperature", "--strict_as=groq")
    refused = ns(*words(address, tmp_path, "++inference.temperature=0.6"))
    assert refused.returncode == 1
    assert "does not take what ++inference.temperature asks for" in refused.stderr
    assert ns(*words(address, tmp_path, "++inference.temperature=null")).returncode == 0


def test_a_temperature_that_was_not_sent_is_not_said_to_have_been(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    done = ns(*words(start_mock("--strict=temperature"), tmp_path))
    assert done.returncode == 0, done.stderr
    (run,) = json.loads((tmp_path / "run.json").read_text())["runs"]
    assert run["server"]["not_sent"] == ["temperature"]
    said = "the model was sent no temperature, since its server accepts none: the server's own value"
    assert said in done.stdout + done.stderr
    assert said in (summed := ns("summarize_results", tmp_path)).stdout + summed.stderr


def test_a_404_is_final_only_where_nothing_else_is_on_its_way(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    """A router, half of whose backends know no such model, and whose others take their time."""
    address = start_mock("--share", "404=0.5", "--delay", 3)
    done = ns(*words(address, tmp_path, "++max_concurrent_requests=8", "++max_samples=8"))
    assert done.returncode == 0, done.stderr
    assert len(records(tmp_path)) == 8


def test_a_finish_reason_that_nobody_knows_is_kept_in_the_record(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    address = start_mock("--share", "openrouter_odd_reason=0.2")
    assert ns(*words(address, tmp_path)).returncode == 0
    assert {"stop", "wandered_off"} == {row["finish_reason"] for row in records(tmp_path)}


def test_a_server_that_only_streams_ends_a_run_that_wants_no_streams(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    done = ns(*words(start_mock("--streams_only"), tmp_path), "++inference.stream=False")
    assert done.returncode == 1
    assert "only as a stream" in done.stderr
