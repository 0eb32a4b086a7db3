"""Northstar evaluates language models: prepare benchmarks, run a model over them many times, grade, print the table.

    import northstar
    northstar.prepare_data(["aime24"])
    result = northstar.evaluate("aime24:4", output_dir="out", model="…", server_address="http://localhost:8000/v1")
    northstar.summarize_results("out")

Importing this package costs next to nothing: each function is loaded when it is first named; type checkers and editors
read `__init__.pyi`.
"""

from __future__ import annotations

from typing import Any

from northstar.version import __version__

__all__ = [
    "NorthstarError",
    "UsageError",
    "__version__",
    "bundle",
    "compare",
    "evaluate",
    "export",
    "generate",
    "import_generations",
    "judge",
    "prepare_data",
    "regrade",
    "report",
    "status",
    "submit",
    "summarize_results",
    "verify",
]

_PLACES = {
    "prepare_data": "northstar.api.prepare",
    "evaluate": "northstar.api.evaluation",
    "generate": "northstar.api.generating.generation",
    "import_generations": "northstar.api.importing",
    "judge": "northstar.api.judging",
    "bundle": "northstar.api.bundling.packing",
    "verify": "northstar.api.bundling.verifying",
    "regrade": "northstar.api.regrading",
    "status": "northstar.api.watching",
    "submit": "northstar.api.submitting",
    "summarize_results": "northstar.reports.summarize",
    "compare": "northstar.comparison.compare",
    "export": "northstar.exporting.export",
    "report": "northstar.pages.report.report",
    "NorthstarError": "northstar.core.errors",
    "UsageError": "northstar.core.errors",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'northstar' has no attribute '{name}'")
    import importlib

    return getattr(importlib.import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PLACES])
