"""The recorded commands, continued: on Slurm, in containers, by ssh. See commands.py."""

from __future__ import annotations

import signal

from tests.recordings.answers import JUDGE, SUMS, stopping_after
from tests.recordings.commands import ONE, OWN_SERVER
from tests.recordings.terminal import Command, Stopped

ON_LAB = "/workspace/out --cluster=lab"
VLLM = "--model=/workspace/model --server_type=vllm --server_gpus=8 --server_nodes=2"
IMAGES = f"ns eval --output_dir=/workspace/out --cluster=images --benchmarks=smoke:2,math-500 {VLLM}"
SMOKE = f"ns eval --benchmarks=smoke --output_dir={ON_LAB}"
SCRIPTS = "out/eval-logs/jobs/*/*/job.sh"
SUBMISSIONS = "out/eval-logs/jobs/*/submission.json"

ON_SLURM = [
    Command(
        "slurm_run",
        [
            "submit --benchmarks=smoke:2,aime24 ++max_samples=2",
            f"ns status {ON_LAB}",
            "run_jobs",
            f"ns status {ON_LAB}",
            f"ns logs {ON_LAB} summary",
            "submit --benchmarks=smoke:2,aime24 ++max_samples=2",
        ],
        SUMS,
        shown=[SCRIPTS, SUBMISSIONS, "out/eval-logs/jobs/*/smoke/job.json", "out/run.json"],
    ),
    Command(
        "slurm_recipe",
        [
            "printf '%s\\n' 'model: mock' 'runs:' '  only:' '    server: {type: openai}' '    benchmarks:'"
            " '      smoke:' '        repeats: 2' '        published:'"
            " '          - {metric: symbolic_correct, value: 60, n: 24, k: 2, main: true}' > mine.yaml",
            "submit --recipe=mine.yaml ++inference.temperature=0.5",
            "run_jobs",
            f"ns logs {ON_LAB} summary",
        ],
        SUMS,
        shown=["out/eval-logs/jobs/*/summary/job.json"],
    ),
    Command(
        "slurm_jobs",
        [
            "submit --benchmarks=smoke:2 --num_jobs=-1 --num_chunks=2 --dependent_jobs=1 --expname=one",
            "submit --benchmarks=smoke:2 --num_jobs=-1 --num_chunks=2",
            "submit --benchmarks=smoke:2",
            "submit --benchmarks=aime24 --run_after=one --partition=main --qos=high --time_min=10"
            " --sbatch_kwargs='mem=0 nice=10' --log_dir=/workspace/logs",
            f"ns cancel {ON_LAB} smoke:1",
            f"ns status {ON_LAB}",
            f"ns cancel {ON_LAB}",
            f"ns cancel {ON_LAB}",
            f"ns status {ON_LAB} --format=json",
        ],
        shown=["out/eval-logs/jobs/002/aime24/job.sh", "out/eval-logs/jobs/001/smoke-rs0-chunk-0-of-2/job*.sh"],
    ),
    Command(
        "slurm_fails_and_goes_on",
        [
            stopping_after(1, SUMS),
            f"submit --benchmarks=aime24:2 {ONE}",
            "run_jobs",
            f"ns status {ON_LAB}",
            f"ns logs {ON_LAB} aime24",
            SUMS,
            f"submit --benchmarks=aime24:2 {ONE}",
            f"ns cancel {ON_LAB} aime24:1",
            "run_jobs",
            f"ns status {ON_LAB}",
        ],
    ),
    Command(
        "slurm_time_limit",
        [
            f"submit --benchmarks=aime24:2 {ONE}",
            Stopped("run_jobs 101", answers=1, signal=signal.SIGUSR1),
            f"ns status {ON_LAB}",
            f"ns logs {ON_LAB} aime24",
            "run_jobs",
            f"ns status {ON_LAB}",
        ],
        SUMS,
    ),
    Command(
        "slurm_containers",
        ["mkdir model; echo '{}' > model/config.json", f"{IMAGES} --dry_run", f"{IMAGES} --exclusive"],
        shown=["out/eval-logs/jobs/*/smoke/job.*", SUBMISSIONS],
    ),
    Command(
        "slurm_judge",
        [
            "submit --benchmarks=hle:1 --judge_model=none",
            "run_jobs",
            f"LAB_KEY=k ns judge {ON_LAB} --judge_server_address=$JUDGE",
            "run_jobs",
            f"ns status {ON_LAB}",
            "submit --benchmarks=hle:2 --judge_server_type=vllm --judge_model=me/judge --judge_server_gpus=1 --dry_run",
        ],
        SUMS,
        JUDGE,
        shown=["out/eval-logs/jobs/002/*/job.*"],
    ),
    Command("slurm_dry_run", ["submit --benchmarks=smoke:2,gpqa --num_jobs=-1 --dependent_jobs=1 --dry_run"]),
    Command(
        "slurm_refused",
        [
            "submit --benchmarks=smoke --cluster=lba",
            "submit --benchmarks=smoke --cluster=wrong",
            f"{SMOKE} --model=mock --server_address=$SERVER",
            f"LAB_KEY=k {SMOKE} --server_type=vllm --model=m",
            f"LAB_KEY=k {SMOKE} --server_type=vllm --model=m --server_gpus=16",
            "submit --benchmarks=smoke --run_after=nobody",
            "submit --benchmarks=smoke --output_dir=/elsewhere/out",
            "echo 1 > $STAND_INS/limit",
            "submit --benchmarks=smoke:2 --num_jobs=-1",
            "PATH=/nowhere $STAND_INS/bin/submit --benchmarks=aime24",
        ],
    ),
]

ELSEWHERE = [
    Command(
        "containers",
        [
            f"ns eval --output_dir=out --cluster=box --benchmarks=aime24:1 {OWN_SERVER}",
            "ns status out --cluster=box",
            "evaluate --cluster=box --benchmarks=math-500 --dry_run",
            "PATH=/nowhere $STAND_INS/bin/evaluate --cluster=box --benchmarks=math-500",
        ],
        shown=[SUBMISSIONS, "out/eval-logs/jobs/001/*/job.json"],
    ),
    Command(
        "ssh",
        [
            "submit --cluster=far --benchmarks=smoke:1 ++max_samples=2 --dry_run | tail -15",
            "submit --cluster=far --benchmarks=smoke:1 ++max_samples=2",
            "run_jobs",
            "ns status /workspace/out --cluster=far",
            "ns summarize_results nowhere --cluster=far",
        ],
        shown=["out/eval-logs/jobs/*/smoke-rs0/job.sh", SUBMISSIONS],
    ),
    Command(
        "setup",
        [
            "printf 'mine\\nslurm\\n\\nmain\\ncpu\\n\\n8\\n04:00:00\\n/data:/workspace\\n' | ns setup",
            "cat ../configs/mine.yaml",
            "LAB_KEY=k ns setup --check --cluster=lab",
            "ns setup --check --cluster=lab",
            "ns setup --check --cluster=images",
            "ns setup --check --cluster=box",
            "ns setup --check",
        ],
    ),
]
