"""`python -m bench`: everything, one after the other."""

from __future__ import annotations

from bench import (
    bfcl,
    cluster,
    compare_runs,
    fleet,
    functions,
    generate,
    gpu_hours,
    help,
    importing,
    instructions,
    math_spellings,
    precision,
    programs,
    real_vllm,
    regrade,
    report,
    requests,
    resume,
    schedule,
    streams,
    summarize,
    view,
)
from bench.compare_answers import main as compare_answers

if __name__ == "__main__":
    for part in (
        help.main,
        requests.main,
        generate.main,
        schedule.main,
        precision.main,
        gpu_hours.main,
        summarize.main,
        view.main,
        compare_runs.main,
        importing.main,
        report.main,
        compare_answers,
        math_spellings.main,
        programs.main,
        functions.main,
        streams.main,
        resume.main,
        regrade.main,
        bfcl.main,
        instructions.main,
        real_vllm.main,
        cluster.main,
        fleet.main,
    ):
        part()
        print(flush=True)
