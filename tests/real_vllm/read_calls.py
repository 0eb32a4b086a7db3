"""Reads tool calls with vLLM's own parsers; run by the interpreter of its environment.

From standard input a JSON list of [parser, text], to standard output a list of [[name, arguments as text], …].
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

MARKS = (
    *("<tool_call>", "</tool_call>", "<|python_tag|>", "[TOOL_CALLS]"),
    *(
        "<｜tool▁calls▁begin｜>",
        "<｜tool▁calls▁end｜>",
        "<｜tool▁call▁begin｜>",
        "<｜tool▁call▁end｜>",
        "<｜tool▁sep｜>",
    ),
)
OLD_MISTRAL = "mistral_before_v11"
"""vLLM's `mistral` of a tokenizer without [ARGS]."""


class Tokenizer:
    """What the parsers look at of a tokenizer: the tokens that it has."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = {token: number for number, token in enumerate(tokens)}

    def get_vocab(self) -> dict[str, int]:
        return self.tokens


def main() -> None:
    """Read, parse, write."""
    from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
    from vllm.tool_parsers import ToolParserManager

    logging.disable(logging.CRITICAL)

    def read(name: str, text: str) -> Any:
        tokens = MARKS if name == OLD_MISTRAL else (*MARKS, "[ARGS]", "[CALL_ID]")
        kind = ToolParserManager.get_tool_parser("mistral" if name == OLD_MISTRAL else name)
        tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
        request = ChatCompletionRequest(messages=[{"role": "user", "content": "?"}], model="m", tools=tools)
        found = kind(Tokenizer(*tokens), request.tools).extract_tool_calls(text, request)
        calls = found.tool_calls if found.tools_called else []
        return [[call.function.name, call.function.arguments] for call in calls]

    json.dump([read(name, text) for name, text in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
