"""The problems of SciCode as rows, and its splits."""

from __future__ import annotations

from functools import partial

from northstar.benchmarks.scicode.completing import check_given, completed
from northstar.benchmarks.scicode.targets import check_targets
from northstar.core.records import Row
from northstar.data.source import HubFile, HubFiles, Line, SourceOption

_NOT_INSTALLED = ("matplotlib", "mpl_toolkits")
"""Programs cannot draw; lines that name these packages are left out, as the authors do."""


def to_row(line: Line, place: int) -> Row:
    """Convert a record of SciCode1/SciCode: problem_id, problem_name, required_dependencies, sub_steps, …"""
    del place
    dependencies = line["required_dependencies"].split("\n")
    return {
        "id": line["problem_id"],
        "problem": line["problem_description_main"],
        "name": line.get("problem_name"),
        "dependencies": "\n".join(text for text in dependencies if not any(name in text for name in _NOT_INSTALLED)),
        "sub_steps": [
            {
                "step": step["step_number"],
                "description": step["step_description_prompt"],
                "background": step.get("step_background") or "",
                "header": step["function_header"],
                "return_line": step["return_line"],
                "tests": step["test_cases"],
            }
            for step in line["sub_steps"]
        ],
    }


_file = partial(HubFile, "SciCode1/SciCode", revision="4510f6a6aa27c43fad7b43da2c59602a86e88480", to_row=to_row)
_options = {
    "given": SourceOption(
        "Folder with 13.6.txt, 62.1.txt and 76.3.txt, the code that SciCode's authors give (default: fetched from "
        "their repository).",
        check_given,
    ),
    "targets": SourceOption("SciCode's test_data.h5 (default: fetched, 1 GB).", check_targets),
}
_of = partial(HubFiles, finishing=completed, options=_options)

SPLITS = {
    "test": _of((_file("problems_test.jsonl"),)),
    "dev": _of((_file("problems_dev.jsonl"),)),
    "test_aai": _of((_file("problems_dev.jsonl"), _file("problems_test.jsonl"))),
}
