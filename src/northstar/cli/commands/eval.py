"""`ns eval`."""

from __future__ import annotations

from northstar.cli.next_steps import print_next_steps
from northstar.cli.outcome import check_jobs, cost_of_jobs, print_preview, print_verdicts, run_or_submit, watch_argv
from northstar.config.options.evaluation import EvalOptions

SETTINGS_HELP = "\n\n".join(
    [
        "[bold]Settings[/bold], as ++key=value words; they are checked before anything starts. What is asked: "
        "++inference.temperature (0 greedy, 0.7 seeds; null sends none), ++inference.top_p (0.95), ++inference.top_k, "
        "++inference.min_p, ++inference.tokens_to_generate (2048), ++inference.repetition_penalty, "
        "++inference.neutral (True for vLLM, SGLang, TensorRT-LLM and llama.cpp: what isn't given changes no "
        "probability), ++inference.stop, ++inference.extra_body.KEY, ++inference.endpoint_type (chat, text, or "
        "responses), ++inference.reasoning_effort and ++inference.reasoning_budget (in the words of each server), "
        "++inference.apply_chat_template, ++inference.json_schema, ++inference.regex, ++system_message, "
        "++prompt_config, ++chat_template_kwargs.KEY, ++max_samples (all).",
        "What is graded: ++parse_reasoning (detected), ++end_reasoning_string (</think>), "
        "++use_client_parsing (True), ++tool_parser (by the model's name), ++eval_config.KEY. "
        "How: ++max_concurrent_requests (512), ++request_timeout (14400 s), ++max_retries (8), "
        "++unanswered (ask_again, or record_error), ++context_overflow (fail, or reduce_generation), "
        "++grading_workers (cores - 1).",
        "[bold]Example[/bold]: ns eval --benchmarks=math-500:16,aime24:16 --output_dir=out --model=my-model "
        "--server_address=http://localhost:8000/v1 ++inference.tokens_to_generate=65536",
    ]
)


def eval_(options: EvalOptions) -> None:
    """Run a model over benchmarks, grade every answer while it goes on, and print the table.

    All samples of all benchmarks go through one queue against one server. Stop it, or let it crash: the same command
    goes on where it was.
    """
    import sys

    from northstar.api.evaluation import plan_evaluation, plan_notes
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
    if options.dry_run:
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
        run_or_submit(plan, where, options.jobs, watch_argv(options.output_dir, options.cluster))
        if followed is not None and executor_of(where).here:
            print_verdicts(plan, followed.chosen)
        if executor_of(where).here:
            print_next_steps(str(options.output_dir))
