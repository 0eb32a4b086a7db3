"""What the exit codes of `ns` mean. tests/docs holds that the code has no others."""

from __future__ import annotations

from docs.site.reference.markdown import code, table
from northstar.comparison.gate import Outcome
from northstar.core.errors import NorthstarError, UsageError

CODES = {
    0: "It did what it was asked. `ns compare --gate`: the new run passes.",
    NorthstarError.exit_code: "It failed, or samples stayed open: a sentence on stderr says what, where, what to do. "
    "What was answered until then is kept, and the same command goes on. `--dry_run`: something is missing that would "
    "stop the run. `ns verify`: a number differs. `ns compare --gate`: a regression.",
    UsageError.exit_code: "The command is wrong: an unknown option, benchmark or setting, a value of the wrong type. "
    "Nothing was started.",
    Outcome.UNDECIDED.value: "`ns compare --gate` alone: the rows can't tell whether the new run passes.",
    130: "It was stopped by Ctrl-C (SIGINT), by SIGTERM, or by its terminal's end. What was answered is kept.",
    141: "Its reader was gone, as in `ns eval --help | head -1`.",
}


def page() -> str:
    """Return the page of exit codes."""
    lines = [(code(number), meaning) for number, meaning in sorted(CODES.items())]
    return (
        "# Exit codes\n\nOf every `ns` command. Scripts can rely on them; messages may change between versions.\n\n"
        f"{table(('code', 'meaning'), lines)}"
    )
