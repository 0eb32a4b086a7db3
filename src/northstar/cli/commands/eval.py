"""`ns eval`."""

from __future__ import annotations

from northstar.cli.next_steps import print_next_steps
from northstar.cli.outcome import check_jobs, cost_of_jobs, print_preview, print_verdicts, run_or_submit, watch_argv
from northstar.config.options.evaluation import EvalOptions

SETTINGS_HELP = "\n\n".join(
    [
        "[bold]Settings[/bold], as ++key=value words; they are checked before anything starts. The usual ones: "
        "++inference.temperature (0 for one greedy answer, 0.7 for seeds), ++inference.top_p (0.95), "
        "++inference.tokens_to_generate (2048), ++system_message, ++prompt_config, ++max_samples (all), "
        "++parse_reasoning (detected), ++inference.reasoning_effort, ++max_concurrent_requests (512), "
        "++chat_template_kwargs.KEY.",
        "All of them, with what they take and mean: ns settings; those that have to do with a WORD: ns settings WORD.",
        "What this machine can run: ns doctor. Benchmarks: ns prepare_data --list. Published numbers: ns recipes.",
    ]
)


def eval_(options: EvalOptions) -> None:
    r"""Run a model over benchmarks, grade every answer while it goes on, and print the table.

    Stop it, or let it crash: the same command goes on where it was.

    [bold]Ask a server that runs:[/bold]
    ns eval --benchmarks=math-500:4,aime24:16 --output_dir=out \
    --model=my-model --server_address=http://localhost:8000/v1

    [bold]Start the server, too:[/bold]
    ns eval --benchmarks=math-500:4,aime24:16 --output_dir=out \
    --model=/models/my-model --server_type=vllm --server_gpus=8

    [bold]Share it among four jobs on Slurm:[/bold]
    ns eval --benchmarks=math-500:4,aime24:16 --output_dir=/data/out \
    --model=/models/my-model --server_type=vllm --server_gpus=8 \
    --cluster=lab --num_jobs=4

    [bold]Make published numbers again, and say whether they agree:[/bold]
    ns eval --recipe=nemotron-nano-9b-v2:reasoning-on --output_dir=out
    """
    import sys

    from northstar.api.evaluation import plan_evaluation, plan_notes
    from northstar.api.fetching.needed import described_needs, fetch_needed, say, without_unprepared
    from northstar.api.previewing.dry_run import describe, looked_at
    from northstar.api.submitting import host_paths
    from northstar.cli.remote import found_cluster
    from northstar.core.text import printable
    from northstar.executors.choice import executor_of

    where = found_cluster(options.cluster)
    plan, followed = plan_evaluation(options)
    if followed is not None:
        options = followed.options
        for departure in followed.departures:
            print(f"departs from the recipe: {printable(departure)}", file=sys.stderr)
    for note in plan_notes(plan, options):
        print(f"note: {printable(note)}", file=sys.stderr)
    check_jobs(options.jobs, where)
    prepare = not options.no_prepare
    if options.dry_run:
        for need in described_needs(plan) if prepare else ():
            print(f"first     {printable(need)}")
        plan = without_unprepared(plan) if prepare else plan
        if not plan.benchmarks:
            print("\nDry run: the rest is known once the rows are there. No model was asked, and nothing fetched.")
            return
        with looked_at(plan) as ready:
            preview = executor_of(where).preview(ready, host_paths(where, options.jobs))
            print(printable(describe(ready, preview.findings.notes)), end="\n\n")
            run = None if followed is None else followed.chosen.run
            cost = cost_of_jobs(ready, preview, options, run)
        print_preview(preview, where, options.jobs)
        print(cost, end="\n\n" if cost else "")
        print("Dry run: no model was asked, and nothing of a run was written.")
        preview.findings.check()
    else:
        plan = fetch_needed(plan, say, prepare=prepare)
        run_or_submit(plan, where, options.jobs, watch_argv(options.output_dir, options.cluster))
        if followed is not None and executor_of(where).here:
            print_verdicts(plan, followed.chosen)
        if executor_of(where).here:
            print_next_steps(str(options.output_dir))
