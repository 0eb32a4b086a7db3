"""What a benchmark's rows are, and what was asked about them, as run.json tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from northstar.benchmarks.loading import open_rows, rows_of
from northstar.benchmarks.registry import find_known
from northstar.config.plan import BenchmarkPlan
from northstar.core.errors import NorthstarError
from northstar.core.records import Row
from northstar.data.rows import RowFile
from northstar.prompts.format_template import format_template
from northstar.prompts.names import prompt_names
from northstar.prompts.prompt import load_prompt
from northstar.prompts.renderer import TemplateFails, TemplateOverLimit, foreign_template
from northstar.provenance.results_name import results_name
from northstar.results.layout import RUN_JSON
from northstar.results.run_json import read_run_json

Messages = Sequence[tuple[str, str]]
"""(role, text) of each."""


def changed_at(output_dir: Path) -> int:
    """Return when run.json was written, in nanoseconds; 0 without one."""
    try:
        return (output_dir / RUN_JSON).stat().st_mtime_ns
    except OSError:
        return 0


class Asked:
    """The rows and the prompt of one benchmark of a run; blocks, so use it in a thread."""

    def __init__(self, output_dir: Path, benchmark: str, seed: int | None, extra: Sequence[Path] = ()) -> None:
        self._rows: RowFile | None = None
        content: Mapping[str, Any] = {}
        with suppress(NorthstarError):
            content = read_run_json(output_dir / RUN_JSON)
        name = results_name(benchmark, seed)
        self._asked = content.get("asked", {}).get(name) or {}
        self._settings = content.get("results", {}).get(name) or {}
        self._rows = self._opened(content, benchmark, extra)

    def __del__(self) -> None:
        if self._rows is not None:
            self._rows.close()

    def row(self, number: int) -> Row:
        """Return a row's own fields; {} where they can't be had."""
        with suppress(NorthstarError, IndexError):
            if self._rows is not None and number < len(self._rows):
                return self._rows.row(number)
        return {}

    def messages(self, row: Row) -> Messages:
        """Return the first messages about a row; () where they can't be told."""
        texts = self._asked.get("messages")
        if not row or not isinstance(texts, list):
            return ()
        found: list[tuple[str, str]] = []
        try:
            for each in texts:
                text = str(each["content"])
                found.append((str(each["role"]), self._rendered(text, row) if each["role"] == "user" else text))
        except (TemplateFails, TemplateOverLimit, NorthstarError, KeyError, TypeError):
            return ()
        return found

    def _rendered(self, text: str, row: Row) -> str:
        prompt = self._asked.get("prompt") or {}
        if prompt.get("form") != "northstar":
            return format_template(text).render(row)
        if prompt.get("name") in prompt_names():
            own = load_prompt(str(prompt["name"]))
            if own.sha256 == prompt.get("sha256"):
                return str(own.user.render(row))
        return str(foreign_template("prompt", text).render(row))  # of a file from anywhere: in the other process

    def _opened(self, content: Mapping[str, Any], benchmark: str, extra: Sequence[Path]) -> RowFile | None:
        """Open the prepared rows that the run asked; None where they are gone, or are others now."""
        with suppress(NorthstarError, KeyError, TypeError, AttributeError, OSError):
            plan = next(run["plan"]["generate"] for run in reversed(content["runs"]) if run["plan"].get("generate"))
            known = find_known(benchmark, extra)
            if known is None:
                return None
            planned = next((each for each in plan["benchmarks"] if each["name"] == benchmark), None)
            most = None if planned is None else planned["settings"].get("max_samples")
            limit = most if isinstance(most, int) and most > 0 else None
            if planned is not None and planned.get("input"):
                rows = rows_of(BenchmarkPlan.model_validate(planned), known, Path(plan["data_dir"]), limit)
            else:
                rows = open_rows(known, str(self._settings["split"]), Path(plan["data_dir"]), limit)
            if rows.sha256 == self._settings.get("data_sha256"):
                return rows
            rows.close()
        return None
