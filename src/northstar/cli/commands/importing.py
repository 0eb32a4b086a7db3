"""`ns import`."""

from __future__ import annotations

from northstar.config.options.importing import ImportOptions


def import_(options: ImportOptions) -> None:
    """Import generations that another tool made, grade them, and print the table; no model is asked.

    Takes NeMo-Skills' output-rs*.jsonl, samples_*.jsonl of lm-evaluation-harness, logs of Inspect (.eval, .json), and
    JSON lines with an id, or the problem's text, and a generation. Rows are matched by id or text, never by position.

    Example: ns import logs/2026-11-27_aime24.eval --benchmarks=aime24 --output_dir=out
    """
    from northstar.api.importing import plan_import, run_import
    from northstar.cli.outcome import print_tables
    from northstar.progress.progress import watch

    plan = plan_import(options)
    print_tables(lambda: run_import(plan, watch))
