"""`ns regrade`."""

from __future__ import annotations

from northstar.config.options.regrading import RegradingOptions


def regrade(options: RegradingOptions) -> None:
    """Grade finished generations again, without a model: by today's grader, other settings or corrected answers.

    The results stand beside the old ones, which stay as they are.

    Example: ns regrade out --benchmarks=math-500 --name=by-regex ++eval_config.extract_regex='answer is (.+)'
    """
    import sys

    from northstar.api.regrading import plan_regrading, run_regrading
    from northstar.cli.remote import found_cluster
    from northstar.core.errors import NorthstarError
    from northstar.core.text import printable
    from northstar.progress.progress import watch

    found_cluster(options.cluster)
    regrading = run_regrading(plan_regrading(options), watch)
    for name, changes in regrading.changes.items():
        print(printable(changes.text(name)), end="\n\n")
    print(printable(regrading.summary.text()), flush=True)
    for note in (*regrading.summary.notes, *regrading.counters.lost):
        print(f"note: {printable(note)}", file=sys.stderr)
    if regrading.summary.failures:
        raise NorthstarError(" ".join(regrading.summary.failures))
