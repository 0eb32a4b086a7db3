"""The recorded commands, a table. Each step is a line of shell, or says how the model's server behaves from there on.

`evaluate …` is `ns eval --output_dir=out --model=mock --server_address=$SERVER …`; `submit …` the same on the cluster
`lab`, whose key is set. $SERVER and $JUDGE are mock servers; nothing listens at 127.0.0.1:9.
"""

from __future__ import annotations

from dataclasses import replace

from tests.mock_server import FAULTS
from tests.recordings.answers import CALLS, JUDGE, PROGRAMS, SUMS
from tests.recordings.terminal import Command

HELP = (
    "prepare_data",
    "eval",
    "generate",
    "import",
    "judge",
    "plan",
    "regrade",
    "bundle",
    "verify",
    "export",
    "report",
    "summarize_results",
    "recipes",
    "status",
    "logs",
    "cancel",
    "server",
    "setup",
)
RESULTS = ("out/run.json", "out/eval-results/*/*.json*")
WITHOUT_TIMES = "sed -E 's/\"generation_(start|end)_time\":[0-9.e+]+,//g'"
ONE = "++max_concurrent_requests=1"
OWN_SERVER = "--model=mock --server_type=generic --server_entrypoint='mock_server --tokens=5'"

PREPARING = [
    Command("help", ["ns --help", "ns --version", "ns", "ns evaluate"]),
    *(Command(f"help_{name}", [f"ns {name} --help"]) for name in HELP),
    Command("prepare_list", ["ns prepare_data --list"]),
    Command(
        "prepare_smoke",
        ["ns prepare_data smoke --data_dir=data", "ns prepare_data smoke --data_dir=data"],
        shown=["data/smoke/*.json"],
    ),
    Command(
        "prepare_from_hub",
        [
            "mkdir -p hub/math-ai/aime25",
            """echo '{"id": 1, "problem": "What is 1 + 1?", "answer": "2"}' > hub/math-ai/aime25/test.jsonl""",
            "with_hub ns prepare_data aime25 --data_dir=data",
            "ns prepare_data aime25 --data_dir=data",
            """echo '{"id": 2, "problem": "What is 1 + 1?"}' > hub/math-ai/aime25/test.jsonl""",
            "with_hub ns prepare_data aime25 --data_dir=data --force",
        ],
        shown=["data/*/*.json*"],
    ),
    Command(
        "prepare_refused",
        [
            "ns prepare_data aime2",
            "ns prepare_data gpqa --split=dimond",
            "ns prepare_data livecodebench --split=test_v9_2408_2501",
            "ns prepare_data smoke ++scicode.given=x",
            "ns prepare_data scicode ++scicode.givn=x",
            "ns prepare_data scicode ++scicode.given=x",
            "ns prepare_data scicode --scicode_given=x",
            "ns prepare_data aime25 math-500 2>&1 | sed 's/([^()]*refused)/(…)/'",
        ],
    ),
]

EVALUATING = [
    Command(
        "eval_precision",
        [
            f"evaluate --benchmarks=aime24:1..9 --precision=25 {ONE} ++max_samples=3",
            "ns status out",
            "evaluate --benchmarks=aime24:1..5 --precision=9 --dry_run ++max_samples=3 | head -9",
            "evaluate --benchmarks=aime24:4..9",
            "evaluate --benchmarks=aime24:4 --precision=1",
            "evaluate --benchmarks=aime24:9..4 --precision=1",
            "evaluate --benchmarks=aime24:4.. --precision=1",
            "evaluate --benchmarks=hle:4..9 --precision=1",
            "evaluate --benchmarks=aime24:4..9 --precision=1 --num_chunks=2",
            "evaluate --benchmarks=aime24:4..9 --precision=1 --num_jobs=-1",
            "ns plan out --detect=5 --tokens_per_second=1000 --gpus=8 --published=aime24:16=60/90",
            "ns plan out --published=aime24:0=60",
            "ns plan elsewhere",
        ],
        SUMS,
    ),
    Command(
        "eval_seeds",
        ["evaluate --benchmarks=smoke:2 ++max_samples=3", "ns status out", "ns logs out", "ns cancel out"],
        SUMS,
        shown=RESULTS,
        plans=True,
    ),
    Command(
        "eval_several",
        [
            "evaluate --benchmarks=math-500:4,aime24,gpqa:2,mmlu-pro",
            "ns summarize_results out --verbose",
            "ns status out",
        ],
        SUMS,
        shown=["out/eval-results/metrics.json", "out/eval-results/gpqa/*.jsonl"],
    ),
    Command(
        "eval_again",
        [
            "evaluate --benchmarks=aime24",
            "evaluate --benchmarks=aime24",
            "evaluate --benchmarks=aime24:2",
            "evaluate --benchmarks=aime24:1 --starting_seed=2 --num_jobs=8",
        ],
        SUMS,
    ),
    Command(
        "eval_settings",
        [
            """echo 'system: Be brief.\nuser: "{{ problem }} Say it in \\\\boxed{}."' > mine.yaml""",
            "evaluate --benchmarks=math-500:2 ++prompt_config=mine.yaml ++inference.temperature=0.6"
            " ++inference.top_k=20 ++inference.tokens_to_generate=99 ++inference.stop='[\"X\"]'",
            "evaluate --benchmarks=aime24 ++system_message=Short. ++inference.extra_body.foo=1"
            " ++chat_template_kwargs.thinking=True ++parse_reasoning=True",
        ],
        replace(SUMS, reasoning="text"),
        shown=RESULTS,
    ),
    Command(
        "eval_chunks",
        [
            "evaluate --benchmarks=smoke:1 --num_chunks=3 --chunk_ids=1,2 ++max_samples=6",
            "ns status out",
            "ns summarize_results out",
            "evaluate --benchmarks=smoke:1 --num_chunks=3 --chunk_ids=0 ++max_samples=6",
        ],
        SUMS,
    ),
    Command(
        "eval_rerun_done",
        [
            "evaluate --benchmarks=aime24:2",
            "evaluate --benchmarks=aime24:2 ++inference.temperature=0.1",
            "evaluate --benchmarks=aime24:2 ++inference.temperature=0.1 --rerun_done",
        ],
        SUMS,
        shown=["out/run.json"],
    ),
    Command(
        "eval_code",
        [
            "evaluate --benchmarks=livecodebench --sandbox=unsafe",
            "evaluate --benchmarks=livecodebench:2 --sandbox=auto ++eval_config.timeout_seconds=20",
        ],
        PROGRAMS,
        shown=["out/eval-results/*/output.jsonl", "out/eval-results/metrics.json"],
    ),
    Command(
        "eval_tools",
        [
            "python3 -m venv --without-pip ../bfcl; cp -r $BFCL ../bfcl/lib/python3*/site-packages",
            "evaluate --benchmarks=bfcl_v3,bfcl_v3.simple:2 ++use_client_parsing=False",
        ],
        CALLS,
        shown=["out/run.json", "out/eval-results/bfcl_v3/*.json*"],
    ),
    Command(
        "eval_scicode",
        [
            "python3 -m venv --without-pip sandbox",
            "NORTHSTAR_SANDBOX_ENV=sandbox evaluate --benchmarks=scicode",
            "rm -r sandbox",
            "evaluate --benchmarks=scicode",
            "evaluate --benchmarks=scicode --dry_run",
        ],
    ),
    Command("eval_with_a_server", [f"ns eval --output_dir=out --benchmarks=aime24:1 {OWN_SERVER}", "ns logs out"]),
    Command(
        "eval_own_benchmark",
        [
            "evaluate --benchmarks=mine:2 --extra_benchmarks=../mine.py",
            "ns summarize_results out --extra_benchmarks=../mine.py",
            "ns prepare_data --list --extra_benchmarks=../mine.py | grep mine",
        ],
        SUMS,
    ),
    Command(
        "eval_dry_run",
        [
            "evaluate --benchmarks=smoke:4,math-500 --dry_run ++system_message=Brief. --num_jobs=-1",
            "evaluate --benchmarks=gpqa,hle:2,livecodebench,bfcl_v3 --dry_run ++use_client_parsing=False",
        ],
    ),
    Command("server", ["until_served ns server --log_dir=logs " + OWN_SERVER]),
]

JUDGING = [
    Command(
        "judge_beside",
        ["evaluate --benchmarks=hle:2 --judge_server_address=$JUDGE", "ns status out"],
        SUMS,
        JUDGE,
        shown=RESULTS,
    ),
    Command(
        "judge_later",
        [
            "evaluate --benchmarks=hle:2,aime24 --judge_model=none",
            "ns judge out --judge_server_address=$JUDGE",
            "ns judge out --judge_server_address=$JUDGE",
            "ns judge out --judge_server_address=$JUDGE --judge_model=other ++inference.temperature=0.5",
            "ns judge out --judge_server_address=$JUDGE --judge_model=other",
            "ns judge out --judge_server_address=$JUDGE --judge_model=other --rerun_done",
            "ns judge out --judge_server_address=$JUDGE --judge_model=other --benchmarks=aime24",
            "ns status out",
        ],
        SUMS,
        JUDGE,
        shown=["out/eval-results/hle/judgements/*/*.jsonl"],
    ),
    Command(
        "judge_fails",
        [
            f"evaluate --benchmarks=hle:1 --judge_server_address=$JUDGE --extra_judge_args={ONE}",
            "ns status out",
        ],
        SUMS,
        replace(JUDGE, always=FAULTS["401"]),
    ),
    Command(
        "judge_refused",
        [
            "evaluate --benchmarks=hle",
            "ns judge nowhere --judge_model=m",
            "evaluate --benchmarks=aime24",
            "ns judge out --judge_server_address=$JUDGE",
            "ns judge out --judge_server_address=$JUDGE --benchmarks=gpqa --judge_model=m",
        ],
        SUMS,
        JUDGE,
    ),
]

SUMMARIZING = [
    Command(
        "import",
        [
            "evaluate --benchmarks=aime24:2 > table",
            "mkdir made",
            *(f"{WITHOUT_TIMES} out/eval-results/aime24/output-rs{n}.jsonl > made/output-rs{n}.jsonl" for n in (0, 1)),
            "ns import made --benchmarks=aime24 --output_dir=in --model=mock",
            "ns import made --benchmarks=aime24 --output_dir=in --model=mock",
            "ns import made/output-rs0.jsonl --benchmarks=aime24 --output_dir=in --model=mock",
            "evaluate --benchmarks=aime24:2 --output_dir=in",
            "sed -i 1d made/output-rs1.jsonl",
            "ns import made --benchmarks=aime24 --output_dir=part",
            "ns import made --benchmarks=aime24 --output_dir=part --partial",
            "ns import made --benchmarks=gpqa --output_dir=other",
            "ns import made --benchmarks=aime24:2 --output_dir=other",
            "ns import made --benchmarks=aime24 --output_dir=other ++inference.top_p=1",
            "ns import nowhere --benchmarks=aime24 --output_dir=other",
        ],
        SUMS,
        shown=["in/run.json", "in/eval-results/*/*.json*"],
    ),
    Command(
        "summarize",
        [
            "evaluate --benchmarks=aime24:2,gpqa > table",
            "ns summarize_results out",
            *(f"ns summarize_results out --format={name}" for name in ("json", "markdown", "csv", "yaml")),
            "ns summarize_results out --benchmarks=gpqa --max_samples=2 --verbose",
            "ns summarize_results out/eval-results/aime24",
            "ns summarize_results out --benchmarks=math-500",
            "ns summarize_results nowhere",
            "ns status out --format=json",
            "ns status nowhere",
        ],
        SUMS,
    ),
    Command(
        "bundle",
        [
            "evaluate --benchmarks=math-500:2,gpqa > table",
            "ns bundle out -o table.nsb | sed 's/[0-9,]* bytes/* bytes/'",
            "ns verify table.nsb",
            "NORTHSTAR_DATA_DIR=nowhere ns verify table.nsb",
            "ns verify out/run.json",
            "ns verify nothing.nsb",
            "ns bundle nowhere -o table.nsb",
        ],
        SUMS,
    ),
    Command(
        "regrade",
        [
            "evaluate --benchmarks=math-500:2,hle --judge_model=none > table",
            r"ns regrade out --name=digit '++eval_config.extract_regex=boxed\{(\d)' --benchmarks=math-500",
            """echo '{"id": 0, "expected_answer": "5"}' > answers.jsonl""",
            "ns regrade out --answers=answers.jsonl",
            "ns regrade out --answers=answers.jsonl --benchmarks=math-500",
            "ns regrade out --benchmarks=math-500",
            "ns regrade out --name=today",
            r"evaluate --benchmarks=math-500:2 '++eval_config.extract_regex=boxed\{(\d)'",
            "ns regrade out ++inference.top_p=1",
            "ns regrade nowhere",
        ],
        SUMS,
        shown=["out/eval-results/metrics@today.json", "out/eval-results/*/regraded/*/*.jsonl"],
    ),
]
