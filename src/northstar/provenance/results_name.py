"""The name that results have in run.json."""

from __future__ import annotations

JUDGED_BY = " judged by "
REGRADED_AS = " regraded as "


def kind_of(seed: int | None) -> str:
    """'greedy' or 'seeds': the two differ in temperature, and a folder may hold both."""
    return "greedy" if seed is None else "seeds"


def results_name(benchmark: str, seed: int | None, judge: str = "", regrading: str = "") -> str:
    """The name of results in run.json: 'aime24.seeds', with ' judged by <model>' or ' regraded as <name>'."""
    by = f"{JUDGED_BY}{judge}" if judge else f"{REGRADED_AS}{regrading}" if regrading else ""
    return f"{benchmark}.{kind_of(seed)}{by}"
