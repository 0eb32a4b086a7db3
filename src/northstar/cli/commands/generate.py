"""`ns generate`."""

from __future__ import annotations

from northstar.cli.outcome import check_jobs, print_preview, run_or_submit, watch_argv
from northstar.config.options.generating import GenerateOptions

SETTINGS_HELP = "\n\n".join(
    [
        "[bold]Settings[/bold], as ++key=value words: ++prompt_config (a prompt file over the rows' fields, "
        "Northstar's {{ field }} or NeMo-Skills' {field}), ++prompt_format (ns; openai: rows have messages; text: rows "
        "have a text), ++prompt_key (messages, prompt), ++multi_turn_key (the field with the user's turns), "
        "++max_samples, ++inference.json_schema and ++inference.regex (what answers must be), and all that ns eval has "
        "but ++eval_config: ++inference.temperature, ++system_message, ++max_concurrent_requests, …",
        "[bold]Example[/bold]: ns generate --input_file=rows.jsonl --output_dir=out --model=my-model "
        "--server_address=http://localhost:8000/v1 ++prompt_config=prompt.yaml --num_random_seeds=4",
    ]
)


def generate(options: GenerateOptions) -> None:
    """Ask a model the rows of a file, and write its answers beside them, in the rows' order.

    No grader: each line of output.jsonl is a row with its answer. Stop it, or let it crash: the same command goes on.
    """
    from northstar.api.generating.generation import plan_generation
    from northstar.api.previewing.dry_run import describe, looked_at
    from northstar.api.submitting import host_paths
    from northstar.cli.remote import found_cluster
    from northstar.core.text import printable
    from northstar.executors.choice import executor_of

    where = found_cluster(options.cluster)
    plan = plan_generation(options)
    check_jobs(options.jobs, where)
    if not options.dry_run:
        run_or_submit(plan, where, options.jobs, watch_argv(options.output_dir, options.cluster))
        return
    with looked_at(plan) as ready:
        preview = executor_of(where).preview(ready, host_paths(where, options.jobs))
        print(printable(describe(ready, preview.findings.notes)), end="\n\n")
    print_preview(preview, where, options.jobs)
    print("Dry run: no model was asked, and nothing of a run was written.")
    preview.findings.check()
