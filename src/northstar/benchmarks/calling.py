"""Which benchmarks a run offers Python, and who reads the calls of tools: the server, or Northstar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from northstar.benchmarks.registry import PYTHON, no_python, with_python
from northstar.config.plan import ServerPlan
from northstar.config.settings import EvalSettings
from northstar.core.errors import UsageError
from northstar.task.benchmark import Benchmark

_TOLD_TO_PARSE = {"vllm": "--tool-call-parser", "sglang": "--tool-call-parser"}
"""Servers that read tool calls only with this argument."""


def with_tools(benchmarks: Sequence[Benchmark], tree: Mapping[str, Any]) -> list[Benchmark]:
    """Return the benchmarks, each with Python as a tool where `tree`, the settings of the run, asks so.

    Raises:
        UsageError: A benchmark can't be asked so, or limits are set for a tool that none of them offers.
    """
    tool = tree.get("tools")
    if tool not in (None, PYTHON):
        raise UsageError(f"++tools={tool}: there is no such tool. Write ++tools={PYTHON}.")
    found = list(benchmarks)
    if tool is not None:
        found = []
        for benchmark in benchmarks:
            variant = with_python(benchmark)
            if variant is None:
                raise no_python(benchmark)
            found.append(variant)
    if tree.get("python_tool") and not any(benchmark.offers for benchmark in found):
        name = next(iter(tree["python_tool"]))
        raise UsageError(
            f"++python_tool.{name} limits a tool that no benchmark of this run offers: add ++tools={PYTHON}, or leave "
            "it out."
        )
    return found


def tools_of_rows(benchmark: Benchmark, settings: EvalSettings, model: str, *, reader_named: bool) -> EvalSettings:
    """Return the settings that reading the calls of a benchmark's own tools needs. Raises UsageError.

    reader_named: whether the user says who reads the calls.
    """
    if settings.prompt_config is not None:
        raise UsageError(
            f"++prompt_config: {benchmark.name} sends the conversations of its rows and uses no prompt file."
        )
    return _read_by(settings, model, here=settings.use_client_parsing, named=reader_named)


def python_read_by(settings: EvalSettings, server: ServerPlan, tree: Mapping[str, Any]) -> EvalSettings:
    """Return the settings that reading the calls of Python needs. Raises UsageError.

    The server reads them, unless the user says otherwise in `tree`, or Northstar starts one that is not told how.
    """
    flag = _TOLD_TO_PARSE.get(server.type, "")
    here = bool(flag) and server.address is None and flag not in server.args
    named = "use_client_parsing" in tree
    if named:
        here = settings.use_client_parsing
    elif settings.tool_parser is not None:
        here = True
    return _read_by(settings, server.model or "", here=here, named=named)


def _read_by(settings: EvalSettings, model: str, *, here: bool, named: bool) -> EvalSettings:
    """Set the endpoint and the parser; the Responses API leaves the calls to the server."""
    from northstar.models.tool_parsers.parser import tool_parser_for

    responses = settings.inference.endpoint_type == "responses"
    if responses and here and named:
        raise UsageError(
            "++use_client_parsing=True reads the calls from a text, and ++inference.endpoint_type=responses has the "
            "server read them: remove one of the two."
        )
    if responses or not here:
        if settings.tool_parser is not None:
            raise UsageError(
                f"++tool_parser={settings.tool_parser} parses tool calls in Northstar, but "
                f"{'++inference.endpoint_type=responses' if responses else '++use_client_parsing=False'} "
                "leaves that to the server: remove one of the two."
            )
        by_server = settings.inference.model_copy(update={"endpoint_type": "responses" if responses else "chat"})
        return settings.model_copy(update={"inference": by_server, "use_client_parsing": False})
    parser = tool_parser_for(settings.tool_parser, model)
    raw = settings.inference.model_copy(update={"endpoint_type": "text", "apply_chat_template": True})
    return settings.model_copy(update={"inference": raw, "tool_parser": parser, "use_client_parsing": True})
