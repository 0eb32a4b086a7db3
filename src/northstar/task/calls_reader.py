"""Decides who reads the tool calls of a benchmark's answers, which decides the endpoint that is asked."""

from __future__ import annotations

from northstar.config.settings import EvalSettings
from northstar.core.errors import UsageError
from northstar.models.tool_parsers.parser import tool_parser_for
from northstar.task.benchmark import Benchmark


def with_tools(benchmark: Benchmark, settings: EvalSettings, model: str, *, reader_named: bool) -> EvalSettings:
    """Set the endpoint and the parser that reading tool calls needs. Raises UsageError.

    Args:
        benchmark: Of which the model gets tools.
        settings: The user's.
        model: Its name.
        reader_named: Whether the user says who reads the calls. The Responses API leaves it to the server.
    """
    if settings.prompt_config is not None:
        raise UsageError(
            f"++prompt_config: {benchmark.name} sends the conversations of its rows and uses no prompt file."
        )
    responses = settings.inference.endpoint_type == "responses"
    if responses and settings.use_client_parsing and reader_named:
        raise UsageError(
            "++use_client_parsing=True reads the calls from a text, and ++inference.endpoint_type=responses has the "
            "server read them: remove one of the two."
        )
    if responses or not settings.use_client_parsing:
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
    return settings.model_copy(update={"inference": raw, "tool_parser": parser})
