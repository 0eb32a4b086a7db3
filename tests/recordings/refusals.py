"""The recorded commands, continued: runs that are stopped and go on, and what is refused. See commands.py."""

from __future__ import annotations

import signal
from dataclasses import replace

from tests.mock_server import FAULTS
from tests.recordings.answers import PROGRAMS, SUMS, stopping_after
from tests.recordings.commands import ONE, RESULTS
from tests.recordings.terminal import Command, Stopped

SMOKE = "ns eval --benchmarks=smoke --output_dir=out"

INTERRUPTED = [
    Command(
        "stopped_and_resumed",
        [
            Stopped(
                f"evaluate --benchmarks=math-500:2 {ONE}",
                answers=3,
                signal=signal.SIGKILL,
                file="out/eval-logs/jobs/001/here/progress.json",
            ),
            # Three: with two, seed 0's output is just being written, and whether its journal stays is chance.
            Stopped(f"evaluate --benchmarks=math-500:2 {ONE}", answers=3, signal=signal.SIGINT),
            Stopped(f"evaluate --benchmarks=math-500:2 {ONE}", answers=1, signal=signal.SIGTERM),
            f"evaluate --benchmarks=math-500:2 {ONE}",
            "ns status out",
        ],
        SUMS,
        shown=RESULTS,
    ),
    Command(
        "refused_and_resumed",
        [
            stopping_after(3, SUMS),
            f"evaluate --benchmarks=math-500:2 {ONE}",
            "ns status out",
            SUMS,
            f"evaluate --benchmarks=math-500:2 {ONE}",
        ],
        shown=RESULTS,
    ),
    Command(
        "errors",
        [f"evaluate --benchmarks=math-500 {ONE}", "evaluate --benchmarks=math-500"],
        replace(SUMS, first=(None, FAULTS["cut_in_reasoning"]), always=FAULTS["unprocessable"]),
        shown=RESULTS,
    ),
    Command(
        "left_open",
        [
            f"evaluate --benchmarks=aime24 {ONE} ++max_retries=0",
            "ns status out",
            f"evaluate --benchmarks=aime24 {ONE} ++max_retries=0 ++unanswered=record_error",
        ],
        replace(SUMS, first=(None,), always=FAULTS["500"]),
        shown=RESULTS,
    ),
    Command(
        "out_of_context",
        [
            "evaluate --benchmarks=math-500 ++inference.tokens_to_generate=99",
            "evaluate --benchmarks=aime24 ++inference.tokens_to_generate=99 ++context_overflow=reduce_generation",
            "evaluate --benchmarks=gpqa ++inference.tokens_to_generate=2",
        ],
        replace(SUMS, context=30),
        shown=RESULTS,
    ),
    Command(
        "notes",
        [f"evaluate --benchmarks=math-500:4 {ONE}", "ns summarize_results out"],
        replace(SUMS, models=("mock", "other"), switch_after=5),
        shown=["out/run.json", "out/eval-results/metrics.json"],
    ),
]

REFUSED = [
    Command(
        "refused_words",
        [
            "ns eval --benchmarks=aime2:4 --output_dir=out",
            "ns eval --benchmarks=smoke:x --output_dir=out",
            "ns eval --benchmarks=smoke",
            f"{SMOKE} --server_adress=x",
            f"{SMOKE} --server_type=openia",
            f"{SMOKE} --split=train",
            f"{SMOKE} --num_jobs=0",
            f"{SMOKE} --server_nodes=2",
            f"{SMOKE} --data_dir=",
        ],
    ),
    Command(
        "refused_settings",
        [
            f"{SMOKE} ++inference.temprature=1",
            f"{SMOKE} ++inference.top_p=much",
            f"{SMOKE} ++eval_config.timeout=3",
            f"{SMOKE} ++context_overflow=cut",
            f"{SMOKE} ++max_samples=0",
            f"{SMOKE} inference.temperature=1",
            "evaluate --benchmarks=bfcl_v3 ++tool_parser=hermse",
            "evaluate --benchmarks=livecodebench --sandbox=none",
        ],
    ),
    Command(
        "refused_servers",
        [
            f"{SMOKE} --model=m --server_address=http://127.0.0.1:9/v1",
            "evaluate --benchmarks=smoke",
            "MODEL_API_KEY=wrong evaluate --benchmarks=smoke",
            "MODEL_API_KEY=secret evaluate --benchmarks=aime24 --model=mokc",
            f"{SMOKE} --server_type=vllm --model=/no/model",
            f"{SMOKE} --server_type=generic",
            f"{SMOKE} --server_type=generic --server_entrypoint='sh -c \"echo no GPU; exit 3\"' --model=m",
        ],
        replace(SUMS, key="secret"),
    ),
    Command(
        "refused_data",
        [
            "evaluate --benchmarks=aime25",
            "echo '{\"id\": ' >> ../data/aime24/test.jsonl",
            "evaluate --benchmarks=aime24",
            "echo >> ../data/livecodebench/tests/doubled.jsonl",
            "evaluate --benchmarks=livecodebench --sandbox=unsafe 2>&1 | grep error:",
        ],
        PROGRAMS,
    ),
    Command(
        "refused_folders",
        [
            "mkdir out; echo '{}' > out/run.json",
            "evaluate --benchmarks=aime24",
            "echo '{' > out/run.json",
            "evaluate --benchmarks=aime24",
            "ns summarize_results out",
            "rm out/run.json; mkdir -p out/eval-results/aime24; echo '{}' > out/eval-results/aime24/output.jsonl",
            "evaluate --benchmarks=aime24",
            "touch file",
            "ns eval --benchmarks=smoke --output_dir=file/out",
        ],
        SUMS,
    ),
    Command(
        "damaged_files",
        [
            stopping_after(3, SUMS),
            f"evaluate --benchmarks=math-500 {ONE}",
            SUMS,
            "cp -r out torn; truncate -s -9 torn/eval-results/math-500/output.jsonl.journal",
            "evaluate --benchmarks=math-500 --output_dir=torn",
            "sed -i '2s/boxed/bxoed/' out/eval-results/math-500/output.jsonl.journal",
            "evaluate --benchmarks=math-500",
            "evaluate --benchmarks=math-500 --rerun_done",
            "sed -i '2s/^/}/' out/eval-results/math-500/output.jsonl",
            "ns summarize_results out",
        ],
    ),
]
